"""The functions that a formula may call: logarithms and roots, parts of a stamp, spans between two, clock times, bins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from synthgan.data.formulas.vectors import DAY, SECOND, Moments, Vector, missing_in, numbers_of
from synthgan.data.values import Levels
from synthgan.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

LOOKUP: Final = "lookup"
MANY: Final = 1_000
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MINUTES: Final = 1440  # of a day


@dataclass(frozen=True)
class Function:
    """A function.

    Attributes:
        takes: how many arguments at least, and at most.
        apply: gives the result for vectors [rows].
    """

    takes: tuple[int, int]
    apply: Callable[..., Vector]


def wants(kind: str, vector: Vector) -> NDArray[np.float64]:
    """A vector as numbers; raises SchemaError where it is none."""
    found = numbers_of(vector)
    if found is None:
        held = "moments" if isinstance(vector, Moments) else "text"
        raise SchemaError(f"{kind} in a formula must be of numbers, however: found {held}")
    return found


def _moments(vector: Vector) -> Moments:
    if not isinstance(vector, Moments):
        raise SchemaError("a part of a stamp must be asked of a date or a stamp, however: found another column")
    return vector


def _numeric(name: str, function: Callable[..., NDArray[np.float64]], least: int = 1, most: int = 1) -> Function:
    return Function((least, most), lambda *args: function(*(wants(name, arg) for arg in args)))


def _part(function: Callable[[NDArray[np.int64]], NDArray[np.int64]]) -> Function:
    """A number that the wall clock and calendar say."""

    def apply(vector: Vector) -> Vector:
        moments = _moments(vector)
        found = function(moments.local()).astype(np.float64)
        return np.where(moments.missing, np.nan, found)

    return Function((1, 1), apply)


def year_month_day(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Year, month from 1 and day from 1 of local counts, int64 [rows] each."""
    days = counts.astype("M8[us]").astype("M8[D]")
    months = days.astype("M8[M]")
    years = months.astype("M8[Y]").astype(np.int64) + 1970
    return years, months.astype(np.int64) % 12 + 1, (days - months.astype("M8[D]")).astype(np.int64) + 1


