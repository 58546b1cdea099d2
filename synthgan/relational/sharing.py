"""What a table has in common with its siblings: the clock that both are told by, and levels that both say at one time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from synthgan.relational.partners import find_equals, find_links
from synthgan.relational.repeats import MIN_ROWS
from synthgan.relational.siblings import Beside, ends_of
from synthgan.relational.stepping import spreads
from synthgan.tabular.encoding.numbers import NumberCodec

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.groups import Groups
    from synthgan.relational.rows import RowCodec, Rows

    Numbers = NDArray[np.float64]

MOSTLY = 0.5  # of the rows that go on to another time
SAME_TIME = 0.5  # of the variance of first times that they may lie apart, where two tables share a clock


def with_clocks(beside: Beside, numbers: Numbers, groups: Groups, place: int | None) -> Beside:
    """The same, where times that lie far from those of the table are not told of, and milestones where it has any.

    Args:
        beside: the siblings, their own place of times known where they are told from the same moment.
        numbers: float64 ``[rows, numbers]``: of the table that sees them.
        groups: whose these are.
        place: of the times among these numbers; None where there are none.
    """
    if place is None:
        return replace(beside.told_by([replace(one, times=None) for one in beside.siblings]), milestones=None)
    if beside.milestones is not None:
        spread = spreads(numbers[:, [place]])[0]
        beside = replace(beside, milestones=replace(beside.milestones, place=place, spread=spread))
    own = ends_of(numbers[:, place], groups)[:, 1]
    told = []
    for one, (rows, theirs) in beside.each():
        told.append(replace(one, times=None))
        if one.times is not None:
            first = ends_of(rows.numbers[:, one.times[0]], theirs)[:, 1]
            both = ~np.isnan(first) & ~np.isnan(own)
            if both.sum() > 1 and np.var((own - first)[both]) < SAME_TIME * np.var(own[both]):
                told[-1] = replace(one, times=(one.times[0], place))
    return beside.told_by(told)


def with_links(beside: Beside, rows: RowCodec, read: Rows, groups: Groups) -> Beside:
    """The same, where siblings know which columns say what they say at the same time, and whether rows go on to their times.

    Of two siblings that one column could follow the larger one counts.

    Args:
        beside: the siblings, their times known.
        rows: how the rows of the table are encoded that sees them.
        read: these rows.
        groups: whose they are.
    """
    place = beside.place
    if place is None:
        return beside
    clock, times = rows.holding(place), read.numbers[:, place]
    follows = groups.position > 0
    last = np.where(follows, np.append(np.nan, times[:-1]), np.nan)
    whole = _whole_numbers(rows, read)
    free, told = {*rows.levels, *whole} - {clock}, []
    may_lead = clock in whole
    for one, own in beside.each():
        told.append(one)
        if one.times is not None:
            now = one.now(*own, groups.owner, times)
            links = find_links(now, rows, read, one.memory.rows, last == times)
            links = tuple(link for link in links if link.column in free)
            partner = np.where(now.count > 0, now.partner(links, read.codes), -1)
            equals = find_equals(now, partner, rows, read, sorted(free & set(whole)), follows)
            leads = may_lead and _are_mostly(one.ahead(*own, groups.owner, last), times, last)
            told[-1] = replace(one, links=links, equals=equals, leads=leads)
            free, may_lead = free - {link.column for link in told[-1].every}, may_lead and not leads
    return beside.told_by(told)


def _whole_numbers(rows: RowCodec, read: Rows) -> list[int]:
    """The indices of the codecs of single numbers that are never missing."""
    single = [(index, slot.start) for index, slot in rows.slots.items() if isinstance(rows.codecs[index], NumberCodec)]
    return [index for index, at in single if not np.isnan(read.numbers[:, at]).any()]


def _are_mostly(ahead: Numbers, times: Numbers, last: Numbers) -> bool:
    """Whether most rows of another time than the row before are of the sibling's next one, where it has any."""
    moved = (times != last) & ~np.isnan(ahead)
    return bool(moved.sum() >= MIN_ROWS and (times == ahead)[moved].mean() > MOSTLY)
