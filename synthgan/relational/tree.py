"""Draws a database as a tree: who belongs to whom, and what is referred to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from synthgan.data.keys import TableKeys
    from synthgan.data.linked import DatabaseSchema


def tree(schema: DatabaseSchema, rows: Mapping[str, int]) -> str:
    """Gives lines of text, a table each: its owner above it, its key and its references behind it.

    Args:
        schema: keys of all tables.
        rows: of each table.
    """
    tops = [name for name, keys in schema.tables.items() if keys.owner is None]
    tops.sort(key=lambda name: name != schema.unit)
    lines = [line for name in tops for line in _lines(name, "", "", schema, rows)]
    asked = [f"asked: {question}" for question in schema.asked]
    return "\n".join([*lines, *asked])


def _lines(name: str, first: str, rest: str, schema: DatabaseSchema, rows: Mapping[str, int]) -> Iterator[str]:
    keys = schema.tables[name]
    unit = "  (the unit)" if name == schema.unit else ""
    yield f"{first}{name}  {rows[name]:,} rows{unit}{_told(keys)}"
    below = [other for other, its in schema.tables.items() if its.owner is not None and its.owner.table == name]
    for other in below:
        is_last = other == below[-1]
        yield from _lines(
            other, rest + ("└─ " if is_last else "├─ "), rest + ("   " if is_last else "│  "), schema, rows
        )


def _told(keys: TableKeys) -> str:
    told = [f"key {', '.join(keys.primary_key)}"] if keys.primary_key else ["no key"]
    told += [f"order {keys.order}"] if keys.order else []
    told += [str(key) + " (dimension)" * (key.kind == "dimension") for key in keys.foreign_keys if key.kind != "owner"]
    return "  " + ";  ".join(told)
