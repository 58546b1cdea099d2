"""Measures of synthetic tables: frames in, scores out; no measure ever sees a model."""

from synthgan.metrics.combining import Combined, combine
from synthgan.metrics.evaluate import evaluate
from synthgan.metrics.score import Report, Score

__all__ = ["Combined", "Report", "Score", "combine", "evaluate"]
