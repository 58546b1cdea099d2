"""One table of a database as it is learned, and back: times told from the owner's, counts of children and states of keys as columns."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from synthgan.data.column import Column, Kind
from synthgan.data.stamps import NANOSECONDS
from synthgan.data.table import Table
from synthgan.data.values import Levels, Numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from synthgan.data.keys import ForeignKey
    from synthgan.data.schema import Schema
    from synthgan.relational.lineage import Reference

    Floats = NDArray[np.float64]

MOMENTS = frozenset({Kind.DATE, Kind.DATETIME})
BELIEVED = 0.99  # share of the rows that lie inside their owner's times, from where on they are kept there
MIN_INSIDE = 20
THERE, NULL, ORPHAN, OWN = "there", "null", "orphan", "own"


@dataclass(frozen=True)
class Bound:
    """A time of the owner that a time of its rows is never before, or never after.

    Attributes:
        column: of the rows.
        other: of the owner.
        low: whether it is never before; else never after.
    """

    column: str
    other: str
    low: bool


@dataclass(frozen=True)
class Shape:
    """How one table is learned.

    Attributes:
        name: the table's.
        schema: of its columns but those of foreign keys and counters.
        columns: all columns in their order.
        key_dtypes: by column of a foreign key or counter, its type.
        primary_key: what tells its rows apart; empty where nothing does.
        owner: the key by which its rows belong to others.
        order: what they are put in order by.
        references: its other keys, and how they are made.
        children: the tables whose rows belong to rows of this one.
        counted: the keys by which rows of other tables refer to rows of this one, as (table, columns).
        anchor: the column that the times of its children are told from; None for the owner's own.
        bounds: times of the owner that its own stay inside.
        counter: a column that counts the rows of an owner, and where it starts.
        ghosts: shares of the rows whose owner is missing, and not there.
        usual: by name of a column of counts, how they are distributed.
    """

    name: str
    schema: Schema
    columns: tuple[str, ...]
    key_dtypes: Mapping[str, str]
    primary_key: tuple[str, ...]
    owner: ForeignKey | None
    order: str | None
    references: tuple[Reference, ...]
    children: tuple[str, ...]
    counted: tuple[tuple[str, tuple[str, ...]], ...]
    anchor: str | None
    bounds: tuple[Bound, ...] = ()
    counter: tuple[str, float] | None = None
    ghosts: tuple[float, float] = (0.0, 0.0)
    usual: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def moments(self) -> list[Column]:
        """The columns of dates and stamps that are told from the owner's; none where there is no owner."""
        return [column for column in self.schema if column.kind in MOMENTS] if self.owner is not None else []

    def learned(
        self, table: Table, anchors: Floats, counts: Mapping[str, NDArray[Any]], states: Mapping[str, NDArray[Any]]
    ) -> Table:
        """The table as it is learned.

        Args:
            table: its rows, by ``schema``.
            anchors: float64 ``[rows]``: in seconds, what times are told from; not looked at where there is no owner.
            counts: by name of a further column, int64 ``[rows]``.
            states: by name of a further column of levels, their texts ``[rows]``.
        """
        columns, held = [], {}
        told = {column.name for column in self.moments}
        for column in self.schema:
            held[column.name] = table.columns[column.name]
            columns.append(column)
            if column.name in told:
                away = table.float64(column) - in_unit(anchors, column)
                gaps = np.isnan(away)
                held[column.name] = Numbers(pa.array(np.where(gaps, 0, away).astype(np.int64), mask=gaps))
                columns[-1] = Column(
                    column.name, Kind.INTEGER, "Int64", step=column.step, missing="null" if gaps.any() else None
                )
        for name, values in counts.items():
            columns.append(Column(name, Kind.INTEGER, "int64", minimum=0))
            held[name] = Numbers(pa.array(values.astype(np.int64)))
        for name, texts in states.items():
            levels, codes = np.unique(texts.astype(str), return_inverse=True)
            known = set(levels) <= {THERE, NULL, ORPHAN, OWN}  # which are nobody's, however few have them
            columns.append(Column(name, Kind.CATEGORY, "object", levels=tuple(map(str, levels)) if known else None))
            held[name] = Levels(codes.astype(np.int32), tuple(map(str, levels)))
        schema = replace(self.schema, columns=tuple(columns), index=(), source=None, formulas=None, rules=())
        return Table(schema, held)

    def restored(self, learned: Table, anchors: Floats, ends: Sequence[tuple[Bound, Floats]]) -> Table:
        """The table that was learned, its times told as they are and inside those of the owner.

        Args:
            learned: rows of a table as ``learned`` gives it.
            anchors: float64 ``[rows]``: in seconds.
            ends: the bounds, each with the owner's time in seconds ``[rows]``.
        """
        held = {column.name: learned.columns[column.name] for column in self.schema}
        for column in self.moments:
            values = learned.float64(learned.schema.column(column.name)) + in_unit(anchors, column)
            for bound, end in ends:
                if bound.column == column.name:
                    limit = in_unit(end, column, up=bound.low)
                    values = np.where(
                        np.isnan(limit), values, np.maximum(values, limit) if bound.low else np.minimum(values, limit)
                    )
            one = self.schema.of_columns([column])
            held[column.name] = Table.of(one, {column.name: values}, len(values)).columns[column.name]
        return Table(self.schema, held)

    def anchors(self, table: Table, own: Floats) -> Floats:
        """What times of its children are told from, in seconds: its own, or where it has none those it is told from itself."""
        if self.anchor is None:
            return own
        column = self.schema.column(self.anchor)
        found = table.float64(column) * seconds(column)
        return np.where(np.isnan(found), own, found)


