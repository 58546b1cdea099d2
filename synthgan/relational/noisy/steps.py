"""Rows of a group as steps: a flat table of which each row sees what stands above it and what the row before it was."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from synthgan.data.column import CODED, NUMBERS, TEMPORAL, Column, Kind
from synthgan.data.schema import Schema
from synthgan.data.stamps import NANOSECONDS
from synthgan.data.table import Table
from synthgan.data.values import Levels, Numbers, Stamps
from synthgan.errors import SchemaError
from synthgan.relational.sequences import COUNT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.groups import Groups
    from synthgan.tabular.encoding.codec import Codec

    Name = str | int
    Floats = NDArray[np.float64]

POSITION = "(rows before)"
MAX_ROWS = 10_000  # of a group; longer ones count as so long
_WHOLE = {"pandas": "Int64", "polars": "Int64", "pyarrow": "int64"}
_DURATIONS = {"pandas": "timedelta64[{}]", "polars": "Duration(time_unit='{}')", "pyarrow": "duration[{}]"}
_SHORT = {"second": "s", "millisecond": "ms", "microsecond": "us", "nanosecond": "ns"}
_TRUTH = {"pandas": "boolean", "polars": "Boolean", "pyarrow": "bool"}


def above_name(name: Name) -> str:
    """What a column that stands above is called among those of steps."""
    return f"(above) {name}"


def same_name(name: Name) -> str:
    """What the column is called that says whether a level is that of the row before."""
    return f"(same) {name}"


def step_name(name: Name) -> str:
    """What the column is called that says how far the order went on since the row before."""
    return f"(step) {name}"


def whole_column(container: str, name: Name, minimum: float | None = 0, maximum: float | None = None) -> Column:
    """A column of whole numbers."""
    return Column(name, Kind.INTEGER, _WHOLE[container], minimum=minimum, maximum=maximum)


def count_column(container: str, name: Name = COUNT, minimum: float = 1) -> Column:
    """How many rows there are; the bound is public, so that noise alone never makes a group of millions."""
    return whole_column(container, name, minimum, MAX_ROWS)


@dataclass(frozen=True)
class Steps:
    """How the rows of a table are learned as steps; it follows from what is declared alone.

    Attributes:
        above: what stands above each row, by the names it has there.
        own: the columns of the rows themselves, counts of their children among them.
        order: what the rows of a group are put in order by; None where they stand in it.
        container: what holds the table.
    """

    above: tuple[Column, ...]
    own: tuple[Column, ...]
    order: Name | None
    container: str

    @property
    def followed(self) -> tuple[Name, ...]:
        """The columns of levels, of which each step says whether it kept that of the row before."""
        return tuple(column.name for column in self.own if column.kind in CODED)

    @property
    def schema(self) -> Schema:
        """Of the flat table.

        Raises:
            SchemaError: if two of its columns have one name.
        """
        columns = [replace(column, name=above_name(column.name)) for column in self.above]
        columns += [count_column(self.container), count_column(self.container, POSITION, 0), *self.own]
        truth = _TRUTH[self.container]
        columns += [Column(same_name(name), Kind.BOOLEAN, truth, levels=(False, True)) for name in self.followed]
        if self.order is not None:
            columns.append(self._step(self._order))
        names = [str(column.name) for column in columns]
        twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
        if twice is not None:
            raise SchemaError(f"columns must have names that steps do not use themselves, however: found {twice!r}")
        return Schema(self.container, tuple(columns))  # type: ignore[arg-type]

    def _step(self, order: Column) -> Column:
        name = step_name(order.name)
        if order.kind in TEMPORAL:
            unit = str(order.unit)
            if unit not in _SHORT:
                return whole_column(self.container, name)
            return Column(
                name, Kind.DURATION, _DURATIONS[self.container].format(_SHORT[unit]), unit=unit, minimum="PT0S"
            )
        dtype = _WHOLE[self.container] if order.kind is Kind.INTEGER else order.dtype
        return Column(name, order.kind, dtype, decimals=order.decimals, minimum=0)

    def after(self, step: Column, order: Codec) -> Column:
        """The column of steps, in the unit and range that the order was found to have."""
        low, high = order.encoder.released  # type: ignore[attr-defined]
        (column,) = order.columns
        span = high - low
        if not np.isfinite(span):
            return step
        if step.kind is Kind.DURATION:
            unit = NANOSECONDS[str(column.unit)]
            seconds = Fraction(round(span) * unit, NANOSECONDS["second"])
            return replace(step, unit=column.unit, maximum=f"PT{float(seconds):.9f}S")
        if step.kind is Kind.INTEGER or column.kind is Kind.INTEGER:
            return replace(step, kind=Kind.INTEGER, decimals=None, maximum=float(round(span)))
        return replace(step, decimals=column.decimals, maximum=float(span))

    @property
    def _order(self) -> Column:
        return next(column for column in self.own if column.name == self.order)

    def wanted(self) -> list[tuple[Name, Name]]:
        """The pairs of columns that are counted in any case: those of one row, its place, and what it keeps of each level."""
        names = [column.name for column in self.own]
        found = [(one, other) for at, one in enumerate(names) for other in names[at + 1 :]]
        found += [(place, name) for place in (COUNT, POSITION) for name in names]
        return [*found, (COUNT, POSITION), *((name, same_name(name)) for name in self.followed)]

    def flat(self, table: Table, groups: Groups, above: Table, taken: NDArray[np.int64]) -> Table:
        """Some rows as steps.

        Args:
            table: the rows of all groups, side by side and in order.
            groups: whose they are.
            above: a row a group: what stands above.
            taken: int64 ``[taken]``: which rows.
        """
        position, owner = groups.position[taken], groups.owner[taken]
        first, before = position == 0, np.maximum(taken - 1, 0)
        over = above.take(owner)
        held: dict[Name, Numbers | Levels | Stamps] = {
            above_name(column.name): over.columns[column.name] for column in self.above
        }
        held[COUNT] = Numbers(pa.array(np.minimum(groups.counts[owner], MAX_ROWS)))
        held[POSITION] = Numbers(pa.array(np.minimum(position, MAX_ROWS)))
        held |= {column.name: table.columns[column.name].take(taken) for column in self.own}
        for name in self.followed:
            codes = table.columns[name].codes  # type: ignore[union-attr]
            kept = np.where(first, -1, codes[taken] == codes[before])
            held[same_name(name)] = Levels(kept.astype(np.int32), (False, True))
        if self.order is not None:
            column = table.schema.column(self.order)
            values = table.float64(column)
            away = np.where(first, np.nan, values[taken] - values[before])
            held[step_name(self.order)] = _held(away, self._step(self._order))
        return Table(self.schema, {column.name: held[column.name] for column in self.schema})


def _held(values: Floats, column: Column) -> Numbers | Stamps:
    gaps = np.isnan(values)
    if column.kind in (Kind.INTEGER, Kind.DURATION):
        whole = pa.array(np.where(gaps, 0, values).astype(np.int64), mask=gaps)
        if column.kind is Kind.INTEGER:
            return Numbers(whole)
        return Stamps(whole.cast(pa.duration(_SHORT[str(column.unit)])), str(column.unit))
    if column.decimals is not None:
        values = np.round(values, column.decimals)
    return Numbers(pa.array(values, mask=gaps))


def order_values(table: Table, order: Name | None) -> Floats | None:
    """What rows are put in order by, NaN where missing; None where they stand in it."""
    return None if order is None else table.float64(table.schema.column(order))


def check_order(schema: Schema, order: Name | None) -> None:
    """See that the order is a column of numbers or moments.

    Raises:
        SchemaError: if it is none.
    """
    if order is None:
        return
    kind = schema.column(order).kind if order in schema.names else None
    if kind not in NUMBERS | TEMPORAL:
        raise SchemaError(
            f"order must be a column of numbers or moments that is learned, however: {order!r} is "
            f"{'not learned' if kind is None else kind}"
        )
