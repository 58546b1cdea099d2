"""Linked tables and sequences under epsilon: everything that is asked of the rows of a unit stands in one ledger."""
