"""Commands that print again every figure the project publishes."""
