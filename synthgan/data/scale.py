"""What numbers a column may have, what a value of it stands for, and how they compare with those of another unit or step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.column import AMOUNTS, FRACTIONS, TEMPORAL, Kind
from synthgan.data.exact import exact_number
from synthgan.data.forms.meant import meant
from synthgan.data.significance import last_digit, to_significant
from synthgan.data.stamps import NANOSECONDS
from synthgan.errors import DataError, Remedy

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

    from numpy.typing import NDArray

    from synthgan.data.column import Column

    Numbers = NDArray[np.float64]

_NEARLY = 1e-9  # of a step that a value may be off the grid and still be on it


@dataclass(frozen=True, slots=True)
class Scale:
    """What values a column may have.

    Attributes:
        step: they are multiples of it; 0 for any number.
        lowest: no value is below,
        highest: and none above.
        kind: columns are compared with others of their kind only.
        size: how much one is, in a unit that all columns of the kind share: nanoseconds, for moments and durations.
        offset: what the multiples of the step are counted from.
        significant: of how many digits they are at most; None for any.
        calendar: of moments that lie on some hours or days alone, on which; they change places with others of these alone.
    """

    step: float
    lowest: float
    highest: float
    kind: Any = None
    size: float = 1.0
    offset: float = 0.0
    calendar: str = ""
    significant: int | None = None

    def rounded(self, values: Numbers) -> Numbers:
        """The nearest values that a column may have, wherever its range ends."""
        found = self._at(np.round((values - self.offset) / self.step)) if self.step else values.copy()
        return self._written(found, np.rint)

    def below(self, values: Numbers) -> Numbers:
        """The largest such values that are not above those given."""
        found = self._at(np.floor((values - self.offset) / self.step + _NEARLY)) if self.step else values.copy()
        return self._written(found, np.floor, _NEARLY)

    def above(self, values: Numbers) -> Numbers:
        """The smallest such values that are not below those given."""
        found = self._at(np.ceil((values - self.offset) / self.step - _NEARLY)) if self.step else values.copy()
        return self._written(found, np.ceil, -_NEARLY)

    def apart(self, values: Numbers) -> Numbers:
        """How far the next value that a column may have is from each, at least; 0 for any number."""
        if self.significant is None:
            return np.full(len(values), self.step)
        return np.maximum(self.step, last_digit(values, self.significant))

    def _written(self, values: Numbers, turn: Callable[[Numbers], Numbers], nearly: float = 0.0) -> Numbers:
        return values if self.significant is None else to_significant(values, self.significant, turn, nearly)

    def _at(self, steps: Numbers) -> Numbers:
        return steps * self.step + self.offset if self.offset else steps * self.step

    def counted(self, values: Numbers, other: Scale) -> Numbers:
        """Values of another scale of this kind, in the unit of this one: exact where the other unit is a multiple."""
        if other.size == self.size:
            return values
        return values * (other.size / self.size) if other.size > self.size else values / (self.size / other.size)

    def holds(self, other: Scale) -> bool:
        """Whether all values of another scale of this kind are on the grid of this one, too."""
        if self.significant is not None and (other.significant or math.inf) > self.significant:
            return False
        if not self.step:
            return True
        ratio = other.step * other.size / (self.step * self.size)
        start = (other.offset * other.size - self.offset * self.size) / (self.step * self.size)
        return ratio > 0.5 and all(abs(one - round(one)) < _NEARLY for one in (ratio, start))  # noqa: PLR2004 (not 0)


def exceeds(low: Numbers, high: Numbers, scale: Scale, other: Scale) -> NDArray[np.bool_]:
    """Where values of one scale are above those of another of its kind; nowhere where one is missing."""
    finer = scale if scale.size <= other.size else other
    return np.asarray(finer.counted(low, scale) > finer.counted(high, other))


def scale_of(column: Column) -> Scale:
    """What values a numeric or temporal column may have, wherever its range ends."""
    kind, size = kind_of(column)
    return Scale(step_of(column), -np.inf, np.inf, kind, size, offset_of(column), significant=column.significant)


def kind_of(column: Column) -> tuple[str, float]:
    """Which columns one may be compared with, and how much one is in the unit that all of them share."""
    if column.kind not in TEMPORAL:
        sort = "number" if column.moment is None else f"number {column.moment}"
        return sort if column.kind in AMOUNTS else str(column.kind), 1.0
    moment = "moment" if column.timezone is None else "moment with a zone"
    return "duration" if column.kind is Kind.DURATION else moment, float(NANOSECONDS[str(column.unit)])


def step_of(column: Column) -> float:
    """How far apart the numbers of a numeric or temporal column lie at least; 0 for any real number. See ``offset_of``."""
    return float(column.step or resolution_of(column))


def offset_of(column: Column) -> float:
    """The number, from 0 on and below the step, that all of a column's numbers are whole steps away from."""
    return float(column.offset or 0)


def resolution_of(column: Column) -> float:
    """What the form alone makes all numbers whole multiples of: their digits or their unit; 0 for any real number."""
    if column.kind in FRACTIONS:
        return 0.0 if column.decimals is None else 10.0**-column.decimals
    return 1.0


def number_of(column: Column, value: object) -> Fraction | float | None:
    """The number (see ``Table.float64``) that a value of a numeric or temporal column stands for, exactly.

    Args:
        column: of kind integer, decimal, a coordinate, date, datetime or duration.
        value: a number, a date or datetime, a timedelta, a time of day, or their text (ISO 8601; durations also as ``08:30``,
            ``10h`` or in seconds).

    Returns:
        The number; infinite where the value is; None for missing.

    Raises:
        DataError: if the value cannot be read.
    """
    if column.text_form is not None and isinstance(value, str):
        value = meant(column.text_form, value)
    try:
        return exact_number(column, value)
    except (TypeError, ValueError, ArithmeticError) as error:
        form, low, high = "a number", "15", "18"
        written = "" if column.text_form is None else f", or as {column.text_form.partition(':')[2]!r} writes it"
        if column.kind in {Kind.DATE, Kind.DATETIME}:
            form, low, high = "an ISO date or time", "2020-01-01", "2020-12-31"
        elif column.kind is Kind.DURATION:
            form, low, high = "a duration or time such as PT90S, 10h or 08:30", "08:00", "09:30"
        raise DataError(
            f"a value of column {column.name!r} must be {form}{written}, however: {value!r}",
            remedy=Remedy.option("where", [f"{column.name}>={low}", f"{column.name}<={high}"], "a range, say"),
        ) from error
