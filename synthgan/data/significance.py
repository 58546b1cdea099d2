"""Numbers written in so many significant digits, as instruments and publications give them: 1.023, 10.38, 122.8, 1001."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from synthgan.checks import is_whole
from synthgan.data.grids import COMMON_ROWS, MAX_COUNTED, MAX_OFF, MAX_OFF_VALUES, MIN_VALUES, SURE_BITS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from synthgan.data.grids import Grid

    Numbers = NDArray[np.float64]

MAX_SIGNIFICANT: Final = 12  # float64 holds 15 for sure
MAX_SIGNIFICANT_FLOAT32: Final = 5  # and float32 six
_GLANCE_ROWS: Final = 20_000
_NEARLY: Final = 1e-9  # of the last digit that a number may be off
_LARGEST_POWER: Final = 22  # of ten that float64 holds exactly
_REAL_BITS: Final = 10.0  # a number of few digits says at least so much where any real number might stand


def to_significant(
    numbers: Numbers, digits: int, turn: Callable[[Numbers], Numbers] = np.rint, nearly: float = 0.0
) -> Numbers:
    """The nearest numbers of so many significant digits, to the last bit as their text is read.

    Args:
        numbers: float64 of any shape; what is not finite stays.
        digits: 1 or more.
        turn: ``np.floor`` for those not above, ``np.ceil`` for those not below.
        nearly: how much is added first, of the last digit: a number that is one already, but for its last bit, stays.
    """
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        power = digits - 1 - _exponents(numbers)
        up = 10.0 ** np.clip(power, 0, _LARGEST_POWER)
        down = 10.0 ** np.clip(-power, 0, _LARGEST_POWER)
        moved = turn(numbers * up / down + nearly) * down / up
    fits = np.isfinite(numbers) & (np.abs(power) <= _LARGEST_POWER)
    return np.where(fits, moved, numbers)


def last_digit(numbers: Numbers, digits: int) -> Numbers:
    """What one of the last digit of each is worth, float64 of the same shape: 0.01 of 10.38 at four digits."""
    with np.errstate(over="ignore"):
        return 10.0 ** (_exponents(numbers) - digits + 1.0)


def find_significant(numbers: Numbers, base: float, dtype: Any = np.float64) -> int | None:
    """Finds in how many significant digits numbers are written, where that says more than their digits after the point do.

    Values that many rows share may have more of them, others if they are fewer than one row in 200.

    Args:
        numbers: float64 [rows], finite.
        base: what they are known to be whole multiples of (a unit, a digit); 0 for any real number.
        dtype: the float type that holds them.

    Returns:
        The digits; None where there are none, or too few values to tell.
    """
    if (
        len(numbers) > _GLANCE_ROWS
        and find_significant(numbers[:: len(numbers) // _GLANCE_ROWS + 1], base, dtype) is None
    ):
        return None
    values, counts = np.unique(np.abs(numbers[numbers != 0]), return_counts=True)
    if len(values) < MIN_VALUES:
        return None
    exponents, rows = _exponents(values), int(counts.sum())
    left = np.ones(len(values), dtype=bool)  # those that need more digits
    most = MAX_SIGNIFICANT_FLOAT32 if dtype == np.float32 else MAX_SIGNIFICANT
    for digits in range(1, most + 1):
        left[left] = to_significant(values[left], digits).astype(dtype) != values[left].astype(dtype)
        if counts[left & (counts < COMMON_ROWS)].sum() > MAX_OFF * rows:
            continue
        worth = exponents - digits + 1.0 - (math.log10(base) if base else 0.0)  # in digits that might have stood there
        told = ~left & ((worth > 0.5) if base else True)  # noqa: PLR2004 (0 but for rounding: the last digit is the base's)
        bits = float((worth[told] * math.log2(10.0)).sum()) if base else _REAL_BITS * float(told.sum())
        if told.sum() >= MIN_VALUES and bits >= SURE_BITS and left.sum() <= MAX_OFF_VALUES * told.sum():
            return digits
    return None


def says_more(numbers: Numbers, base: float, digits: int, grid: Grid) -> bool:
    """Whether significant digits leave fewer numbers to choose from than a grid does: of both the better account of the values.

    Args:
        numbers: float64 [rows], finite, of which a glance is enough.
        base: above 0; see ``find_significant``.
        digits: as found there,
        grid: and by ``find_grid``.
    """
    values = np.unique(numbers[:: len(numbers) // _GLANCE_ROWS + 1])
    on_digits = to_significant(values, digits) == values
    on_grid = np.abs(grid.snap(values) - values) <= _NEARLY * base
    worth = np.maximum(np.log10(last_digit(values, digits) / base), 0.0)
    return bool(worth[on_digits & (values != 0)].sum() > 1.001 * on_grid.sum() * math.log10(grid.step / base))


def flaw_of_grid(grid: Mapping[str, Any], *, is_stepped: bool, is_amount: bool) -> tuple[str, str] | None:
    """What is wrong with the declared `step`, `offset`, `base` and `significant` of a column: which of them, and what it must be."""
    step, offset, base, digits = (grid[name] for name in ("step", "offset", "base", "significant"))
    for name, number in (("step", step), ("offset", offset)):
        if number is None:
            continue
        if not is_stepped:
            return name, "absent except for numbers, dates, stamps and durations"
        is_number = isinstance(number, (int, float)) and not isinstance(number, bool) and math.isfinite(number)
        if not is_number or number < 0 or (name == "step" and not number):
            return name, f"a finite number {'above 0' if name == 'step' else 'from 0 on'}"
    if base is not None and not (is_whole(base) and is_amount):
        return "base", "a whole number, and absent except for whole numbers and decimals"
    if offset is not None and not offset < (step or 0):
        return "offset", "below the step, and absent without one"
    if digits is not None and not (is_amount and is_whole(digits) and 1 <= digits <= MAX_SIGNIFICANT):
        return "significant", f"from 1 to {MAX_SIGNIFICANT} for whole numbers and decimals, and absent elsewhere"
    if digits is not None and (base is not None or offset is not None or not _is_power_of_ten(step or 1)):
        return "significant", "absent beside a base, an offset, or a step that is no power of ten"
    return None


def power_of_ten(numbers: Numbers, base: float) -> float | None:
    """The greatest power of ten, above what they are known to be multiples of, that all numbers are multiples of; None for none."""
    units = np.rint(numbers / base) if base else np.zeros(0)
    if not units.any() or np.abs(units).max() >= MAX_COUNTED:
        return None
    step, common = 1, int(np.gcd.reduce(units.astype(np.int64)))
    while common % (step * 10) == 0:
        step *= 10
    return step * base if step > 1 else None


def _is_power_of_ten(number: float) -> bool:
    power = math.log10(number)
    return abs(power - round(power)) < _NEARLY


@np.errstate(over="ignore")  # of the largest floats, the next power of ten is none
def _exponents(numbers: Numbers) -> Numbers:
    """The power of ten of the first digit of each, float64 of the same shape; 0 of 0 and of what is not finite."""
    size = np.abs(numbers)
    size = np.where(np.isfinite(size) & (size > 0), size, 1.0)
    found = np.floor(np.log10(size))
    found += size >= 10.0 ** (found + 1)  # the logarithm may be off by its last bit
    return np.asarray(found - (size < 10.0**found))
