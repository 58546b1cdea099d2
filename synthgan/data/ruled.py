"""Rows that break a declared rule: found among read or drawn values, and put right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.composites import refuse_lacking
from synthgan.data.scale import exceeds, scale_of
from synthgan.data.scale import number_of as value_of
from synthgan.data.schema import CODED, Kind
from synthgan.data.values import Levels
from synthgan.errors import DataError, SchemaError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from synthgan.data.rule_text import Comparison
    from synthgan.data.rules import Name, Rule
    from synthgan.data.schema import Column, Schema
    from synthgan.data.table import Table

    Rows = NDArray[np.bool_]
    Values = Mapping[Name, Any]

_COMPARE = {
    "=": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


@dataclass(frozen=True)
class View:
    """Values by column, as rules look at them.

    Attributes:
        schema: what the columns are.
        values: float64 ``[rows]`` with NaN for missing, ``Levels``, or identifiers; constants need none.
        rows: how many rows.
    """

    schema: Schema
    values: Values
    rows: int

    @classmethod
    def of_table(cls, table: Table, names: Collection[Name]) -> View:
        """The columns of a table that some names stand for."""
        values = {
            column.name: held if isinstance(held := table.columns[column.name], Levels) else table.float64(column)
            for column in table.schema
            if column.name in names
        }
        return cls(table.schema, values, len(table))

    def of(self, name: Name) -> Any:
        """A column, numbers rounded as they are released."""
        column = self.schema.column(name)
        if column.kind is Kind.MISSING:
            return Levels(np.full(self.rows, -1, np.int32), ())
        if column.kind is Kind.CONSTANT:
            return Levels(np.zeros(self.rows, np.int32), column.levels or ())
        held = self.values[name]
        if isinstance(held, Levels) or column.kind in CODED | {Kind.IDENTIFIER, Kind.TEXT}:
            return held
        settled = scale_of(column).rounded(held)
        return settled if column.decimals is None else np.round(settled, column.decimals)

    def missing(self, name: Name) -> Rows:
        """Where a column is missing."""
        held = self.of(name)
        if isinstance(held, Levels):
            return held.codes < 0
        held = np.asarray(held)
        if held.dtype.kind == "f":
            return np.isnan(held)
        return np.array([value is None or value != value for value in held.tolist()], dtype=bool)  # noqa: PLR0124 (NaN)

    def broken(self, rule: Rule) -> Rows:
        """The rows that break a rule; of rows that are to differ, all but the first of each kind."""
        if rule.kind == "unique":
            return repeated([self.texts(name) for name in rule.unique])
        if rule.kind == "allowed":
            own = list(zip(*(self.texts(name) for name in rule.columns), strict=True))
            allowed = {
                tuple(None if one is None else text_of(one) for one in combination) for combination in rule.allowed
            }
            return np.array([one not in allowed for one in own], dtype=bool)
        broken = np.zeros(self.rows, dtype=bool)
        for one in rule.consequence:
            broken |= self.breaks(one)
        return broken & self.premised(rule)

    def premised(self, rule: Rule) -> Rows:
        """The rows that meet the premise of a rule."""
        met = np.ones(self.rows, dtype=bool)
        for one in rule.premise:
            met &= self.meets(one)
        return met

    def meets(self, one: Comparison) -> Rows:
        """The rows that meet a comparison: none that misses what it compares, unless it asks for that."""
        met, there = self._compared(one)
        asks = None in one.values
        if one.sign == "=":
            return (met & there) | (~there & asks)
        return met & there

    def breaks(self, one: Comparison) -> Rows:
        """The rows that break a comparison: a missing value equals none, and is in order with all."""
        met, there = self._compared(one)
        if one.sign == "=" and one.other is None:
            return ~self.meets(one)
        if one.sign == "!=" and None in one.values:
            return ~met | ~there
        return ~met & there

    def _compared(self, one: Comparison) -> tuple[Rows, Rows]:
        """Where a comparison holds, and where there is something to compare."""
        there = ~self.missing(one.name)
        if one.other is not None:
            there &= ~self.missing(one.other)
            return self._beside(one, one.other), there
        own, column = self.of(one.name), self.schema.column(one.name)
        if isinstance(own, Levels) and one.sign in {"=", "!="}:
            found = np.isin(
                np.asarray(self.texts(one.name), dtype=object), [text_of(v) for v in one.values if v is not None]
            )
            return found == (one.sign == "="), there
        if isinstance(own, Levels):
            return self._ranked(own, one, column), there
        numbers = [number_of(column, value) for value in one.values if value is not None]
        if one.sign in {"=", "!="}:
            return np.isin(own, np.round(numbers, 12)) == (one.sign == "="), there
        return _COMPARE[one.sign](own, numbers[0]), there

    def _ranked(self, own: Levels, one: Comparison, column: Column) -> Rows:
        known = [text_of(level) for level in (column.levels or own.levels)]
        if column.kind is not Kind.ORDERED or text_of(one.values[0]) not in known:
            raise SchemaError(
                f"a rule on column {column.name!r} must compare it with = or !=, however: it holds levels without such an order"
            )
        ranks = np.array([known.index(text_of(level)) for level in own.levels] or [0])
        return _COMPARE[one.sign](ranks[own.codes], known.index(text_of(one.values[0])))

    def _beside(self, one: Comparison, other: Name) -> Rows:
        first, second = self.of(one.name), self.of(other)
        columns = self.schema.column(one.name), self.schema.column(other)
        if isinstance(first, Levels) or isinstance(second, Levels):
            if one.sign not in {"=", "!="}:
                raise SchemaError(
                    f"columns that a rule puts in order must hold numbers or times, however: {one.name!r} and {other!r} do not"
                )
            return _COMPARE[one.sign](
                np.asarray(self.texts(one.name), dtype=object), np.asarray(self.texts(other), dtype=object)
            )
        scales = scale_of(columns[0]), scale_of(columns[1])
        if scales[0].kind != scales[1].kind:
            raise SchemaError(
                f"columns that a rule compares must be of one kind, however: {one.name!r} is a {columns[0].kind}, "
                f"{other!r} a {columns[1].kind}"
            )
        above, below = exceeds(first, second, *scales), exceeds(second, first, *scales[::-1])
        return {
            "=": ~above & ~below,
            "!=": above | below,
            "<": below,
            "<=": ~above,
            ">": above,
            ">=": ~below,
        }[one.sign]

    def texts(self, name: Name) -> list[str | None]:
        """The values of a column as texts, None where missing."""
        held = self.of(name)
        if isinstance(held, Levels):
            known = [*map(text_of, held.levels), None]
            return [known[code] for code in held.codes]
        return [None if value is None or value != value else text_of(value) for value in np.asarray(held).tolist()]  # noqa: PLR0124 (NaN)


def breaches(table: Table) -> list[tuple[Rule, int, int]]:
    """The rules of a table's schema that rows of it break: each with the number of those rows, and the first of them."""
    view = View.of_table(table, {name for rule in table.schema.rules for name in rule.names})
    found = []
    for rule in table.schema.rules:
        broken = np.flatnonzero(view.broken(rule))
        if len(broken):
            found.append((rule, len(broken), int(broken[0])))
    return found


