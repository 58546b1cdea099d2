"""The roundest constants that explain what was measured: 100 rather than 99.9973."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# What people convert by: inches, feet, pounds, stones, ounces, miles, degrees, minutes, days, glucose, cholesterol, creatinine.
KNOWN: Final = (
    *(
        2.54,
        1 / 2.54,
        0.3048,
        1 / 0.3048,
        30.48,
        1 / 30.48,
        0.45359237,
        1 / 0.45359237,
        0.453592,
        2.20462,
        2.2046,
        2.205,
    ),
    *(
        6.35029,
        28.349523125,
        28.3495,
        1.609344,
        1 / 1.609344,
        0.621371,
        1.8,
        5 / 9,
        60.0,
        1 / 60,
        3600.0,
        1 / 3600,
        24.0,
    ),
    *(1 / 24, 1440.0, 1 / 1440, 86400.0, 1 / 86400, 7.0, 1 / 7, 12.0, 1 / 12, 365.25, 1 / 365.25, 365.0, 1 / 365, 52.0),
    *(
        30.4375,
        1 / 30.4375,
        3.6,
        1 / 3.6,
        4.184,
        1 / 4.184,
        18.0182,
        0.0555,
        38.67,
        0.02586,
        88.42,
        0.0113,
        1 / 3,
        2 / 3,
    ),
    *(703.0, 1 / 405, 1 / 22.5, 1 / math.log(10), 1 / math.log(2), math.pi, math.pi / 4, math.pi / 6, 180 / math.pi),
)
_DENOMINATORS: Final = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 20, 24, 25, 30, 50, 60, 100)


_SHORTNESS: Final = (
    *((1, 0), (1, 1), *((below, 0) for below in range(2, 10)), (1, 2), (1, 3)),
    *(*((below, 0) for below in _DENOMINATORS[10:]), *((1, digits) for digits in range(4, 10))),
)  # denominators, and digits after the point


def roundest(low: float, high: float) -> float:
    """The number with the fewest digits between two others, both included; known conversions and short fractions come first.

    Example:
        >>> roundest(99.98, 100.003), roundest(0.33329, 0.33341), roundest(0.16997, 0.17003)
        (100.0, 0.3333333333333333, 0.17)
    """
    if low <= 0 <= high:
        return 0.0
    middle = (low + high) / 2
    if not math.isfinite(middle):
        return middle
    exponent = math.floor(math.log10(abs(middle)))
    for digits in range(1, 17):
        if digits == 4:  # noqa: PLR2004 (a fraction is simpler than four digits)
            simple = _simple(low, high)
            if simple is not None:
                return simple
        tried = float(f"%.{digits - 1}e" % middle)
        if low <= tried <= high:
            return tried
        for step in (-1, 1):
            near = round(tried + step * 10.0 ** (exponent - digits + 1), max(0, 15 - exponent))
            if low <= near <= high:
                return near
    return middle


def is_plain(constant: float) -> bool:
    """Whether a constant is a power of ten or a known conversion, that nobody had to fit."""
    size = abs(constant)
    if size == 0 or any(math.isclose(size, known, rel_tol=1e-12) for known in KNOWN):
        return True
    return math.isclose(10.0 ** round(math.log10(size)), size, rel_tol=1e-12)


def _simple(low: float, high: float) -> float | None:
    for known in KNOWN:
        for signed in (known, -known):
            if low <= signed <= high:
                return signed
    for below in _DENOMINATORS:
        above = round((low + high) / 2 * below)
        if abs(above) < 100 and low <= above / below <= high:  # noqa: PLR2004
            return above / below
    return None


def short_weights(exact: NDArray[np.float64]) -> Iterator[tuple[NDArray[np.float64], int]]:
    """Weights near those that were fitted, simplest first, each with its denominator: ([2, 1], 3) are two and one thirds.

    Args:
        exact: float64 [parts].
    """
    for below, digits in _SHORTNESS:
        tried = np.rint(exact * below) if below > 1 else exact.round(digits)
        if tried.all() and np.abs(tried / below - exact).max() <= 0.05 * np.abs(exact).max():
            yield tried, below
    yield exact, 1
