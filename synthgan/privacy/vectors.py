"""Sums and second moments of clipped vectors in whole steps: one vector moves each by a bound that holds to the last bit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# Whole steps in the norm that vectors are clipped to; sums of squares of a chunk are exact in float64, those of all in int64.
GRID = 2**14
_CHUNK = 4096


def whole_vectors(vectors: NDArray[np.float64], bound: float) -> NDArray[np.float64]:
    """Vectors in whole steps of ``bound / GRID``, float64 ``[n, width]``: shortened to ``GRID`` steps, cut towards zero.

    Their squared lengths are whole numbers of at most ``GRID²``, whatever floating point did before: cutting shortens.
    """
    scaled = np.asarray(vectors, dtype=np.float64) * (GRID / bound)
    length = np.linalg.norm(scaled, axis=1, keepdims=True)
    return np.trunc(scaled * (GRID / np.maximum(length, GRID)))


def sum_by_cell(vectors: NDArray[np.float64], cells: NDArray[np.int64], size: int, bound: float) -> NDArray[np.int64]:
    """Sums ``[size, width]`` of whole vectors by their cell; those in none take no part."""
    total = np.zeros((size, vectors.shape[1]), dtype=np.int64)
    for cell, own in _grouped(vectors, cells, bound):
        total[cell] += own.sum(0).astype(np.int64)
    return total


def second_moments_by_cell(
    vectors: NDArray[np.float64], cells: NDArray[np.int64], size: int, bound: float
) -> NDArray[np.int64]:
    """Sums ``[size, width, width]`` of the products of each whole vector with itself, by cell."""
    width = vectors.shape[1]
    total = np.zeros((size, width, width), dtype=np.int64)
    for cell, own in _grouped(vectors, cells, bound):
        total[cell] += (own.T @ own).astype(np.int64)
    return total


def _grouped(
    vectors: NDArray[np.float64], cells: NDArray[np.int64], bound: float
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Whole vectors of one cell after the other, a chunk at a time."""
    for at in range(0, len(vectors), _CHUNK):
        whole, where = whole_vectors(vectors[at : at + _CHUNK], bound), cells[at : at + _CHUNK]
        for cell in np.unique(where[where >= 0]):
            yield int(cell), whole[where == cell]
