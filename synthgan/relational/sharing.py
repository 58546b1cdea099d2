"""What a table has in common with its siblings: the clock that both are told by, and levels that both say at one time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from synthgan.relational.partners import find_links
from synthgan.relational.rows import spreads
from synthgan.relational.siblings import ends_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.groups import Groups
    from synthgan.relational.rows import RowCodec, Rows
    from synthgan.relational.siblings import Beside

    Numbers = NDArray[np.float64]

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
    """The same, where siblings know which columns mostly say what they say at the same time; the largest sibling comes first.

    Args:
        beside: the siblings, their times known.
        rows: how the rows of the table are encoded that sees them.
        read: these rows.
        groups: whose they are.
    """
    place, taken, told = beside.place, set(), []
    if place is None:
        return beside
    times = read.numbers[:, place]
    same = (groups.position > 0) & (times == np.append(np.nan, times[:-1]))
    for one, own in beside.each():
        found = (
            ()
            if one.times is None
            else find_links(one.now(*own, groups.owner, times), rows, read, one.memory.rows, same)
        )
        told.append(replace(one, links=tuple(link for link in found if link.column not in taken)))
        taken |= {link.column for link in found}
    return beside.told_by(told)
