"""Linked tables as a private fit takes them: with the keys that were declared, and none that rows would have to say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgan.data.keys import DECLARED, TableKeys
from synthgan.data.linked import DatabaseSchema
from synthgan.errors import PrivacyError, Remedy, SchemaError
from synthgan.io.databases.stored import DUCKDB, SQL
from synthgan.io.databases.stores import read_database
from synthgan.relational.database import Database
from synthgan.relational.forest import with_owners
from synthgan.suggest import did_you_mean_or_known

if TYPE_CHECKING:
    from synthgan.data.keys import ForeignKey

TYPED_ENDINGS = (".parquet", ".arrow", ".feather")


@dataclass(frozen=True)
class Roles:
    """What becomes of each table; it follows from the declared keys alone.

    Attributes:
        schema: declared keys; which is the owner is chosen without a look at rows, and any may be missing.
        unit: the table whose rows are protected.
        below: the tables whose rows belong to those of the unit, owners first.
        public: the tables that were declared public lists.
    """

    schema: DatabaseSchema
    unit: str
    below: tuple[str, ...]
    public: tuple[str, ...]

    def owner(self, table: str) -> ForeignKey:
        """The key by which rows of a table belong to others."""
        owner = self.schema.tables[table].owner
        assert owner is not None  # noqa: S101 (a table below the unit has one)
        return owner

    def above(self, table: str) -> tuple[str, ...]:
        """The tables above one, the nearest first; the unit is the last."""
        found: list[str] = []
        while table != self.unit:
            table = self.owner(table).table
            found.append(table)
        return tuple(found)

    def children(self, table: str) -> tuple[str, ...]:
        """The tables whose rows belong to those of one."""
        return tuple(name for name in self.below if self.owner(name).table == table)


def read_declared(given: Any, unit: str | None, schema: DatabaseSchema | None = None) -> tuple[Database, Roles]:
    """Linked tables with the keys that were declared.

    Args:
        given: a ``Database``, or what ``Database.read`` reads; no row of it decides which keys there are.
        unit: the table whose rows are protected; None takes the database's own, where that was declared.
        schema: all keys, instead of those that the database itself declares.

    Raises:
        PrivacyError: the types of the source are found in rows, a key in the schema is not declared, or a table is neither of a unit
            nor public, or has rows that are of two units.
        SchemaError: nobody says what the unit is.
    """
    if isinstance(given, (str, Path)):
        given = _read(given, schema)
    elif not isinstance(given, Database):
        raise PrivacyError(
            "keys must be declared under epsilon, however: tables were given without any; give Database(tables, schema=...)"
        )
    stated = given.stated if schema is None else schema
    if schema is None:
        stated = DatabaseSchema({name: _declared(keys) for name, keys in stated.tables.items()}, _unit_of(stated))
    for name, keys in stated.tables.items():
        stray = next((key for key in keys.foreign_keys if key.found_by != DECLARED), None)
        if stray is not None or keys.primary_found_by != DECLARED or keys.order_found_by != DECLARED:
            raise PrivacyError(
                f"keys must be declared under epsilon, however: table {name!r} has one that was found in rows; see that it is right, and "
                f'write "declared" as its found_by in the schema',
                parameter="schema",
            )
    roles = roles_of(replace(stated, unit=unit or _unit_of(stated), asked=(), rules=None))
    _check_of_one(roles)
    return given, roles


def _check_of_one(roles: Roles) -> None:
    """See that no table has two keys to one table above: its rows would be of two units."""
    for name in roles.below:
        keys = [key for key in roles.schema.tables[name].foreign_keys if key.table in roles.above(name)]
        for at, key in enumerate(keys):
            before = next((one for one in keys[:at] if one.table == key.table), None)
            if before is not None:
                columns = [", ".join(one.columns) for one in (before, key)]
                raise PrivacyError(
                    f"a row must lead to one {key.table!r} under epsilon, however: table {name!r} has two keys to it, {columns[0]!r} "
                    f"and {columns[1]!r}; take one out of the schema, and leave its column out",
                    remedy=Remedy.option("drop", f"{name}.{key.columns[0]}"),
                    parameter="schema",
                )


def roles_of(schema: DatabaseSchema) -> Roles:
    """What becomes of each table; raises as ``read_declared`` does."""
    unit = schema.unit
    if unit is None:
        raise SchemaError(
            "unit must name the table that counts, such as patients, however: nobody said which it is",
            remedy=did_you_mean_or_known("patients", schema.tables),
        )
    tables = {
        name: replace(keys, foreign_keys=tuple(replace(key, nullable=True) for key in keys.foreign_keys))
        for name, keys in schema.tables.items()
    }
    schema = with_owners(replace(schema, tables=tables), dict.fromkeys(tables, 1))
    listed = {key.table for keys in schema.tables.values() for key in keys.foreign_keys if key.kind == "dimension"}
    public = tuple(name for name in schema.tables if name in listed and schema.tables[name].owner is None)
    below: list[str] = []
    left = [name for name in schema.tables if name != unit and name not in public]
    while ready := [name for name in left if _owner_of(schema, name) in {unit, *below}]:
        below += ready
        left = [name for name in left if name not in ready]
    if left:
        raise PrivacyError(
            f"a table must belong to {unit!r} or be public under epsilon, however: rows of {left[0]!r} belong to nobody; declare the key "
            f"that leads to {unit!r}, declare it a public list (kind dimension), or leave it out",
            parameter="schema",
        )
    if schema.tables[unit].owner is not None:
        raise SchemaError(f"unit must be a table that belongs to no other, however: rows of {unit!r} belong to others")
    return Roles(schema, unit, tuple(below), public)


def _owner_of(schema: DatabaseSchema, name: str) -> str | None:
    owner = schema.tables[name].owner
    return None if owner is None else owner.table


def _read(source: str | Path, schema: DatabaseSchema | None) -> Database:
    stored = read_database(source)
    if stored.kind not in (DUCKDB, SQL) and not stored.ending.startswith(TYPED_ENDINGS):
        raise PrivacyError(
            f"types must be said by the source under epsilon, however: {stored.kind if not stored.ending else stored.ending} says none; "
            f"convert the tables to DuckDB or Parquet",
        )
    keys = {name: stored.keys.get(name, TableKeys()) for name in stored.tables}
    database = Database(stored.tables, schema=schema or DatabaseSchema(keys))
    database.source = replace(stored, tables={}, keys={})
    return database


def _declared(keys: TableKeys) -> TableKeys:
    """The keys without those that were found in rows."""
    kept = tuple(key for key in keys.foreign_keys if key.found_by == DECLARED)
    primary = keys.primary_key if keys.primary_found_by == DECLARED else None
    order = keys.order if keys.order_found_by == DECLARED else None
    return TableKeys(primary, DECLARED, kept, order, DECLARED)


def _unit_of(schema: DatabaseSchema) -> str | None:
    return schema.unit if schema.unit_found_by == DECLARED else None
