"""Partners: the rows of a sibling at the time of a row, and the levels that both of them say.

In a season a player is in the same team at bat and in the field. Trees see either, but cannot say "the same as beside".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from synthgan.relational.repeats import MIN_ROWS, MIN_TIMES, comes_again
from synthgan.tabular.encoding.levels import LevelCodec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from synthgan.relational.rows import RowCodec, Rows

    Numbers = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Codes = NDArray[np.int32]

MOST = 8  # rows of a sibling at one time that are looked at
MAX_ROWS = 20_000  # that are looked at to find which numbers are equal
MIN_EQUAL = 0.1  # of numbers, for one to be told as that of a sibling


@dataclass(frozen=True)
class Link:
    """A number that often is one of a sibling's row at the same time.

    Attributes:
        column: the index of its codec.
        other: the place of the sibling's among its numbers.
    """

    column: int
    other: int


@dataclass(frozen=True)
class LevelLink(Link):
    """A column of levels that mostly says what a column of a sibling's row says at the same time.

    Attributes:
        other: the index of the sibling's codec.
        own: int32 ``[modes of the sibling's]``: the code of the same level; -1 where there is none.
    """

    own: Codes

    @classmethod
    def of(cls, rows: RowCodec, column: int, theirs: RowCodec, other: int) -> LevelLink | None:
        """Columns of levels that have some in common; None for others."""
        mine, beside = rows.transform.codecs[column], theirs.transform.codecs[other]
        if not isinstance(mine, LevelCodec) or not isinstance(beside, LevelCodec):
            return None
        codes = {level: code for code, level in enumerate(mine.known)}
        own = np.full(beside.encoder.modes, -1, dtype=np.int32)
        own[: len(beside.known)] = [codes.get(level, -1) for level in beside.known]
        return cls(column, other, own) if (own >= 0).any() else None


@dataclass(frozen=True)
class Now:
    """The rows of a sibling at some times.

    Attributes:
        rows: all its rows, those of a group side by side and in the order of time.
        first: int64 ``[times]``: the first that is not before each.
        count: int64 ``[times]``: how many are at it.
        begin: int64 ``[times]``: the first of its group.
    """

    rows: Rows
    first: Ints
    count: Ints
    begin: Ints

    @cached_property
    def most(self) -> int:
        """How many rows at one time are looked at."""
        return int(min(self.count.max(initial=0), MOST))

    @cached_property
    def nearest(self) -> Ints:
        """The first row at each time, else the last one before it; -1 where there is none."""
        return np.where(self.count > 0, self.first, np.where(self.first > self.begin, self.first - 1, -1))

    def said(self, link: LevelLink, at: Ints) -> Codes:
        """What rows of the sibling say, as the linked column has it; -1 where there is none."""
        if not len(self.rows):
            return np.full(len(at), -1, dtype=np.int32)
        return np.where(at >= 0, link.own[self.rows.codes[np.maximum(at, 0), link.other]], -1).astype(np.int32)

    def number(self, place: int, at: Ints) -> Numbers:
        """A number of rows of the sibling; NaN where there is none (-1)."""
        if not len(self.rows):
            return np.full(len(at), np.nan)
        return np.where(at >= 0, self.rows.numbers[np.maximum(at, 0), place], np.nan)

    def next(self, link: LevelLink, before: Codes) -> Codes:
        """What the row says that comes next: after those at the time that say what the row before said.

        Args:
            link: the linked column.
            before: int32 ``[times]``: what the row before says where it is of the same time; else -1.
        """
        found = self.said(link, self.nearest)
        for place in range(self.most):
            here = np.where(place < self.count, self.first + place, -1)
            passed = (before >= 0) & (self.said(link, here) == before)
            after = np.minimum(here + 1, self.first + self.count - 1)  # none is left after the last one
            found = np.where(passed, self.said(link, after), found)
        return found

    def partner(self, links: Sequence[LevelLink], codes: Codes) -> Ints:
        """The row at each time that says most of what rows ``[times, columns]`` say, the first such; else the nearest; -1: none."""
        found, agreed = self.nearest, np.full(len(self.first), -1)
        for place in range(self.most if links else 0):
            there = place < self.count
            row = np.where(there, self.first + place, -1)
            says = np.sum([self.said(link, row) == codes[:, link.column] for link in links], axis=0)
            better = there & (says > agreed)
            found, agreed = np.where(better, row, found), np.where(better, says, agreed)
        return found


def find_links(
    now: Now, rows: RowCodec, read: Rows, theirs: RowCodec, same: NDArray[np.bool_]
) -> tuple[LevelLink, ...]:
    """The columns of levels that mostly say what a column of a sibling says; of several such columns the one that does most often.

    Args:
        now: the rows of the sibling at the time of each row.
        rows: how the rows are encoded.
        read: the rows.
        theirs: how those of the sibling are encoded.
        same: bool ``[rows]``: whether the row before is of the same time.
    """
    found = []
    for column in rows.levels:
        codes, modes = read.codes[:, column], rows.codecs[column].encoder.modes
        before = np.where(same, np.append(np.int32(-1), codes[:-1]), -1)
        best, often = None, 0.0
        for other in theirs.levels:
            link = LevelLink.of(rows, column, theirs, other)
            said = None if link is None else now.next(link, before)
            if said is not None and comes_again(codes, said, modes):
                share = float((codes == said)[said >= 0].mean())
                best, often = (link, share) if share > often else (best, often)
        if best is not None:
            found.append(best)
    return tuple(found)


def find_equals(
    now: Now, partner: Ints, rows: RowCodec, read: Rows, columns: Iterable[int], follows: NDArray[np.bool_]
) -> tuple[Link, ...]:
    """The numbers that often are one of the sibling's, and no less often than that of the row before.

    Of several such numbers of the sibling that counts which it is most often.

    Args:
        now: the rows of the sibling at the time of each row.
        partner: int64 ``[rows]``: which of them is like each row; -1 where there is none.
        rows: how the rows are encoded.
        read: the rows.
        columns: the indices of the codecs that are looked at.
        follows: bool ``[rows]``: whether there is a row before.
    """
    found, some = [], np.flatnonzero(partner >= 0)
    if len(some) < MIN_ROWS:
        return ()
    some = some[:: 1 + len(some) // MAX_ROWS]
    theirs = [now.number(place, partner)[some] for place in range(now.rows.numbers.shape[1])]
    for column in columns:
        values = read.numbers[:, rows.slots[column].start]
        own, before = values[some], np.append(np.nan, values[:-1])
        stays = float((values == before)[follows].mean()) if follows.any() else 0.0
        shares = [_more_often(own, other) for other in theirs]
        best = int(np.argmax(shares)) if shares else -1
        if best >= 0 and shares[best] > 0 and shares[best] >= stays:
            found.append(Link(column, best))
    return tuple(found)


def _more_often(own: Numbers, other: Numbers) -> float:
    """The share of equal values; 0 where it is small, or not much more than it is by chance."""
    values, codes = np.unique(np.append(own, other), return_inverse=True)
    shares = [np.bincount(one, minlength=len(values)) / len(own) for one in (codes[: len(own)], codes[len(own) :])]
    equal = float((own == other).mean())
    return equal if equal > max(MIN_TIMES * float(shares[0] @ shares[1]), MIN_EQUAL) else 0.0
