"""Declared rules in whole rows: once one has moved a cell, orders, distances and computed columns are put right again."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from synthgan.data.column import CODED, Kind
from synthgan.data.ruled import View
from synthgan.data.table import Table
from synthgan.data.values import Levels
from synthgan.errors import DataWarning
from synthgan.tabular.encoding.keeping import Keeper
from synthgan.tabular.encoding.spaced import repaired

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthgan.data.column import Column
    from synthgan.data.schema import Schema
    from synthgan.runtime import Streams

    Name = str | int
    Rows = NDArray[np.bool_]
    TableTransform = Any  # its file imports this one

T = TypeVar("T", "np.ndarray[Any, Any]", Levels)
_SPOKEN_OF = CODED | {Kind.INTEGER, Kind.DECIMAL, Kind.DATE, Kind.DATETIME, Kind.DURATION}


@dataclass
class Obedience:
    """What becomes of rows whose rules are kept.

    Attributes:
        transform: says what else holds between columns.
        schema: the columns of the rows.
        fixed: by column, bool ``[rows]``: where a value must stay.
        bounds: by column, what a condition allows.
        rng: chooses rows to take computed columns from; None takes from none.
        ruled: by column, bool ``[rows]``: what rules have moved, and nothing else may move again.
    """

    transform: TableTransform
    schema: Schema
    fixed: Mapping[Name, Rows]
    bounds: Mapping[Name, tuple[float, float]] | None = None
    rng: np.random.Generator | None = None
    ruled: dict[Name, Rows] = field(default_factory=dict)

    def kept(
        self, values: Mapping[Name, Any], keeper: Keeper, rng: np.random.Generator, *, strict: bool = True
    ) -> dict[Name, Any]:
        """Values that keep all rules; raises DataError as `Keeper.keep` does.

        Args:
            values: by name, of all columns of the schema that are not rebuilt from it, and distances.
            keeper: keeps the rules.
            rng: randomness.
            strict: refuse rows that cannot keep them.
        """
        rows = len(next(iter(values.values())))
        given = dict(values)
        if self._computed & {name for rule in self.schema.rules for name in rule.names}:
            given |= self._computed_of(given, rows, self.fixed)
        return keeper.keep(given, rows, self.fixed, rng, self._repaired, strict=strict)

    @property
    def held(self) -> dict[Name, Rows]:
        """Where a value must stay, or was moved by a rule."""
        names = self.fixed.keys() | self.ruled.keys()
        parts = {name: [one[name] for one in (self.fixed, self.ruled) if name in one] for name in names}
        return {name: np.any(masks, axis=0) for name, masks in parts.items()}

    @property
    def _computed(self) -> set[Name]:
        """The columns that formulas speak of."""
        return {
            name
            for formula in self.transform.computed.formulas
            for name in formula.names
            if name in self.schema.names and self.schema.column(name).kind in _SPOKEN_OF
        }

    def _repaired(self, before: dict[Name, Any], after: dict[Name, Any]) -> dict[Name, Any]:
        """The values after rules have moved some, with all put right that hangs together with those."""
        changed = {name: _differ(before[name], after[name]) for name in after if after[name] is not before[name]}
        for name, mask in changed.items():
            self.ruled[name] = self.ruled.get(name, np.zeros_like(mask)) | mask
        rows = np.flatnonzero(np.any(list(changed.values()), axis=0))
        if not len(rows):
            return after
        part = {name: one.take(rows) for name, one in after.items()}
        held = {name: mask[rows] for name, mask in self.held.items()}
        part = repaired(self.transform, part, held, self.bounds)
        part |= self._computed_of(part, len(rows), held)
        return {name: _put(one, rows, part[name]) for name, one in after.items()}

    def _computed_of(self, values: dict[Name, Any], rows: int, held: Mapping[Name, Rows]) -> dict[Name, Any]:
        """The columns that formulas speak of, as these say."""
        names = self._computed
        if not names:
            return {}
        drawn = Table.of(self.schema, values, rows)
        made = self.transform.computed.put_in(drawn, held, self.transform.scales, self.rng)
        return {name: values_of(made, self.schema.column(name)) for name in names}


def fill_by_rules(
    transform: TableTransform, table: Table, values: Mapping[Name, Any], known: Mapping[Name, Rows], streams: Streams
) -> tuple[dict[Name, Any], dict[Name, Rows]]:
    """Values that fill gaps and keep all rules; and where they must stay. What is known stays; a warning names rules it breaks.

    Args:
        transform: says what holds between columns.
        table: the rows with gaps.
        values: those of filled columns, and distances.
        known: by name of a learned column, bool ``[rows]``: where it was there.
        streams: randomness.
    """
    schema = transform.schema.of_columns(transform.columns[name] for name in table.schema.names)
    if not schema.rules:
        return dict(values), dict(known)
    own = {column.name: values_of(table, column) for column in schema} | dict(values)
    always = np.ones(len(table), dtype=bool)
    obeyed = Obedience(transform, schema, {column.name: known.get(column.name, always) for column in schema})
    keeper = Keeper(schema, {name: transform.codec(name).known or () for name in transform.owners})
    kept = obeyed.kept(own, keeper, streams.numpy("imputed rules"), strict=False)
    view = View(schema, kept, len(table))
    for rule in schema.rules:
        filled = ~np.all([known.get(name, always) for name in rule.names], axis=0)
        broken = int((view.broken(rule) & filled).sum())
        if broken:
            line = f"the rule {str(rule)!r} is broken in {broken:,} rows whose gaps were filled: what was there does not keep it"
            warnings.warn(DataWarning(line), stacklevel=3)
    return kept, obeyed.held


def values_of(table: Table, column: Column) -> Any:
    """A column of a table as rules look at it."""
    return held if isinstance(held := table.columns[column.name], Levels) else table.float64(column)


def _differ(one: Any, other: Any) -> Rows:
    """Where two columns are not the same; the levels of the second go on from those of the first."""
    if isinstance(one, Levels):
        return np.asarray(one.codes != other.codes)
    with np.errstate(invalid="ignore"):
        same = (one == other) | ((one != one) & (other != other))  # noqa: PLR0124 (NaN)
    return ~np.asarray(same, dtype=bool)


def _put(held: Any, rows: NDArray[np.int64], new: Any) -> Any:
    """A column with other values in some rows."""
    if isinstance(held, Levels):
        levels = tuple(dict.fromkeys((*held.levels, *new.levels)))
        at = {level: code for code, level in enumerate(levels)}
        codes = np.array([*(at[level] for level in held.levels), -1], dtype=np.int32)[held.codes]
        codes[rows] = np.array([*(at[level] for level in new.levels), -1], dtype=np.int32)[new.codes]
        return Levels(codes, levels)
    moved = np.array(held)
    moved[rows] = new
    return moved
