"""Numbers told as steps from the value before: which are, as what column, and the values that they lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.schema import Column, Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.groups import Groups
    from synthgan.data.scale import Scale

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


def spreads(numbers: Numbers) -> Numbers:
    """How far numbers ``[rows, numbers]`` lie apart, ``[numbers]``: their standard deviations, 1 where there is none."""
    known = [one[~np.isnan(one)] for one in numbers.T]
    found = np.array([np.std(one) if len(one) else 0.0 for one in known])
    return np.where(found > 0, found, 1.0)


def before_each(numbers: Numbers, groups: Groups) -> Numbers:
    """The last number of its group before each row, float64 ``[rows, numbers]``; NaN where there was none."""
    rows = len(numbers)
    index = np.where(np.isnan(numbers), -1, np.arange(rows)[:, None])
    latest = np.maximum.accumulate(index, axis=0) if rows else index
    latest = np.vstack([np.full((1, numbers.shape[1]), -1), latest[:-1]]) if rows else latest
    inside = latest >= np.repeat(groups.starts, groups.counts)[:, None]
    return np.where(inside, np.take_along_axis(numbers, np.maximum(latest, 0), axis=0), np.nan)


def rounded(values: Numbers, scale: Scale | None) -> Numbers:
    """Values rounded as their column is."""
    return values if scale is None else scale.rounded(values)


def inside(steps: Numbers, base: Numbers, scale: Scale | None) -> Numbers:
    """Steps from a base, inside the range of the values; not where the base lies outside, as that of a given row may."""
    values = base + steps
    if scale is None:
        return values
    outside = (base < scale.lowest) | (base > scale.highest)
    return np.where(outside, values, np.clip(values, scale.lowest, scale.highest))
