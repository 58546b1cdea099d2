"""Searches the parameters of a generator for fidelity, on rows kept out of the fit, where no more leaks than by the defaults."""
