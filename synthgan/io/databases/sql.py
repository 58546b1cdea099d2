"""Reads and writes databases behind SQL URLs, through SQLAlchemy and a driver of theirs."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from synthgan.errors import DataError
from synthgan.io.databases.addresses import Address, address_of
from synthgan.io.databases.catalogue import Declared, keys_of
from synthgan.io.databases.sqltables import metadata_of, rows_of
from synthgan.io.databases.stored import SQL, Stored
from synthgan.io.databases.values import table_of
from synthgan.io.extras import required
from synthgan.io.reasons import told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pyarrow as pa

    from synthgan.data.linked import DatabaseSchema

_BATCH_ROWS: Final = 20_000
_POSTGRESQL: Final = ("postgres", "postgresql")
_DRIVER: Final = "postgresql+pg8000"
# In which every statement of ours stands: all tables are of one moment, and nothing can be written.
_READ_ONLY: Final = {
    "postgresql": "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    "mysql": "SET TRANSACTION READ ONLY",
    "mariadb": "SET TRANSACTION READ ONLY",
    "oracle": "SET TRANSACTION READ ONLY",
}
_DEFERRABLE: Final = ("postgresql", "oracle")
_PASSWORD: Final = "PGPASSWORD"  # noqa: S105 (the variable that PostgreSQL's own programs read)
_UNVERIFIED: Final = ("disable", "allow", "prefer")


def read_sql(url: str) -> Stored:
    """Reads all tables that a URL's user may read, in one transaction that can only read.

    A schema other than the usual one is named in the URL: ``postgresql://…/hospital?schema=ward``. A password that is not in the
    URL is taken from the variable ``PGPASSWORD``.

    Raises:
        DataError: there is no such database, no driver for it, it refuses, or it holds no tables; no secret is told.
    """
    address, url, schema = _taken_apart(url)
    with _connected(address, url) as connection:
        _begin_reading(connection)
        sqlalchemy = required("sqlalchemy", "sql")
        catalogue = sqlalchemy.inspect(connection)
        names = sorted(catalogue.get_table_names(schema=schema))
        declared = {name: _declared(catalogue, name, schema) for name in names}
        tables = {name: _table(connection, name, schema, address) for name in names}
    return Stored(SQL, address.shown, tables, keys_of(declared))


@dataclass(frozen=True)
class Reader:
    """A connection that can only read.

    Attributes:
        connection: of SQLAlchemy.
        schema: where tables are looked for; None for the usual one.
        address: of the database.
    """

    connection: Any
    schema: str | None
    address: Address

    def names(self) -> list[str]:
        """Lists tables and views."""
        catalogue = required("sqlalchemy", "sql").inspect(self.connection)
        return [*catalogue.get_table_names(schema=self.schema), *catalogue.get_view_names(schema=self.schema)]

    def comment(self, name: str) -> str | None:
        """What the database says of a table; None where it says nothing, or knows no comments."""
        try:
            catalogue = required("sqlalchemy", "sql").inspect(self.connection)
            said: str | None = catalogue.get_table_comment(name, schema=self.schema)["text"]
        except NotImplementedError:
            return None
        return said

    def quoted(self, name: str) -> str:
        """The name of a table as the database takes it, with its schema."""
        quote = self.connection.dialect.identifier_preparer.quote
        return ".".join(quote(part) for part in (self.schema, name) if part is not None)

    def rows(self, statement: str, where: str) -> pa.Table:
        """Reads what a statement gives: as it stands, without a conversion of SQLAlchemy's."""
        result = self.connection.execution_options(stream_results=True).exec_driver_sql(statement)
        return table_of(list(result.keys()), result.partitions(_BATCH_ROWS), where)


@contextmanager
def reading(url: str) -> Iterator[Reader]:
    """Lends a transaction that can only read.

    Raises:
        DataError: there is no such database, no driver for it, or it refuses; no secret is told.
    """
    address, url, schema = _taken_apart(url)
    with _connected(address, url) as connection:
        _begin_reading(connection)
        yield Reader(connection, schema, address)


def check_free(names: Iterable[str], url: str) -> None:
    """Refuses a database that has a table of one of these names, or cannot be reached, before anything is made for it.

    Raises:
        DataError: it has; no secret is told.
    """
    with reading(url) as reader:
        _refuse_taken(names, reader.connection, reader.schema, reader.address)


def write_sql(
    tables: Mapping[str, pa.Table], schema: DatabaseSchema, url: str, origin: Mapping[str, Any] | None = None
) -> None:
    """Writes tables that are not there yet, with their keys as constraints, all in one transaction.

    Where synthetic rows come from is the comment of each table, in databases that know comments.

    Raises:
        DataError: a table is there, the tables contradict the keys, or the database refuses; no secret is told.
    """
    address, url, name = _taken_apart(url)
    with _connected(address, url) as connection:
        _refuse_taken(tables, connection, name, address)
        metadata = metadata_of(tables, schema, name, deferred=connection.dialect.name in _DEFERRABLE)
        for table in metadata.tables.values() if origin else ():
            table.comment = json.dumps(origin, ensure_ascii=False)
        metadata.create_all(connection)
        for table in metadata.sorted_tables:
            for rows in rows_of(tables[table.name], table, _BATCH_ROWS):
                connection.execute(table.insert(), rows)
        connection.commit()


