"""Reads values of numeric and temporal columns, as people write them, as exact numbers."""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pyarrow as pa

from synthgan.data.calendars import exactly_counted, unsplit
from synthgan.data.column import NUMBERS, Kind
from synthgan.data.stamps import NANOSECONDS, from_text

if TYPE_CHECKING:
    from synthgan.data.column import Column

MISSING_WORDS: Final = frozenset({"", "nan", "nat", "none", "null", "na", "n/a", "<na>"})
MAX_EXPONENT: Final = 400  # of ten: beyond, no float64 is
_DAY: Final = NANOSECONDS["day"]
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_OFFSET: Final = re.compile(r"([+-])(\d{2}):?(\d{2})")
_SPACED: Final = re.compile(r"(\d{4}-\d{2}-\d{2}) (\d{2}:.*)")
_PART: Final = re.compile(
    r"\s*(\d+(?:\.\d+)?)\s*(days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s|ms|us|ns)(?![a-z])", re.IGNORECASE
)
_CLOCK_PARTS: Final = re.compile(r"(?:(\d+)\s*(?:days?|d),?\s+)(\d{1,3}:\d{2}.*)", re.IGNORECASE)
_NUMPY_UNITS: Final[dict[str, Fraction | int]] = {
    "W": 7 * _DAY, "D": _DAY, "h": _DAY // 24, "m": _DAY // 1_440,
    "s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1, "ps": Fraction(1, 10**3), "fs": Fraction(1, 10**6)
}  # fmt: skip
_LENGTHS: Final = {
    "d": "day",
    "h": "hour",
    "m": "minute",
    "s": "second",
    "ms": "millisecond",
    "us": "microsecond",
    "ns": "nanosecond",
}


def exact_number(column: Column, value: object) -> Fraction | float | None:
    """The number that a value of a numeric or temporal column stands for: moments and durations in the column's unit.

    Args:
        column: of numbers, dates, stamps, durations or times of day.
        value: as people write it, in Python or as text.

    Returns:
        The exact number; a float only where it is infinite; None for missing.

    Raises:
        TypeError, ValueError, ArithmeticError: it is no value of such a column.

    Example:
        >>> from synthgan.data.column import Column, Kind
        >>> exact_number(Column("x", Kind.DECIMAL, "double", decimals=1), "0.3")
        Fraction(3, 10)
        >>> exact_number(Column("t", Kind.DURATION, "time64[us]", unit="minute"), "08:30")
        Fraction(510, 1)
    """
    if value is None or (isinstance(value, str) and value.strip().lower() in MISSING_WORDS):
        return None
    if column.kind in NUMBERS:
        kind = float_type(column.dtype)
        if column.decimals is not None and kind is not np.float64 and isinstance(value, (float, np.floating)):
            near = round(float(value), column.decimals)  # float32 holds 42.52 as 42.52000045776367
            with np.errstate(over="ignore"):
                value = near if kind(near) == kind(value) else value
        if column.moment is not None:
            return exactly_counted(to_fraction(unsplit(value)), column.moment)
        return to_fraction(value) - (column.base or 0)
    read = _duration if column.kind is Kind.DURATION else _moment
    nanoseconds = read(value, column)
    return nanoseconds if isinstance(nanoseconds, float) else Fraction(nanoseconds) / NANOSECONDS[str(column.unit)]


def to_fraction(value: object) -> Fraction | float:
    """A number, or its text, exactly as it is written: of a float the shortest decimals that tell it from its neighbours.

    Raises:
        TypeError, ValueError, ArithmeticError: it is no number.
    """
    if isinstance(value, (bool, int, Fraction)):
        return Fraction(value)
    if isinstance(value, np.bool_):
        return Fraction(bool(value))
    if isinstance(value, (str, float, np.floating, np.integer)):
        value = Decimal(str(value).strip())
    if not isinstance(value, Decimal):
        raise TypeError(f"{value!r} is no number")
    if value.is_nan():
        raise ValueError("no number")
    if value.is_infinite() or (value and value.adjusted() > MAX_EXPONENT):
        return math.copysign(math.inf, value)
    if value and value.adjusted() < -MAX_EXPONENT:  # nearer to 0 than any float64
        return Fraction(1 if value > 0 else -1, 10**MAX_EXPONENT)
    return Fraction(value)


