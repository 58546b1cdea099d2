"""Chains of trees whose leaves hold probabilities, pooled with their neighbours."""
