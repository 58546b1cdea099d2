"""Commands that print again every figure the project publishes; ``python -m benchmarks`` lists them."""
