"""Exact draws from random words of 64 bits: discrete Gaussians and choices, without the errors of floating point.

Canonne, Kamath and Steinke, "The discrete Gaussian for differential privacy", 2020, algorithms 2 and 3, on whole arrays. Their
coins fall by exact fractions. Ours are compared with 32 random bits in floating point, and by further bits and exact fractions where
that cannot tell, about once in 2**32.
"""

from __future__ import annotations

import math
import os
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from synthgan.errors import PrivacyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_UNSURE = 2.0**-13  # of the 32nd bit: more than floating point can be wrong about exp(-x)
_MAX_SCALE = 2**56  # so that all draws fit into 64 bits
_MAX_STEPS = 64  # scales of a Laplace draw; a Gaussian is beyond them with a chance of 1e-800
_SPARE = 1.1


def random_words(count: int) -> NDArray[np.uint64]:
    """Random words of 64 bits from the operating system, uint64 ``[count]``."""
    return np.frombuffer(os.urandom(8 * count), dtype=np.uint64)


def coins(count: int, chance: float) -> NDArray[np.bool_]:
    """Independent coins that show heads with that chance, rounded down to a multiple of 2**-64: bool ``[count]``."""
    below = math.floor(Fraction(chance) * 2**64)
    return random_words(count) < np.uint64(below) if below < 2**64 else np.ones(count, dtype=np.bool_)


def exponential_coins(exponents: NDArray[np.float64], exact: Callable[[int], Fraction]) -> NDArray[np.bool_]:
    """Independent coins that show heads with chance ``exp(-exponent)``, exactly: bool ``[n]``.

    Args:
        exponents: float64 ``[n]``, each at least 0, so close to the exact one that the chance is right to 2**-46.
        exact: the exact exponent at an index.
    """
    words = np.frombuffer(os.urandom(4 * len(exponents)), dtype=np.uint32)
    gaps = words - np.exp(-exponents) * 2.0**32
    heads = gaps < 0
    for index in np.flatnonzero((gaps > -1 - _UNSURE) & (gaps < _UNSURE)):
        heads[index] = _is_below(int(words[index]), exact(int(index)))
    return heads


def _is_below(word: int, exponent: Fraction) -> bool:
    """Whether a uniform number that begins with these 32 bits is below ``exp(-exponent)``; its other bits are drawn as needed."""
    if not exponent:
        return True
    bits, digits = 32, 40
    while True:
        with localcontext(prec=digits):
            power = Fraction((-Decimal(exponent.numerator) / Decimal(exponent.denominator)).exp())
        # The quotient is right to 10**(1 - digits) of itself, and exp, which is rounded correctly, to as much times the exponent.
        error = power * (2 + math.ceil(exponent)) / 10 ** (digits - 2)
        if Fraction(word + 1, 2**bits) <= power - error:
            return True
        if Fraction(word, 2**bits) >= power + error:
            return False
        word, bits, digits = (word << 64) + int.from_bytes(os.urandom(8), "big"), bits + 64, digits + 40


def discrete_gaussian(count: int, variance: Fraction) -> NDArray[np.int64]:
    """Whole numbers x with chances in proportion to ``exp(-x² / (2 variance))``, int64 ``[count]``.

    Raises:
        PrivacyError: if the standard deviation is 2**56 or more.
    """
    scale = math.isqrt(math.floor(variance)) + 1
    if scale > _MAX_SCALE:
        raise PrivacyError(f"noise must be below 2**56 steps, however: its variance is {float(variance):g}")
    shift, twice = variance / scale, 2 * variance

    def trial(many: int) -> NDArray[np.int64]:
        drawn = _discrete_laplace(many, scale)
        exponents = (np.abs(drawn) - float(shift)) ** 2 / float(twice)
        return drawn[exponential_coins(exponents, lambda at: (abs(int(drawn[at])) - shift) ** 2 / twice)]

    return _gathered(trial, count)


def _discrete_laplace(many: int, scale: int) -> NDArray[np.int64]:
    """About as many whole numbers x, with chances in proportion to ``exp(-|x| / scale)``: int64, of any length up to ``many``."""
    words = random_words(many)
    rest = (words & np.uint64((1 << (scale - 1).bit_length()) - 1)).astype(np.int64)
    negative = (words >> np.uint64(63)).astype(np.bool_)
    inside = rest < scale
    rest, negative = rest[inside], negative[inside]
    kept = exponential_coins(rest / scale, lambda at: Fraction(int(rest[at]), scale))
    rest, negative = rest[kept], negative[kept]
    steps = _geometric(len(rest))
    size = rest + scale * np.minimum(steps, _MAX_STEPS)
    once = (steps < _MAX_STEPS) & ~(negative & (size == 0))  # zero has one sign
    return np.where(negative, -size, size)[once]


def _geometric(count: int) -> NDArray[np.int64]:
    """How many coins of chance ``1 / e`` show heads in a row, int64 ``[count]``."""
    steps, going = np.zeros(count, dtype=np.int64), np.arange(count)
    while len(going):
        going = going[exponential_coins(np.ones(len(going)), lambda _: Fraction(1))]
        steps[going] += 1
    return steps


def weighted_choices(exponents: NDArray[np.float64], many: int) -> NDArray[np.int64]:
    """Different indices, one after the other, each with a chance in proportion to ``exp(exponent)`` of those that are left.

    int64 ``[many]``, or all there are.
    """
    left, chosen = np.arange(len(exponents)), []
    for _ in range(min(many, len(exponents))):
        at = _weighted_choice(exponents[left].max() - exponents[left])
        chosen.append(int(left[at]))
        left = np.delete(left, at)
    return np.array(chosen, dtype=np.int64)


def _weighted_choice(below: NDArray[np.float64]) -> int:
    """An index, with a chance in proportion to ``exp(-below)``: drawn evenly, and kept by an exact coin or drawn anew."""
    while True:
        tried = _below(len(below), 2 * len(below))
        heads = exponential_coins(below[tried], partial(_fraction, below[tried]))
        if heads.any():
            return int(tried[heads.argmax()])


def _fraction(numbers: NDArray[np.float64], at: int) -> Fraction:
    """The number at an index, exactly."""
    return Fraction(float(numbers[at]))


def _below(end: int, many: int) -> NDArray[np.int64]:
    """At most that many whole numbers from 0 to ``end`` - 1, all equally likely, int64."""
    drawn = (random_words(many) & np.uint64((1 << (end - 1).bit_length()) - 1)).astype(np.int64)
    return drawn[drawn < end]


def _gathered(trial: Callable[[int], NDArray[np.int64]], count: int) -> NDArray[np.int64]:
    """The first ``count`` draws of independent trials, some of which come to nothing."""
    parts: list[NDArray[np.int64]] = []
    missing, rate = count, 0.25
    while missing > 0:
        many = math.ceil(missing / rate * _SPARE) + 16
        parts.append(trial(many)[:missing])
        missing -= len(parts[-1])
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])
