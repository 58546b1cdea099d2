"""The benchmarks of quality, time and memory, and what they share: the judge, and the files of results."""
