"""Whole numbers that are clock times or dates, such as 1435 and 20200131: found, counted evenly, and written again."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from synthgan.data.forms.days import fields_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Counts = NDArray[np.int64]

MIDNIGHT: Final = "[24]"  # before a form: the end of the day is written as hour 24
MOMENTS: Final = (
    *("%Y%m%d%H%M%S", "%Y%m%d%H%M", "%Y%m%d%H", "%Y%m%d", "%Y%m"),
    *("%H%M%S", f"{MIDNIGHT}%H%M%S", "%H%M", f"{MIDNIGHT}%H%M"),
)
MIN_VALUES: Final = 8  # different ones
SURE_BITS: Final = 20.0  # how much all values of a column being moments must say: a chance of one in a million
_MIN_HOURS: Final = 6  # different ones, so that years and numbers of rooms are no clock times
_LATE: Final = (0.25, 0.75)  # of the values, how many lie in the second half of their hour
_LAST_MINUTE: Final = 50  # at least, one of them is, or lies on the last step of the hour
_FEW_MINUTES: Final = 12  # so many different ones or fewer are steps of an hour, ...
_MOST: Final = 2 / 3  # ... of which so many are there
_YEARS: Final = (1800, 2199, 9999)  # the last alone stands for never
_SPLIT: Final = re.compile(r"\d+([:-]\d\d)+")
_GLANCE: Final = 200
_LISTED: Final = 200_000  # moments between the first and the last are looked at one by one
_SIZES: Final = {"H": 24, "M": 60, "S": 60}


def counted(numbers: Numbers, moment: str) -> Numbers:
    """Counts moments evenly: minutes or seconds of the day, or months, days, … seconds since 1970.

    The order of any numbers is kept: what is no moment is half a unit above the last one below it.

    Args:
        numbers: float64 of any shape; what is not finite stays.
        moment: how whole numbers write moments, one of ``MOMENTS``.

    Example:
        >>> counted(np.array([0.0, 59.0, 100.0, 1435.0, 1460.0]), "%H%M").tolist()
        [0.0, 59.0, 60.0, 875.0, 899.5]
    """
    numbers = np.asarray(numbers, dtype=np.float64)
    there = np.isfinite(numbers)
    held = np.clip(np.where(there, numbers, 0.0), -1.0, 1e15)
    whole = np.floor(held)
    names = _fields(moment)
    rest, fields = whole.astype(np.int64), {}
    for name in reversed(names[1:]):
        rest, fields[name] = np.divmod(rest, 100)
    fields[names[0]] = rest
    over, under = (np.zeros(held.shape, dtype=bool) for _ in range(2))
    for name in names:
        low, high = _limits(name, fields, moment)
        settled = over | under
        field = np.where(over, high, np.where(under, low, fields[name]))
        over, under = over | (~settled & (field > high)), under | (~settled & (field < low))
        fields[name] = np.clip(field, low, high)
    counts = _count(fields, names) - under
    return np.where(there, counts + 0.5 * (over | under | (whole != held)), numbers)


def written(counts: Numbers, moment: str) -> Numbers:
    """The whole numbers that write the nearest moments, float64 of the same shape: the inverse of ``counted``; NaN stays."""
    there = ~np.isnan(counts)
    low, high = reach_of(moment)
    whole = np.clip(np.rint(np.where(there, counts, 0.0)), low, high).astype(np.int64)
    names, fields, units = _fields(moment), {}, 1
    for name in reversed([name for name in names if name in _SIZES][names[0] == "H" :]):
        whole, fields[name] = np.divmod(whole, _SIZES[name])
    if names[0] == "H":
        fields["H"] = whole
    elif "d" in names:
        fields |= fields_of(whole)
    else:
        years, months = np.divmod(whole, 12)
        fields |= {"Y": years + 1970, "m": months + 1}
    found = np.zeros(np.shape(counts), dtype=np.int64)
    for name in reversed(names):
        found, units = found + fields[name] * units, units * 100
    return np.where(there, found, counts)


def reach_of(moment: str) -> tuple[float, float]:
    """The first and the last count that can be written: of clock times the ends of the day, of dates those of the years 1 and 9999."""
    names = _fields(moment)
    if names[0] == "H":
        units = math.prod(_SIZES[name] for name in names)
        return 0.0, float(units - (not moment.startswith(MIDNIGHT)))
    ends = {name: np.array([1, 12]) for name in "m"} | {"Y": np.array([1, 9999]), "d": np.array([1, 31])}
    first, last = _count(ends | {name: np.array([0, size - 1]) for name, size in _SIZES.items()}, names).tolist()
    return float(first), float(last)


def natural_reach(moment: str | None) -> tuple[float, float] | None:
    """The ends of the day, of clock times; None of dates, which go on, and of what is neither."""
    return reach_of(moment) if moment in MOMENTS and _fields(moment)[0] == "H" else None


def exactly_counted(number: Fraction | float, moment: str) -> Fraction | float:
    """One number, counted as ``counted`` does, exactly."""
    if isinstance(number, float):  # infinite
        return number
    whole = math.floor(number)
    (found,) = counted(np.array([float(max(min(whole, 10**15), -1))]), moment).tolist()
    return Fraction(found) if whole == number or found % 1 else Fraction(found) + Fraction(1, 2)


def unsplit(value: object) -> object:
    """Text such as 13:30 or 2020-01-31 as the digits of its moment; anything else as it is."""
    return re.sub("[:-]", "", value) if isinstance(value, str) and _SPLIT.fullmatch(value.strip()) else value


def find_moment(numbers: Numbers) -> str | None:
    """Finds what moments whole numbers write: all of them do, which would be no chance, and they are spread as moments are.

    Chance is held against whole numbers anywhere between the first and the last, on the step that all of them are on.

    Args:
        numbers: float64 [rows], finite and whole.
    """
    for moment in MOMENTS:
        if not _are_moments(numbers[:_GLANCE], moment).all():
            continue
        values = np.unique(numbers)
        if _are_moments(values, moment).all() and _is_sure(values, moment):
            return moment
    return None


def flaw_of_moment(column: Any) -> tuple[str, str] | None:
    """What is wrong with the declared `moment` of a column, or its bounds beside that: which attribute, and what it must be."""
    if column.moment is None:
        return None
    is_other = column.kind != "integer" or column.base is not None or column.significant is not None
    if column.moment not in MOMENTS or is_other:
        return "moment", f"one of {', '.join(MOMENTS)}, for whole numbers without base and significant, or absent"
    for name in ("minimum", "maximum"):
        end = getattr(column, name)
        if end is not None and not _are_moments(np.array([float(end)]), column.moment, all_years=True)[0]:
            return name, f"written as {column.moment} says"
    return None


def _fields(moment: str) -> str:
    return moment.removeprefix(MIDNIGHT).replace("%", "")


def _limits(name: str, fields: dict[str, Counts], moment: str) -> tuple[Counts | int, Counts | int]:
    """The first and the last of a field, given those before it."""
    if name == "d":
        months = (fields["Y"] - 1970) * 12 + fields["m"] - 1
        return 1, _first_days(months + 1) - _first_days(months)
    if name in _SIZES and moment.startswith(MIDNIGHT):
        return 0, np.where(fields["H"] == 24, 0, 59) if name != "H" else 24  # noqa: PLR2004 (the end of the day)
    return {"Y": (1, 9999), "m": (1, 12)}.get(name) or (0, _SIZES[name] - 1)


def _count(fields: dict[str, Counts], names: str) -> Counts:
    found: Counts = np.int64(0) if names[0] == "H" else (fields["Y"] - 1970) * 12 + fields["m"] - 1  # type: ignore[assignment]
    for name in names:
        if name == "d":
            found = _first_days(found) + fields["d"] - 1
        elif name in _SIZES:
            found = found * _SIZES[name] + fields[name]
    return found


def _first_days(months: Counts) -> Counts:
    """Days from 1970 to the first of months that are counted from there."""
    return months.astype("M8[M]").astype("M8[D]").astype(np.int64)


def _are_moments(numbers: Numbers, moment: str, *, all_years: bool = False) -> NDArray[np.bool_]:
    """Where numbers write moments, of years that people live in."""
    counts = counted(numbers, moment)
    fits = np.isfinite(numbers) & (counts == np.rint(counts))
    names = _fields(moment)
    if all_years or names[0] == "H":
        return fits
    years = numbers // 100 ** (len(names) - 1)
    first, last, never = _YEARS
    return fits & (((years >= first) & (years <= last)) | (years == never))


def _is_sure(values: Numbers, moment: str) -> bool:
    """Whether different values, in order, that all write moments are moments."""
    names = _fields(moment)
    if names[0] == "H":
        hour = 100.0 ** (len(names) - 1)
        if moment.startswith(MIDNIGHT) and (values[-1] < 24 * hour or values[0] == 0):
            return False
        values = values[values >= hour]  # what is below is a moment in any case
        if len(np.unique(values // hour)) < _MIN_HOURS or not _are_spread(values // (hour / 100) % 100):
            return False
    if len(values) < MIN_VALUES:
        return False
    first, last = counted(values[[0, -1]], moment)
    step = float(np.gcd.reduce(np.diff(values).astype(np.int64)))
    there = last - first + 1
    if there <= _LISTED:
        all_there = written(np.arange(first, last + 1), moment)
        there = float(((all_there - values[0]) % step == 0).sum())
    share = min(1.0, there / ((values[-1] - values[0]) / step + 1))
    return bool(-len(values) * math.log2(share) >= SURE_BITS)


def _are_spread(minutes: Numbers) -> bool:
    """Whether minutes lie all over the hour, or on most of the steps of one, as those of codes and prices do not."""
    late = float((minutes >= 30).mean())  # noqa: PLR2004 (the second half)
    different = np.unique(minutes).astype(np.int64)
    step = int(np.gcd.reduce(np.append(different, 60)))
    is_whole_hour = different[-1] >= min(_LAST_MINUTE, 60 - step)
    has_most = 60 // step > _FEW_MINUTES or len(different) >= _MOST * 60 // step
    return bool(_LATE[0] <= late <= _LATE[1] and is_whole_hour and has_most)
