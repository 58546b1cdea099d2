"""Keeps what holds: drawn values are moved as little as it takes, each into what all rules leave it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synthgan.data.groups import arranged
from synthgan.data.linkedrules import ORDERS
from synthgan.data.scale import scale_of
from synthgan.data.stamps import NANOSECONDS
from synthgan.data.table import Table
from synthgan.relational.rules.sight import MOMENTS, ceiling_of, comparable, floor_of, numbers_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from synthgan.data.column import Column
    from synthgan.data.linkedrules import LinkedRule
    from synthgan.data.values import Values
    from synthgan.relational.rules.sight import Sight

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]


def with_rules(seen: Sight, name: str, rules: Sequence[LinkedRule], rng: np.random.Generator) -> Table:
    """The drawn rows of a table with what is constant made so, then put in order along rows above and within each row.

    Args:
        seen: the tables drawn so far, this one among them.
        name: of the table.
        rules: those of the table that are no totals.
        rng: says which rows need not keep what not all real ones keep.
    """
    table = seen.tables[name]
    constant = [rule for rule in rules if rule.relation == "constant" and rule.of in seen.path(name)]
    table = _alike(seen, table, constant)
    seen = replaced(seen, name, table)
    orders = [rule for rule in rules if rule.relation in ORDERS and _can_be_kept(seen, name, rule)]
    rising = {rule.column: rule.of for rule in rules if rule.relation == "rising" and rule.of in seen.path(name)}
    if (not orders and not rising) or not len(table):
        return table
    return _Keeping(seen, name, orders, rising, rng).kept()


def replaced(seen: Sight, name: str, table: Table) -> Sight:
    """The same with another table."""
    return type(seen)({**seen.tables, name: table}, seen.lineage, seen.orders)


def _can_be_kept(seen: Sight, name: str, rule: LinkedRule) -> bool:
    own = seen.column(name, rule.column)
    other = seen.column(rule.of, str(rule.other)) if rule.of in seen.path(name) else None
    return own is not None and other is not None and comparable(own, other)


def _alike(seen: Sight, table: Table, rules: Sequence[LinkedRule]) -> Table:
    """All rows of a row above with the values of the first of them."""
    changed: dict[str | int, tuple[Column, Values]] = {}
    for rule in rules:
        at = seen.path(rule.table)[rule.of]
        first = np.arange(len(at))
        placed, groups = arranged(np.maximum(at, -1), seen.rank(rule.table))
        first[placed] = placed[np.repeat(groups.starts, groups.counts)]
        changed[rule.column] = table.schema.column(rule.column), table.columns[rule.column].take(first)
    return table.replaced(changed) if changed else table


@dataclass
class _Keeping:
    """The times and numbers of one table on their way into their limits.

    Attributes:
        seen: all tables.
        name: of the table.
        orders: its rules of order.
        rising: by column that never falls, in the rows of what.
        rng: randomness.
        values: by column, float64 ``[rows]``, NaN where missing.
        low: by column, what it must not be below, float64 ``[rows]``.
        high: by column, what it must not be above.
        held: of each rule, the rows that must keep it.
    """

    seen: Sight
    name: str
    orders: Sequence[LinkedRule]
    rising: dict[str, str]
    rng: np.random.Generator
    values: dict[str, Floats] = field(default_factory=dict)
    low: dict[str, Floats] = field(default_factory=dict)
    high: dict[str, Floats] = field(default_factory=dict)
    held: list[Mask] = field(default_factory=list)

    def kept(self) -> Table:
        """The table with all values moved."""
        table = self.seen.tables[self.name]
        within = [str(rule.other) for rule in self.orders if rule.of == self.name]
        names = dict.fromkeys([*(rule.column for rule in self.orders), *within, *self.rising])
        order = self.seen.orders.get(self.name)
        ranked = sorted(names, key=lambda one: (one != order, one not in self.rising))
        for name in ranked:
            self.values[name] = numbers_of(table, self._column(name))
        self.held = [self._held(rule) for rule in self.orders]
        self._restrict()
        torn = np.any([self.low[name] > self.high[name] for name in ranked], axis=0)
        if torn.any():  # what some real rows break gives way to what none does
            self.held = [
                held & ~torn if rule.broken else held for rule, held in zip(self.orders, self.held, strict=True)
            ]
            self._restrict()
        for name in ranked:
            self._spread(len(ranked))
            before = self.values[name]
            self.values[name] = self._moved(name, shifts=name not in self.rising and name != order)
            if name in self.rising and name != order:  # times that rows are in order of rise as they were drawn
                self.values[name] = self._risen(name)
                self.values[name] = self._moved(name, shifts=False)
            there = ~np.isnan(before)
            self.low[name] = np.where(there, self.values[name], self.low[name])
            self.high[name] = np.where(there, self.values[name], self.high[name])
            if name == order:
                self.seen = replaced(self.seen, self.name, self._put(table))
        return self._put(table)

    def _put(self, table: Table) -> Table:
        changed: dict[str | int, tuple[Column, Values]] = {}
        for name, values in self.values.items():
            column = self._column(name)
            if not np.array_equal(values, numbers_of(table, column), equal_nan=True):
                made = Table.of(table.schema.of_columns([column]), {name: values - (column.base or 0)}, len(values))
                changed[name] = column, made.columns[name]
        return table.replaced(changed) if changed else table

    def _column(self, name: str) -> Column:
        return self.seen.tables[self.name].schema.column(name)

    def _other(self, rule: LinkedRule) -> Column:
        return self.seen.tables[rule.of].schema.column(str(rule.other))

    def _limits(self, rule: LinkedRule) -> Floats:
        """What a rule holds a column against, in the unit of the other one."""
        return self.seen.seen(rule.of, self._other(rule), self.seen.path(self.name)[rule.of])

    def _held(self, rule: LinkedRule) -> Mask:
        """Which rows must keep a rule: those of which it can be asked, but for as many that break it as real ones do."""
        mine, limits = self.values[rule.column], self._limits(rule)
        column, other = self._column(rule.column), self._other(rule)
        asked = ~np.isnan(mine) & ~np.isnan(limits)
        if rule.relation == "<=":
            bad = mine > ceiling_of(limits, other, column, rule.unit)
        else:
            bad = mine < floor_of(limits, other, column, rule.unit)
        broken = np.flatnonzero(asked & bad)
        free = self.rng.permutation(broken)[: int(rule.broken * asked.sum())]
        asked[free] = False
        return asked

    def _restrict(self) -> None:
        """Find the limits that the rows above, and those of one row among each other, leave all columns."""
        for name, values in self.values.items():
            self.low[name], self.high[name] = (np.full(len(values), end) for end in (-np.inf, np.inf))
        for rule, held in zip(self.orders, self.held, strict=True):
            if rule.of != self.name:
                self._limit(rule, self._limits(rule), held)
        self._spread(len(self.values))

    def _limit(self, rule: LinkedRule, limits: Floats, held: Mask) -> None:
        """Take a rule into the limits of its column."""
        name, column, other = rule.column, self._column(rule.column), self._other(rule)
        if rule.relation == "<=":
            ends = np.where(held, ceiling_of(limits, other, column, rule.unit), np.inf)
            self.high[name] = np.minimum(self.high[name], ends)
        else:
            ends = np.where(held, floor_of(limits, other, column, rule.unit), -np.inf)
            self.low[name] = np.maximum(self.low[name], ends)

    def _spread(self, times: int) -> None:
        """Take what limits one column of a row into the limits of those that it is in order with."""
        within = [(rule, held) for rule, held in zip(self.orders, self.held, strict=True) if rule.of == self.name]
        for _ in range(times):
            was = {name: (self.low[name], self.high[name]) for name in self.values}
            for rule, held in within:
                first, second = rule.column, str(rule.other)
                if rule.relation == ">=":
                    first, second = second, first
                one, other = self._column(first), self._column(second)
                up = np.where(held, floor_of(self.low[first], one, other, rule.unit), -np.inf)
                down = np.where(held, ceiling_of(self.high[second], other, one, rule.unit), np.inf)
                self.low[second] = np.maximum(self.low[second], up)
                self.high[first] = np.minimum(self.high[first], down)
            if all(
                np.array_equal(self.low[name], low) and np.array_equal(self.high[name], high)
                for name, (low, high) in was.items()
            ):
                return

    def _moved(self, name: str, *, shifts: bool) -> Floats:
        """A column inside its limits: times by whole days where that is enough, so that they keep their clock."""
        values, low, high = self.values[name], self.low[name], self.high[name]
        column = self._column(name)
        grid = scale_of(column)
        low, high = grid.above(low), grid.below(high)
        day = NANOSECONDS["day"] / NANOSECONDS[str(column.unit)] if column.kind in MOMENTS else 1
        with np.errstate(invalid="ignore"):
            if shifts and day > 1:
                up = np.where(values < low, np.ceil((low - values) / day), 0)
                down = np.where(values > high, np.ceil((values - high) / day), 0)
                turned = values + np.nan_to_num(up - down, nan=0, posinf=0, neginf=0) * day
                values = np.where((turned >= low) & (turned <= high), turned, values)
            return np.minimum(np.maximum(values, low), high)  # where no value is left, what ends a row counts

    def _risen(self, name: str) -> Floats:
        """A column that no row above has falling."""
        at = self.seen.path(self.name)[self.rising[name]]
        placed, _ = arranged(np.maximum(at, -1), self.seen.rank(self.name))
        values = self.values[name].copy()
        so_far = pd.Series(values[placed]).groupby(at[placed]).cummax().to_numpy()
        values[placed] = np.where(np.isnan(values[placed]), np.nan, so_far)
        return values
