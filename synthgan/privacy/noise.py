"""Noise for private answers, drawn from the operating system's cryptographic source: no seed, no replay."""

from __future__ import annotations

import os
from fractions import Fraction

import numpy as np
from scipy.special import ndtri

from synthgan.privacy.exact import discrete_gaussian, random_words

SOURCE = "operating system (os.urandom)"
EXCESS = Fraction(1, 10)  # variance beyond what is charged, for being whole numbers
_ROUNDING = 1 + Fraction(1, 2**48)  # for floating point in how a deviation was worked out


def uniform(count: int) -> np.ndarray:
    """Uniform numbers strictly between 0 and 1, float64 ``[count]``, with all of their 53 digits however small they are.

    A number lies in [1/2, 1) with chance 1/2, in [1/4, 1/2) with chance 1/4 and so on.
    """
    mantissa = (random_words(count) >> np.uint64(11)) | np.uint64(1 << 52)
    return np.ldexp(mantissa.astype(np.float64), -53 - _zeros(count))


def normal(count: int) -> np.ndarray:
    """Standard normal numbers, float64 ``[count]``; their tails end nowhere that could be seen."""
    sign = np.where(random_words(count) >> np.uint64(63), 1.0, -1.0)
    return sign * ndtri(uniform(count) / 2)


def whole_variance(deviation: float) -> Fraction:
    """The variance of the whole-number noise that is drawn where a standard deviation is charged.

    Without the tenth more, a discrete Gaussian would tell a little more than the Gaussian that the ledger composes. With it,
    it never tells more, at any epsilon: with F its distribution function, whoever has to say whether a whole number was moved by one
    can do no better than against a Gaussian if the normal quantile of F grows by at most ``1 / deviation`` from each whole number
    to the next. (The corners of its trade-off curve then lie above the Gaussian one, which is convex; Dong, Roth and Su, "Gaussian
    differential privacy", 2022.) The growth is ``(1 - (1/10 - 1/12) / (2 deviation²)) / deviation`` for large deviations, and a
    test sums it up for small ones. Moves by more than one and of many numbers follow, as mechanisms that are dominated one by one
    are dominated together (Zhu, Dong and Wang, "Optimal accounting of differential privacy via characteristic function", 2022).
    """
    return Fraction(deviation) ** 2 * _ROUNDING + EXCESS


def whole_normal(count: int, deviation: float) -> np.ndarray:
    """Noise in whole numbers, at least as wide as that standard deviation: exact discrete Gaussians, int64 ``[count]``.

    There are no low-order bits of floating-point noise, from which answers can be told apart (Mironov, "On significance of
    the least significant bits for differential privacy", 2012), and no whole number that the noise cannot take.
    """
    return discrete_gaussian(count, whole_variance(deviation)) if deviation else np.zeros(count, dtype=np.int64)


def _zeros(count: int) -> np.ndarray:
    """How often a fair coin falls on one side before it falls on the other, int64 ``[count]``."""
    words = np.frombuffer(os.urandom(4 * count), dtype=np.uint32)
    zeros = 32 - np.frexp(words.astype(np.float64))[1].astype(np.int64)
    unfinished = np.flatnonzero(words == 0)
    if len(unfinished):
        zeros[unfinished] = 32 + _zeros(len(unfinished))
    return zeros
