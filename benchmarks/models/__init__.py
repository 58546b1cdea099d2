"""The generators that ours stands beside, and the programs that fit one of them in a process of its own."""
