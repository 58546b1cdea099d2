"""Linked tables in folders, SQLite and DuckDB files, and behind SQL URLs."""
