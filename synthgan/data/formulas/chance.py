"""How surprising it is that a formula holds: by chance it must next to never, whatever was tried."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import gammaln

if TYPE_CHECKING:
    from numpy.typing import NDArray

SURE: Final = math.log(1e6)  # a formula is kept where chance would bring it less often than once in so many tables
EVIDENCE_ROWS: Final = 2_000


def surprise_of_numbers(held: NDArray[np.float64], found: NDArray[np.float64], tolerance: NDArray[np.float64]) -> float:
    """How surprising it is that each value is within its tolerance of what a formula gives, in nats.

    Of all orders that a column's values can be put in, at most a share of exp(-surprise) agrees with the formula as well as
    the real one does: the number of those orders is the permanent of the matrix that says which value agrees with which row,
    and that is bounded (Bregman, "Some properties of nonnegative matrices and their permanents", 1973).

    Args:
        held: the column, float64 [rows], nothing missing.
        found: what the formula gives.
        tolerance: how far they may be apart.
    """
    ranked = np.sort(held)
    first = np.searchsorted(ranked, found - tolerance, side="left")
    last = np.searchsorted(ranked, found + tolerance, side="right")
    return _bound(np.maximum(last - first, 1))


def surprise_of_levels(codes: NDArray[np.int32]) -> float:
    """The same of levels that must be met exactly, by their codes [rows]."""
    counts = np.bincount(codes)
    return _bound(counts[codes])


def _bound(agreeing: NDArray[np.int64]) -> float:
    return float(gammaln(len(agreeing) + 1) - (gammaln(agreeing + 1) / agreeing).sum())


def chosen(count: int, of: int) -> float:
    """The price of having chosen some of many, in nats: the logarithm of the number of ways."""
    return float(gammaln(of + 1) - gammaln(count + 1) - gammaln(of - count + 1)) if count <= of else math.inf


def fitted(constants: int, rows: int, values: int) -> float:
    """The price of constants that were fitted, in nats: each could be set to about as many that make a difference."""
    return constants * math.log(2.0 * max(rows, 2) * max(values, 2))
