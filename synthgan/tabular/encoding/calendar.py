"""Which hours, weekdays and days of the month moments fall on: a line on which only these have room, as much as they are frequent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.data.stamps import NANOSECONDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.schema import Column

    Numbers = NDArray[np.float64]
    Wholes = NDArray[np.int64]

SURE = 1e-5  # how likely chance may be to make hours or weekdays as unlike as they are
EMPTY = 7.0  # rows that would be expected where nobody is, for that to be no chance
MIN_DAYS, MIN_WEEKS, MIN_MONTHS = 7, 4, 6  # that moments are spread over
_MONDAY = 4  # 1970-01-05, in days since 1970
DAY = 86_400  # seconds


def to_local(seconds: Wholes, zone: str | None) -> Wholes:
    """What clocks of a zone show, in seconds since 1970, at seconds since 1970 UTC."""
    if zone is None:
        return seconds
    return np.asarray(pc.local_timestamp(pa.array(seconds, pa.timestamp("s", zone))).cast(pa.int64()))


def from_local(seconds: Wholes, zone: str | None) -> Wholes:
    """The inverse; of two moments at which clocks show the same the earlier one."""
    if zone is None:
        return seconds
    stamps = pc.assume_timezone(pa.array(seconds, pa.timestamp("s")), zone, ambiguous="earliest", nonexistent="latest")
    return np.asarray(stamps.cast(pa.int64()))


@dataclass(frozen=True)
class Week:
    """Moments by hour and weekday.

    Attributes:
        cell: seconds that two moments are whole multiples of apart.
        starts: int64 ``[parts + 1]``, rising: the parts of a week, in seconds from Monday 00:00, the week's end last.
        room: float64 ``[parts]``: what share of a week's line each has.
    """

    cell: int
    starts: Wholes
    room: Numbers

    @property
    def form(self) -> str:
        """What two columns of moments must share to change places."""
        return f"weeks of {self.cell} s"

    def positions(self, local: Wholes) -> Numbers:
        """Where on the line moments begin, in weeks."""
        week, rest = np.divmod(local - _MONDAY * DAY, 7 * DAY)
        return week + np.interp(rest, self.starts, _ends(self.room))

    def moments(self, positions: Numbers) -> Wholes:
        """The moments at positions: the last cell that begins there or before."""
        week = np.floor(positions)
        at = np.clip(positions - week, 0, np.nextafter(1, 0))
        ends = _ends(self.room)
        part = np.clip(np.searchsorted(ends, at, side="right") - 1, 0, len(self.room) - 1)
        length = np.diff(self.starts)[part]
        share = (at - ends[part]) / np.maximum(self.room[part], 1e-300)
        cells = np.minimum(np.floor(share * (length / self.cell) + 1e-9), length // self.cell - 1)
        return ((week * 7 + _MONDAY) * DAY).astype(np.int64) + self.starts[part] + (cells * self.cell).astype(np.int64)


@dataclass(frozen=True)
class Month:
    """Moments at one day of the month, at one time of day.

    Attributes:
        day: which, from 1; 0 is the last one.
        time: seconds after its midnight.
        room: float64 ``[12]``: what share of a year's line each month has.
    """

    day: int
    time: int
    room: Numbers

    @property
    def form(self) -> str:
        """What two columns of moments must share to change places."""
        return f"day {self.day} of months at {self.time} s"

    def positions(self, local: Wholes) -> Numbers:
        """Where on the line the first such moments from these on begin, in years."""
        months = _month_of(local)
        months = months + (self._moment(months) < local)
        year, month = np.divmod(months, 12)
        return year + _ends(self.room)[month]

    def moments(self, positions: Numbers) -> Wholes:
        """The moments at positions."""
        year = np.floor(positions)
        month = np.clip(np.searchsorted(_ends(self.room), positions - year + 1e-12, side="right") - 1, 0, 11)
        return self._moment(year.astype(np.int64) * 12 + month)

    def _moment(self, months: Wholes) -> Wholes:
        first = (months + (self.day == 0)).astype("M8[M]").astype("M8[D]").astype(np.int64)
        return (first + self.day - 1) * DAY + self.time


def _ends(room: Numbers) -> Numbers:
    """Where on the line the parts of these shares begin, and the last one ends: float64 ``[parts + 1]``, from 0 to 1."""
    ends = np.cumsum(np.append(0.0, room))
    ends[ends > ends[-1] - 1e-12] = 1.0
    return ends


def seconds_of(column: Column) -> int:
    """How many seconds one of a column's numbers is."""
    return NANOSECONDS[str(column.unit)] // NANOSECONDS["second"]


def find_calendar(seconds: Wholes, column: Column, fewest: int) -> Week | Month | None:
    """The hours, weekdays or day of the month that moments keep to; None where they fall on any alike.

    Args:
        seconds: int64 ``[rows]``: since 1970, as clocks of the column's zone show them.
        column: what they are.
        fewest: the rows that must stand behind what is told.
    """
    if len(seconds) < 3 * fewest:
        return None
    return _find_month(seconds, fewest) or _find_week(seconds, column, fewest)


