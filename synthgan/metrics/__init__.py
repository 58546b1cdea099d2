"""Measures of synthetic tables and images: frames or arrays in, scores out; no measure ever sees a model."""
