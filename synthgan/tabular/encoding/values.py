"""A column's values as people write them, and the numbers they stand for."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pyarrow as pa

from synthgan.data import from_text
from synthgan.data.schema import FRACTIONS, NUMBERS, Kind
from synthgan.errors import DataError, Remedy
from synthgan.tabular.encoding.codec import contradiction

if TYPE_CHECKING:
    from synthgan.data.clauses import Clause
    from synthgan.data.schema import Column

_MICROSECONDS = {
    "day": 86_400_000_000,
    "hour": 3_600_000_000,
    "minute": 60_000_000,
    "second": 1_000_000,
    "millisecond": 1_000,
    "microsecond": 1,
}
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


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


def to_number(column: Column, value: object) -> float:
    """The number (see ``frames.read_numbers``) that a value of a numeric or temporal column stands for.

    Args:
        column: of kind integer, decimal, date, datetime or duration.
        value: a number, a date or datetime, a timedelta, or their text (ISO 8601; durations also in seconds).

    Raises:
        DataError: if the value cannot be read.
    """
    try:
        if column.kind in NUMBERS:
            return float(value)  # type: ignore[arg-type]
        if column.kind is Kind.DURATION:
            return _units(_duration(value), column)
        return _units(_moment(value, column) - _EPOCH, column)
    except (TypeError, ValueError, OverflowError) as error:
        is_moment = column.kind in {Kind.DATE, Kind.DATETIME}
        form, low, high = ("an ISO date or time", "2020-01-01", "2020-12-31") if is_moment else ("a number", "15", "18")
        raise DataError(
            f"a value of column {column.name!r} must be {form}, however: {value!r}",
            remedy=Remedy.option("where", [f"{column.name}>={low}", f"{column.name}<={high}"], "a range, say"),
        ) from error


def bounds_of(clause: Clause, column: Column) -> tuple[float, float]:
    """A range's bounds as numbers; a strict one on a column with a step moves inwards by that step.

    Raises:
        DataError: if a bound cannot be read, or the lower one is above the upper one.
    """
    inward = (step_of(column) or 1e-12) if clause.strict else 0.0
    low = -math.inf if clause.low is None else to_number(column, clause.low) + inward
    high = math.inf if clause.high is None else to_number(column, clause.high) - inward
    if low > high:
        raise contradiction(clause, "the lower bound is above the upper one")
    return low, high


def _moment(value: object, column: Column) -> dt.datetime:
    """A point in time; one without a zone is read in the column's own."""
    if isinstance(value, dt.datetime):
        stamp = value
    elif isinstance(value, dt.date):
        stamp = dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 (the zone is set below)
    else:
        stamp = dt.datetime.fromisoformat(str(value))
    if stamp.tzinfo is None:
        stamp = stamp.replace(tzinfo=ZoneInfo(column.timezone) if column.timezone else dt.UTC)
    return stamp


def _duration(value: object) -> dt.timedelta:
    """A duration; a bare number is one of seconds."""
    if isinstance(value, dt.timedelta):
        return value
    if isinstance(value, str) and value.lstrip("-").startswith("P"):
        return dt.timedelta(microseconds=from_text(value, pa.duration("us")))
    return dt.timedelta(seconds=float(value))  # type: ignore[arg-type]


def _units(duration: dt.timedelta, column: Column) -> float:
    microseconds = duration / dt.timedelta(microseconds=1)
    if column.unit == "nanosecond":
        return microseconds * 1_000
    return microseconds / _MICROSECONDS[column.unit or "microsecond"]
