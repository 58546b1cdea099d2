"""The tables of one database as steps: whose each row is, what stands above it, and what its keys become."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from synthgan.data.coercion import LEARNED
from synthgan.data.column import Column, Kind
from synthgan.data.groups import Groups, arranged
from synthgan.data.links import link
from synthgan.data.schema import Schema
from synthgan.data.table import Table
from synthgan.data.values import Levels, Numbers
from synthgan.errors import PrivacyError
from synthgan.relational.noisy.steps import MAX_ROWS, Steps, check_order, count_column, order_values, whole_column
from synthgan.relational.parts import count_name, state_name
from synthgan.tabular.intake import check_keys

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from synthgan.data.keys import ForeignKey
    from synthgan.relational.noisy.declared import Roles

    Ints = NDArray[np.int64]

NOTHING = "(nothing of its own)"  # the column of a table that has keys alone
# Rows of a public list that are declared as levels; of a longer one those are found that many rows name.
LISTED_LEVELS = 200


@dataclass(frozen=True)
class Shape:
    """How one table comes back.

    Attributes:
        columns: all, in their order.
        dtypes: of the columns of keys.
        plain: the columns that are learned or rebuilt.
        fresh: the columns of keys whose values are made anew.
    """

    columns: tuple[str, ...]
    dtypes: Mapping[str, str]
    plain: tuple[Column, ...]
    fresh: tuple[Column, ...]


def shape_of(name: str, frame: pd.DataFrame, roles: Roles, declared: Schema | None, dropped: Sequence[str]) -> Shape:
    """The shape of a table, by what is declared of it, its names and types.

    Raises:
        PrivacyError: a column is called like a key, and nobody said that it is one.
    """
    keys = roles.schema.tables[name]
    foreign = {column for key in keys.foreign_keys for column in key.columns}
    referred = {
        column
        for one in roles.schema.tables.values()
        for key in one.foreign_keys
        if key.table == name
        for column in key.referenced
    }
    made = [column for column in (*(keys.primary_key or ()), *sorted(referred)) if column not in foreign]
    apart = foreign | set(made)
    plain = frame.drop(columns=[column for column in dropped if column in frame.columns])
    known = [column for column in plain.columns if column not in apart]
    columns: tuple[Column, ...] = ()
    if known:
        schema = declared or Schema.infer(plain[known], types_only=True)
        columns = tuple(replace(column, marks=None) for column in schema if column.name in known)
        if declared is None:
            check_spoken_of(name, schema)
    fresh = Schema.infer(plain[sorted(set(made))], identifiers=sorted(set(made)), types_only=True) if made else ()
    return Shape(
        tuple(plain.columns),
        {column: str(frame[column].dtype) for column in plain.columns if column in apart},
        columns,
        tuple(replace(column, repeats=None, missing=None) for column in fresh),
    )


def check_spoken_of(name: str, schema: Schema) -> None:
    """See that nothing is called like a key and declared none; raises PrivacyError, which names the table."""
    try:
        check_keys(schema)
    except PrivacyError as error:
        error.message = f"table {name!r}: {error.message}"
        raise


@dataclass(frozen=True)
class Placed:
    """The rows of one table, those of an owner side by side and in order. Nothing but curators looks at it.

    Attributes:
        table: its own columns, with what is learned of its keys and of how many children its rows have.
        groups: whose they are, of the rows of the owner's table; of the unit itself one row each.
        units: int64 ``[rows]``: the unit of each row.
        above: for each table above, int64 ``[rows]``: the row there.
    """

    table: Table
    groups: Groups
    units: Ints
    above: Mapping[str, Ints]


def place(roles: Roles, frames: Mapping[str, pd.DataFrame], shapes: Mapping[str, Shape]) -> dict[str, Placed]:
    """The rows of all tables that are of a unit; rows of nobody are left out. What is read of a row depends on its unit alone."""
    order, at, groups, whose = _arranged(roles, frames, shapes)
    placed: dict[str, Placed] = {}
    for name in (roles.unit, *roles.below):
        frame = frames[name].iloc[order[name]].reset_index(drop=True)
        columns = [column for column in shapes[name].plain if column.kind in LEARNED]
        held: dict[Any, Any] = dict(_read(frame, columns).columns) if columns else {}
        for child in roles.children(name):
            columns.append(count_column("pandas", count_name(child), 0))
            held[columns[-1].name] = Numbers(pa.array(np.minimum(groups[child].counts, MAX_ROWS)))
        for key in references(roles, name):
            column, values = _state(roles, key, frame, whose[name][order[name]], frames[key.table], whose)
            columns.append(column)
            held[column.name] = values
        if not columns:
            columns.append(whole_column("pandas", NOTHING, 0, 0))
            held[NOTHING] = Numbers(pa.array(np.zeros(len(frame), dtype=np.int64)))
        above: dict[str, Ints] = {}
        if name != roles.unit:
            owner = roles.owner(name).table
            above = {owner: at[name]} | {table: rows[at[name]] for table, rows in placed[owner].above.items()}
        units = whose[name][order[name]]
        placed[name] = Placed(Table(Schema("pandas", tuple(columns)), held), groups[name], units, above)
    return placed


def _arranged(
    roles: Roles, frames: Mapping[str, pd.DataFrame], shapes: Mapping[str, Shape]
) -> tuple[dict[str, Ints], dict[str, Ints], dict[str, Groups], dict[str, Ints]]:
    """By table: its rows in order, the owner of each by its place there, its groups, and the unit of each row as given, -1 for none."""
    unit = frames[roles.unit]
    primary = list(roles.schema.tables[roles.unit].primary_key or ())
    twice = unit.duplicated(primary).to_numpy() & unit[primary].notna().all(axis=1).to_numpy() if primary else None
    first = np.arange(len(unit)) if twice is None else np.flatnonzero(~twice)
    order, at = {roles.unit: first}, {roles.unit: np.arange(len(first))}
    groups, whose = {roles.unit: Groups(np.ones(len(first), dtype=np.int64))}, {roles.unit: _inverse(first, len(unit))}
    for name in roles.below:
        key = roles.owner(name)
        theirs = _inverse(order[key.table], len(frames[key.table]))
        found = link(frames[name], key.columns, frames[key.table], key.referenced)
        owner = np.where(_of_two(roles, name, frames, whose), -1, _of_rows(theirs, found))
        by, values = roles.schema.tables[name].order, None
        column = [one for one in shapes[name].plain if one.name == by]
        if column and by is not None:
            check_order(Schema("pandas", tuple(column)), by)
            values = order_values(_read(frames[name], column), by)
        rows, _ = arranged(owner, values)
        order[name], at[name] = rows, owner[rows]
        groups[name] = Groups(np.bincount(at[name], minlength=len(order[key.table])))
        whose[name] = np.where(owner < 0, -1, _of_rows(whose[key.table], found))
    return order, at, groups, whose


def _of_two(
    roles: Roles, name: str, frames: Mapping[str, pd.DataFrame], whose: Mapping[str, Ints]
) -> NDArray[np.bool_]:
    """Which rows lead to two units by keys to tables above: neither could take such a row along without a change to the other."""
    keys = [key for key in roles.schema.tables[name].foreign_keys if key.table in roles.above(name)]
    units = [
        _of_rows(whose[key.table], link(frames[name], key.columns, frames[key.table], key.referenced)) for key in keys
    ]
    greatest = np.max(units, axis=0)
    return np.any([(one >= 0) & (one != greatest) for one in units], axis=0)


def _of_rows(values: Ints, rows: Ints) -> Ints:
    """What stands at these rows; -1 for none."""
    return np.where(rows < 0, -1, values[np.maximum(rows, 0)]) if len(values) else np.full(len(rows), -1)


def _read(frame: pd.DataFrame, columns: Sequence[Column]) -> Table:
    """Columns as they are declared, cell by cell."""
    return Table.coerce(frame, Schema("pandas", tuple(columns)))


def _inverse(rows: Ints, count: int) -> Ints:
    """Where each row stands now; -1 where it was left out."""
    found = np.full(count, -1, dtype=np.int64)
    found[rows] = np.arange(len(rows))
    return found


def references(roles: Roles, name: str) -> list[ForeignKey]:
    """The keys of a table of which something is learned: those that lead to no row above."""
    above = roles.above(name)
    return [key for key in roles.schema.tables[name].foreign_keys if key.kind != "owner" and key.table not in above]


def _state(
    roles: Roles, key: ForeignKey, frame: pd.DataFrame, units: Ints, other: pd.DataFrame, whose: Mapping[str, Ints]
) -> tuple[Column, Levels]:
    """What is learned of a key: the row of a public list that it names, else whether it leads to a row of the same unit.

    Whether it leads to a row of another unit is not asked: that unit's rows alone know.
    """
    name = state_name(key.columns)
    if key.table not in roles.public:
        there = _leads_home(frame[list(key.columns)], units, other[list(key.referenced)], whose[key.table])
        return Column(name, Kind.BOOLEAN, "boolean", levels=(False, True)), Levels(
            there.astype(np.int32), (False, True)
        )
    positions = link(frame, key.columns, other, key.referenced)
    levels = tuple(map(str, range(len(other))))
    declared = levels if 0 < len(other) <= LISTED_LEVELS else None
    return Column(name, Kind.CATEGORY, "object", levels=declared), Levels(
        np.maximum(positions, -1).astype(np.int32), levels
    )


def _leads_home(keys: pd.DataFrame, units: Ints, referred: pd.DataFrame, theirs: Ints) -> NDArray[np.bool_]:
    """Which keys lead to a row of the same unit; rows of other units that have the same key are not looked at."""
    names = [str(at) for at in range(keys.shape[1] + 1)]
    child, parent = (
        frame.set_axis(names[:-1], axis=1).assign(**{names[-1]: own})
        for frame, own in ((keys, units), (referred, theirs))
    )
    return link(child, names, parent, names) >= 0


def steps_of(roles: Roles, name: str, schemas: Mapping[str, Schema]) -> Steps:
    """How the rows of a table below the unit are learned."""
    own_count = count_name(name)
    above = tuple(
        replace(column, name=f"{table}.{column.name}")
        for table in roles.above(name)
        for column in schemas[table]
        if column.name != own_count
    )
    order = roles.schema.tables[name].order
    return Steps(above, tuple(schemas[name]), order if order in schemas[name].names else None, "pandas")


def above_of(roles: Roles, name: str, tables: Mapping[str, Table], rows: Mapping[str, Mapping[str, Ints]]) -> Table:
    """A row for each row of the owner's table: what stands above rows that belong to it, by the names of ``steps_of``.

    Args:
        roles: of the tables.
        name: the table below.
        tables: of each table above, its rows.
        rows: of each table above, the row of each table above that, for each of its own.
    """
    owner = roles.owner(name).table
    columns: list[Column] = []
    held: dict[Any, Any] = {}
    for table in roles.above(name):
        part = tables[table] if table == owner else tables[table].take(rows[owner][table])
        for column in part.schema:
            if column.name != count_name(name):
                columns.append(replace(column, name=f"{table}.{column.name}"))
                held[columns[-1].name] = part.columns[column.name]
    return Table(Schema("pandas", tuple(columns)), held)
