"""Rare classes with synthetic rows beside the real ones: one call, and a sampler for pipelines."""
