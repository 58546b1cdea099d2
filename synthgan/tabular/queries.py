"""What a private fit asks of the rows of a table: the table as a curator keeps it, and questions that it applies to it.

A question says which columns and cells are meant and holds nothing of the rows; its ``of`` is called by the curator alone.
"""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch

from synthgan.data.schema import TEMPORAL
from synthgan.data.stamps import NANOSECONDS
from synthgan.gan.protocols import Batch
from synthgan.privacy.queries import CellQuery, LevelQuery, SampleQuery
from synthgan.runtime import Streams
from synthgan.tabular.encoding.quadtree import Cells as Quadtree
from synthgan.tabular.network.learning import samples_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from synthgan.data.schema import Column
    from synthgan.data.table import Table
    from synthgan.data.values import Levels
    from synthgan.tabular.encoding.categorical import LevelEncoder
    from synthgan.tabular.encoding.layout import Encoded
    from synthgan.tabular.encoding.table import TableTransform

T = TypeVar("T")
MAX_DIGITS = 9
_COARSEST_FIRST = tuple(NANOSECONDS)


class TableRecords:
    """A table as a curator keeps it: the column asked for last stays read, the whole is encoded once.

    Example:
        >>> import pandas as pd
        >>> from synthgan.data.table import Table
        >>> len(TableRecords(Table.read(pd.DataFrame({"age": [30, 40]}))))
        2
    """

    __slots__ = ("_encoded", "_read", "_table")

    def __init__(self, table: Table) -> None:
        """Take the table in."""
        self._table = table
        self._read: tuple[Any, Any] = (None, None)
        self._encoded: tuple[TableTransform, Encoded] | None = None

    def __len__(self) -> int:
        """The number of rows."""
        return len(self._table)

    def numbers(self, column: Column) -> NDArray[np.float64]:
        """A column as numbers, NaN where missing."""
        return self._once(("numbers", column), lambda: self._table.float64(column))

    def levels(self, column: Column) -> Levels:
        """A column as codes into levels, -1 where missing."""
        return self._table.levels(column)

    def encoded(self, transform: TableTransform) -> Encoded:
        """The table in the codes of an encoder, which has to be the same every time.

        Where a value may be written as several modes, chance decides, and nobody can repeat it: with a seed that is known, a row
        more would move the chances of all rows after it.
        """
        if self._encoded is None or self._encoded[0] is not transform:
            self._encoded = transform, transform.transform(self._table, Streams(secrets.randbits(128)))
            self._read = None, None
        return self._encoded[1]

    def codes(self, transform: TableTransform) -> NDArray[Any]:
        """The modes of all rows in an encoder, whole numbers ``[rows, columns]``."""
        return self.encoded(transform).codes

    def _once(self, what: tuple[str, Column], read: Callable[[], T]) -> T:
        if self._read[0] != what:
            self._read = what, read()
        return self._read[1]


@dataclass(frozen=True)
class Cells:
    """Intervals of a number line.

    Attributes:
        low: float64 ``[cells]``, rising.
        high: float64 ``[cells]``, each at most the next ``low``.
        single: bool ``[cells]``: whether the cell holds one value only, its middle.
    """

    low: np.ndarray
    high: np.ndarray
    single: np.ndarray

    def __len__(self) -> int:
        """The number of cells."""
        return len(self.low)

    def find(self, numbers: np.ndarray) -> np.ndarray:
        """The cell of each number, int64; the nearest where it is in none, and ``len(self)`` where it is NaN."""
        index = np.clip(np.searchsorted(self.low, numbers, side="right") - 1, 0, len(self) - 1)
        return np.where(np.isnan(numbers), len(self), index)

    @classmethod
    def between(cls, edges: np.ndarray, single: np.ndarray) -> Cells:
        """Cells that touch."""
        return cls(edges[:-1], edges[1:], single)


@dataclass(frozen=True)
class NumberCells(CellQuery):
    """Which interval each number of a column lies in; the last cell is that of missing values."""

    column: Column
    cells: Cells

    @property
    def size(self) -> int:
        """Intervals, and one more."""
        return len(self.cells) + 1

    def of(self, records: TableRecords) -> NDArray[np.int64]:
        """The interval of each row."""
        return self.cells.find(records.numbers(self.column))


