"""Nearest neighbours among rows of mixed columns, by blocks of float32 matrix products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.columns import Columns

    Points = NDArray[np.float32]

LEVELS_AT_MOST = 50  # of a column; rarer levels beyond these count as one
_BLOCK_ROWS = 1_024
_HALF = np.float32(np.sqrt(0.5))  # two different one-hot vectors of this height lie at distance 1


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """Rows as points whose squared Euclidean distance treats columns alike, in the spirit of Gower 1971.

    A number is its place in the real rows' distribution, in [0, 1]; a missing number lies in the middle and
    at distance 1 along an axis of its own. Two different levels, missing being one, are at distance 1.

    Attributes:
        sorted_numbers: Per numeric column the real values, ascending.
        places: Per discrete column int32 [levels + 1], the axis of each level; the last entry is that of
            missing.
    """

    sorted_numbers: tuple[NDArray[np.float64], ...]
    places: tuple[NDArray[np.int32], ...]

    @classmethod
    def of(cls, real: Columns) -> Embedding:
        """Learn the embedding from the real rows."""
        numbers = tuple(np.sort(column[~np.isnan(column)]) for column in real.numbers.T)
        return cls(
            numbers,
            tuple(_axes(codes, levels) for codes, levels in zip(real.codes.T, real.levels, strict=True)),
        )

    def apply(self, table: Columns) -> Points:
        """Return [rows, axes] float32 points."""
        parts = [
            _number_points(column, known) for column, known in zip(table.numbers.T, self.sorted_numbers, strict=True)
        ]
        for codes, axes in zip(table.codes.T, self.places, strict=True):
            points = np.zeros((table.rows, int(axes.max()) + 1), dtype=np.float32)
            points[np.arange(table.rows), axes[codes]] = _HALF
            parts.append(points)
        return np.hstack(parts)


def nearest(points: Points, among: Points) -> tuple[Points, NDArray[np.int64]]:
    """Return the squared distance of each point to the nearest of the others, and which one that is.

    Args:
        points: [rows, axes] float32.
        among: [others, axes] float32, at least one.

    Returns:
        [rows] float32 squared distances, not negative, exact to about 1e-6 times the squared length of the
        points; and [rows] int64 places in ``among``, the first of equals.
    """
    distances = np.empty(len(points), dtype=np.float32)
    places = np.empty(len(points), dtype=np.int64)
    lengths = (among**2).sum(axis=1)
    for start in range(0, len(points), _BLOCK_ROWS):
        block = points[start : start + _BLOCK_ROWS]
        # |a - b|² = |a|² + |b|² - 2ab, whose smallest over b needs |a|² only once.
        relative = lengths - 2 * (block @ among.T)
        chosen = relative.argmin(axis=1)
        places[start : start + _BLOCK_ROWS] = chosen
        smallest = np.take_along_axis(relative, chosen[:, None], axis=1)[:, 0]
        distances[start : start + _BLOCK_ROWS] = smallest + (block**2).sum(axis=1)
    return np.maximum(distances, 0), places


def _number_points(column: NDArray[np.float64], known: NDArray[np.float64]) -> Points:
    """Return [rows, 2] float32: the place among the known values, and whether the value is missing."""
    missing = np.isnan(column)
    below, up_to = np.searchsorted(known, column, side="left"), np.searchsorted(known, column, side="right")
    place = np.where(missing, 0.5, (below + up_to) / (2 * max(len(known), 1)))
    return np.stack([place, missing], axis=1).astype(np.float32)


def _axes(codes: NDArray[np.int32], levels: int) -> NDArray[np.int32]:
    """Give the most frequent levels an axis each, the others one together, missing its own."""
    counts = np.bincount(codes[codes >= 0], minlength=levels)
    rank = np.empty(levels, dtype=np.int32)
    rank[np.argsort(-counts, kind="stable")] = np.arange(levels)
    shared = min(levels, LEVELS_AT_MOST)
    return np.append(np.minimum(rank, shared), np.int32(shared + 1)).astype(np.int32)
