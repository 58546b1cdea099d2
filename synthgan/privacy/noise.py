"""Noise for private answers, drawn from the operating system's cryptographic source: no seed, no replay."""

from __future__ import annotations

import os

import numpy as np
from scipy.special import ndtri

SOURCE = "operating system (os.urandom)"


def uniform(count: int) -> np.ndarray:
    """Uniform numbers strictly between 0 and 1, float64 ``[count]``, of 52 random bits each."""
    bits = np.frombuffer(os.urandom(8 * count), dtype=np.uint64) >> np.uint64(12)
    return (bits.astype(np.float64) + 0.5) / 2.0**52


def normal(count: int) -> np.ndarray:
    """Standard normal numbers, float64 ``[count]``."""
    return ndtri(uniform(count))


def whole_normal(count: int, deviation: float) -> np.ndarray:
    """Normal noise of that standard deviation, rounded to whole numbers: int64 ``[count]``.

    Added to whole counts this is the Gaussian mechanism with its answer rounded, which is post-processing; and the low-order
    bits of floating-point noise, from which answers can be told apart (Mironov, "On significance of the least significant
    bits for differential privacy", 2012), are never seen.
    """
    return np.rint(deviation * normal(count)).astype(np.int64)


def gumbel(count: int) -> np.ndarray:
    """Standard Gumbel numbers, float64 ``[count]``: the largest of scores plus these is a draw of the exponential mechanism."""
    return -np.log(-np.log(uniform(count)))
