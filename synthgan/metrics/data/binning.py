"""Turns columns into cells that can be counted: ranks, equal-width bins, deciles, levels and missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Cells = NDArray[np.int64]

EQUAL_WIDTH_CELLS = 12  # ten bins, one for the largest value (and missing), one below that stays empty
_TENTHS = np.arange(1, 10) / 10
_DECIMALS = 14  # as sdmetrics: 0.1 + 0.2 and 0.3 are one value
_LARGEST_ROUNDED = 1e3  # above, float64 has no 14 decimals left, and rounding might overflow


def ranks(first: Numbers, second: Numbers) -> tuple[Cells, Cells, int]:
    """Number the distinct values of two columns together, in ascending order.

    Args:
        first: [rows of the first] float64 without NaN.
        second: [rows of the second] float64 without NaN.

    Returns:
        The int64 rank of each value in either column, and how many distinct values there are.

    Example:
        >>> ranks(np.array([2.5, 1.0]), np.array([2.5, 7.0]))
        (array([1, 0]), array([1, 2]), 3)
    """
    values = np.concatenate([first, second])
    small = np.abs(values) < _LARGEST_ROUNDED
    values[small] = np.round(values[small], _DECIMALS)
    distinct, indices = np.unique(values, return_inverse=True)
    return indices[: len(first)], indices[len(first) :], len(distinct)


def equal_width_bins(values: Numbers) -> Cells:
    """Cut a column into ten bins of equal width between its own ends, just as sdmetrics does.

    That includes sdmetrics' two oddities: the largest value falls into an eleventh bin, and so do missing
    values.

    Args:
        values: [rows] float64, NaN where missing.

    Returns:
        [rows] int64 in [0, EQUAL_WIDTH_CELLS).

    Example:
        >>> equal_width_bins(np.array([0.0, 4.9, 5.0, 10.0, np.nan]))
        array([ 1,  5,  6, 11, 11])
    """
    known = values[~np.isnan(values)]
    try:
        edges = np.histogram_bin_edges(known, bins=10)
    except ValueError:  # the ends lie so near each other that float64 has no ten widths between them
        edges = np.concatenate([[known.min()], np.full(10, np.inf)])
    return np.digitize(values, edges).astype(np.int64)


def decile_edges(values: Numbers) -> Numbers:
    """Return the distinct deciles of a column: at most nine ascending float64 edges.

    Where one value holds more than nine tenths of the rows and is the largest, the deciles alone would put
    all rows into one bin; the edge then is the next smaller value.

    Args:
        values: [rows] float64, NaN where missing.
    """
    present = values[~np.isnan(values)]
    if not len(present):
        return np.empty(0)
    edges = np.unique(np.quantile(present, _TENTHS, method="inverted_cdf"))
    rest = present[present < edges[0]]
    return np.array([rest.max()]) if edges[0] == present.max() and len(rest) else edges


def cut(values: Numbers, edges: Numbers) -> tuple[Cells, int]:
    """Cut a column at edges, each bin including its upper edge; missing values get a cell of their own.

    Args:
        values: [rows] float64, NaN where missing.
        edges: Ascending float64 edges.

    Returns:
        [rows] int64 cells, and the number of cells.

    Example:
        >>> cut(np.array([0.0, 1.0, 1.5, np.nan]), np.array([0.0, 1.0]))
        (array([0, 1, 2, 3]), 4)
    """
    cells = np.searchsorted(edges, values, side="left").astype(np.int64)
    cells[np.isnan(values)] = len(edges) + 1
    return cells, len(edges) + 2


def with_missing(codes: NDArray[np.int32], levels: int) -> tuple[Cells, int]:
    """Make missing (-1) the last of the levels: [rows] int64 cells, and the number of cells."""
    return np.where(codes < 0, levels, codes).astype(np.int64), levels + 1
