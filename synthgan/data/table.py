"""A table in memory: what it is, and its columns, each read from its container once and written once, exactly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa

from synthgan.data.coercion import LEARNED, coerced
from synthgan.data.column import Kind
from synthgan.data.containers.assembling import assembled
from synthgan.data.containers.conforming import conformed
from synthgan.data.containers.raw import raw_column
from synthgan.data.containers.reading import presence, read_values
from synthgan.data.containers.storing import merged, rounded, stored
from synthgan.data.containers.unreadable import gaps_of
from synthgan.data.inference import infer_columns, refuse_prose, refuse_text
from synthgan.data.parting import composed, parted
from synthgan.data.schema import Schema
from synthgan.data.validation import validated
from synthgan.data.values import Levels, Numbers, Stamps, Values

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import ArrayLike, NDArray

    from synthgan.data.column import Column
    from synthgan.data.composites import Composite
    from synthgan.data.containers.raw import Frame
    from synthgan.data.containers.storing import Drawn
    from synthgan.data.withheld import Withheld

Name: TypeAlias = str | int
_Held: TypeAlias = "Values | _Unread"


@dataclass(frozen=True, eq=False)
class Table:
    """A table.

    Nothing passes through float64 here: whole numbers, decimals and stamps are as exact as they were in their container.

    Attributes:
        schema: what it is.
        columns: what each column holds, by name in the order of the schema.
        withheld: what was found on reading that cannot be learned.

    Example:
        >>> import pyarrow as pa
        >>> table = Table.read(pa.table({"dose": [2**53 + 1, 5, None]}))
        >>> table.frame()["dose"].to_pylist()
        [9007199254740993, 5, None]
    """

    schema: Schema
    columns: Mapping[Name, Numbers | Levels | Stamps]
    withheld: tuple[Withheld, ...] = ()

    @classmethod
    def read(
        cls,
        frame: Frame,
        schema: Schema | None = None,
        *,
        identifiers: Collection[Name] = (),
        drop: Collection[Name] = (),
        validate: bool = True,
        strict: bool = False,
        split: bool = False,
    ) -> Table:
        """Reads a frame; each of its columns is converted from its container once.

        Args:
            frame: a pandas or polars DataFrame, or a pyarrow Table.
            schema: what it is; further columns of the frame are left out. None infers it.
            identifiers: as for `Schema.infer`, where there is no schema.
            drop: as for `Schema.infer`, where there is no schema.
            validate: see that the frame fits the schema given; else it is only read by it.
            strict: refuse columns that cannot be learned, instead of withholding them.
            split: read text that holds several numbers as a column for each of them, where there is no schema.

        Raises:
            DataError: as `Schema.infer` does, or a column is lacking or cannot be read.
            SchemaError: the frame does not fit the schema.
        """
        if schema is not None:
            if strict:
                refuse_text(schema)
            read, frame = validated if validate else _as_it_is, parted(frame, schema.composites)
            return cls(schema, _Columns({column.name: read(schema.container, column, frame) for column in schema}))
        columns: list[Column] = []
        held: dict[Name, _Held] = {}
        withheld: list[Withheld] = []
        composites: dict[Composite, None] = {}
        for one in infer_columns(frame, identifiers=identifiers, drop=drop, strict=strict, split=split):
            composites |= {one.composite: None} if one.composite else {}
            column, values = one.column, one.raw.values
            columns.append(column)
            held[column.name] = _Unread(values, column) if _is_kept_back(column) else read_values(values, column)
            withheld += [one.withheld] if one.withheld else []
        if strict:
            refuse_prose(columns)
        return cls(Schema.of(frame, columns, composites), _Columns(held), tuple(withheld))

    @classmethod
    def coerce(cls, frame: Frame, schema: Schema) -> Table:
        """Reads those columns of a frame that are learned as a schema declares them, each cell by itself.

        What does not fit is missing, and what is beyond declared bounds is moved onto them: no cell is refused. That is
        what private training needs (see `synthgan.data.coercion`).

        Raises:
            SchemaError: a column is lacking, or its type is of another sort than the declared one.
            DataError: the type of a column is one that synthgan cannot learn.
        """
        frame = parted(frame, schema.composites)
        held = {c.name: coerced(schema.container, c, frame).held for c in schema if c.kind in LEARNED}
        return cls(schema, _Columns(dict(held)))

    @classmethod
    def conform(cls, frame: Frame, schema: Schema) -> Table:
        """Reads a frame of any form as one of this schema's types (after a trip through CSV, say).

        Levels and constants are those that occur, whatever the schema declares.

        Raises:
            DataError: a column is not there, or has values that the schema's type cannot hold.
        """
        held: dict[Name, _Held] = {}
        frame = parted(frame, schema.composites)
        for column in schema:
            values = conformed(raw_column(frame, column.name).values, column, schema.container)
            held[column.name] = read_values(values, column, declared=False)
        return cls(schema, _Columns(held))

    @classmethod
    def of(cls, schema: Schema, drawn: Mapping[Name, Drawn], rows: int) -> Table:
        """Makes a table of values that were drawn, rounded to the form that each column has.

        Args:
            schema: what the table is.
            drawn: by column name, as `synthgan.data.containers.storing.rounded` takes them; constant and missing columns
                need none. A type that cannot hold a missing value must not be given one.
            rows: how many rows.

        Raises:
            DataError: values of a column are lacking, of another length, or of the wrong sort.
        """
        given = {column.name: rounded(drawn.get(column.name), column, schema.container, rows) for column in schema}
        return cls(schema, given)

    def frame(self) -> Frame:
        """Writes the table as a frame of its schema's container, names, order and types; composites are whole again.

        Returns:
            The frame; pandas frames have a fresh RangeIndex, or the index that the schema names.

        Raises:
            DataError: a column's type cannot hold its values.
        """
        schema, arrays = self.schema, [self.arrow(name) for name in self.schema.names]
        if schema.composites:
            columns, arrays = composed(schema.columns, arrays, schema.composites)
            schema = replace(schema, columns=tuple(columns), composites=(), formulas=None, distances=None, rules=())
        return assembled(schema, arrays)

    def arrow(self, name: Name) -> pa.Array:
        """Gives one column as Arrow holds it, array [rows]: a dictionary for levels; missing is null.

        Raises:
            DataError: the column's type cannot hold its values.
        """
        return stored(self.columns[name], self.schema.column(name), self.schema.container)

    def float64(self, column: Column) -> NDArray[np.float64]:
        """Gives a column of numbers or moments as float64 [rows], NaN = missing, counted in the unit of `column`.

        A view for arithmetic: it is made anew on each call, so that it takes memory only where it is used.
        """
        values = self.columns[column.name]
        if isinstance(values, Levels):
            raise TypeError(f"column {column.name!r} must hold numbers, however: it holds levels")
        return values.float64(column.unit) if isinstance(values, Stamps) else values.float64()

    def levels(self, column: Column) -> Levels:
        """Gives a column of codes into levels."""
        values = self.columns[column.name]
        if not isinstance(values, Levels):
            raise TypeError(f"column {column.name!r} must hold levels, however: it holds numbers")
        return values

    def take(self, indices: ArrayLike) -> Table:
        """Gives the rows at these indices [taken], in this order; an index may repeat."""
        taken = _Columns.of(self.columns).take(np.asarray(indices, dtype=np.int64))
        return Table(self.schema, taken, self.withheld)

    def filled(self, drawn: Table, gaps: Mapping[Name, NDArray[np.bool_]]) -> Table:
        """Gives the columns of another table, with its values in the gaps and this table's own, untouched, elsewhere.

        Args:
            drawn: columns of this table, of as many rows.
            gaps: by name of a column of `drawn`: bool [rows].
        """
        columns = {name: merged(self.columns[name], values, ~gaps[name]) for name, values in drawn.columns.items()}
        return Table(drawn.schema, columns)

    def replaced(self, columns: Mapping[Name, tuple[Column, Values]]) -> Table:
        """Gives the table with other columns, of as many rows, in the place of those of their names; the rest stays unread."""
        schema = tuple(columns[one.name][0] if one.name in columns else one for one in self.schema)
        held = _Columns.of(self.columns).replaced({name: values for name, (_, values) in columns.items()})
        return replace(self, schema=self.schema.of_columns(schema), columns=held)

    def __len__(self) -> int:
        """Counts the rows."""
        return _Columns.of(self.columns).rows


@dataclass(frozen=True)
class _Unread:
    """A column that is read only where somebody asks for it: nothing is learned from keys."""

    values: pa.Array
    column: Column

    def __len__(self) -> int:
        return len(self.values)

    def take(self, indices: NDArray[np.int64]) -> _Unread:
        return _Unread(self.values.take(pa.array(indices)), self.column)


class _Columns(Mapping[Name, Values]):
    """Columns by name; what is kept back is read when it is first asked for."""

    def __init__(self, held: dict[Name, _Held]) -> None:
        self._held = held

    @classmethod
    def of(cls, columns: Mapping[Name, Values]) -> _Columns:
        return columns if isinstance(columns, cls) else cls(dict(columns))

    def take(self, indices: NDArray[np.int64]) -> _Columns:
        return _Columns({name: held.take(indices) for name, held in self._held.items()})

    def replaced(self, held: Mapping[Name, Values]) -> _Columns:
        return _Columns({**self._held, **held})

    @property
    def rows(self) -> int:
        return len(next(iter(self._held.values())))

    def __getitem__(self, name: Name) -> Values:
        found = self._held[name]
        if isinstance(found, _Unread):
            found = self._held[name] = read_values(found.values, found.column)
        return found

    def __iter__(self) -> Iterator[Name]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)


def _is_kept_back(column: Column) -> bool:
    return column.kind is Kind.IDENTIFIER


def _as_it_is(_: str, column: Column, frame: Frame) -> _Held:
    """Reads a column by a schema without seeing whether it fits."""
    if column.kind is Kind.TEXT:
        return presence(gaps_of(frame, column.name))
    values = raw_column(frame, column.name).values
    return _Unread(values, column) if _is_kept_back(column) else read_values(values, column)
