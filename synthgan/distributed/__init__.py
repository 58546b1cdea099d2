"""Tasks on an executor: threads, processes or a Ray cluster, with the same results on each."""
