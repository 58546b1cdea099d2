"""Linked tables and sequences under epsilon: takes rows in, at most so many of each unit, and hands them to their curator."""
