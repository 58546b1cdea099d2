"""What a curator keeps of linked rows, and what it is asked of them beside tables of counts.

The unit is whoever all rows are about: a group of a sequence, a row of the table of patients. Each record here belongs to one unit, and of
no unit are there more records than its curator was told; all that is made of a unit's rows is made of them alone.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.privacy.noise import uniform
from synthgan.privacy.queries import CellQuery
from synthgan.relational.sequences import as_numbers
from synthgan.runtime import Streams
from synthgan.tabular.encoding.table import read_values
from synthgan.tabular.queries import TableRecords

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from synthgan.data.groups import Groups
    from synthgan.data.table import Table
    from synthgan.relational.noisy.states import States
    from synthgan.tabular.encoding.table import TableTransform

    Name = str | int


def limited(units: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """At most so many rows of each unit, chosen at random: the rows' indices, rising; what has no unit is left out.

    Which rows of a unit are chosen depends on how many it has and on chance, and on no other unit. This is what bounds how far a
    unit can move a count: no table of rows reaches a curator but through here.

    Args:
        units: int64 ``[rows]``: whose each row is, -1 for nobody's.
        most: how many.
    """
    order = np.lexsort((uniform(len(units)), units))
    ordered = units[order]
    rank = np.arange(len(units)) - np.searchsorted(ordered, ordered)
    return np.sort(order[(rank < most) & (ordered >= 0)])


class GroupRecords:
    """Whole groups, each of which is a record and a unit.

    Example:
        >>> from synthgan.data.groups import Groups
        >>> len(GroupRecords(None, Groups(np.array([2, 3]))))
        2
    """

    __slots__ = ("groups", "table")

    def __init__(self, table: Table, groups: Groups) -> None:
        """Take their rows in, those of a group side by side."""
        self.table, self.groups = table, groups

    def __len__(self) -> int:
        """The number of groups."""
        return len(self.groups)


@dataclass(frozen=True)
class VaryingCells(CellQuery):
    """Whether a column varies inside a group: cell 1 where it does."""

    name: Name

    @property
    def size(self) -> int:
        """Two."""
        return 2

    def of(self, records: GroupRecords) -> NDArray[np.int64]:
        """The cell of each group."""
        table = records.table
        values = as_numbers(read_values(table, table.schema.column(self.name)))
        before = np.concatenate([values[:1], values[:-1]])
        same = (values == before) | (np.isnan(values) & np.isnan(before)) | (records.groups.position == 0)
        return (records.groups.totals((~same).astype(np.float64)) > 0).astype(np.int64)


class StepRecords(TableRecords):
    """Rows as steps, and beside each what the row before it was."""

    __slots__ = ("_before", "_first")

    def __init__(self, steps: Table, before: Table, first: NDArray[np.bool_]) -> None:
        """Take them in: steps, as many rows of which each stands before one, and which have none before them."""
        super().__init__(steps)
        self._before, self._first = before, first

    def states(self, states: States) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The state before each row, the last one for none, and that of the row itself: int64 ``[rows]``."""
        own = self.encoded(states.transform).codes[:, states.columns]
        before = coded(states.transform, self._before, states.columns)
        return np.where(self._first, states.count, states.of(before)), states.of(own)


@dataclass(frozen=True, eq=False)
class StateCells(CellQuery):
    """Which state follows which: a cell for each two of them, and for each that is the first of its group."""

    states: States

    @property
    def size(self) -> int:
        """States before, with none, times states."""
        return (self.states.count + 1) * self.states.count

    def of(self, records: StepRecords) -> NDArray[np.int64]:
        """The cell of each row."""
        before, own = records.states(self.states)
        return before * self.states.count + own


def coded(transform: TableTransform, table: Table, columns: Sequence[int]) -> NDArray[np.int32]:
    """Some columns of a table in the codes of a transform, int32 ``[rows, columns]``; chance is nobody's to repeat."""
    streams = Streams(secrets.randbits(128))
    found = np.empty((len(table), len(columns)), dtype=np.int32)
    for at, index in enumerate(columns):
        codec = transform.codecs[index]
        values = tuple(read_values(table, column) for column in codec.columns)
        found[:, at] = codec.encode(values, streams.numpy("before", index))[0]
    return found
