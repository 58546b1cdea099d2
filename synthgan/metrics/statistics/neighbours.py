"""Nearest neighbours among rows of mixed columns, by blocks of float32 matrix products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns

    Points = NDArray[np.float32]
    Indices = NDArray[np.int64]

Scale = Literal["ranks", "units"]
"""How numbers are laid out: by their place in the distribution, or in standard deviations."""

MAX_LEVELS = 50  # of a column; rarer levels beyond these count as one
_BLOCK_ROWS = 256  # measured: blocks of a thousand rows leave the cache and take half as long again
_GROUP = 16
_HALF = np.float32(np.sqrt(0.5))  # two different one-hot vectors of this height lie at distance 1
_TAIL_UNITS = (
    10.0  # beyond, distances grow like logarithms: an absurd value shall not swallow what float32 keeps of all others
)


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """Rows as points whose squared Euclidean distance treats columns alike, in the spirit of Gower 1971.

    A number is its place in the known rows' distribution, in [0, 1], or, with the scale ``units``, its distance from their
    mean in standard deviations (beyond ten, like their logarithm), which sets outliers apart; a missing number lies in the middle and
    at distance 1 along an axis of its own. Two different levels, missing being one, are at distance 1.

    Attributes:
        sorted_numbers: Per numeric column the known values, ascending.
        indices: Per discrete column int32 [levels + 1], the axis of each level; the last entry is that of
            missing.
        scale: How numbers are laid out.
    """

    sorted_numbers: tuple[NDArray[np.float64], ...]
    indices: tuple[NDArray[np.int32], ...]
    scale: Scale = "ranks"

    @classmethod
    def of(cls, known: Columns, scale: Scale = "ranks") -> Embedding:
        """Learn the embedding from rows."""
        numbers = tuple(np.sort(column[~np.isnan(column)]) for column in known.numbers.T)
        axes = tuple(_axes(codes, levels) for codes, levels in zip(known.codes.T, known.levels, strict=True))
        return cls(numbers, axes, scale)

    def apply(self, table: Columns) -> Points:
        """Return [rows, axes] float32 points."""
        laid = _in_ranks if self.scale == "ranks" else _in_units
        parts = [laid(column, known) for column, known in zip(table.numbers.T, self.sorted_numbers, strict=True)]
        for codes, axes in zip(table.codes.T, self.indices, strict=True):
            points = np.zeros((table.rows, int(axes.max()) + 1), dtype=np.float32)
            points[np.arange(table.rows), axes[codes]] = _HALF
            parts.append(points)
        return np.hstack(parts)


def nearest(points: Points, among: Points) -> tuple[Points, Indices]:
    """Return the squared distance of each point to the nearest of the others, and which one that is.

    Args:
        points: [rows, axes] float32.
        among: [others, axes] float32, at least one.

    Returns:
        [rows] float32 squared distances, not negative, exact to about 1e-6 times the squared length of the
        points; and [rows] int64 places in ``among``, the first of equals.
    """
    distances, indices = np.empty(len(points), dtype=np.float32), np.empty(len(points), dtype=np.int64)
    for rows, squares in squared_distances(points, among):
        chosen = squares.argmin(axis=1)
        indices[rows] = chosen
        distances[rows] = np.take_along_axis(squares, chosen[:, None], axis=1)[:, 0]
    return np.maximum(distances, 0), indices


def k_nearest(points: Points, among: Points, k: int, *, themselves: bool = False) -> tuple[Points, Indices]:
    """Return the squared distances of each point to the nearest few of the others, and which ones these are.

    The k smallest of a row lie in the k groups whose smallest entries are smallest, so that all but a few groups are read once, at
    the speed of memory.

    Args:
        points: [rows, axes] float32.
        among: [others, axes] float32, at least one (two with ``themselves``).
        k: How many; fewer come back where there are no more.
        themselves: The two are the same points, and none is a neighbour of itself.

    Returns:
        [rows, k] float32 squared distances, ascending, exact for those chosen (which are chosen as exactly as by ``nearest``); and
        [rows, k] int64 places in ``among``.
    """
    k = min(k, len(among) - themselves)
    distances, indices = np.empty((len(points), k), dtype=np.float32), np.empty((len(points), k), dtype=np.int64)
    for rows, squares in squared_distances(points, among):
        if themselves:
            squares[np.arange(len(squares)), np.arange(rows.start, rows.start + len(squares))] = np.inf
        chosen = _smallest(squares, k)
        # Once more without cancellation: a copy is at distance 0, however far out it lies.
        found = ((among[chosen] - points[rows][:, None]) ** 2).sum(axis=2)
        order = np.argsort(found, axis=1, kind="stable")
        distances[rows] = np.take_along_axis(found, order, axis=1)
        indices[rows] = np.take_along_axis(chosen, order, axis=1)
    return distances, indices


def squared_distances(points: Points, among: Points) -> Iterator[tuple[slice, Points]]:
    """Yield blocks of rows and their [rows of the block, others] squared distances to all the others."""
    # |a - b|² = -2ab + |b|² + |a|² as one product: the two lengths are axes of their own.
    ones = np.ones((max(len(points), len(among)), 1), dtype=np.float32)
    left = np.hstack([-2 * points, ones[: len(points)], (points**2).sum(axis=1, keepdims=True)])
    right = np.hstack([among, (among**2).sum(axis=1, keepdims=True), ones[: len(among)]]).T
    for start in range(0, len(points), _BLOCK_ROWS):
        yield slice(start, start + _BLOCK_ROWS), left[start : start + _BLOCK_ROWS] @ right


def _smallest(squares: Points, k: int) -> Indices:
    """Return [rows, k] places of each row's smallest entries, in no order."""
    rows, width = squares.shape
    groups = width // _GROUP
    if groups <= k:
        return np.argpartition(squares, k - 1, axis=1)[:, :k] if k < width else np.tile(np.arange(width), (rows, 1))
    grouped = squares[:, : groups * _GROUP].reshape(rows, _GROUP, groups).min(axis=1)
    kept = np.argpartition(grouped, k - 1, axis=1)[:, :k]
    candidates = (kept[:, :, None] + groups * np.arange(_GROUP)).reshape(rows, -1)
    rest = np.tile(np.arange(groups * _GROUP, width), (rows, 1))
    candidates = np.hstack([candidates, rest])
    chosen = np.argpartition(np.take_along_axis(squares, candidates, axis=1), k - 1, axis=1)[:, :k]
    return np.take_along_axis(candidates, chosen, axis=1)


