"""Takes values that a database hands out row by row as Arrow columns, exactly."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from synthgan.errors import DataError
from synthgan.io.memory import check_memory

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def table_of(names: Sequence[str], batches: Iterable[Sequence[Sequence[Any]]], where: str) -> pa.Table:
    """Gives the table of rows.

    Args:
        names: of the columns.
        batches: lists of rows.
        where: the database and the table, for messages.

    Raises:
        DataError: a column holds values that do not go together.
        ResourceError: it takes more than fits into memory.
    """
    parts: list[pa.Table] = []
    for rows in batches:
        parts.append(_batch(names, rows, where))
        check_memory(where, sum(part.nbytes for part in parts))
    if not parts:
        return pa.table({name: pa.nulls(0) for name in names})
    try:
        return pa.concat_tables(parts, promote_options="permissive").combine_chunks()
    except pa.ArrowException:  # a column of numbers here and of text there
        texts = {name for name in names if len({_sort(part.column(name).type) for part in parts} - {"null"}) > 1}
        return pa.concat_tables(
            [_as_text(part, texts) for part in parts], promote_options="permissive"
        ).combine_chunks()


def _batch(names: Sequence[str], rows: Sequence[Sequence[Any]], where: str) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return pa.table(
        [_column(list(values), name, where) for name, values in zip(names, columns, strict=True)], list(names)
    )


def _column(values: list[Any], name: str, where: str) -> pa.Array:
    plain = [_plain(value) for value in values]
    try:
        return pa.array(plain)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        pass
    try:
        return pa.array([None if value is None else _text(value) for value in plain], pa.large_string())
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DataError(f"{where}: column {name!r} must hold values that can be read, however: it does not") from error


def _plain(value: Any) -> Any:
    """A value as Arrow knows it: UUIDs as text, JSON and lists as JSON text, views of bytes as bytes."""
    if value is None or isinstance(value, (str, int, float, bytes)):
        return value
    if isinstance(value, memoryview):
        return bytes(value)
    if isinstance(value, (dict, list, tuple, set)):
        return json.dumps(sorted(value, key=str) if isinstance(value, set) else value, default=str, ensure_ascii=False)
    module = type(value).__module__
    return value if module in {"datetime", "decimal"} else str(value)


def _text(value: Any) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def _sort(kind: pa.DataType) -> str:
    if pa.types.is_null(kind):
        return "null"
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    return "number" if is_number else str(kind)


def _as_text(part: pa.Table, names: set[str]) -> pa.Table:
    for at, name in enumerate(part.column_names):
        if name in names:
            texts = [None if value is None else _text(value) for value in part.column(at).to_pylist()]
            part = part.set_column(at, name, pa.array(texts, pa.large_string()))
    return part
