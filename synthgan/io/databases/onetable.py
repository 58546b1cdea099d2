"""One table of a database, or what a query gives of it, behind a URL: read without a way to write, and written beside the others."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pyarrow as pa

from synthgan.data.containers.origin import read_origin, with_origin
from synthgan.data.keys import TableKeys
from synthgan.data.linked import DatabaseSchema
from synthgan.errors import DataError
from synthgan.io.atomic import check_writable
from synthgan.io.databases import duckdbfile, sql, sqlite
from synthgan.io.databases.addresses import Address, address_of
from synthgan.io.databases.ddl import created, inserting, quoted
from synthgan.io.extras import required
from synthgan.io.plain import plain_file
from synthgan.io.reasons import one_line
from synthgan.suggest import did_you_mean_or_known

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SQLITE, DUCKDB = "sqlite", "duckdb"
_TABLE, _QUERY = "table", "query"
# A statement that asks, and no second one: what stands around it keeps out all others.
_ASKING: Final = re.compile(r"\s*(SELECT|WITH|VALUES|FROM|TABLE)\b", re.IGNORECASE)
# What a statement of ours that made a table says of its rows.
_REMARK: Final = re.compile(r'CREATE TABLE "(?:[^"]|"")*" \(/\* (\{.*?\}) \*/', re.DOTALL)
_EXTERNAL: Final = {"enable_external_access": "false"}


@dataclass(frozen=True)
class OneTable:
    """Where one table is.

    Attributes:
        address: of the database: shown without secrets.
        url: of the database, without what names the table.
        table: its name; None where a query is asked.
        query: what is asked; None where a table is named.
        only_head: whether no row is to be read.
    """

    address: Address
    url: str
    table: str | None
    query: str | None
    only_head: bool = False

    @classmethod
    def of(cls, url: str) -> OneTable | None:
        """Takes a URL apart: ``postgresql://…/hospital?table=visits``, or ``?query=SELECT …``; None where it names neither.

        Raises:
            DataError: it names both, or the query does not ask.
        """
        address, parts = address_of(url), urlsplit(url)
        given = parse_qsl(parts.query, keep_blank_values=True)
        named = {name: value for name, value in given if name in {_TABLE, _QUERY}}
        if not named:
            return None
        table, query = named.get(_TABLE), named.get(_QUERY)
        if table and query:
            raise DataError(
                f"{address.shown} must come with a table or a query, however: both were given; leave one out"
            )
        if not table and not query:
            raise DataError(
                f"{address.shown} must come with the name of a table, however: it is empty; write ?table=NAME"
            )
        if query and not _ASKING.match(query):
            raise DataError(
                f"{address.shown}: a query must begin with SELECT or WITH, however: it does not; only reading is allowed"
            )
        rest = urlencode([one for one in given if one[0] not in {_TABLE, _QUERY}])
        bare = f"{parts.scheme}://{parts.netloc}{parts.path}{'?' * bool(rest)}{rest}"
        return cls(address, bare, table, query and query.strip().rstrip(";").rstrip())

    @property
    def kind(self) -> str:
        """The kind of database."""
        return self.url.partition(":")[0].partition("+")[0].lower()

    @property
    def path(self) -> Path:
        """The file of a SQLite or DuckDB URL: three slashes and a relative path, or four and an absolute one."""
        return Path(self.address.shown.partition("://")[2].removeprefix("/"))

    @property
    def shown(self) -> str:
        """What may be told."""
        return self.address.shown if self.table is None else f"{self.address.shown}: table {self.table!r}"

    def head(self) -> OneTable:
        """The same without its rows."""
        return replace(self, only_head=True)

    def statement(self, table: str) -> str:
        """What is sent, given the table's name as the database quotes it."""
        asked = f"SELECT * FROM {table}" if self.query is None else f"SELECT * FROM ({self.query}\n) AS asked"  # noqa: S608 (quoted)
        return f"{asked} LIMIT 0" if self.only_head else asked


