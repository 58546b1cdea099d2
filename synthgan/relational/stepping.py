"""Which numbers are told as steps from the value before, and as what column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.schema import Column, Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

MAX_GAPS = 0.02  # of a column that is told as steps: from a missing value there is none
MIN_STEPS = 20  # of a column that never falls
MEMORY = 0.5  # steps have at most so much of the variance that values have where a column is told as steps


def rises(values: Numbers, before: Numbers) -> bool:
    """Whether numbers never fall, and there are enough to say so."""
    steps = (values - before)[~np.isnan(values) & ~np.isnan(before)]
    return len(steps) >= MIN_STEPS and bool((steps >= 0).all())


def remembers(values: Numbers, before: Numbers) -> bool:
    """Whether numbers are mostly there, and their steps so much smaller than they are that they are better told by these."""
    there = ~np.isnan(values) & ~np.isnan(before)
    if np.isnan(values).mean() > MAX_GAPS or there.sum() < 2:  # noqa: PLR2004 (of one there is no variance)
        return False
    return bool(np.var(values[there] - before[there]) < MEMORY * np.var(values[there]))


def step_column(column: Column, steps: Numbers) -> Column:
    """Steps as a column of their own; they never fall where none does."""
    decimal = column.kind is Kind.DECIMAL
    lowest = 0.0 if np.nanmin(steps, initial=0.0) >= 0 else None
    return Column(
        column.name,
        Kind.DECIMAL if decimal else Kind.INTEGER,
        "double",
        decimals=column.decimals if decimal else None,
        step=column.step,
        minimum=lowest,
    )