def _find_month(local: Wholes, fewest: int) -> Month | None:
    months = _month_of(local)
    first = months.astype("M8[M]").astype("M8[D]").astype(np.int64)
    after = (months + 1).astype("M8[M]").astype("M8[D]").astype(np.int64)
    day, time = np.divmod(local, DAY)
    days, counts = np.unique(day - first + 1, return_counts=True)
    times, at_times = np.unique(time, return_counts=True)
    common, clock = int(days[counts.argmax()]), int(times[at_times.argmax()])
    is_last = (day == after - 1).mean() > counts.max() / len(local)
    kept = ((day == after - 1) if is_last else (day - first + 1 == common)) & (time == clock)
    if (~kept).sum() >= fewest or (~kept).mean() > 0.005 or len(np.unique(months)) < MIN_MONTHS:  # noqa: PLR2004
        return None
    if not is_last and common > 28:  # noqa: PLR2004 (days that some months lack)
        return None
    room = np.bincount(months[kept] % 12, minlength=12).astype(np.float64)
    if len(local) / 12 < EMPTY or room[room > 0].min() < fewest:
        room = np.ones(12)
    return Month(0 if is_last else common, clock, room / room.sum())


def _find_week(local: Wholes, column: Column, fewest: int) -> Week | None:
    length = seconds_of(column)
    cell = max(int(length * (column.step or 1)), 1)
    start = int(length * (column.offset or 0))
    known = cell
    if column.timezone is not None:  # in a local zone the grid of UTC may be another
        cell, start = int(np.gcd(np.gcd.reduce(local), DAY)), 0
    if cell > DAY or DAY % cell or start or (local % cell).any():
        return None
    day, time = np.divmod(local, DAY)
    spread = int(day.max() - day.min()) + 1
    weekdays = np.bincount((day - _MONDAY) % 7, minlength=7)
    by_day = _shares(weekdays, fewest) if spread >= 7 * MIN_WEEKS and len(np.unique(day // 7)) >= MIN_WEEKS else None
    edges = _day_parts(time, cell, fewest)
    by_time = None
    if len(np.unique(day)) >= MIN_DAYS and len(edges) > 2:  # noqa: PLR2004 (one part)
        by_time = _shares(np.histogram(time, edges)[0], fewest, np.diff(edges))
    if by_day is None and by_time is None and cell <= known:
        return None
    if by_time is None:
        edges, by_time = np.array([0, DAY]), np.ones(1)
    by_day = np.full(7, 1 / 7) if by_day is None else by_day
    starts = (np.arange(7)[:, None] * DAY + edges[:-1]).ravel()
    return Week(cell, np.append(starts, 7 * DAY), np.outer(by_day, by_time).ravel())


def _day_parts(time: Wholes, cell: int, fewest: int) -> Wholes:
    """Parts of a day: hours, quarters of them where rows are many, and times by themselves that very many share."""
    part = 900 if len(time) >= 96 * 2 * fewest else 3_600
    edges = np.arange(0, DAY + 1, max(part, cell), dtype=np.int64)
    if part % cell and cell % part:
        edges = np.array([0, DAY], dtype=np.int64)
    times, counts = np.unique(time, return_counts=True)
    shared = times[(counts >= fewest) & (counts > 5 * len(time) * cell / max(part, cell) / 24)]
    if len(times) <= 4 * 24 and (counts >= fewest).all():
        shared = times
    return np.unique(np.concatenate([edges, shared, shared + cell]))


def _shares(counts: Wholes, fewest: int, lengths: Wholes | None = None) -> Numbers | None:
    """The share of each part, those of few rows taken together with near ones, those of none empty; None where all are alike."""
    from scipy.stats import chisquare

    rows = counts.sum()
    even = np.ones(len(counts)) if lengths is None else lengths.astype(np.float64)
    even /= even.sum()
    if chisquare(counts, even * rows).pvalue > SURE:
        return None
    groups: list[list[int]] = []
    for index, count in enumerate(counts):
        empty = count == 0
        if groups and empty == (counts[groups[-1]].sum() == 0) and (empty or counts[groups[-1]].sum() < fewest):
            groups[-1].append(index)
        else:
            groups.append([index])
    together: list[list[int]] = []
    for group in groups:  # of two neighbours where somebody is, none is told by itself if it holds too few
        beside = together and counts[together[-1]].sum() and group[0] == together[-1][-1] + 1
        if beside and 0 < counts[group].sum() < fewest:
            together[-1] += group
        else:
            together.append(group)
    shares = np.zeros(len(counts))
    for group in together:
        held = counts[group].sum()
        shares[group] = (held if held >= fewest else 0) * even[group] / even[group].sum()
    return shares / shares.sum() if shares.sum() else None


def _month_of(local: Wholes) -> Wholes:
    """Months since 1970."""
    return (local // DAY).astype("M8[D]").astype("M8[M]").astype(np.int64)