def seconds(column: Column) -> float:
    """How many seconds one is in a column of moments."""
    return NANOSECONDS[str(column.unit)] / 1e9


def in_unit(moments: Floats, column: Column, *, up: bool = False) -> Floats:
    """Moments in seconds as whole units of a column, rounded down, or up."""
    exact = moments / seconds(column)
    return np.ceil(exact - 1e-6) if up else np.floor(exact + 1e-6)


def find_anchor(table: Table, order: str | None) -> str | None:
    """The column of moments that children's times are told from: the order, or the first that is hardly ever missing."""
    moments = [column for column in table.schema if column.kind in MOMENTS]
    if order is not None and any(column.name == order for column in moments):
        return order
    there = {column.name: float((~np.isnan(table.float64(column))).mean()) for column in moments}
    if not there:
        return None
    best = max(there, key=lambda name: there[name])
    return str(best) if there[best] >= 0.5 else None  # noqa: PLR2004 (most of them)


def find_bounds(table: Table, owner: Table, at: NDArray[np.int64]) -> tuple[Bound, ...]:
    """The times of the owner that those of its rows stay inside of; ``at`` is the owner of each row, negative for none."""
    found = []
    inside = at >= 0
    for column in (one for one in table.schema if one.kind in MOMENTS):
        values = table.float64(column)
        for other in (one for one in owner.schema if one.kind in MOMENTS):
            ends = owner.float64(other) * seconds(other)
            end = np.where(inside, ends[np.maximum(at, 0)], np.nan)
            for low in (True, False):
                limit = in_unit(end, column, up=low)
                there = ~np.isnan(values) & ~np.isnan(limit)
                kept = (values >= limit) if low else (values <= limit)
                if there.sum() >= MIN_INSIDE and kept[there].mean() >= BELIEVED:
                    found.append(Bound(str(column.name), str(other.name), low))
    return tuple(found)


def find_counter(frame: Any, at: NDArray[np.int64], column: str) -> tuple[str, float] | None:
    """Whether a column counts the rows of each owner, 0, 1, 2, … or 1, 2, 3, …, in the order in which they stand."""
    values = np.asarray(frame[column])
    if values.dtype.kind not in "iuf" or not len(values):
        return None
    order = np.lexsort((values, at))
    sorted_at, counted = at[order], values[order].astype(np.float64)
    first = np.searchsorted(sorted_at, sorted_at, side="left")
    position = np.arange(len(values)) - first
    start = float(counted[0])
    return (column, start) if start in (0.0, 1.0) and (counted == position + start).all() else None
