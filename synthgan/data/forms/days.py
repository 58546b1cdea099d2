"""Days since 1970 from what text says of a date, and back: years, quarters, months and days, or ISO 8601's weeks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Whole = NDArray[np.int64]

_MONTHS: Final = 12
_THURSDAY: Final = 3  # of a week that begins on Monday: the year that it lies in is the week's


def days_of(fields: Mapping[str, Whole], first_year: int) -> tuple[Whole, NDArray[np.bool_]]:
    """Days since 1970, int64 [rows], and where there is such a day; of a month, quarter or week its first.

    Args:
        fields: int64 [rows] by letter: Y or y; with them m or q (a quarter), and d; or G and V (a year and a week of ISO 8601).
        first_year: the first of the hundred years of which y has two digits.
    """
    if "V" in fields:
        return _days_of_weeks(fields["G"], fields["V"])
    year = fields["Y"] if "Y" in fields else first_year + (fields["y"] - first_year) % 100
    month = fields["m"] if "m" in fields else 3 * fields["q"] - 2
    fits = (month >= 1) & (month <= _MONTHS) & (year >= 1)
    begin = ((year - 1970) * _MONTHS + np.clip(month, 1, _MONTHS) - 1).astype("M8[M]")
    day = fields.get("d", np.ones_like(month))
    length = ((begin + 1).astype("M8[D]") - begin.astype("M8[D]")).astype(np.int64)
    return begin.astype("M8[D]").astype(np.int64) + day - 1, fits & (day >= 1) & (day <= length)


def fields_of(days: Any) -> dict[str, Whole]:
    """The fields of days since 1970, int64 [rows] by letter."""
    counts = np.asarray(days, np.int64)
    dates = counts.astype("M8[D]")
    month, year = dates.astype("M8[M]"), _year(counts)
    week_year = _year(counts - _weekday(counts) + _THURSDAY)
    found = {"Y": year, "y": year % 100, "m": month.astype(np.int64) % _MONTHS + 1, "G": week_year}
    found["q"] = (found["m"] + 2) // 3
    found["d"] = (dates - month.astype("M8[D]")).astype(np.int64) + 1
    found["V"] = (counts - _first_monday(week_year)) // 7 + 1
    return found


def _days_of_weeks(year: Whole, week: Whole) -> tuple[Whole, NDArray[np.bool_]]:
    days = _first_monday(year) + 7 * (week - 1)
    return days, (week >= 1) & (year >= 1) & (_year(days + _THURSDAY) == year)


def _first_monday(year: Whole) -> Whole:
    """The Monday of the week that January 4 lies in."""
    fourth = (year - 1970).astype("M8[Y]").astype("M8[D]").astype(np.int64) + 3
    return fourth - _weekday(fourth)


def _weekday(days: Whole) -> Whole:
    """0 for Monday: January 1, 1970 was a Thursday."""
    return (days + _THURSDAY) % 7


def _year(days: Whole) -> Whole:
    return days.astype("M8[D]").astype("M8[Y]").astype(np.int64) + 1970
