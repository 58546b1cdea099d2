"""Measures of linked tables and sequences: rows that belong together are judged together, and fall into one fold."""
