"""Private training of tables: what is asked of the rows, at what price, and what is made of the answers."""
