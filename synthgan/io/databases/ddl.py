"""Writes the statements that make tables with their keys, and fill them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from synthgan.data.linked import DatabaseSchema


def quoted(name: str) -> str:
    """A name as SQL takes any name.

    Example:
        >>> print(quoted('say "a" twice'))
        "say ""a"" twice"
    """
    return '"' + name.replace('"', '""') + '"'


def sort_of(kind: pa.DataType) -> str:
    """What a column is stored as: "whole", "number", "decimal", "boolean", "date", "moment", "time", "text" or "bytes".

    Example:
        >>> sort_of(pa.int32()), sort_of(pa.large_string()), sort_of(pa.timestamp("us"))
        ('whole', 'text', 'moment')
    """
    types = pa.types
    kind = kind.value_type if types.is_dictionary(kind) else kind
    known = (
        ("boolean", types.is_boolean),
        ("whole", types.is_integer),
        ("number", types.is_floating),
        ("decimal", types.is_decimal),
        ("date", types.is_date),
        ("moment", types.is_timestamp),
        ("time", types.is_time),
        ("bytes", lambda one: types.is_binary(one) or types.is_large_binary(one)),
    )
    return next((name for name, is_one in known if is_one(kind)), "text")


def created(
    name: str,
    columns: pa.Schema,
    schema: DatabaseSchema,
    types: Mapping[str, str],
    *,
    type_of: Callable[[pa.DataType], str | None] = lambda _: None,
    remark: str = "",
) -> str:
    """The statement that makes a table with its primary key and its foreign keys; what others refer to beside is unique.

    Args:
        name: of the table.
        columns: its columns.
        schema: the keys of all tables.
        types: what the database calls each sort of column.
        type_of: what it calls a type, where that goes before.
        remark: what stands in the statement for whoever reads it.
    """
    keys = schema.tables[name]
    lines = [f"{quoted(field.name)} {type_of(field.type) or types[sort_of(field.type)]}" for field in columns]
    if keys.primary_key:
        lines.append(f"PRIMARY KEY ({_listed(keys.primary_key)})")
    others = {key.referenced for its in schema.tables.values() for key in its.foreign_keys if key.table == name}
    lines += [f"UNIQUE ({_listed(one)})" for one in sorted(others - {keys.primary_key})]
    lines += [
        f"FOREIGN KEY ({_listed(key.columns)}) REFERENCES {quoted(key.table)} ({_listed(key.referenced)})"
        for key in keys.foreign_keys
    ]
    said = f"/* {remark.replace('*/', '* /')} */ " if remark else ""
    return f"CREATE TABLE {quoted(name)} ({said}{', '.join(lines)})"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(map(quoted, names))


def inserting(name: str, columns: pa.Schema) -> str:
    """The statement that adds a row to a table."""
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {quoted(name)} VALUES ({marks})"  # noqa: S608 (the name is quoted)
