"""Private training of images: what is asked of them, at what price, and what is made of the answers."""
