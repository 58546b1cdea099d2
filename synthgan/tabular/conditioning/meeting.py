"""Which rows of a table meet clauses: what conditions say of rows that are already drawn."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.labels import labels_of
from synthgan.tabular.conditioning.constants import on_others
from synthgan.tabular.conditioning.where import find_column
from synthgan.tabular.encoding.codec import UnmeetableError
from synthgan.tabular.encoding.table import read_values
from synthgan.tabular.encoding.values import bounds_of, is_missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from synthgan.data.clauses import Clause
    from synthgan.data.column import Column
    from synthgan.data.schema import Schema
    from synthgan.data.table import Table
    from synthgan.tabular.encoding.codec import Codec
    from synthgan.tabular.encoding.table import TableTransform

    Rows = NDArray[np.bool_]


def check_clauses(clauses: Sequence[Clause], schema: Schema, transform: TableTransform) -> None:
    """See that rows of a table can meet clauses, each by itself.

    Args:
        clauses: what is asked.
        schema: the table's; a column may be told otherwise where it is learned (a date as a distance, say).
        transform: how the table was learned.

    Raises:
        DataError: if a column is unknown or not learned, a value was never learned or cannot be read.
    """
    for clause in on_others(clauses, schema):
        column = find_column(clause, schema, transform.owners)
        codec = transform.codec(column.name)
        if any(one.name == column.name and one.kind is column.kind for one in codec.columns):
            for one in codec.alternatives(clause):
                codec.allow(one)
        _meets(np.zeros(0), clause, column) if codec.known is None else None


def rows_meeting(table: Table, clauses: Sequence[Clause], transform: TableTransform) -> Rows:
    """Bool ``[rows]``: which rows of a table meet all of some clauses, which ``check_clauses`` has seen."""
    met = np.ones(len(table), dtype=bool)
    for clause in on_others(clauses, table.schema):
        column = find_column(clause, table.schema, transform.owners)
        codec = transform.codec(column.name)
        values = read_values(table, column)
        if codec.known is not None:
            met &= _allowed(codec, clause)[codec.encode((values,), np.random.default_rng(0))[0]]
        else:
            assert isinstance(values, np.ndarray)  # noqa: S101 (numbers and moments are read so)
            met &= _meets(values, clause, column)
    return met


def _allowed(codec: Codec, clause: Clause) -> Rows:
    return codec.allow(clause).modes


def _meets(values: NDArray[np.float64], clause: Clause, column: Column) -> Rows:
    """Which numbers meet a clause."""
    if clause.values is None:
        if clause.low is None and clause.high is None:
            return ~np.isnan(values)
        low, high = bounds_of(clause, column)
        return (values >= low) & (values <= high)
    labels = labels_of(values)
    met = np.zeros(len(values), dtype=bool)
    for value in clause.values:
        one = replace(clause, values=(value,), negated=False)
        if value in (column.marks or ()):
            met |= labels == (column.marks or ()).index(value)
        elif is_missing(one, column):
            met |= np.isnan(values) & (labels < 0)
        else:  # what the column cannot have is easily not had
            with suppress(UnmeetableError) if clause.negated else nullcontext():
                low, high = bounds_of(one, column)
                met |= (values >= low) & (values <= high)
    return met ^ clause.negated
