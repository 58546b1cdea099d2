"""Columns as a report has them, of counts that a test chooses."""

from __future__ import annotations

import numpy as np

from synthgan.metrics.details import Distribution


def make_column(name, labels, real, *, synthetic=None, holdout=None, units=None, edges=None, error=0.02):
    """A column of those counts; people are rows where none are given."""
    real, synthetic = np.array(real), np.array(real if synthetic is None else synthetic)
    return Distribution(
        name=name,
        labels=tuple(labels),
        edges=edges,
        real=real,
        units=real if units is None else np.array(units),
        synthetic=synthetic,
        holdout=None if holdout is None else np.array(holdout),
        error=error,
        holdout_units=None if holdout is None else np.array(holdout),
    )
