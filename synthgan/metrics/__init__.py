"""Measures of synthetic tables: frames in, scores out; no measure ever sees a model."""

from synthgan.metrics.evaluate import evaluate
from synthgan.metrics.score import Report, Score

__all__ = ["Report", "Score", "evaluate"]
