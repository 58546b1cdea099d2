"""What synthetic rows give away of the people they were learned from."""
