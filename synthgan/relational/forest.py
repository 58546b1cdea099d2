"""Chooses whom the rows of each table belong to, and in which order tables can be made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from synthgan.data.keys import DECLARED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synthgan.data.keys import ForeignKey, TableKeys
    from synthgan.data.linked import DatabaseSchema


@dataclass(frozen=True)
class Making:
    """The order in which tables are made.

    Attributes:
        tables: every table once; owners, and whatever a table refers to, stand before it.
        deferred: keys that are filled last, as (table, key): they refer to their own table or close a circle.
    """

    tables: tuple[str, ...]
    deferred: frozenset[tuple[str, ForeignKey]]


def with_owners(schema: DatabaseSchema, rows: Mapping[str, int]) -> DatabaseSchema:
    """Gives the schema in which every table that refers to others, and has no owner yet, has one.

    Before others comes a key that leads to the unit; then one that is never missing; then the longest path to the top; then a
    declared key; then the one with the most rows for each row that is referred to, or, where the primary key is made of
    several references (many to many), with the fewest.

    Args:
        schema: keys of all tables; a key that was declared an owner stays one.
        rows: of each table.
    """
    owners = {name: keys.owner for name, keys in schema.tables.items() if keys.owner is not None}
    while True:
        better = _improved(schema, owners, rows)
        if better is None:
            break
        owners[better[0]] = better[1]
    tables = {name: _owned(keys, owners.get(name)) for name, keys in schema.tables.items()}
    return replace(schema, tables=tables)


def _owned(keys: TableKeys, owner: ForeignKey | None) -> TableKeys:
    return keys if owner is None or keys.owner is not None else keys.with_key(replace(owner, kind="owner"))


def _improved(
    schema: DatabaseSchema, owners: Mapping[str, ForeignKey], rows: Mapping[str, int]
) -> tuple[str, ForeignKey] | None:
    """The next table with an owner of its own: one whose possible owners have theirs already, where there is such a table."""
    waiting: list[tuple[int, bool, str, list[ForeignKey]]] = []
    for name, keys in schema.tables.items():
        if name in owners or name == schema.unit:
            continue
        possible = [key for key in keys.foreign_keys if _may_own(name, key, owners, schema)]
        open_ones = sum(_is_open(key.table, schema, owners) for key in possible)
        if possible:
            waiting.append((open_ones, all(key.nullable for key in possible), name, possible))
    if not waiting:
        return None
    *_, name, possible = min(waiting, key=lambda one: one[:2])
    keys = schema.tables[name]
    many = sum(set(key.columns) <= set(keys.primary_key or ()) for key in keys.foreign_keys) > 1

    def worth(key: ForeignKey) -> tuple[float, ...]:
        path = path_of(key.table, owners)
        share = rows[name] / max(1, rows[key.table])
        reaches = path[-1] == schema.unit
        return reaches, not key.nullable, len(path), key.found_by == DECLARED, -share if many else share

    return name, max(possible, key=worth)


def _may_own(name: str, key: ForeignKey, owners: Mapping[str, ForeignKey], schema: DatabaseSchema) -> bool:
    """A key may own that leads to other tables, unless it is where a circle is cut."""
    if key.kind == "dimension" or name in path_of(key.table, owners):
        return False
    return not (key.nullable and _closes(name, key, {name: keys.foreign_keys for name, keys in schema.tables.items()}))


def _is_open(name: str, schema: DatabaseSchema, owners: Mapping[str, ForeignKey]) -> bool:
    """Whether a table has no owner yet and may still get one."""
    if name in owners or name == schema.unit:
        return False
    return any(_may_own(name, key, owners, schema) for key in schema.tables[name].foreign_keys)


def path_of(name: str, owners: Mapping[str, ForeignKey]) -> tuple[str, ...]:
    """The tables from one up to the top of its tree, itself first."""
    path = [name]
    while path[-1] in owners and owners[path[-1]].table not in path:
        path.append(owners[path[-1]].table)
    return tuple(path)


def making(schema: DatabaseSchema) -> Making:
    """Gives an order in which all tables can be made, circles cut at keys that may be missing."""
    deferred = {(name, key) for name, keys in schema.tables.items() for key in keys.foreign_keys if key.table == name}
    made: list[str] = []
    while len(made) < len(schema.tables):
        waits = {
            name: [key for key in keys.foreign_keys if key.table not in made and (name, key) not in deferred]
            for name, keys in schema.tables.items()
            if name not in made
        }
        ready = [name for name, keys in waits.items() if not keys]
        if ready:
            made += ready
            continue
        deferred.add(_cut(waits))
    return Making(tuple(made), frozenset(deferred))


def _cut(waits: Mapping[str, list[ForeignKey]]) -> tuple[str, ForeignKey]:
    """The key at which circles are cut: one that may be missing, and owns nobody, where there is one."""
    closing = [(name, key) for name, keys in waits.items() for key in keys if _closes(name, key, waits)]
    return max(closing, key=lambda one: (one[1].kind != "owner", one[1].nullable, -len(waits[one[0]])))


def _closes(name: str, key: ForeignKey, waits: Mapping[str, Sequence[ForeignKey]]) -> bool:
    """Whether a key leads back to its own table."""
    seen, ahead = set(), [key.table]
    while ahead:
        here = ahead.pop()
        if here == name:
            return True
        if here not in seen:
            seen.add(here)
            ahead += [one.table for one in waits.get(here, ())]
    return False
