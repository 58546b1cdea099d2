"""A table of sequences taken apart: what belongs to a whole group, what was first, and the rows that follow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from synthgan.data.column import CODED, NUMBERS, TEMPORAL, Column, Kind
from synthgan.data.containers.cells import unit_codes
from synthgan.data.containers.raw import names_of
from synthgan.data.groups import Groups, arranged
from synthgan.data.table import Table
from synthgan.data.values import Levels, Numbers
from synthgan.errors import DataError, SchemaError
from synthgan.suggest import did_you_mean_or_known
from synthgan.tabular.encoding.table import read_values

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from synthgan.data import Frame
    from synthgan.data.schema import Schema
    from synthgan.tabular.encoding.codec import Values

    Name = str | int

MIN_REPEATING = 20  # groups of two rows and more, where what is constant in each is believed to be so
REBUILT = frozenset(
    {Kind.IDENTIFIER, Kind.CONSTANT, Kind.MISSING, Kind.TEXT}
)  # nothing of them is drawn with a first row
COUNT, FIRST = "rows in the group", "first "


@dataclass(frozen=True)
class Sequences:
    """A table of sequences, taken apart.

    Attributes:
        schema: of the whole table.
        group: the column that says which group a row belongs to.
        order: the column that rows of a group are put in order by; None where they stand in it.
        above: the columns that are constant in each group.
        groups: which rows belong together.
        table: all rows, those of a group side by side and in order.
    """

    schema: Schema
    group: Name
    order: Name | None
    above: tuple[Name, ...]
    groups: Groups
    table: Table

    @classmethod
    def take_apart(cls, frame: Frame, table: Table, group: Name, order: Name | None) -> Sequences:
        """Find out what belongs to whole groups.

        Raises:
            DataError: if the order is no column of numbers or moments, or there is no other column.
            SchemaError: if the schema does not say that the group is an identifier.
        """
        column = table.schema.column(group)
        if column.kind is not Kind.IDENTIFIER:
            raise SchemaError(
                f"column {group!r} must be an identifier to tell groups apart by, however: the schema says it is {column.kind}"
            )
        codes = unit_codes(frame, group)
        nameless = codes < 0
        codes = np.where(nameless, codes.max(initial=-1) + np.cumsum(nameless), codes)
        rows, groups = arranged(codes, None if order is None else _order_values(table, order))
        if len(table.schema) == 1:
            raise DataError(f"a table must have columns beside the group {group!r}, however: found none")
        placed = table.take(rows)
        above = tuple(
            one.name for one in table.schema if one.name not in (group, order) and _is_above(one, placed, groups)
        )
        return cls(table.schema, group, order, above, groups, placed)

    @property
    def following(self) -> tuple[Name, ...]:
        """The columns that may differ inside a group."""
        return tuple(name for name in self.schema.names if name != self.group and name not in self.above)

    def part(self, names: Iterable[Name]) -> Table:
        """The columns of these names alone."""
        kept = set(names)
        columns = [column for column in self.schema if column.name in kept]
        return Table(
            self.schema.of_columns(columns),
            {column.name: self.table.columns[column.name] for column in columns},
            tuple(one for one in self.table.withheld if one.name in kept),
        )

    def keys(self) -> Table:
        """The names of the groups, each once."""
        column = self.schema.column(self.group)
        return Table(
            self.schema.of_columns([column]), {self.group: self.table.take(self.groups.first).columns[self.group]}
        )

    def parents(self) -> Table:
        """One row a group: what is constant in it, how many rows it has, and what its first row was."""
        first = self.table.take(self.groups.first)
        columns = [column for column in self.schema if column.name in self.above]
        held = {column.name: first.columns[column.name] for column in columns}
        columns.append(count_column(self.schema))
        held[COUNT] = Numbers(pa.array(self.groups.counts))
        for column in self.schema:
            if column.name in self.following and column.kind not in REBUILT:
                columns.append(replace(column, name=f"{FIRST}{column.name}"))
                held[columns[-1].name] = first.columns[column.name]
        return Table(_plain(self.schema, columns), held)


def _plain(schema: Schema, columns: list[Column]) -> Schema:
    """A schema of the same container with these columns; formulas are found anew."""
    return replace(schema, columns=tuple(columns), index=(), source=None, formulas=None, rules=())


def count_column(schema: Schema, name: Name = COUNT) -> Column:
    """How many rows there are, as a column."""
    return Column(name, Kind.INTEGER, "Int64" if schema.container == "polars" else "int64", minimum=0)


def first_rows(schema: Schema, parents: Table) -> Table:
    """The first rows that stand in a table of parents, by a schema of rows: what is rebuilt is missing."""
    wanted = [column for column in schema if f"{FIRST}{column.name}" in parents.columns]
    return Table(schema, {column.name: parents.columns[f"{FIRST}{column.name}"] for column in wanted})


def check_names(frame: Frame, **columns: Name | None) -> None:
    """See that the columns named are there; raises DataError, which says what they were named for."""
    names = names_of(frame)
    for what, name in columns.items():
        if name is not None and name not in names:
            raise DataError(
                f"{what} must name a column of the table, however: found no {name!r}",
                remedy=did_you_mean_or_known(name, names),
                parameter=what,
            )


def as_numbers(values: Values) -> NDArray[np.float64]:
    """A column as numbers that are equal where its values are; NaN = missing."""
    if isinstance(values, Levels):
        return np.where(values.codes < 0, np.nan, values.codes).astype(np.float64)
    return np.asarray(values, dtype=np.float64)


def _order_values(table: Table, order: Name) -> NDArray[np.float64]:
    column = table.schema.column(order)
    if column.kind not in NUMBERS | TEMPORAL:
        raise DataError(
            f"order must be a column of numbers, dates or stamps, however: {order!r} is {column.kind}",
            parameter="order",
        )
    return table.float64(column)


def _is_above(column: Column, table: Table, groups: Groups) -> bool:
    """Whether a column belongs to whole groups: it is constant in each of them, and there are enough to say so."""
    if column.kind in {Kind.TEXT, Kind.CONSTANT, Kind.MISSING}:
        return False
    if (groups.counts > 1).sum() < MIN_REPEATING:
        return False
    if column.kind is Kind.IDENTIFIER:
        held = table.columns[column.name]
        values = held.codes if isinstance(held, Levels) else held.values
        coded = (
            values
            if isinstance(values, np.ndarray)
            else np.asarray(pa.array(values).dictionary_encode().indices.fill_null(-1))
        )
        return groups.are_constant(coded.astype(np.float64))
    return groups.are_constant(
        as_numbers(read_values(table, column) if column.kind in CODED else table.float64(column))
    )
