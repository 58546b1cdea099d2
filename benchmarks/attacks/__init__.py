"""The benchmarks that attack: planted leaks for the attacks of ``evaluate``, and our own claims of privacy."""
