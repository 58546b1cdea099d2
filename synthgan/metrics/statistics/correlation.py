"""Pearson correlations of all pairs of columns with gaps, and the same without each group of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.statistics.contingency import Groups

    Numbers = NDArray[np.float64]

# A pair whose rows in common have less than this share of a column's variance has, to float64, none.
_MIN_VARIANCE = 1e-13
_MOMENTS = 6


def correlations(numbers: Numbers, groups: Groups) -> Numbers:
    """Return the Pearson correlations of all pairs, each over the rows that have both values.

    Args:
        numbers: [rows, columns] float64, NaN where missing.
        groups: Groups of the rows.

    Returns:
        [1 + groups, columns, columns] float64: of all rows, then without each group. NaN where a correlation
        is undefined: fewer than two rows in common, or a column that is constant on them or as a whole.
    """
    scaled, present = _scaled(numbers)
    total = _moments(scaled, present)
    results = [_from_moments(total)]
    for group in range(groups.count):
        rows = groups.ids == group
        results.append(_from_moments(total - _moments(scaled[rows], present[rows])))
    return np.stack(results)


def _scaled(numbers: Numbers) -> tuple[Numbers, Numbers]:
    """Standardize each column and put zeros into its gaps; constant columns become all gaps."""
    present = ~np.isnan(numbers)
    scaled = np.zeros_like(numbers)
    for index in range(numbers.shape[1]):
        rows = present[:, index]
        column = numbers[rows, index]
        if not len(column) or column.min() == column.max():
            present[:, index] = False
            continue
        # Dividing first keeps the square of a large number inside float64.
        column = column / np.abs(column).max()
        column = column - column.mean()
        scaled[rows, index] = column / (column.std() or 1.0)
    return scaled, present.astype(np.float64)


def _moments(scaled: Numbers, present: Numbers) -> Numbers:
    """Return [6, columns, columns]: the rows a pair has in common, and the sums of x, y, x², y², xy."""
    rows = present.T @ present
    sums = scaled.T @ present
    squares = (scaled**2).T @ present
    stamps = np.empty((_MOMENTS, *rows.shape))
    stamps[:] = rows, sums, sums.T, squares, squares.T, scaled.T @ scaled
    return stamps


def _from_moments(stamps: Numbers) -> Numbers:
    """Return [columns, columns] correlations, NaN where undefined."""
    with np.errstate(invalid="ignore", divide="ignore"):
        rows, sum_x, sum_y, square_x, square_y, product = stamps
        variance_x = square_x / rows - (sum_x / rows) ** 2
        variance_y = square_y / rows - (sum_y / rows) ** 2
        result = (product / rows - sum_x * sum_y / rows**2) / np.sqrt(variance_x * variance_y)
        undefined = (rows < 2) | (variance_x < _MIN_VARIANCE) | (variance_y < _MIN_VARIANCE)  # noqa: PLR2004
    return np.where(undefined, np.nan, np.clip(result, -1.0, 1.0))
