"""Siblings: the rows of another table of the same owner that were drawn before, as the rows of a table see them.

A player's years at bat and in the field are told of the player, not of each other; drawn apart they lie years apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.relational.trajectories import distinct
from synthgan.relational.history import MISSING
from synthgan.relational.partners import Now

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from synthgan.data.groups import Groups
    from synthgan.relational.history import Memory
    from synthgan.relational.milestones import Passed
    from synthgan.relational.partners import LevelLink, Link
    from synthgan.relational.rows import RowCodec, Rows

    Floats = NDArray[np.float32]
    Numbers = NDArray[np.float64]
    Ints = NDArray[np.int64]

AT_MOST = 3  # siblings that one table sees
OF_NUMBER, OF_TIME, OF_PLACE = 3, 3, 2


@dataclass(frozen=True)
class Sibling:
    """How the rows of a sibling are seen.

    Attributes:
        table: its name.
        memory: how its rows are encoded.
        times: the places, among its numbers and among those of the table that sees it, of the times that rows are in order of;
            None where these are not told from the same moment.
        links: the columns of levels of the table that sees it that mostly say what its rows say at the same time.
        equals: the numbers that often are those of its rows at the same time.
        leads: whether rows mostly go on to its next time.
    """

    table: str
    memory: Memory
    times: tuple[int, int] | None = None
    links: tuple[LevelLink, ...] = ()
    equals: tuple[Link, ...] = ()
    leads: bool = False

    @property
    def every(self) -> tuple[Link, ...]:
        """All its links, those of numbers last."""
        return *self.links, *self.equals

    @cached_property
    def followed(self) -> list[Ints]:
        """The levels whose shares are seen."""
        return [self.memory.followed(index) for index in self.memory.rows.levels]

    @property
    def whole_width(self) -> int:
        """How many numbers all its rows are seen as."""
        changes = len(self.memory.rows.levels) + (self.times is not None)
        return 1 + OF_NUMBER * len(self.memory.rows.names) + sum(map(len, self.followed)) + changes

    @property
    def step_width(self) -> int:
        """How many numbers its rows at the time of a row are seen as."""
        return 0 if self.times is None else OF_PLACE + 2 * self.row_width

    @property
    def apart_width(self) -> int:
        """How many numbers say how far its times lie from those of the table that sees it."""
        return 0 if self.times is None else OF_TIME + len(self.links)

    @property
    def row_width(self) -> int:
        """How many numbers one of its rows is seen as."""
        widths = self.memory.mode_features.widths
        return 1 + len(self.memory.rows.names) + sum(int(widths[index]) for index in self.memory.rows.levels)

    def whole(self, rows: Rows, groups: Groups) -> Floats:
        """What all rows of each group are seen as, float32 ``[groups, whole_width]``."""
        codec, some = self.memory.rows, groups.counts > 0
        scaled = (rows.numbers - codec.start) / codec.spread
        there = ~np.isnan(scaled)
        means = groups.totals(np.where(there, scaled, 0)) / np.maximum(groups.totals(there.astype(np.float64)), 1)
        ends = np.full((2, *means.shape), np.nan)
        ends[0, some], ends[1, some] = scaled[groups.first], scaled[groups.last]
        means[~some] = np.nan
        parts = [groups.counts[:, None], np.stack([means, *ends], axis=2).reshape(len(groups), -1)]
        for index, followed in zip(codec.levels, self.followed, strict=True):
            shares = groups.totals((rows.codes[:, index, None] == followed).astype(np.float64))
            parts.append(shares / np.maximum(groups.counts, 1)[:, None])
        parts += [distinct(rows.codes[:, index], groups)[:, None] for index in codec.levels]
        if self.times is not None:
            times = rows.numbers[:, self.times[0]]
            new = (groups.position == 0) | (times != np.append(np.nan, times[:-1]))
            parts.append(groups.totals(new.astype(np.float64))[:, None])
        return _filled(np.hstack(parts))

    def step(self, rows: Rows, groups: Groups, at: Ints, last: Numbers) -> Floats:
        """What its rows at the last time of groups, and after it, are seen as, float32 ``[len(at), step_width]``.

        Args:
            rows: of the sibling, those of a group side by side and in the order of time.
            groups: whose they are.
            at: int64: which groups.
            last: float64 ``[len(at)]``: their last time so far, NaN for none.
        """
        now = self.now(rows, groups, at, last)
        later, end = now.first + now.count, now.begin + groups.counts[at]
        parts = [np.column_stack([later - now.begin, end - later])]
        parts += [self.row(rows, np.where(at < end, at, -1), np.nan_to_num(last)) for at in (now.first, later)]
        return _filled(np.hstack(parts))

    def now(self, rows: Rows, groups: Groups, at: Ints, wanted: Numbers) -> Now:
        """Its rows at some times of groups; its parameters are those of ``step``."""
        assert self.times is not None  # noqa: S101
        times, begin = rows.numbers[:, self.times[0]], groups.starts[at]
        end = begin + groups.counts[at]
        first, later = (_first(times, begin, end, wanted, strictly=strictly) for strictly in (False, True))
        return Now(rows, first, later - first, begin)

    def ahead(self, rows: Rows, groups: Groups, at: Ints, last: Numbers) -> Numbers:
        """Its next time after some times of groups, ``[len(at)]``, NaN for none; its parameters are those of ``step``."""
        assert self.times is not None  # noqa: S101
        now = self.now(rows, groups, at, last)
        later = now.first + now.count
        return now.number(self.times[0], np.where(later < now.begin + groups.counts[at], later, -1))

    def row(self, rows: Rows, at: Ints, last: Numbers) -> Floats:
        """Single rows as they are seen, and how far they lie from a time; nothing where there is none (-1)."""
        codec = self.memory.rows
        seen = np.full((len(at), self.row_width), np.nan)
        some = np.flatnonzero(at >= 0)
        taken, own = rows.take(at[some]), self.times[0] if self.times else 0
        scaled = (taken.numbers - codec.start) / codec.spread
        views = [self.memory.seen(index, taken.codes[:, index]) for index in codec.levels]
        away = (taken.numbers[:, own] - last[some]) / codec.spread[own]
        seen[some] = np.hstack([away[:, None], scaled, *views])
        return _filled(seen)

    def apart(self, rows: Rows, groups: Groups, own: Rows, own_groups: Groups) -> Floats:
        """How far the mean, first and last time of each group lie from those of the table that sees it, and how often both say the same.

        Float32 ``[groups, apart_width]``.
        """
        assert self.times is not None  # noqa: S101
        sides = [
            ends_of(one.numbers[:, place], of)
            for one, of, place in zip((own, rows), (own_groups, groups), reversed(self.times), strict=True)
        ]
        away = (sides[0] - sides[1]) / self.memory.rows.spread[self.times[0]]
        now = self.now(rows, groups, own_groups.owner, own.numbers[:, self.times[1]])
        partner = now.partner(self.links, own.codes)
        same = [now.said(link, partner) == own.codes[:, link.column] for link in self.links]
        shares = [own_groups.totals(one.astype(np.float64)) / np.maximum(own_groups.counts, 1) for one in same]
        return _filled(np.column_stack([away, *shares]))


@dataclass(frozen=True)
class Beside:
    """The rows of all siblings, group by group, and the times above that rows are seen against.

    Attributes:
        count: how many groups there are.
        siblings: how they are seen.
        rows: of each sibling, those of a group side by side.
        groups: whose they are.
        milestones: of each group; None where there are none.
    """

    count: int
    siblings: tuple[Sibling, ...] = ()
    rows: tuple[Rows, ...] = ()
    groups: tuple[Groups, ...] = ()
    milestones: Passed | None = None

    @classmethod
    def of(
        cls,
        siblings: Sequence[Sibling],
        drawn: Mapping[str, tuple[Rows, Groups]],
        count: int,
        milestones: Passed | None = None,
    ) -> Beside:
        """The rows that were drawn of siblings, by table, for so many groups, and the milestones of these."""
        both = [drawn[one.table] for one in siblings]
        return cls(count, tuple(siblings), tuple(one for one, _ in both), tuple(one for _, one in both), milestones)

    def take(self, chosen: Ints) -> Beside:
        """These groups."""
        rows = tuple(one.take(of.rows_of(chosen)) for one, of in zip(self.rows, self.groups, strict=True))
        groups = tuple(type(of)(of.counts[chosen]) for of in self.groups)
        milestones = None if self.milestones is None else self.milestones.take(chosen)
        return replace(self, count=len(chosen), rows=rows, groups=groups, milestones=milestones)

    def told_by(self, siblings: Sequence[Sibling]) -> Beside:
        """The same, seen in another way."""
        return replace(self, siblings=tuple(siblings))

    def above(self, context: Floats) -> Floats:
        """What is known of groups, and all that is known of their siblings as wholes, float32 ``[groups, width]``."""
        return np.hstack([context, *(one.whole(*own) for one, own in self.each())])

    def origin(self, numbers: int) -> Numbers:
        """What first steps are counted from, ``[groups, numbers]``: of times a sibling's first or a milestone; NaN of others."""
        found = np.full((self.count, numbers), np.nan)
        for one, (rows, groups) in self.each():
            if one.times is not None:
                first = np.full(self.count, np.nan)
                first[groups.counts > 0] = rows.numbers[groups.first, one.times[0]]
                found[:, one.times[1]] = np.fmin(found[:, one.times[1]], first)
        if self.milestones is not None:
            own = found[:, self.milestones.place]
            found[:, self.milestones.place] = np.where(np.isnan(own), self.milestones.first, own)
        return found

    def steps(self, at: Ints, last: Numbers) -> Floats:
        """What siblings show at the last times of groups, and how long ago milestones were, ``[len(at), width]``.

        Args:
            at: int64: which groups.
            last: float64 ``[len(at), numbers]``: their last numbers.
        """
        none = np.zeros((len(at), 0), dtype=np.float32)
        seen = [one.step(*own, at, last[:, one.times[1]]) for one, own in self.each() if one.times is not None]
        if self.milestones is not None:
            seen.append(_filled(self.milestones.since(at, last[:, self.milestones.place])))
        return np.hstack([none, *seen])

    def apart(self, own: Rows, groups: Groups) -> Floats:
        """How far times lie from those of siblings and from milestones, float32 ``[groups, width]``."""
        none = np.zeros((self.count, 0), dtype=np.float32)
        seen = [one.apart(*of, own, groups) for one, of in self.each() if one.times is not None]
        if self.milestones is not None:
            seen.append(_filled(self.milestones.away(ends_of(own.numbers[:, self.milestones.place], groups))))
        return np.hstack([none, *seen])

    @property
    def place(self) -> int | None:
        """Of the times among the numbers of the table that sees them; None where no sibling is told from the same moment."""
        return next((one.times[1] for one in self.siblings if one.times is not None), None)

    def linked(self, rows: RowCodec) -> tuple[int, ...]:
        """The columns of the table that sees them that say what a sibling says at the same time, or next."""
        found = [link.column for one in self.siblings for link in one.every]
        found += [rows.holding(one.times[1]) for one in self.siblings if one.leads and one.times is not None]
        return tuple(sorted(found))

    def ahead(self, at: Ints, last: Numbers) -> Numbers | None:
        """The next time of the sibling that leads, after some times of groups ``[len(at)]``; None where none leads."""
        return next((one.ahead(*own, at, last) for one, own in self.each() if one.leads), None)

    def now(self, at: Ints, times: Numbers) -> tuple[Now, ...]:
        """The rows of each sibling that is told from the same moment at some times ``[len(at)]`` of groups."""
        return tuple(one.now(*own, at, times) for one, own in self.each() if one.times is not None)

    def each(self) -> list[tuple[Sibling, tuple[Rows, Groups]]]:
        """The siblings, each with its rows and whose they are."""
        return list(zip(self.siblings, zip(self.rows, self.groups, strict=True), strict=True))


