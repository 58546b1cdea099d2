"""Audits that fit again: what a model gives away of the people it was learned from."""
