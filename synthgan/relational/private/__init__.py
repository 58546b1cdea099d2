"""What is asked of the rows of a unit, all of it in one ledger; nothing here holds a row."""
