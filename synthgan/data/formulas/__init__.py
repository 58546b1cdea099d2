"""Columns that are computed from other columns of their row: what a formula is, how it is evaluated, and how it is found."""
