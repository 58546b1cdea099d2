"""Turns stored results into the pages and tables that the documentation shows."""
