"""Linked tables as rules see them: the values of columns, the rows above each row, and the order of the rows of one above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.column import NUMBERS, Kind
from synthgan.data.stamps import NANOSECONDS
from synthgan.data.values import Levels, Numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthgan.data.column import Column
    from synthgan.data.table import Table
    from synthgan.relational.lineage import Lineage

    Floats = NDArray[np.float64]
    Positions = NDArray[np.int64]

MOMENTS = frozenset({Kind.DATE, Kind.DATETIME})
_FAINT = 1e-9  # of a unit, that dividing may be off


@dataclass(frozen=True)
class Sight:
    """Tables, real or drawn, and how their rows belong together.

    Attributes:
        tables: by name; those that no rule speaks of may lack.
        lineage: who belongs to whom.
        orders: by table, the column that its rows are put in order by; where there is none they count as they stand.
    """

    tables: Mapping[str, Table]
    lineage: Lineage
    orders: Mapping[str, str | None]

    def column(self, table: str, name: str) -> Column | None:
        """A column of a table; None where there is none."""
        found = self.tables.get(table)
        return None if found is None or name not in found.columns else found.schema.column(name)

    def path(self, table: str) -> dict[str, Positions]:
        """The rows above each row of a table, by table, itself first; negative where there is none."""
        own = {table: np.arange(self.lineage.rows[table])}
        return {name: at for name, at in (own | self.lineage.above(table)).items() if name in self.tables}

    def seen(self, table: str, column: Column, at: Positions) -> Floats:
        """The values that these rows have in a column of numbers or moments; NaN where a position is negative."""
        values = numbers_of(self.tables[table], column)
        return np.where(at < 0, np.nan, values[np.maximum(at, 0)]) if len(values) else np.full(len(at), np.nan)

    def rank(self, table: str) -> Floats:
        """What the rows of a table are put in order by, ``[rows]``: a time as it is, a running number after the owner's rank."""
        rows, order = self.lineage.rows[table], self.orders.get(table)
        column = None if order is None else self.column(table, order)
        own = np.arange(rows, dtype=np.float64)
        if column is not None and column.kind in NUMBERS | MOMENTS:
            own = numbers_of(self.tables[table], column)
            if column.kind in MOMENTS:
                return own
        owner = self.lineage.owners.get(table)
        if owner is None:
            return own
        at = self.lineage.owned_by[table]
        theirs = self.rank(owner) if owner in self.tables else np.arange(self.lineage.rows[owner], dtype=np.float64)
        first = np.where(at < 0, np.nan, theirs[np.maximum(at, 0)]) if len(theirs) else np.full(rows, np.nan)
        rank = np.empty(rows)
        rank[np.lexsort((np.arange(rows), own, at, first))] = np.arange(rows)
        return rank


def numbers_of(table: Table, column: Column) -> Floats:
    """A column of numbers or moments as it is, NaN = missing; moments in their unit."""
    held = table.columns[column.name]
    base = held.base if isinstance(held, Numbers) else 0
    return table.float64(column) + base


def is_number(column: Column) -> bool:
    """Whether values of a column can be compared: numbers, dates and stamps."""
    return column.kind in NUMBERS | MOMENTS


def told_apart(table: Table, column: Column) -> Floats | None:
    """A column as numbers that are equal where its values are, NaN = missing; None of what is not learned."""
    if is_number(column):
        return numbers_of(table, column)
    if column.kind in {Kind.IDENTIFIER, Kind.TEXT, Kind.CONSTANT, Kind.MISSING}:
        return None
    held = table.columns[column.name]
    return np.where(held.codes < 0, np.nan, held.codes).astype(np.float64) if isinstance(held, Levels) else None


def comparable(one: Column, other: Column) -> bool:
    """Whether one can be before or after the other: two moments, or two numbers."""
    return (one.kind in MOMENTS) == (other.kind in MOMENTS) and is_number(one) and is_number(other)


def floor_of(limits: Floats, of: Column, column: Column, unit: str | None = None) -> Floats:
    """The least value of a column that is not before limits in the unit of another; in no finer unit than one, where one is named."""
    if of.kind not in MOMENTS:
        return limits
    own, theirs = NANOSECONDS[str(column.unit)], NANOSECONDS[str(of.unit)]
    if unit is None:
        return limits * (theirs / own) if theirs >= own else np.ceil(limits * (theirs / own) - _FAINT)
    return _whole(limits, theirs, unit) * (NANOSECONDS[unit] / own)


def ceiling_of(limits: Floats, of: Column, column: Column, unit: str | None = None) -> Floats:
    """The greatest value of a column that is not after limits in the unit of another; in no finer unit than one, where one is named."""
    if of.kind not in MOMENTS:
        return limits
    own, theirs = NANOSECONDS[str(column.unit)], NANOSECONDS[str(of.unit)]
    if unit is None:
        return limits * (theirs / own) if theirs >= own else np.floor(limits * (theirs / own) + _FAINT)
    return (_whole(limits, theirs, unit) + 1) * (NANOSECONDS[unit] / own) - 1


def coarser(one: Column, other: Column) -> str | None:
    """The coarser of the units of two columns of moments; None where both are alike."""
    units = sorted((str(one.unit), str(other.unit)), key=lambda unit: NANOSECONDS[unit])
    return None if units[0] == units[1] else units[1]


def _whole(limits: Floats, theirs: int, unit: str) -> Floats:
    return np.floor(limits * (theirs / NANOSECONDS[unit]) + _FAINT)
