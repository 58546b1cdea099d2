"""What is known of groups before their next row, as a walk looks at it, and what siblings show at the time of that row."""

from __future__ import annotations

from dataclasses import dataclass, field
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

    def same_time(self, rows: Numbers) -> NDArray[np.bool_]:
        """Whether rows are of the time of the row before them, bool ``[rows]``."""
        place = self.beside.place
        return (self.levels[:, 0] >= 0) & (self.before[:, place] == rows[:, place])


@dataclass(frozen=True)
class Here:
    """What siblings show at the times of some rows.

    Attributes:
        now: of each sibling, its rows.
        beside: by linked column, int32 ``[rows]``: the code that the sibling says next; -1 where it says none.
    """

    now: tuple[Now, ...] = ()
    beside: Mapping[int, Codes] = field(default_factory=dict)

    @classmethod
    def of(cls, siblings: Sequence[Sibling], past: Past, numbers: Numbers) -> Here:
        """What these show at the times of rows, whose numbers are ``[rows, numbers]``, given what was known before each."""
        now, beside, same = past.now(numbers), {}, past.same_time(numbers)
        for one, own in zip(siblings, now, strict=True):
            for link in one.links:
                beside[link.column] = own.next(link, np.where(same, past.levels[:, link.column], -1).astype(np.int32))
        return cls(now, beside)

    def counted(self, siblings: Sequence[Sibling], past: Past) -> Floats:
        """How many rows each sibling has, and whether linked levels are those before (0), others (1) or none (-1)."""
        seen: list[NDArray[np.integer]] = []
        for one, now in zip(siblings, self.now, strict=True):
            seen.append(now.count)
            for link in one.links:
                said = self.beside[link.column]
                seen.append(np.where(said < 0, -1, said != past.levels[:, link.column]))
        return np.column_stack(seen).astype(np.float32)

    def partners(self, siblings: Sequence[Sibling], codes: Codes, numbers: Numbers) -> Floats:
        """One row of each sibling, as it is seen: the one at the time that says most of what codes say, else the last before it."""
        seen = []
        for one, now in zip(siblings, self.now, strict=True):
            assert one.times is not None  # noqa: S101
            seen.append(one.row(now.rows, now.partner(one.links, codes), np.nan_to_num(numbers[:, one.times[1]])))
        return np.hstack(seen)