def with_query(url: str, query: str) -> str:
    """The URL of a database, with what is asked of it."""
    return f"{url}{'&' if '?' in url else '?'}{_QUERY}={quote(query, safe='')}"


def read_one(place: OneTable) -> pa.Table:
    """Reads one table, or what a query gives; nothing can be written meanwhile.

    Raises:
        DataError: there is no such database or table, or it refuses; no secret is told.
    """
    if place.kind == DUCKDB:
        return _read_duckdb(place)
    return _read_sqlite(place) if place.kind == SQLITE else _read_sql(place)


def _read_duckdb(place: OneTable) -> pa.Table:
    duckdb = required("duckdb", "sql")
    plain_file(place.path, "a database")
    try:
        with duckdb.connect(str(place.path), read_only=True, config=_EXTERNAL) as connection:
            listed = [
                name if schema == "main" else f"{schema}.{name}"
                for schema, name in connection.execute(
                    "SELECT table_schema, table_name FROM information_schema.tables ORDER BY ALL"
                ).fetchall()
            ]
            name = _among(place, listed)
            written = ".".join(map(quoted, name.split(".", 1))) if name not in _unqualified(listed) else quoted(name)
            table = connection.sql(place.statement(written)).to_arrow_table()
            comments = connection.execute("SELECT comment FROM duckdb_tables() WHERE table_name = ?", [name]).fetchall()
            return with_origin(table, read_origin(comments[0][0] if comments else None))
    except (duckdb.Error, pa.ArrowException) as error:
        raise DataError(f"{place.shown} must be such as can be read, however: {one_line(error)}") from error


def _unqualified(listed: list[str]) -> set[str]:
    return {name for name in listed if "." not in name}


def _read_sqlite(place: OneTable) -> pa.Table:
    plain_file(place.path, "a database")
    try:
        with closing(sqlite3.connect(_read_only(place), uri=True)) as connection:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("PRAGMA trusted_schema = OFF")
            listed = [
                name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
            ]
            name = _among(place, listed)
            connection.set_authorizer(_only_reading)
            if place.query is None:
                made = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", [name]).fetchone()
                remark = _REMARK.match((made and made[0]) or "")
                table = sqlite.read_table(connection, name, place.path)
                return with_origin(table, read_origin(remark and remark[1]))
            return sqlite.read_statement(connection, place.statement(""), place.shown, {})
    except (sqlite3.Error, UnicodeError) as error:
        raise DataError(f"{place.shown} must be such as can be read, however: {one_line(error)}") from error


def _only_reading(action: int, *_: Any) -> int:
    """Keeps a query from reaching other files."""
    return sqlite3.SQLITE_DENY if action in {sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH} else sqlite3.SQLITE_OK


def _read_sql(place: OneTable) -> pa.Table:
    with sql.reading(place.url) as reader:
        name = _among(place, reader.names())
        origin = read_origin(reader.comment(name)) if name else None
        return with_origin(reader.rows(place.statement(reader.quoted(name)), place.shown), origin)


def _among(place: OneTable, listed: list[str]) -> str:
    """The table that is named, where it is there."""
    if place.table is None or place.table in listed:
        return place.table or ""
    raise DataError(
        f"{place.address.shown} must hold the table {place.table!r}, however: it does not",
        remedy=did_you_mean_or_known(place.table, listed),
    )


def check_absent(place: OneTable) -> None:
    """Refuses a table that is there, or cannot be written, before anything is made for it; nothing is written.

    Raises:
        DataError: it is there, a query was given in its place, or the database cannot be reached; no secret is told.
    """
    if place.table is None:
        raise _no_place(place)
    if place.kind not in {DUCKDB, SQLITE}:
        sql.check_free([place.table], place.url)
    elif not place.path.exists():
        check_writable(place.path)
    elif place.kind == SQLITE:
        with _writing(place, sqlite3.Error), closing(sqlite3.connect(_read_only(place), uri=True)) as connection:
            _refuse_taken(place, _names_in_sqlite(connection))
    else:
        duckdb = required("duckdb", "sql")
        with _writing(place, duckdb.Error), duckdb.connect(str(place.path), read_only=True) as connection:
            _refuse_taken(place, _names_in_duckdb(connection))


