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
from synthgan.relational.rules.sight import MOMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthgan.data.keys import ForeignKey
    from synthgan.data.linkedrules import LinkedRule
    from synthgan.data.schema import Schema
    from synthgan.data.values import Values
    from synthgan.relational.lineage import Reference
    from synthgan.relational.milestones import Milestone

    Floats = NDArray[np.float64]

BETTER = 0.5  # of how far times are spread, at most, from where on they are told from another time above
ALWAYS = 0.95  # share of the rows where such a time is there
THERE, NULL, ORPHAN, OWN = "there", "null", "orphan", "own"


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
        told: the table above, and its column, that its own times are told from; None for the owner's anchor.
        milestones: the times above that its own are seen against.
        rules: what is kept of its columns.
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
    told: tuple[str, str] | None = None
    milestones: tuple[Milestone, ...] = ()
    rules: tuple[LinkedRule, ...] = ()
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

    def restored(self, learned: Table, anchors: Floats) -> Table:
        """The table that was learned, its times told as they are.

        Args:
            learned: rows of a table as ``learned`` gives it.
            anchors: float64 ``[rows]``: in seconds.
        """
        held = {column.name: learned.columns[column.name] for column in self.schema}
        for column in self.moments:
            values = learned.float64(learned.schema.column(column.name)) + in_unit(anchors, column)
            one = self.schema.of_columns([column])
            held[column.name] = Table.of(one, {column.name: values}, len(values)).columns[column.name]
        return Table(self.schema, held)

    def relearned(self, learned: Table, table: Table, anchors: Floats) -> Table:
        """Rows as they are learned, with the values that a table has for them since some were moved."""
        told = {column.name for column in self.moments}
        changed: dict[str | int, tuple[Column, Values]] = {}
        for column in self.schema:
            own, held = learned.schema.column(column.name), table.columns[column.name]
            if column.name in told:
                away = table.float64(column) - in_unit(anchors, column)
                gaps = np.isnan(away)
                held = Numbers(pa.array(np.where(gaps, 0, away).astype(np.int64), mask=gaps))
            changed[column.name] = own, held
        return learned.replaced(changed)

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


def in_unit(moments: Floats, column: Column) -> Floats:
    """Moments in seconds as whole units of a column, rounded down."""
    return np.floor(moments / seconds(column) + 1e-6)


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


def find_told(
    table: Table, anchor: str | None, own: Floats, above: Mapping[str, tuple[Table, NDArray[np.int64]]]
) -> tuple[str, str] | None:
    """The time above that those of a table are told from: another than the owner's anchor where they lie much closer to it.

    Args:
        table: its rows.
        anchor: its column that stands for the others.
        own: float64 ``[rows]``: the owner's anchors, in seconds.
        above: by table above, its rows and which of them is above each row; negative for none.
    """
    if anchor is None or not len(table):
        return None
    column = table.schema.column(anchor)
    times = table.float64(column) * seconds(column)
    best, found = BETTER * _spread(times - own), None
    for name, (other, at) in above.items():
        for one in (one for one in other.schema if one.kind in MOMENTS):
            away = times - told_from(other, str(one.name), at, np.full(len(times), np.nan))
            if np.isnan(away).sum() <= np.isnan(times).sum() + (1 - ALWAYS) * len(away) and _spread(away) < best:
                best, found = _spread(away), (name, str(one.name))
    return found


def anchors_of(anchors: Floats, at: NDArray[np.int64]) -> Floats:
    """What times of rows are told from, given the anchors of their owners, in seconds; the usual one where there is none."""
    if not len(anchors):
        return np.zeros(len(at))
    usual = float(np.nanmedian(anchors)) if not np.isnan(anchors).all() else 0.0
    return np.where(at < 0, usual, np.nan_to_num(anchors, nan=usual)[np.maximum(at, 0)])


def told_from(table: Table, name: str, at: NDArray[np.int64], otherwise: Floats) -> Floats:
    """A time of the rows above each row, in seconds; where it is missing, what stands for it."""
    column = table.schema.column(name)
    theirs = table.float64(column) * seconds(column)
    found = np.where(at < 0, np.nan, theirs[np.maximum(at, 0)]) if len(theirs) else np.full(len(at), np.nan)
    return np.where(np.isnan(found), otherwise, found)


def _spread(away: Floats) -> float:
    """How far distances lie apart: the median distance from their median."""
    known = away[~np.isnan(away)]
    return float(np.median(np.abs(known - np.median(known)))) if len(known) else np.inf


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
