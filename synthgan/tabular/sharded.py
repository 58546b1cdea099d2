"""The rows of a private fit that stand in many files: asked as those of one table are, read a column at a time."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.coercion import LEARNED
from synthgan.data.column import Kind
from synthgan.data.parting import names_in_frame
from synthgan.data.table import Table
from synthgan.data.values import Levels
from synthgan.distributed.threads import Threads
from synthgan.io.memory import check_memory
from synthgan.runtime import Streams
from synthgan.tabular.encoding.layout import Encoded
from synthgan.tabular.queries import TableRecords

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from synthgan.data.schema import Column, Schema
    from synthgan.distributed.executor import Executor
    from synthgan.distributed.shards import Shards
    from synthgan.tabular.encoding.table import TableTransform

_COLUMN_BYTES = 40  # a row of the column that is asked for, and what is reckoned of it


class ShardRecords(TableRecords):
    """A table in many files as a curator keeps it: of one column all rows are in memory, and once they are encoded all codes.

    Where a value may be written as several modes, chance decides, by a seed of this process that nobody else knows.

    Raises:
        ResourceError: if the codes do not fit into memory.
    """

    __slots__ = ("_codes", "_executor", "_schema", "_seed", "_shards")

    def __init__(self, shards: Shards, schema: Schema, executor: Executor | None = None) -> None:
        """Take the rows in; ``executor`` is where files are read."""
        columns = sum(column.kind in LEARNED for column in schema)
        check_memory(shards.path, len(shards) * (2 * columns + _COLUMN_BYTES))
        self._shards, self._schema, self._executor = shards, schema, executor or Threads()
        self._seed = secrets.randbits(128)
        self._read: tuple[Any, Any] = (None, None)
        self._codes: tuple[TableTransform, NDArray[Any]] | None = None
        self._encoded: tuple[TableTransform, Encoded] | None = None

    def __len__(self) -> int:
        """The number of rows."""
        return len(self._shards)

    def numbers(self, column: Column) -> NDArray[np.float64]:
        """A column as numbers, NaN where missing."""
        one = _Reading(self._shards, self._schema.of_columns([column]))
        return self._once(("numbers", column), lambda: np.concatenate([*self._each(_Reading.numbers, one)]))

    def levels(self, column: Column) -> Levels:
        """A column as codes into levels, -1 where missing; levels that no schema declares are sorted."""
        one = _Reading(self._shards, self._schema.of_columns([column]))
        return self._once(("levels", column), lambda: joined_levels([*self._each(_Reading.levels, one)], column))

    def codes(self, transform: TableTransform) -> NDArray[Any]:
        """The modes of all rows, ``[rows, columns]``, of the narrowest type that holds them."""
        if self._codes is None or self._codes[0] is not transform:
            encoding = _Encoding(self._shards, self._schema, transform, self._seed)
            self._codes = transform, np.concatenate([*self._each(_Encoding.codes, encoding)])
            self._read = None, None
        return self._codes[1]

    def encoded(self, transform: TableTransform) -> Encoded:
        """Codes and residuals: those of ``codes``, as the same seed decides."""
        if self._encoded is None or self._encoded[0] is not transform:
            check_memory(self._shards.path, len(self) * 4 * (len(transform.codecs) + transform.layout.residuals))
            encoding = _Encoding(self._shards, self._schema, transform, self._seed)
            self._encoded, self._codes = (transform, Encoded.joined(self._each(_Encoding.encoded, encoding))), None
        return self._encoded[1]

    def _each(self, task: Any, reading: _Reading) -> Iterator[Any]:
        return self._executor.map(task, range(self._shards.pieces), reading)


@dataclass(frozen=True)
class _Reading:
    """What every reading of a piece shares.

    Attributes:
        shards: where the pieces are.
        schema: of the columns that are read.
    """

    shards: Shards
    schema: Schema

    def numbers(self, piece: int) -> NDArray[np.float64]:
        """The one column as numbers."""
        (column,) = self.schema.columns
        return np.concatenate([table.float64(column) for table in self.tables(piece)])

    def levels(self, piece: int) -> Levels:
        """The one column as levels."""
        (column,) = self.schema.columns
        return joined_levels([table.levels(column) for table in self.tables(piece)], column)

    def tables(self, piece: int) -> Iterator[Table]:
        """The rows of a piece, batch by batch, read cell by cell."""
        names = [str(column.name) for column in self.schema if column.kind in LEARNED]
        for table in self.shards.read(piece, [str(name) for name in names_in_frame(names, self.schema.composites)]):
            yield Table.coerce(table, self.schema)


@dataclass(frozen=True)
class _Encoding(_Reading):
    """What every encoding of a piece shares.

    Attributes:
        transform: encodes.
        seed: decides where a value may be written as several modes.
    """

    transform: TableTransform
    seed: int

    def codes(self, piece: int) -> NDArray[Any]:
        """The modes of all columns."""
        narrow = np.min_scalar_type(max(self.transform.layout.sizes))
        return np.concatenate([part.codes.astype(narrow) for part in self._parts(piece)])

    def encoded(self, piece: int) -> Encoded:
        """The modes of all columns, and the residuals."""
        return Encoded.joined(self._parts(piece))

    def _parts(self, piece: int) -> Iterator[Encoded]:
        streams = Streams(Streams(self.seed).key("piece", piece))
        for index, table in enumerate(self.tables(piece)):
            yield self.transform.transform(table, Streams(streams.key("part", index)))


def joined_levels(parts: list[Levels], column: Column) -> Levels:
    """One column of all parts; levels that no schema declares are sorted, but those that have an order of their own."""
    found: list[Any] = list(dict.fromkeys(level for part in parts for level in part.levels))
    if column.kind is not Kind.ORDERED:
        found.sort()
    index = {level: at for at, level in enumerate(found)}
    codes = [np.array([*(index[level] for level in part.levels), -1], dtype=np.int32)[part.codes] for part in parts]
    return Levels(np.concatenate(codes), tuple(found))