def _in_ranks(column: NDArray[np.float64], known: NDArray[np.float64]) -> Points:
    """Return [rows, 2] float32: the place among the known values, and whether the value is missing."""
    missing = np.isnan(column)
    below, up_to = np.searchsorted(known, column, side="left"), np.searchsorted(known, column, side="right")
    index = np.where(missing, 0.5, (below + up_to) / (2 * max(len(known), 1)))
    return np.stack([index, missing], axis=1).astype(np.float32)


def _in_units(column: NDArray[np.float64], known: NDArray[np.float64]) -> Points:
    """Return [rows, 2] float32: standard deviations from the mean of the known values, and whether the value is missing."""
    missing = np.isnan(column)
    # Divided first: giants of 1e300 have no square.
    largest = np.abs(known).max(initial=0.0) or 1.0
    centre, spread = (known / largest).mean() if len(known) else 0.0, (known / largest).std() if len(known) else 0.0
    units = (column / largest - centre) / (spread or 1.0)
    beyond = np.maximum(np.abs(units) / _TAIL_UNITS, 1.0)
    units = np.where(missing, 0.0, units / beyond * (1 + np.log(beyond)))
    return np.stack([units, missing], axis=1).astype(np.float32)


def _axes(codes: NDArray[np.int32], levels: int) -> NDArray[np.int32]:
    """Give the most frequent levels an axis each, the others one together, missing its own."""
    counts = np.bincount(codes[codes >= 0], minlength=levels)
    rank = np.empty(levels, dtype=np.int32)
    rank[np.argsort(-counts, kind="stable")] = np.arange(levels)
    shared = min(levels, MAX_LEVELS)
    return np.append(np.minimum(rank, shared), np.int32(shared + 1)).astype(np.int32)
