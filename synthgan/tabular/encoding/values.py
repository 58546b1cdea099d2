"""Which numbers of those that a condition asks for a column can have."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.exact import float_type
from synthgan.data.grids import Grid
from synthgan.data.scale import number_of, offset_of, resolution_of, step_of
from synthgan.data.schema import FRACTIONS
from synthgan.data.significance import last_digit, to_significant
from synthgan.tabular.encoding.codec import contradiction

if TYPE_CHECKING:
    from synthgan.data.clauses import Clause
    from synthgan.data.schema import Column


def _exact_resolution(column: Column) -> Fraction:
    """The same to the last digit."""
    if column.kind in FRACTIONS:
        return Fraction(0) if column.decimals is None else Fraction(1, 10**column.decimals)
    return Fraction(1)


@dataclass(frozen=True, slots=True)
class Interval:
    """Numbers between two bounds, each of which may be left out itself.

    Attributes:
        low: the lower bound; minus infinity for none.
        high: the upper bound; infinity for none.
        open_low: whether the lower bound is left out.
        open_high: whether the upper bound is.
    """

    low: Fraction | float
    high: Fraction | float
    open_low: bool = False
    open_high: bool = False


def interval_of(clause: Clause, column: Column) -> Interval:
    """The numbers that a range, or one value that is not missing, allows.

    Raises:
        DataError: if a bound cannot be read, or the lower one is above the upper one.
    """
    if clause.values is not None:
        found = number_of(column, clause.values[0])
        assert found is not None  # noqa: S101 (callers have looked)
        return Interval(found, found)
    low = -math.inf if clause.low is None else number_of(column, clause.low)
    high = math.inf if clause.high is None else number_of(column, clause.high)
    if low is None or high is None:
        raise contradiction(clause, "a bound is missing")
    interval = Interval(low, high, clause.strict, clause.strict)
    if interval.low > interval.high:
        raise contradiction(clause, "the lower bound is above the upper one")
    return interval


def bounds_of(clause: Clause, column: Column) -> tuple[float, float]:
    """The lowest and the highest value of the column's form among those that a range, or one value, allows.

    Bounds are compared as they are with what the column can say: they are never widened.

    Raises:
        DataError: if a bound cannot be read, the lower one is above the upper one, or the column can have no value between.
    """
    interval = interval_of(clause, column)
    step = _exact_resolution(column)
    inside = _on_grid(interval, step) if step else _among_floats(interval, column.dtype)
    if inside is None:
        raise contradiction(clause, f"the column can have {_grid_words(column)} only")
    return inside


def grid_bounds(bounds: tuple[float, float], column: Column) -> tuple[float, float] | None:
    """The first and the last number between two bounds that lies on the grid that a column states; None where none does."""
    if not column.step:
        return _of_digits(bounds, column.significant)
    grid, resolution = Grid(step_of(column), offset_of(column)), resolution_of(column)

    def released(number: float) -> float:
        found = float(grid.snap(np.array([number]))[0])
        return found if column.decimals is None else round(found, column.decimals)

    low, high = bounds
    if math.isfinite(low):
        low = released(low)
        low = released(low + grid.step) if low < bounds[0] - resolution / 4 else low
    if math.isfinite(high):
        high = released(high)
        high = released(high - grid.step) if high > bounds[1] + resolution / 4 else high
    return _of_digits((low, high), column.significant) if low <= high else None


def rounded_into(on_grid: tuple[float, float] | None, column: Column) -> tuple[float, float] | None:
    """From where to where numbers lie that significant digits round to between two bounds, but for half a step at either end."""
    if on_grid is None or not column.significant:
        return on_grid
    step, (low, high) = step_of(column), on_grid
    # Below 10.00 the last digit is worth less than above it.
    beyond = last_digit(np.nextafter(on_grid, (-np.inf, np.inf)), column.significant)
    down, up = np.maximum(beyond - step, 0.0) / 2 * (1 - 1e-6)
    return (low - down if math.isfinite(low) else low), (high + up if math.isfinite(high) else high)


def _of_digits(bounds: tuple[float, float], digits: int | None) -> tuple[float, float] | None:
    """The first and the last number of so many digits between two bounds; None where there is none."""
    if digits is None:
        return bounds
    nearly = 1e-9  # of the last digit: a bound that is such a number stays
    low = float(to_significant(np.array(bounds[0]), digits, np.ceil, -nearly))
    high = float(to_significant(np.array(bounds[1]), digits, np.floor, nearly))
    return (low, high) if low <= high else None


def _on_grid(interval: Interval, step: Fraction) -> tuple[float, float] | None:
    """The first and the last multiple of the step in an interval."""
    low, high = -math.inf, math.inf
    if isinstance(interval.low, Fraction):
        first = math.floor(interval.low / step) + 1 if interval.open_low else math.ceil(interval.low / step)
        low = to_float(first * step)
    elif interval.low > 0:
        return None
    if isinstance(interval.high, Fraction):
        last = math.ceil(interval.high / step) - 1 if interval.open_high else math.floor(interval.high / step)
        high = to_float(last * step)
        if isinstance(interval.low, Fraction) and first > last:
            return None
    elif interval.high < 0:
        return None
    return low, high


def _among_floats(interval: Interval, dtype: str) -> tuple[float, float] | None:
    """The least and the greatest number of a float type in an interval; one value is the nearest that the type has."""
    with np.errstate(over="ignore"):
        return _between(interval, float_type(dtype))


def _between(interval: Interval, kind: type[np.floating[Any]]) -> tuple[float, float] | None:
    if interval.low == interval.high and isinstance(interval.low, Fraction) and not interval.open_low:
        nearest = float(kind(to_float(interval.low)))
        return nearest, nearest
    low, high = (float(kind(to_float(bound))) for bound in (interval.low, interval.high))
    # A bound that is left out takes the number that the type has for it along: 0.3 of float32 is 0.30000001.
    if low < interval.low or (interval.open_low and low > -math.inf):
        low = float(np.nextafter(kind(low), kind(np.inf)))
    if high > interval.high or (interval.open_high and high < math.inf):
        high = float(np.nextafter(kind(high), kind(-np.inf)))
    return (low, high) if low <= high and low < math.inf and high > -math.inf else None


def to_float(number: Fraction | float) -> float:
    """The nearest float64, infinite beyond its range."""
    try:
        return float(number)
    except OverflowError:
        return math.copysign(math.inf, number)


def _grid_words(column: Column) -> str:
    if column.unit:
        return f"whole {column.unit}s"
    if column.kind not in FRACTIONS:
        return "whole numbers" if column.moment is None else f"what {column.moment} writes"
    return "other numbers" if column.decimals is None else f"numbers of {column.decimals} decimals"


def each_value(clause: Clause, column: Column, *, has_missing: bool) -> list[Clause]:
    """The clause, or one for each value of a list (two numbers may share a mode with others between them) or of what it leaves."""
    if clause.values is None:
        return [clause]
    if clause.negated:
        return _without(clause, column, has_missing=has_missing)
    values = {number_of(column, value): value for value in clause.values}
    return [replace(clause, values=(value,)) for value in values.values()]


def _without(clause: Clause, column: Column, *, has_missing: bool) -> list[Clause]:
    """The ranges between the values that a negated clause forbids, and missing where it does not forbid that."""
    forbidden = {}
    for value in clause.values or ():
        number = number_of(column, value)
        if number is not None and math.isfinite(number):
            forbidden[number] = value
    ends = [None, *(forbidden[number] for number in sorted(forbidden)), None]
    plain = replace(clause, values=None, negated=False, strict=True)
    ranges = [replace(plain, low=low, high=high) for low, high in itertools.pairwise(ends)]
    forbids_missing = any(number_of(column, value) is None for value in clause.values or ())
    return ranges + [replace(clause, values=(None,), negated=False)] * (has_missing and not forbids_missing)


def is_missing(clause: Clause, column: Column) -> bool:
    """Whether a clause of one value asks for what is missing."""
    return clause.values is not None and number_of(column, clause.values[0]) is None