def _day_of_year(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    days = counts.astype("M8[us]").astype("M8[D]")
    return (days - days.astype("M8[Y]").astype("M8[D]")).astype(np.int64) + 1


def _weekday(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return (counts // DAY + 3) % 7  # 1970-01-01 was a Thursday


def _week(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The week of ISO 8601: that of the Thursday of the same week."""
    return (_day_of_year(counts + (3 - _weekday(counts)) * DAY) - 1) // 7 + 1


def _date(vector: Vector) -> Vector:
    moments = _moments(vector)
    return Moments(moments.local() // DAY * DAY, moments.missing)


def _names(function: Callable[[NDArray[np.int64]], NDArray[np.int64]], names: tuple[str, ...]) -> Function:
    def apply(vector: Vector) -> Vector:
        moments = _moments(vector)
        return Levels(np.where(moments.missing, -1, function(moments.local())).astype(np.int32), names)

    return Function((1, 1), apply)


def _span(seconds: float) -> Function:
    """How many units of so many seconds lie between two moments, as a real number."""

    def apply(first: Vector, second: Vector) -> Vector:
        return between(_moments(first), _moments(second)) / seconds

    return Function((2, 2), apply)


def between(first: Moments, second: Moments) -> NDArray[np.float64]:
    """Seconds from one moment to another, float64 [rows]; by the clock on the wall where one of them has no zone."""
    zoned = first.zone is not None and second.zone is not None
    start, end = (first.counts, second.counts) if zoned else (first.local(), second.local())
    return np.where(first.missing | second.missing, np.nan, (end - start) / SECOND)


def _completed(months: int) -> Function:
    """How many times so many months have passed in full from one date to another."""

    def apply(first: Vector, second: Vector) -> Vector:
        start, end = _moments(first), _moments(second)
        one, two = year_month_day(start.local()), year_month_day(end.local())
        passed = (two[0] - one[0]) * 12 + two[1] - one[1] - (two[2] < one[2])
        return np.where(start.missing | end.missing, np.nan, passed // months)

    return Function((2, 2), apply)


def _minute_of_day(vector: Vector) -> Vector:
    """Minutes since midnight of a stamp, or of a clock time written as a number: 875 for 1435."""
    if isinstance(vector, Moments):
        return np.where(vector.missing, np.nan, vector.local() % DAY // (60 * SECOND))
    clock = wants("a clock time", vector)
    return clock // 100 * 60 + clock % 100


def _clock(minutes: NDArray[np.float64]) -> NDArray[np.float64]:
    """The clock time of minutes since midnight, written as a number: 1435 for 875."""
    minutes = minutes % _MINUTES
    return minutes // 60 * 100 + minutes % 60


def _datetime(*parts: NDArray[np.float64]) -> Vector:
    """The stamp of year, month, day, hour, minute and second; what is no date is missing."""
    missing = np.any([np.isnan(part) for part in parts], axis=0)
    whole = [np.where(missing, 1, part).astype(np.int64) for part in parts]
    year, month, day, *clock = whole
    missing |= (month < 1) | (month > 12) | (day < 1) | (np.abs(year) > 200_000)  # noqa: PLR2004
    months = np.where(missing, 0, (year - 1970) * 12 + month - 1).astype("M8[M]")
    days = months.astype("M8[D]") + (day - 1)
    missing |= days.astype("M8[M]") != months
    counts = days.astype(np.int64) * DAY
    for length, part in zip((3600 * SECOND, 60 * SECOND, SECOND), clock, strict=False):
        counts = counts + part * length
    return Moments(np.where(missing, 0, counts), missing)


def _cut(vector: Vector, *bounds: Vector) -> Vector:
    """In which of the bins a number lies: 0 below the first bound, 1 from it on, and so on."""
    numbers = wants("a number to cut", vector)
    edges = np.array([wants("a bound", bound)[0] if len(numbers) else 0.0 for bound in bounds])
    found = np.searchsorted(np.sort(edges), numbers, side="right").astype(np.float64)
    return np.where(np.isnan(numbers), np.nan, found)


def _rounded(numbers: NDArray[np.float64], digits: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    return np.round(numbers, 0 if digits is None or not len(digits) else int(digits[0]))


def _first(*args: NDArray[np.float64]) -> NDArray[np.float64]:
    """The first in each row that is not missing."""
    found = args[0]
    for other in args[1:]:
        found = np.where(np.isnan(found), other, found)
    return found


_CURVES: Final[dict[str, Callable[..., NDArray[np.float64]]]] = {
    "log": np.log,
    "log10": np.log10,
    "log2": np.log2,
    "log1p": np.log1p,
    "exp": np.exp,
    "expm1": np.expm1,
    "sqrt": np.sqrt,
    "cbrt": np.cbrt,
    "abs": np.abs,
    "floor": np.floor,
    "ceil": np.ceil,
    "clock": _clock,
}

FUNCTIONS: Final[dict[str, Function]] = {
    **{name: _numeric(name, function) for name, function in _CURVES.items()},
    "round": _numeric("round", _rounded, 1, 2),
    "min": _numeric("min", lambda *args: np.min(args, axis=0), 1, MANY),
    "max": _numeric("max", lambda *args: np.max(args, axis=0), 1, MANY),
    "mean": _numeric("mean", lambda *args: np.sum(args, axis=0) / len(args), 1, MANY),
    "nansum": _numeric("nansum", lambda *args: np.nansum(args, axis=0), 1, MANY),
    "nanmin": _numeric("nanmin", lambda *args: np.fmin.reduce(args), 1, MANY),
    "nanmax": _numeric("nanmax", lambda *args: np.fmax.reduce(args), 1, MANY),
    "nanmean": _numeric("nanmean", lambda *args: np.nansum(args, axis=0) / (~np.isnan(args)).sum(axis=0), 1, MANY),
    "coalesce": _numeric("coalesce", _first, 1, MANY),
    "count": Function((1, MANY), lambda *args: np.sum([~missing_in(arg) for arg in args], axis=0).astype(np.float64)),
    "year": _part(lambda counts: year_month_day(counts)[0]),
    "quarter": _part(lambda counts: (year_month_day(counts)[1] + 2) // 3),
    "month": _part(lambda counts: year_month_day(counts)[1]),
    "week": _part(_week),
    "day": _part(lambda counts: year_month_day(counts)[2]),
    "dayofyear": _part(_day_of_year),
    "weekday": _part(_weekday),
    "hour": _part(lambda counts: counts % DAY // (3600 * SECOND)),
    "minute": _part(lambda counts: counts % (3600 * SECOND) // (60 * SECOND)),
    "second": _part(lambda counts: counts % (60 * SECOND) // SECOND),
    "weekday_name": _names(_weekday, WEEKDAYS),
    "month_name": _names(lambda counts: year_month_day(counts)[1] - 1, MONTHS),
    "date": Function((1, 1), _date),
    "datetime": _numeric("datetime", _datetime, 3, 6),  # type: ignore[arg-type]
    "years": _completed(12),
    "months": _completed(1),
    **{name: _span(length) for name, length in {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}.items()},
    "minute_of_day": Function((1, 1), _minute_of_day),
    "missing": Function((1, 1), lambda vector: missing_in(vector).astype(np.float64)),
    "cut": Function((2, MANY), _cut),
}
"""By name; the parts of a stamp are those of the clock on the wall, weekday 0 is Monday. From nansum to count missing is left out."""
