"""What is known of groups before their next row, as a walk looks at it, and what siblings show at the time of that row."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from synthgan.relational.partners import Now
    from synthgan.relational.rows import Numbers
    from synthgan.relational.siblings import Beside, Sibling

    Floats = NDArray[np.float32]
    Codes = NDArray[np.int32]
    Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Past:
    """What is known before each of some rows.

    Attributes:
        known: float32 ``[rows, width]``: what trees look at.
        before: float64 ``[rows, numbers]``: the last numbers before.
        levels: int32 ``[rows, columns]``: the codes of the row before; -1 where there was none.
        owner: int64 ``[rows]``: the group that each is of.
        beside: the rows of the siblings of all groups.
    """

    known: Floats
    before: Numbers
    levels: Codes
    owner: Ints
    beside: Beside

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.known)

    def take(self, rows: Ints) -> Past:
        """What is known before these."""
        return Past(self.known[rows], self.before[rows], self.levels[rows], self.owner[rows], self.beside)

    def now(self, rows: Numbers) -> tuple[Now, ...]:
        """The rows of siblings at the times of rows, whose numbers are ``[rows, numbers]``."""
        place = self.beside.place
        return () if place is None else self.beside.now(self.owner, rows[:, place])

    def ahead(self) -> Numbers | None:
        """The next time of the sibling that leads; None where none does."""
        place = self.beside.place
        if place is None:
            return None
        last = np.where(
            self.levels[:, 0] < 0, np.nan, self.before[:, place]
        )  # what first times are told from is no time
        return self.beside.ahead(self.owner, last)

    def same_time(self, rows: Numbers) -> NDArray[np.bool_]:
        """Whether rows are of the time of the row before them, bool ``[rows]``."""
        place = self.beside.place
        return (self.levels[:, 0] >= 0) & (self.before[:, place] == rows[:, place])


@dataclass(frozen=True)
class Here:
    """What siblings show at the times of some rows.

    Attributes:
        now: of each sibling, its rows.
        beside: by linked column, ``[rows]``: the code that a sibling says next, -1 where it says none; or its number, else NaN.
        partners: of each sibling, int64 ``[rows]``: the row that is most like each; -1 where there is none.
    """

    now: tuple[Now, ...] = ()
    beside: Mapping[int, NDArray[np.generic]] = field(default_factory=dict)
    partners: tuple[Ints, ...] = ()

    @classmethod
    def before(cls, clock: int, past: Past) -> Here:
        """What they show before the times are known: the next one, where rows go on to it."""
        ahead = past.ahead()
        return cls() if ahead is None else cls(beside={clock: ahead})

    def at(self, siblings: Sequence[Sibling], past: Past, numbers: Numbers) -> Here:
        """And at the times of rows, whose numbers are ``[rows, numbers]``, given what was known before each."""
        now, same, beside = past.now(numbers), past.same_time(numbers), dict(self.beside)
        for one, own in zip(siblings, now, strict=True):
            for link in one.links:
                beside[link.column] = own.next(link, np.where(same, past.levels[:, link.column], -1).astype(np.int32))
        return replace(self, now=now, beside=beside)

    def met(self, siblings: Sequence[Sibling], codes: Codes) -> Here:
        """And of the rows that are most like some, given the codes ``[rows, columns]`` of linked levels."""
        pairs = list(zip(siblings, self.now, strict=True))
        partners, beside = tuple(now.partner(one.links, codes) for one, now in pairs), dict(self.beside)
        for (one, now), partner in zip(pairs, partners, strict=True):
            there = np.where(now.count > 0, partner, -1)
            beside |= {equal.column: now.number(equal.other, there) for equal in one.equals}
        return replace(self, beside=beside, partners=partners)

    def counted(self, siblings: Sequence[Sibling], past: Past) -> Floats:
        """How many rows each sibling has, and whether linked levels are those before (0), others (1) or none (-1)."""
        seen: list[NDArray[np.integer]] = []
        for one, now in zip(siblings, self.now, strict=True):
            seen.append(now.count)
            for link in one.links:
                said = np.asarray(self.beside[link.column], dtype=np.int32)
                seen.append(np.where(said < 0, -1, said != past.levels[:, link.column]))
        return np.column_stack(seen).astype(np.float32)

    def likest(self, siblings: Sequence[Sibling], numbers: Numbers) -> Floats:
        """The row of each sibling that is most like each, as it is seen."""
        seen = []
        for one, now, partner in zip(siblings, self.now, self.partners, strict=True):
            assert one.times is not None  # noqa: S101
            seen.append(one.row(now.rows, partner, np.nan_to_num(numbers[:, one.times[1]])))
        return np.hstack(seen)