def float_type(dtype: str) -> type[np.floating[Any]]:
    """The NumPy type of the floats of a column, by what its container calls it; float64 for anything else."""
    words = dtype.lower().removesuffix(" not null").removesuffix("[pyarrow]")
    if "float16" in words or "halffloat" in words:
        return np.float16
    return np.float32 if "float32" in words or words == "float" else np.float64


def _moment(value: Any, column: Column) -> int:
    """Nanoseconds since 1970; a moment without a zone is read in the column's own."""
    if isinstance(value, np.datetime64):
        coarse = np.datetime_data(value.dtype)[0] in {"Y", "M", "W"}
        value = str(value.astype("M8[D]") if coarse else value)
    if isinstance(value, str):
        return _written_moment(value.strip(), column)
    if not isinstance(value, dt.date):
        raise TypeError(f"{value!r} is no moment")
    parts = (value.year, value.month, value.day)
    finer = 0
    if isinstance(value, dt.datetime):  # pandas' own among them, which are finer than Python's
        finer = int(getattr(value, "nanosecond", 0))
        clock = (value.hour, value.minute, value.second, value.microsecond)
        stamp = dt.datetime(*parts, *clock, tzinfo=value.tzinfo, fold=value.fold)
    else:
        stamp = dt.datetime(*parts)  # noqa: DTZ001 (the zone is set below)
    return _since_epoch(stamp, column) + finer


def _written_moment(text: str, column: Column) -> int:
    text = _SPACED.sub(r"\1T\2", text)
    try:
        stamp = dt.datetime.fromisoformat(text)
    except ValueError:
        return from_text(text, pa.timestamp("ns"))  # years beyond 9999
    written = re.search(r"\.(\d{7,9})", text)
    finer = int(written[1].ljust(9, "0")[6:]) if written else 0
    return _since_epoch(stamp, column) + finer


def _since_epoch(stamp: dt.datetime, column: Column) -> int:
    if stamp.tzinfo is None:
        stamp = stamp.replace(tzinfo=_zone(column.timezone))
    passed = stamp - _EPOCH
    return (passed.days * 86_400 + passed.seconds) * NANOSECONDS["second"] + passed.microseconds * 1_000


def _zone(name: str | None) -> dt.tzinfo:
    if name is None:
        return dt.UTC
    if offset := _OFFSET.fullmatch(name):
        shift = dt.timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return dt.timezone(-shift if offset[1] == "-" else shift)
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError as error:
        raise ValueError(f"{name!r} is no known zone") from error


def _duration(value: Any, _: Column) -> Fraction | float | int:
    """Nanoseconds of a duration, or since midnight; a bare number is one of seconds."""
    if isinstance(value, np.timedelta64):
        unit, times = np.datetime_data(value.dtype)
        if unit not in _NUMPY_UNITS:
            raise ValueError("years and months differ in length")
        return int(value.astype(np.int64)) * times * _NUMPY_UNITS[unit]
    if isinstance(value, dt.timedelta):
        counted = (value.days * 86_400 + value.seconds) * NANOSECONDS["second"] + value.microseconds * 1_000
        return counted + int(getattr(value, "nanoseconds", 0))  # pandas' own are finer than Python's
    if isinstance(value, dt.time):
        whole = (value.hour * 60 + value.minute) * 60 + value.second
        return whole * NANOSECONDS["second"] + value.microsecond * 1_000
    if isinstance(value, str):
        return _written_duration(value.strip())
    seconds = to_fraction(value)
    return seconds * NANOSECONDS["second"]


def _written_duration(text: str) -> Fraction | float:
    if re.fullmatch(r"-?(P.*|\d+:\d{2}(:.*)?)", text):
        return Fraction(from_text(text, pa.duration("ns")))
    if days := _CLOCK_PARTS.fullmatch(text):  # as Python and pandas print them
        return Fraction(int(days[1]) * _DAY + from_text(days[2], pa.duration("ns")))
    parts, end = [], 0
    while found := _PART.match(text.lstrip("-"), end):
        parts.append(Fraction(found[1]) * NANOSECONDS[_length(found[2].lower())])
        end = found.end()
    if parts and end == len(text.lstrip("-").rstrip()):
        return -sum(parts, Fraction(0)) if text.startswith("-") else sum(parts, Fraction(0))
    return to_fraction(text) * NANOSECONDS["second"]


def _length(word: str) -> str:
    return _LENGTHS.get(word) or _LENGTHS[word[0]]
