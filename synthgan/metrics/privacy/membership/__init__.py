"""Membership: who was in the table, as far as synthetic rows tell it."""
