"""Finds keys that nobody declared, by what columns hold and what they are called."""
