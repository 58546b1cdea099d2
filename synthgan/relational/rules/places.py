"""Columns that number the rows of a row above, or those that refer to one row: places in a race, lines of a bill."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.column import Kind
from synthgan.data.linkedrules import FOUND, PLACE, LinkedRule
from synthgan.data.table import Table
from synthgan.relational.rules.sight import numbers_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from synthgan.data.column import Column
    from synthgan.data.keys import ForeignKey, TableKeys
    from synthgan.data.values import Values
    from synthgan.relational.rules.sight import Sight

    Floats = NDArray[np.float64]
    Positions = NDArray[np.int64]

MIN_GROUPS = 20  # of two rows and more
BELIEVED = (
    0.95  # share of their rows whose number is their place: some share one, where the numbers are places nonetheless
)
DIGITS = 4


def find_places(seen: Sight, keys: Mapping[str, TableKeys]) -> tuple[LinkedRule, ...]:
    """The columns of all tables that number rows; of several tables that these may be of the one where most rows keep it."""
    found = []
    for name, table in seen.tables.items():
        groups = _groups(seen, name, keys[name].foreign_keys)
        for column in table.schema:
            if column.kind is not Kind.INTEGER:
                continue
            shares = [(_share(numbers_of(table, column), at), of) for of, at in groups.items()]
            best = max(shares, default=(0.0, ""), key=lambda one: one[0])
            if best[0] >= BELIEVED:
                broken = round(1 - best[0], DIGITS)
                found.append(LinkedRule(name, str(column.name), PLACE, best[1], broken=broken, found_by=FOUND))
    return tuple(found)


def with_places(
    seen: Sight,
    name: str,
    rules: Sequence[LinkedRule],
    keys: Iterable[ForeignKey],
    given: int,
    rng: np.random.Generator,
) -> Table:
    """The drawn rows of a table numbered anew, in the order of the numbers that were drawn; missing ones stay missing.

    Args:
        seen: all tables, the rows that they refer to known.
        name: of the table.
        rules: its rules of places.
        keys: by which it refers to others.
        given: how many of its first rows keep their numbers; those that follow go on from them.
        rng: says who comes first of those that were drawn alike.
    """
    table, groups = seen.tables[name], _groups(seen, name, keys)
    changed: dict[str | int, tuple[Column, Values]] = {}
    for rule in rules:
        column = table.schema.column(rule.column) if rule.column in table.columns else None
        if column is None or column.kind is not Kind.INTEGER or rule.of not in groups:
            continue
        values, at = numbers_of(table, column), groups[rule.of]
        start = 0.0 if (values == 0).any() else 1.0
        free = np.flatnonzero((at >= 0) & ~np.isnan(values) & (np.arange(len(at)) >= given))
        begins = np.full(int(at.max(initial=-1)) + 1, start)
        kept = np.flatnonzero((at >= 0) & ~np.isnan(values) & (np.arange(len(at)) < given))
        np.maximum.at(begins, at[kept], values[kept] + 1)
        values[free] = begins[at[free]] + _ranks(values[free], at[free], rng.random(len(free)))
        one = table.schema.of_columns([column])
        made = Table.of(one, {column.name: values - (column.base or 0)}, len(values))
        changed[column.name] = column, made.columns[column.name]
    return table.replaced(changed) if changed else table


def _groups(seen: Sight, name: str, keys: Iterable[ForeignKey]) -> dict[str, Positions]:
    """By table, the row above each row of a table, or the row that it refers to; of several keys to one table the first."""
    groups = seen.lineage.above(name)
    for key in keys:
        if key.table != name and (name, key.columns) in seen.lineage.refers:
            groups.setdefault(key.table, seen.lineage.refers[name, key.columns])
    return groups


def _share(values: Floats, at: Positions) -> float:
    """The share of rows whose number is their place, in the groups of two rows and more; 0 where there are too few."""
    there = np.flatnonzero((at >= 0) & ~np.isnan(values))
    values, at = values[there], at[there]
    sizes = np.bincount(at) if len(at) else np.zeros(0, dtype=np.int64)
    several = sizes[at] > 1 if len(at) else np.zeros(0, dtype=bool)
    if (sizes > 1).sum() < MIN_GROUPS or values.min() not in (0.0, 1.0):
        return 0.0
    ranks = _ranks(values, at, np.zeros(len(at))) + values.min()
    return float((ranks == values)[several].mean())


def _ranks(values: Floats, at: Positions, ties: Floats) -> Floats:
    """How many rows of its group come before each, by value."""
    order = np.lexsort((ties, values, at))
    ranks = np.empty(len(at))
    ranks[order] = np.arange(len(at)) - np.searchsorted(at[order], at[order])
    return ranks
