"""Finds what holds between linked tables: orders of times along paths of keys, what is constant or never falls below a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.groups import Groups, arranged
from synthgan.data.linkedrules import FOUND, ORDERS, LinkedRule
from synthgan.data.table import Table
from synthgan.relational.lineage import Lineage
from synthgan.relational.listing import holds_moments
from synthgan.relational.rules.places import find_places
from synthgan.relational.rules.sight import (
    MOMENTS,
    Sight,
    ceiling_of,
    coarser,
    floor_of,
    is_number,
    numbers_of,
    told_apart,
)
from synthgan.relational.rules.totals import find_totals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from synthgan.data.column import Column
    from synthgan.relational.database import Database

    Floats = NDArray[np.float64]

BELIEVED = 0.99  # share of the rows of which it can be asked that keep what is called a rule
MIN_ASKED = 20  # such rows
DIGITS = 4  # of the share that breaks a rule


def with_found_rules(database: Database) -> Database:
    """The database with what holds between its tables: what its schema says, or where it says nothing, what is found.

    Raises:
        SchemaError: as ``Database.with_rules`` does.
    """
    stated = database.schema.rules
    return database.with_rules(find_rules(database) if stated is None else stated)


def find_rules(database: Database) -> tuple[LinkedRule, ...]:
    """All rules of a database, table after table."""
    seen = sight_of(database)
    found = [rule for name in seen.tables for rule in (*_orders(seen, name), *_steady(seen, name))]
    return (*found, *find_places(seen, database.schema.tables), *find_totals(seen))


def sight_of(database: Database) -> Sight:
    """The columns of all tables that are no foreign keys; tables without rows, or kept as they are, are not looked at."""
    tables, schema = {}, database.schema
    listed = {key.table for keys in schema.tables.values() for key in keys.foreign_keys if key.kind == "dimension"}
    for name, frame in database.tables.items():
        keys = schema.tables[name]
        foreign = {column for key in keys.foreign_keys for column in key.columns}
        learned = [column for column in frame.columns if column not in foreign]
        if len(frame) and learned and (name not in listed or keys.owner is not None):
            own = [one for one in keys.primary_key or () if one in learned and not holds_moments(frame[one])]
            tables[name] = Table.read(
                frame[learned].reset_index(drop=True), identifiers=own if len(keys.primary_key or ()) == 1 else []
            )
    return Sight(tables, Lineage.of(database), {name: keys.order for name, keys in schema.tables.items()})


def _orders(seen: Sight, name: str) -> Iterator[LinkedRule]:
    """Orders of two times of a row, and of its times and those of the rows above."""
    own = [column for column in seen.tables[name].schema if column.kind in MOMENTS]
    for above, at in seen.path(name).items():
        theirs = [column for column in seen.tables[above].schema if column.kind in MOMENTS]
        for column in own:
            mine = numbers_of(seen.tables[name], column)
            for other in theirs:
                if above == name and other.name == column.name:
                    continue
                for relation in ORDERS[: 1 if above == name else 2]:
                    found = _order(relation, mine, seen.seen(above, other, at), column, other)
                    if found is not None:
                        yield _rule(name, column.name, relation, above, found[0], other.name, found[1])


def _order(
    relation: str, mine: Floats, limits: Floats, column: Column, other: Column
) -> tuple[float, str | None] | None:
    """The share of rows that break an order, and the unit in which they do; None where too few keep it."""
    tried: list[tuple[float, str | None]] = []
    for unit in dict.fromkeys((None, coarser(column, other))):
        if relation == "<=":
            share = _share(mine > ceiling_of(limits, other, column, unit), mine, limits)
        else:
            share = _share(mine < floor_of(limits, other, column, unit), mine, limits)
        tried += [] if share is None else [(share, unit)]
    return min(tried, key=lambda one: one[0], default=None)


def _share(bad: NDArray[np.bool_], mine: Floats, limits: Floats) -> float | None:
    """The share of rows that break an order; None where too few keep it."""
    asked = ~np.isnan(mine) & ~np.isnan(limits)
    share = float((bad & asked).sum() / max(int(asked.sum()), 1))
    return share if asked.sum() >= MIN_ASKED and share <= 1 - BELIEVED else None


def _steady(seen: Sight, name: str) -> Iterator[LinkedRule]:
    """Columns that are the same in all rows of a row above, the uppermost, and times that never fall in the rows of the top one."""
    path = list(seen.path(name).items())[1:]
    if not path:
        return
    rank, order = seen.rank(name), seen.orders.get(name)
    for column in seen.tables[name].schema:
        values = told_apart(seen.tables[name], column)
        if values is None:
            continue
        constant = [above for above, at in path if _is_constant(values, at)]
        if constant:
            yield _rule(name, column.name, "constant", constant[-1], 0.0)
        elif column.name != order and is_number(column) and order is not None:
            falls = _falls(values, path[-1][1], rank)
            if falls is not None:
                yield _rule(name, column.name, "rising", path[-1][0], falls)


def _is_constant(values: Floats, at: NDArray[np.int64]) -> bool:
    """Whether all rows of each row above are alike, which those of any would not be."""
    counts = np.unique(values, return_counts=True)[1] / max(len(values), 1)
    if float((counts**2).sum()) ** min(MIN_ASKED, len(values)) > 1 - BELIEVED:
        return False
    asked, bad = _pairs(values, at, None, lambda before, after: ~_same(before, after))
    return asked >= MIN_ASKED and not bad


def _falls(values: Floats, at: NDArray[np.int64], rank: Floats) -> float | None:
    """The share of moves that are falls; None where they are too many, or moves too few."""
    known = np.flatnonzero(~np.isnan(values))
    moves = _pairs(values[known], at[known], rank[known], lambda before, after: before != after)[1]
    falls = _pairs(values[known], at[known], rank[known], lambda before, after: after < before)[1]
    share = falls / max(moves, 1)
    return share if moves >= MIN_ASKED and share <= 1 - BELIEVED else None


def _pairs(
    values: Floats, at: NDArray[np.int64], rank: Floats | None, bad: Callable[[Floats, Floats], NDArray[np.bool_]]
) -> tuple[int, int]:
    """How many rows stand behind another of the same row above, and of how many that is true."""
    placed, groups = arranged(np.maximum(at, -1), rank)
    values, inside = values[placed], Groups(groups.counts).position[1:] > 0
    return int(inside.sum()), int((inside & bad(values[:-1], values[1:])).sum())


def _same(one: Floats, other: Floats) -> NDArray[np.bool_]:
    return (one == other) | (np.isnan(one) & np.isnan(other))


def _rule(
    table: str,
    column: str | int,
    relation: str,
    of: str,
    broken: float,
    other: str | int | None = None,
    unit: str | None = None,
) -> LinkedRule:
    named = None if other is None else str(other)
    return LinkedRule(table, str(column), relation, of, named, unit, broken=round(broken, DIGITS), found_by=FOUND)
