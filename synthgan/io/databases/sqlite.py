"""Reads and writes SQLite files, with the keys that they declare."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

import pyarrow as pa

from synthgan.errors import DataError
from synthgan.io.databases.catalogue import Declared, keys_of
from synthgan.io.databases.ddl import created, inserting, quoted
from synthgan.io.databases.stored import SQLITE, Stored
from synthgan.io.databases.values import table_of
from synthgan.io.reasons import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from synthgan.data.linked import DatabaseSchema

T = TypeVar("T")
_BATCH_ROWS: Final = 50_000
TYPES: Final = {
    "whole": "INTEGER", "number": "REAL", "decimal": "NUMERIC", "boolean": "BOOLEAN", "date": "DATE", "moment": "DATETIME",
    "time": "TIME", "text": "TEXT", "bytes": "BLOB",
}  # fmt: skip


def read_sqlite(path: Path) -> Stored:
    """Reads all tables of a SQLite file, which is opened for reading only.

    Raises:
        DataError: it is damaged, or holds no tables.
    """
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("BEGIN")
            names = [name for (name,) in connection.execute(_TABLES)]
            declared = {name: _declared(connection, name) for name in names}
            tables = {name: read_table(connection, name, path) for name in names}
    except (sqlite3.Error, UnicodeError) as error:
        raise DataError(f"{path} must be a readable SQLite file, however: {one_line(error)}") from error
    return Stored(SQLITE, path.name, tables, keys_of(declared))


_TABLES: Final = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
    "AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
)


def _declared(connection: sqlite3.Connection, table: str) -> Declared:
    columns = connection.execute(f"PRAGMA table_info({quoted(table)})").fetchall()
    primary = tuple(name for _, name, _, _, _, at in sorted(columns, key=lambda one: one[5]) if at)
    required = frozenset(name for _, name, _, is_required, _, at in columns if is_required or at)
    keys: dict[int, list[tuple[str, str, str | None]]] = {}
    for number, _, referred, mine, its, *_ in connection.execute(f"PRAGMA foreign_key_list({quoted(table)})"):
        keys.setdefault(number, []).append((referred, mine, its))
    foreign = []
    for _, parts in sorted(keys.items(), reverse=True):  # SQLite lists the last that was written first
        named = tuple(its for _, _, its in parts if its is not None)
        foreign.append((tuple(mine for _, mine, _ in parts), parts[0][0], named))
    return Declared(primary, tuple(foreign), required)


def read_table(connection: sqlite3.Connection, table: str, path: Path) -> pa.Table:
    """Reads a table of an open database."""
    types = {name: kind for _, name, kind, *_ in connection.execute(f"PRAGMA table_info({quoted(table)})")}
    return read_statement(connection, f"SELECT * FROM {quoted(table)}", f"{path}: table {table!r}", types)  # noqa: S608 (quoted)


def read_statement(connection: sqlite3.Connection, statement: str, where: str, types: Mapping[str, str]) -> pa.Table:
    """Reads what a statement gives.

    Args:
        connection: an open database.
        statement: what is asked.
        where: it is asked, for messages.
        types: that the columns were declared with, by name.
    """
    cursor = connection.execute(statement)
    names = [column[0] for column in cursor.description]

    def batches() -> Iterator[list[tuple[Any, ...]]]:
        while rows := cursor.fetchmany(_BATCH_ROWS):
            yield rows

    return _with_types(table_of(names, batches(), where), types)


def _with_types(table: pa.Table, types: Mapping[str, str]) -> pa.Table:
    """Gives columns that were declared booleans, dates or moments as such, where all that they hold comes back as it was."""
    for at, name in enumerate(table.column_names):
        read = _reader(types.get(name, "").upper())
        if read is None:
            continue
        try:
            values = [None if value is None else read(value) for value in table.column(at).to_pylist()]
            column = pa.array(values, pa.timestamp("us") if read is _moment else None)
        except (ValueError, TypeError, pa.ArrowException):
            continue
        table = table.set_column(at, name, column)
    return table


def _reader(declared: str) -> Callable[[Any], Any] | None:
    if declared.startswith("BOOL"):
        return _truth
    if declared == "DATE":
        return _date
    return _moment if declared.startswith(("DATETIME", "TIMESTAMP")) else None


def _truth(value: Any) -> bool:
    if value not in (0, 1) or isinstance(value, str):
        raise ValueError(value)
    return bool(value)


def _date(value: Any) -> dt.date:
    return _same(dt.date.fromisoformat(value), value)


def _moment(value: Any) -> dt.datetime:
    moment = dt.datetime.fromisoformat(value)
    if moment.tzinfo is not None:
        raise ValueError(value)
    return _same(moment, value)


def _same(read: T, value: str) -> T:
    """What was read, where writing it gives the text again."""
    if str(read) != value:
        raise ValueError(value)
    return read


def write_sqlite(tables: Mapping[str, pa.Table], schema: DatabaseSchema, path: Path) -> None:
    """Writes tables to a new SQLite file, with their primary and foreign keys as constraints.

    Raises:
        DataError: the tables contradict the keys, or cannot be stored.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("BEGIN")
            for name, table in tables.items():
                connection.execute(created(name, table.schema, schema, TYPES))
                connection.executemany(inserting(name, table.schema), rows_of(table))
            connection.execute("COMMIT")
    except (sqlite3.Error, OverflowError) as error:
        raise DataError(f"tables to write must fit their keys, however: {one_line(error)}") from error


def rows_of(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    """Gives the rows of a table in types that SQLite has."""
    for batch in table.to_batches(_BATCH_ROWS):
        columns = [[_stored(value) for value in column.to_pylist()] for column in batch.columns]
        yield from zip(*columns, strict=True)


def _stored(value: Any) -> Any:
    """A value in a type that SQLite has: moments and decimals as text, as SQLite's own functions write them."""
    if value is None or isinstance(value, (str, int, float, bytes)):
        return value
    return str(value)
