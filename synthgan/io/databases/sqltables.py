"""Describes tables to SQLAlchemy, and hands it their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from synthgan.io.databases.ddl import sort_of
from synthgan.io.extras import required

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from synthgan.data.keys import TableKeys
    from synthgan.data.linked import DatabaseSchema


def metadata_of(tables: Mapping[str, pa.Table], schema: DatabaseSchema, place: str | None, *, deferred: bool) -> Any:
    """Gives the tables as SQLAlchemy knows them, with their keys as constraints.

    Args:
        tables: by name.
        schema: the keys of these tables.
        place: the schema of the database that they are to be in; None for the usual one.
        deferred: whether foreign keys are checked at the end alone: rows that refer to each other then come in any order.
    """
    sqlalchemy = required("sqlalchemy", "sql")
    metadata = sqlalchemy.MetaData(schema=place)
    referred = {
        name: {key.referenced for its in schema.tables.values() for key in its.foreign_keys if key.table == name}
        for name in tables
    }
    for name, table in tables.items():
        keys = schema.tables[name]
        columns = [sqlalchemy.Column(field.name, _type(field.type), autoincrement=False) for field in table.schema]
        sqlalchemy.Table(name, metadata, *columns, *_constraints(name, keys, referred[name], place, deferred=deferred))
    return metadata


def _constraints(
    name: str, keys: TableKeys, referred: set[tuple[str, ...]], place: str | None, *, deferred: bool
) -> Iterator[Any]:
    sqlalchemy = required("sqlalchemy", "sql")
    if keys.primary_key is not None:
        yield sqlalchemy.PrimaryKeyConstraint(*keys.primary_key)
    for others in sorted(referred - {keys.primary_key or ()}):
        yield sqlalchemy.UniqueConstraint(*others)
    prefix = "" if place is None else f"{place}."
    for at, key in enumerate(keys.foreign_keys):
        targets = [f"{prefix}{key.table}.{column}" for column in key.referenced]
        late = {"initially": "DEFERRED", "deferrable": True} if deferred else {}
        # A name, so that it can be added when all tables are there.
        yield sqlalchemy.ForeignKeyConstraint(
            key.columns, targets, name=f"fk_{name}_{at}"[:60], use_alter=key.table != name, **late
        )


def _type(kind: pa.DataType) -> Any:
    sqlalchemy = required("sqlalchemy", "sql")
    if pa.types.is_timestamp(kind):
        return sqlalchemy.DateTime(timezone=kind.tz is not None)
    if pa.types.is_decimal(kind):
        return sqlalchemy.Numeric(kind.precision, max(0, kind.scale))
    if pa.types.is_integer(kind) and kind.bit_width <= 32:  # noqa: PLR2004 (bits of an INTEGER)
        return sqlalchemy.Integer() if pa.types.is_signed_integer(kind) else sqlalchemy.BigInteger()
    known = {
        "whole": sqlalchemy.BigInteger,
        "number": sqlalchemy.Double,
        "boolean": sqlalchemy.Boolean,
        "date": sqlalchemy.Date,
        "time": sqlalchemy.Time,
        "bytes": sqlalchemy.LargeBinary,
    }
    return known.get(sort_of(kind), sqlalchemy.Text)()


def rows_of(table: pa.Table, described: Any, batch_rows: int) -> Iterator[list[dict[str, Any]]]:
    """Gives the rows of a table as SQLAlchemy takes them, in batches."""
    sqlalchemy = required("sqlalchemy", "sql")
    texts = {column.name for column in described.columns if isinstance(column.type, sqlalchemy.Text)}
    for batch in table.to_batches(batch_rows):
        columns = {
            name: [_plain(value, is_text=name in texts) for value in column.to_pylist()]
            for name, column in zip(batch.schema.names, batch.columns, strict=True)
        }
        if batch.num_rows:
            yield [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _plain(value: Any, *, is_text: bool) -> Any:
    if value is None:
        return None
    if is_text:
        return str(value)
    return value.to_pydatetime(warn=False) if hasattr(value, "to_pydatetime") else value
