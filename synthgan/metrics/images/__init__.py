"""Measures of synthetic images: arrays in, scores out; no measure ever sees a model, and no weights are downloaded."""

from synthgan.metrics.images.evaluate import diagnose_collapse, evaluate_images

__all__ = ["diagnose_collapse", "evaluate_images"]
