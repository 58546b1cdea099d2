"""Reads and writes DuckDB files, with the keys that they declare."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from synthgan.data.links import link
from synthgan.errors import DataError
from synthgan.io.databases.catalogue import Declared, keys_of
from synthgan.io.databases.ddl import created, quoted
from synthgan.io.databases.stored import DUCKDB, Stored
from synthgan.io.extras import required
from synthgan.io.reasons import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from synthgan.data.keys import TableKeys
    from synthgan.data.linked import DatabaseSchema

_MAIN: Final = "main"
_MAX_LEVELS: Final = 50  # of rows that refer to their own table, each of which is a statement of its own
TYPES: Final = {
    "whole": "BIGINT", "number": "DOUBLE", "decimal": "DECIMAL", "boolean": "BOOLEAN", "date": "DATE", "moment": "TIMESTAMP",
    "time": "TIME", "text": "VARCHAR", "bytes": "BLOB",
}  # fmt: skip
_CONSTRAINTS: Final = (
    "SELECT schema_name, table_name, constraint_type, constraint_column_names, referenced_table, referenced_column_names "
    "FROM duckdb_constraints() ORDER BY constraint_index"
)


def read_duckdb(path: Path) -> Stored:
    """Reads all tables of a DuckDB file, which is opened for reading only and may reach nothing outside.

    A table of another schema than "main" is called "schema.table".

    Raises:
        DataError: it is damaged, or of a version that the installed DuckDB does not know.
    """
    duckdb = required("duckdb", "sql")
    try:
        with duckdb.connect(str(path), read_only=True, config={"enable_external_access": "false"}) as connection:
            connection.execute("BEGIN")
            listed = connection.execute(
                "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal AND NOT temporary ORDER BY ALL"
            ).fetchall()
            declared = _declared(connection, listed)
            tables = {
                _name(*one): connection.sql(f"SELECT * FROM {quoted(one[0])}.{quoted(one[1])}").to_arrow_table()  # noqa: S608 (names are quoted)
                for one in listed
            }
    except (duckdb.Error, pa.ArrowException) as error:
        raise DataError(f"{path} must be a readable DuckDB file, however: {one_line(error)}") from error
    return Stored(DUCKDB, path.name, tables, keys_of(declared))


def _declared(connection: Any, listed: list[tuple[str, str]]) -> dict[str, Declared]:
    """What the catalogue says of each table; keys refer to tables of their own schema."""
    found: dict[str, Declared] = {_name(*one): Declared() for one in listed}
    for schema, table, kind, columns, referred, its in connection.execute(_CONSTRAINTS).fetchall():
        name = _name(schema, table)
        said = found.get(name)
        if said is None:
            continue
        if kind == "PRIMARY KEY":
            found[name] = Declared(tuple(columns), said.foreign, said.required | set(columns))
        elif kind == "NOT NULL":
            found[name] = Declared(said.primary, said.foreign, said.required | set(columns))
        elif kind == "FOREIGN KEY":
            key = (tuple(columns), _name(schema, referred), tuple(its))
            found[name] = Declared(said.primary, (*said.foreign, key), said.required)
    return found


def _name(schema: str, table: str) -> str:
    return table if schema == _MAIN else f"{schema}.{table}"


def write_duckdb(tables: Mapping[str, pa.Table], schema: DatabaseSchema, path: Path) -> None:
    """Writes tables to a new DuckDB file, with their primary and foreign keys as constraints.

    DuckDB checks every key at once, and can add none later: keys that close a circle, of tables or of rows, are left out, and so
    are those to the own table of more levels than a few; else its rows come behind those that they refer to.

    Args:
        tables: by name, those that are referred to before those that refer to them.
        schema: the keys of all tables.
        path: where; what stands there is no DuckDB file yet.

    Raises:
        DataError: the tables contradict the keys, or cannot be stored.
    """
    duckdb = required("duckdb", "sql")
    path.unlink(missing_ok=True)  # DuckDB takes no empty file for one of its own
    try:
        with duckdb.connect(str(path)) as connection:
            made: set[str] = set()
            for name, table in tables.items():
                parts = _waves(table, schema.tables[name], name)
                made |= {name} if parts is not None else set()
                keys = schema.tables[name]
                kept = replace(keys, foreign_keys=tuple(key for key in keys.foreign_keys if key.table in made))
                made |= {name}
                possible = replace(schema, tables={**schema.tables, name: kept})
                connection.execute(created(name, table.schema, possible, TYPES, type_of=type_of))
                for part in parts or [table]:
                    connection.register("given", part)
                    connection.execute(f"INSERT INTO {quoted(name)} SELECT * FROM given")  # noqa: S608 (the name is quoted)
                    connection.unregister("given")
    except (duckdb.Error, pa.ArrowException) as error:
        raise DataError(f"tables to write must fit their keys, however: {one_line(error)}") from error


def type_of(kind: pa.DataType) -> str | None:
    """DuckDB's name for a type of which a sort alone says too little."""
    if pa.types.is_decimal(kind) and kind.precision <= 38:  # noqa: PLR2004 (DuckDB's widest)
        return f"DECIMAL({kind.precision}, {max(0, kind.scale)})"
    if pa.types.is_uint64(kind):
        return "UBIGINT"
    return "TIMESTAMPTZ" if pa.types.is_timestamp(kind) and kind.tz is not None else None


def _waves(table: pa.Table, keys: TableKeys, name: str) -> list[pa.Table] | None:
    """The rows of a table in parts, each of which refers to rows before it; None where there are many, or a circle."""
    own = [key for key in keys.foreign_keys if key.table == name]
    if not own:
        return [table]
    frame = table.select(sorted({column for key in own for column in (*key.columns, *key.referenced)})).to_pandas()
    above = [link(frame, key.columns, frame, key.referenced) for key in own]
    done: NDArray[np.bool_] = np.zeros(len(table), bool)
    parts: list[pa.Table] = []
    while not done.all():
        ready = ~done & np.all([(rows < 0) | done[rows] for rows in above], axis=0)
        if not ready.any() or len(parts) == _MAX_LEVELS:
            return None
        parts.append(table.filter(pa.array(ready)))
        done |= ready
    return parts
