"""Columns as modes and residuals, and back."""
