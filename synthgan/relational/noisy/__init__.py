"""Linked rows as private fits learn them, and the models that noisy counts of them draw from."""
