"""Linked tables: a database as a value, its keys, and who belongs to whom."""