def _no_place(place: OneTable) -> DataError:
    return DataError(f"{place.shown} must come with the name of a table, however: it is a query; write ?table=NAME")


def _read_only(place: OneTable) -> str:
    return f"file:{quote(str(place.path))}?mode=ro"


def _names_in_sqlite(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]


def _names_in_duckdb(connection: Any) -> list[str]:
    return [name for (name,) in connection.execute("SELECT table_name FROM information_schema.tables").fetchall()]


def write_one(table: pa.Table, place: OneTable, origin: Mapping[str, Any] | None = None) -> int:
    """Writes a table that is not there yet, beside those that are, with where its rows come from as its comment; all or nothing.

    Raises:
        DataError: it is there, a query was given in its place, or the database refuses; no secret is told.
    """
    if place.table is None:
        raise _no_place(place)
    schema, plain = DatabaseSchema({place.table: TableKeys()}), table.replace_schema_metadata(None)
    if place.kind not in {DUCKDB, SQLITE}:
        sql.write_sql({place.table: plain}, schema, place.url, origin)
    elif place.kind == SQLITE:
        _write_sqlite(plain, schema, place, origin)
    else:
        _write_duckdb(plain, schema, place, origin)
    return len(table)


def _write_sqlite(table: pa.Table, schema: DatabaseSchema, place: OneTable, origin: Mapping[str, Any] | None) -> None:
    assert place.table is not None  # noqa: S101 (looked at by the caller)
    with _writing(place, sqlite3.Error), closing(sqlite3.connect(place.path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        _refuse_taken(place, _names_in_sqlite(connection))
        # SQLite knows no comments of tables, but keeps the statement that made one.
        remark = json.dumps(origin, ensure_ascii=False) if origin else ""
        connection.execute(created(place.table, table.schema, schema, sqlite.TYPES, remark=remark))
        connection.executemany(inserting(place.table, table.schema), sqlite.rows_of(table))
        connection.execute("COMMIT")


def _write_duckdb(table: pa.Table, schema: DatabaseSchema, place: OneTable, origin: Mapping[str, Any] | None) -> None:
    assert place.table is not None  # noqa: S101 (looked at by the caller)
    duckdb = required("duckdb", "sql")
    with _writing(place, duckdb.Error), duckdb.connect(str(place.path)) as connection:
        connection.execute("BEGIN")
        _refuse_taken(place, _names_in_duckdb(connection))
        connection.execute(created(place.table, table.schema, schema, duckdbfile.TYPES, type_of=duckdbfile.type_of))
        connection.register("given", table)
        connection.execute(f"INSERT INTO {quoted(place.table)} SELECT * FROM given")  # noqa: S608 (the name is quoted)
        if origin:
            said = json.dumps(origin, ensure_ascii=False).replace("'", "''")
            connection.execute(f"COMMENT ON TABLE {quoted(place.table)} IS '{said}'")
        connection.execute("COMMIT")


@contextmanager
def _writing(place: OneTable, *kinds: type[Exception]) -> Iterator[None]:
    """Writes into a file that may be new; one that is new and was not filled is removed."""
    is_new = not place.path.exists()
    try:
        yield
    except (*kinds, OverflowError, OSError, pa.ArrowException) as error:
        if is_new:
            place.path.unlink(missing_ok=True)
        raise DataError(f"{place.shown} must be such as can be written, however: {one_line(error)}") from error


def _refuse_taken(place: OneTable, listed: list[str]) -> None:
    if place.table in listed:
        raise DataError(
            f"{place.address.shown} must not hold a table {place.table!r}, however: it does; drop it, or name another table"
        )