@dataclass(frozen=True)
class FormCells(CellQuery):
    """The coarsest form that each value of a column can be written in: digits after the point, or a unit of time."""

    column: Column

    @property
    def units(self) -> tuple[str, ...]:
        """The units that stamps and durations may be written in, the coarsest first; none for numbers."""
        if self.column.kind not in TEMPORAL:
            return ()
        return _COARSEST_FIRST[: _COARSEST_FIRST.index(str(self.column.unit)) + 1]

    @property
    def size(self) -> int:
        """How many forms there are; the last is that of everything finer."""
        return len(self.units) or MAX_DIGITS + 2

    def of(self, records: TableRecords) -> NDArray[np.int64]:
        """The form of each row; a missing value fits any."""
        numbers, units = records.numbers(self.column), self.units
        present = ~np.isnan(numbers)
        form = np.full(len(numbers), self.size - 1)
        for index in reversed(range(self.size - 1)):
            ratio = NANOSECONDS[units[index]] // NANOSECONDS[units[-1]] if units else 0
            fits = numbers % ratio == 0 if units else np.round(numbers, index) == numbers
            form[fits & present] = index
        form[~present] = 0
        return form


@dataclass(frozen=True)
class ColumnLevels(LevelQuery):
    """Which levels a column has."""

    column: Column

    def of(self, records: TableRecords) -> tuple[NDArray[np.int32], Sequence[Any]]:
        """The level of each row, and the levels."""
        found = records.levels(self.column)
        return found.codes, found.levels


@dataclass(frozen=True)
class LevelCells(CellQuery):
    """Which mode of an encoder the level of each row is."""

    column: Column
    encoder: LevelEncoder

    @property
    def size(self) -> int:
        """The modes of the encoder."""
        return self.encoder.modes

    def of(self, records: TableRecords) -> NDArray[np.int32]:
        """The mode of each row."""
        found = records.levels(self.column)
        return self.encoder.encode(found.codes, found.levels)


@dataclass(frozen=True, eq=False)
class CoordinateCells(CellQuery):
    """Which cell of a quadtree the place of each row lies in; then come all others, and places that lack a coordinate.

    Attributes:
        columns: latitude and longitude.
        cells: int64 ``[cells, 3]``: depth, row and column, in the order of the curve.
    """

    columns: tuple[Column, ...]
    cells: NDArray[np.int64]

    @property
    def size(self) -> int:
        """Cells, and two more."""
        return len(self.cells) + 2

    def of(self, records: TableRecords) -> NDArray[np.int64]:
        """The cell of each row."""
        points = np.column_stack([records.numbers(column) for column in self.columns])
        there = ~np.isnan(points).any(1)
        tree = Quadtree(np.empty((0, 2)), self.cells, np.empty(0), has_missing=False)
        found, inside = tree.cell_of(points[there])
        cells = np.full(len(points), self.size - 1)
        cells[there] = np.where(inside, found, self.size - 2)
        return cells


@dataclass(frozen=True, eq=False)
class TableCells(CellQuery):
    """Which cell of a table of several columns each row falls into, by groups of their modes.

    Attributes:
        transform: encodes the rows.
        columns: which learned columns are crossed.
        groups: for each learned column int64 ``[modes]``, the group of each mode.
    """

    transform: TableTransform
    columns: tuple[int, ...]
    groups: tuple[np.ndarray, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """The groups of each column."""
        return tuple(int(self.groups[at].max()) + 1 for at in self.columns)

    @property
    def size(self) -> int:
        """The cells of the table."""
        return math.prod(self.shape)

    def of(self, records: TableRecords) -> NDArray[np.int64]:
        """The cell of each row."""
        codes = records.codes(self.transform)
        return np.ravel_multi_index(tuple(self.groups[at][codes[:, at]] for at in self.columns), self.shape)


@dataclass(frozen=True, eq=False)
class TableSamples(SampleQuery):
    """Rows in the critic's space.

    Attributes:
        transform: encodes the rows.
        device: where the critic is.
    """

    transform: TableTransform
    device: torch.device

    def of(self, records: TableRecords) -> Callable[[NDArray[np.int64]], Batch]:
        """What gives the rows at some indices."""
        encoded = records.encoded(self.transform)
        samples = samples_of(encoded, self.transform.layout, self.device)
        return lambda indices: Batch(samples(torch.as_tensor(indices, device=self.device)))