def _refuse_taken(names: Iterable[str], connection: Any, schema: str | None, address: Address) -> None:
    catalogue = required("sqlalchemy", "sql").inspect(connection)
    there = {*catalogue.get_table_names(schema=schema), *catalogue.get_view_names(schema=schema)}
    taken = next((one for one in names if one in there), None)
    if taken is not None:
        raise DataError(
            f"{address.shown} must not hold a table {taken!r}, however: it does; drop it, or name another database or schema"
        )


def _taken_apart(url: str) -> tuple[Address, str, str | None]:
    """The address, the URL with a driver of ours, and the schema that it names."""
    address = address_of(url)
    sqlalchemy = required("sqlalchemy", "sql")
    try:
        made = sqlalchemy.make_url(url)
    except (sqlalchemy.exc.ArgumentError, ValueError):
        raise DataError(f"{address.shown} must be the URL of a database, however: it is none") from None
    if made.drivername in _POSTGRESQL:
        made = made.set(drivername=_DRIVER)
    password = os.environ.get(_PASSWORD)
    if made.drivername == _DRIVER and made.password is None and password:
        made = made.set(password=password)
        address = replace(address, secrets=(*address.secrets, password))
    schema = made.query.get("schema")
    made = made.difference_update_query(["schema"])
    return address, made.render_as_string(hide_password=False), schema if isinstance(schema, str) else None


@contextmanager
def _connected(address: Address, url: str) -> Iterator[Any]:
    """Lends a connection; whatever goes wrong is told in one line, without a secret and without the errors it came from."""
    sqlalchemy = required("sqlalchemy", "sql")
    engine = None
    try:
        made, options = _options(sqlalchemy.make_url(url))
        engine = sqlalchemy.create_engine(
            made, connect_args=options, hide_parameters=True, poolclass=sqlalchemy.pool.NullPool
        )
        with engine.connect() as connection:
            yield connection
    except DataError:
        raise
    except ImportError as error:
        raise DataError(
            f"{address.shown} must be of a kind for which a driver is installed, however: {error.name or 'its driver'} is not; "
            "pip install it, or 'synthgan[sql]' for PostgreSQL"
        ) from None
    except Exception as error:  # noqa: BLE001 (drivers raise what they like, and it may show the URL)
        raise DataError(
            f"{address.shown} must be a database that can be used, however: {address.told(_reason(error))}"
        ) from None
    finally:
        if engine is not None:
            engine.dispose()


def _reason(error: Exception) -> str:
    """What a driver says; of PostgreSQL the message alone, without the details, which show values of rows."""
    error = getattr(error, "orig", None) or error
    said = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    return told(ValueError(said["M"])) if isinstance(said.get("M"), str) else told(error)


def _options(url: Any) -> tuple[Any, dict[str, Any]]:
    """The URL and what its driver is told: pg8000 knows no sslmode, and is told what that means."""
    if not url.drivername.endswith("+pg8000") or "sslmode" not in url.query:
        return url, {}
    mode = url.query["sslmode"]
    url = url.difference_update_query(["sslmode"])
    if mode in _UNVERIFIED:
        return url, {}
    import ssl

    context = ssl.create_default_context()
    if mode == "require":  # which means encrypted, by whomever
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return url, {"ssl_context": context}


def _begin_reading(connection: Any) -> None:
    sqlalchemy = required("sqlalchemy", "sql")
    statement = _READ_ONLY.get(connection.dialect.name)
    if statement is not None:
        connection.execute(sqlalchemy.text(statement))


def _declared(catalogue: Any, table: str, schema: str | None) -> Declared:
    primary = tuple(catalogue.get_pk_constraint(table, schema=schema).get("constrained_columns") or ())
    foreign = tuple(
        (tuple(key["constrained_columns"]), key["referred_table"], tuple(key["referred_columns"] or ()))
        for key in catalogue.get_foreign_keys(table, schema=schema)
        if key.get("referred_schema") in (None, schema)
    )
    columns = catalogue.get_columns(table, schema=schema)
    return Declared(primary, foreign, frozenset(one["name"] for one in columns if not one["nullable"]))


def _table(connection: Any, name: str, schema: str | None, address: Address) -> pa.Table:
    """Reads a table of whatever columns: they are selected as they stand, without a conversion of SQLAlchemy's."""
    sqlalchemy = required("sqlalchemy", "sql")
    quote = connection.dialect.identifier_preparer.quote
    place = ".".join(quote(part) for part in (schema, name) if part is not None)
    result = connection.execution_options(stream_results=True).execute(sqlalchemy.text(f"SELECT * FROM {place}"))  # noqa: S608 (quoted)
    names = list(result.keys())
    return table_of(names, result.partitions(_BATCH_ROWS), f"{address.shown}: table {name!r}")
