"""Scatters row numbers: hashes of them, and orders of them that are random and yet can be asked for one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.uint64]

_ROUNDS: Final = 6


def hashed(numbers: Numbers, key: int) -> Numbers:
    """Random bits that depend on a number and a key alone: uint64 [rows] (SplitMix64; Steele et al. 2014)."""
    z = numbers + np.uint64((key * 0x9E3779B97F4A7C15) % 2**64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def shares(numbers: Numbers, key: int) -> NDArray[np.float64]:
    """The same as numbers from 0 to below 1: float64 [rows]."""
    return (hashed(numbers, key) >> np.uint64(11)).astype(np.float64) / 2.0**53


def permuted(numbers: Numbers, size: int, key: int) -> Numbers:
    """Where a random order of 0, …, size - 1 puts each number: a Feistel network, walked until it is back in range.

    Args:
        numbers: uint64 [rows], each below the size.
        size: how many numbers there are, at most 2**63.
        key: which of the orders.

    Example:
        >>> sorted(permuted(np.arange(10, dtype=np.uint64), 10, key=3).tolist())
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    half = np.uint64(max(1, -(-(size - 1).bit_length() // 2)))
    mask = np.uint64(2 ** int(half) - 1)
    made = _round_trip(numbers, half, mask, key)
    outside = made >= np.uint64(size)
    while outside.any():
        made[outside] = _round_trip(made[outside], half, mask, key)
        outside = made >= np.uint64(size)
    return made


def _round_trip(numbers: Numbers, half: np.uint64, mask: np.uint64, key: int) -> Numbers:
    left, right = numbers >> half, numbers & mask
    for turn in range(_ROUNDS):
        left, right = right, left ^ (hashed(right, key + turn) & mask)
    return (left << half) | right
