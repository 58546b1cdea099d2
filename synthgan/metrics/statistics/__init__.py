"""Distances, correlations, neighbours and intervals that measures are made of."""