def ends_of(times: Numbers, groups: Groups) -> Numbers:
    """The mean, first and last time of each group, float64 ``[groups, 3]``."""
    found = np.full((len(groups), OF_TIME), np.nan)
    some = groups.counts > 0
    there = ~np.isnan(times)
    known = groups.totals(there.astype(np.float64))
    found[some, 0] = (groups.totals(np.where(there, times, 0)) / np.maximum(known, 1))[some]
    found[some, 1], found[some, 2] = times[groups.first], times[groups.last]
    return found


def _first(times: Numbers, begin: Ints, end: Ints, since: Numbers, *, strictly: bool) -> Ints:
    """The first of some rising times, between a begin and an end, that is not before another one, or is after it; else the end.

    Missing times (NaN) stand last, and no time is before one that is missing: comparisons with NaN are false.
    """
    low, high = begin.copy(), end.copy()
    while (open_ones := np.flatnonzero(low < high)).size:
        middle = (low[open_ones] + high[open_ones]) // 2
        found, wanted = times[middle], since[open_ones]
        on = found <= wanted if strictly else found < wanted
        low[open_ones] = np.where(on, middle + 1, low[open_ones])
        high[open_ones] = np.where(on, high[open_ones], middle)
    return low


def _filled(seen: NDArray[np.floating]) -> Floats:
    return np.where(np.isnan(seen), MISSING, seen).astype(np.float32)
