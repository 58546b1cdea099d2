"""What a whole group of rows looks like: its trajectory as numbers, for detectors and critics to see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from synthgan.data.groups import Groups

    Numbers = NDArray[np.float64]
    Codes = NDArray[np.integer]

FOLLOWED_LEVELS = 8  # of a column, the commonest: their shares are counted
OF_NUMBER, OF_LEVELS = 11, 4  # how many numbers describe a column; of levels beside their shares


def trajectories(numbers: Numbers, codes: Codes, followed: Sequence[NDArray[np.int64]], groups: Groups) -> Numbers:
    """Describe each group, float64 ``[groups, width]``; NaN where a group has nothing to say.

    Of a number: mean, standard deviation, least, greatest, first, last, share missing, mean step, mean and greatest size of a
    step, share of steps that change it. Of levels: the shares of those followed, first, last, how many there are, share of
    steps that change them. Last, how many rows there are.

    Args:
        numbers: ``[rows, numbers]``, NaN where missing.
        codes: ``[rows, columns of levels]``, -1 where missing.
        followed: of each column of levels, which are counted.
        groups: whose rows stand side by side.
    """
    parts = [_of_number(numbers[:, at], groups) for at in range(numbers.shape[1])]
    parts += [_of_levels(codes[:, at], followed[at], groups) for at in range(codes.shape[1])]
    return np.column_stack([*parts, groups.counts.astype(np.float64)])


def width_of(numbers: int, followed: Sequence[NDArray[np.int64]]) -> int:
    """How many numbers a trajectory is."""
    return OF_NUMBER * numbers + sum(len(one) + OF_LEVELS for one in followed) + 1


def commonest(codes: Codes) -> list[NDArray[np.int64]]:
    """The levels of each column that trajectories follow: the most frequent ones, missing (-1) as any other."""
    found = []
    for column in codes.T:
        levels, counts = np.unique(column, return_counts=True)
        found.append(levels[np.argsort(-counts, kind="stable")][:FOLLOWED_LEVELS].astype(np.int64))
    return found


def _of_number(values: Numbers, groups: Groups) -> Numbers:
    there = ~np.isnan(values)
    known = groups.totals(there.astype(np.float64))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = groups.totals(np.where(there, values, 0.0)) / known
        apart = np.where(there, values - np.repeat(mean, groups.counts), 0.0)
        spread = np.sqrt(groups.totals(apart**2) / known)
        missing = 1 - known / groups.counts
    columns = [
        mean,
        spread,
        _extreme(np.minimum, np.inf, values, groups),
        _extreme(np.maximum, -np.inf, values, groups),
    ]
    columns += [_at(values, groups, groups.first), _at(values, groups, groups.last), missing]
    step = np.diff(values, prepend=np.nan)
    step[groups.first] = np.nan
    real = ~np.isnan(step)
    steps = groups.totals(real.astype(np.float64))
    with np.errstate(invalid="ignore", divide="ignore"):
        columns += [groups.totals(np.where(real, part, 0.0)) / steps for part in (step, np.abs(step))]
        columns.append(_extreme(np.maximum, -np.inf, np.abs(step), groups))
        columns.append(groups.totals(real & (step != 0)) / steps)
    return np.column_stack(columns)


def _of_levels(codes: Codes, followed: NDArray[np.int64], groups: Groups) -> Numbers:
    changed = np.diff(codes, prepend=codes[:1]) != 0
    changed[groups.first] = False
    values = codes.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = groups.totals((codes[:, None] == followed).astype(np.float64)) / groups.counts[:, None]
        moves = groups.totals(changed.astype(np.float64)) / np.maximum(groups.counts - 1, 1)
    return np.column_stack(
        [shares, _at(values, groups, groups.first), _at(values, groups, groups.last), distinct(codes, groups), moves]
    )


def distinct(codes: Codes, groups: Groups) -> Numbers:
    """How many levels each group has, missing not counted, float64 ``[groups]``."""
    there = codes >= 0
    width = int(codes.max(initial=0)) + 1
    pairs = np.unique(groups.owner[there] * width + codes[there].astype(np.int64))
    return np.bincount(pairs // width, minlength=len(groups)).astype(np.float64)


def _at(values: Numbers, groups: Groups, rows: NDArray[np.int64]) -> Numbers:
    result = np.full(len(groups), np.nan)
    result[groups.counts > 0] = values[rows]
    return result


def _extreme(which: np.ufunc, otherwise: float, values: Numbers, groups: Groups) -> Numbers:
    result = np.full(len(groups), np.nan)
    if len(groups.first):
        result[groups.counts > 0] = which.reduceat(np.where(np.isnan(values), otherwise, values), groups.first)
    result[np.isinf(result)] = np.nan
    return result
