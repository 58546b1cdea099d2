"""Judging what was made: a report of synthetic tables or images, and audits that fit again."""
