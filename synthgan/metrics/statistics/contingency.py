"""Distances between two samples of table cells, and the same without each group of rows, in one pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Cells = NDArray[np.int64]
Distance = Callable[[NDArray[np.float64]], NDArray[np.float64]]

_BLOCK_CELLS = 4_000_000  # counts held at once: 32 MB a side


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Rows of a table dealt at random into groups of nearly equal size, for the jackknife.

    Attributes:
        ids: [rows] int64, the group of each row.
        count: Number of groups; 0 asks for the statistic alone.
    """

    ids: Cells
    count: int

    @classmethod
    def deal(cls, rows: int, count: int, rng: np.random.Generator) -> Groups:
        """Deal ``rows`` rows into ``count`` groups, at random: the order of a file often means something."""
        ids = np.arange(rows, dtype=np.int64) % max(count, 1)
        return cls(rng.permutation(ids) if count else ids, count)

    def only(self, rows: NDArray[np.bool_]) -> Groups:
        """Keep the rows marked by a [rows] bool array."""
        return self if rows.all() else Groups(self.ids[rows], self.count)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Which cell each row of a table falls into, and which group it belongs to.

    Attributes:
        cells: [rows] int64, not negative.
        groups: The groups of the same rows.
    """

    cells: Cells
    groups: Groups


def total_variation(first: Sample, second: Sample, cells: int) -> NDArray[np.float64]:
    """Return half the summed absolute difference of two distributions over cells.

    Args:
        first: One sample of ``cells`` cells.
        second: The other; as many groups.
        cells: Number of cells.

    Returns:
        [1 + groups] float64 in [0, 1]: on all rows, then without each group; NaN where no row is left.

    Example:
        >>> none = Groups.deal(4, 0, np.random.default_rng(0))
        >>> total_variation(Sample(np.array([0, 0, 1, 1]), none), Sample(np.array([0, 1, 1, 2]), none), 3)
        array([0.25])
    """
    first, second, cells = _compressed(first, second, cells)
    return _replicates(first, second, cells, lambda gaps: 0.5 * np.abs(gaps).sum(axis=1))


def kolmogorov_smirnov(first: Sample, second: Sample, cells: int) -> NDArray[np.float64]:
    """Return the largest gap between two empirical distribution functions over cells in ascending order.

    Arguments and result are those of ``total_variation``.
    """
    return _replicates(first, second, cells, lambda gaps: np.abs(gaps.cumsum(axis=1)).max(axis=1))


def outer_difference(first: Sample, second: Sample, cells: int) -> NDArray[np.float64]:
    """Return the absolute difference of two distributions in their first cell plus that in their last.

    Arguments and result are those of ``total_variation``, the latter in [0, 2].
    """
    return _replicates(first, second, cells, lambda gaps: np.abs(gaps[:, [0, -1]]).sum(axis=1))


def _replicates(first: Sample, second: Sample, cells: int, distance: Distance) -> NDArray[np.float64]:
    """Apply a distance to the difference of two distributions: of all rows, then without each group."""
    count = first.groups.count
    result = np.full(1 + count, np.nan)
    if not len(first.cells) or not len(second.cells):
        return result
    totals = [np.bincount(side.cells, minlength=cells) for side in (first, second)]
    result[0] = distance((totals[0] / len(first.cells) - totals[1] / len(second.cells))[None])[0]
    block = max(1, _BLOCK_CELLS // cells)
    for start in range(0, count, block):
        stop = min(start + block, count)
        sides = zip((first, second), totals, strict=True)
        left, right = (total - _grouped(side, cells, start, stop) for side, total in sides)
        with np.errstate(invalid="ignore", divide="ignore"):
            gaps = left / left.sum(axis=1, keepdims=True) - right / right.sum(axis=1, keepdims=True)
        result[1 + start : 1 + stop] = distance(gaps)
    return result


def _grouped(side: Sample, cells: int, start: int, stop: int) -> Cells:
    """Count cells per group: [stop - start, cells] int64."""
    ids, codes = side.groups.ids, side.cells
    if (start, stop) != (0, side.groups.count):
        inside = (ids >= start) & (ids < stop)
        ids, codes = ids[inside], codes[inside]
    counts = np.bincount((ids - start) * cells + codes, minlength=(stop - start) * cells)
    return counts.reshape(stop - start, cells)


def _compressed(first: Sample, second: Sample, cells: int) -> tuple[Sample, Sample, int]:
    """Renumber the cells where most are empty: two columns of 10,000 levels have more cells than memory."""
    rows = len(first.cells)
    if cells <= 2 * (rows + len(second.cells)):
        return first, second, cells
    used, indices = np.unique(np.concatenate([first.cells, second.cells]), return_inverse=True)
    return Sample(indices[:rows], first.groups), Sample(indices[rows:], second.groups), len(used)