def check_declared(schema: Schema) -> None:
    """See that the rules of a schema fit its columns, and that all parts of its composites are there: no row is looked at.

    Raises:
        SchemaError: if one compares what cannot be compared, or a part is none of the columns.
    """
    refuse_lacking(schema.composites, schema.names)
    nothing = {
        column.name: Levels(np.empty(0, np.int32), column.levels or ()) if column.kind in CODED else np.empty(0)
        for column in schema
    }
    view = View(schema, nothing, 0)
    for rule in schema.rules:
        for one in (*rule.premise, *rule.consequence):
            view.meets(one)


def number_of(column: Column, value: str) -> float:
    """The number that a value in a rule stands for.

    Raises:
        SchemaError: if it stands for none.
    """
    try:
        found = value_of(column, value)
    except DataError:
        found = None
    if found is None or not np.isfinite(float(found)):
        raise SchemaError(f"a rule must compare column {column.name!r} with a value of its kind, however: {value!r}")
    return float(found)


def text_of(value: object) -> str:
    """A value as rules write it."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).lower() if isinstance(value, bool) or str(value) in {"True", "False"} else str(value)


def repeated(columns: list[list[str | None]]) -> Rows:
    """The rows whose combination came before; what is missing equals nothing."""
    seen: set[tuple[str | None, ...]] = set()
    repeated = np.zeros(len(columns[0]), dtype=bool)
    for row, one in enumerate(zip(*columns, strict=True)):
        repeated[row] = None not in one and one in seen
        seen.add(one)
    return repeated
