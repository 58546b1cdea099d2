"""Casts a column to the type that a schema names for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from synthgan.data.containers.dtypes import is_text, storage_type
from synthgan.data.containers.raw import decoded
from synthgan.data.scalars import parse_durations
from synthgan.errors import DataError

if TYPE_CHECKING:
    from synthgan.data.column import Column


def conformed(values: pa.Array, column: Column, container: str) -> pa.Array:
    """Casts a column to the Arrow type that holds it in another container.

    Args:
        values: the column as `raw_column` gives it, Arrow array [rows].
        column: what the column is to be.
        container: the container whose types `column.dtype` is written in.

    Returns:
        Arrow array [rows]: a dictionary where the column was one, else the type that holds the column.

    Raises:
        DataError: the column has a value that the type cannot hold.
    """
    stored = storage_type(container, column.dtype)
    inner = stored.value_type if pa.types.is_dictionary(stored) else stored
    if column.text_form is not None and not is_text(decoded(values).type):
        return decoded(values)  # numbers that a reader has recognised: they are read as they are
    if column.dtype.startswith("object[Decimal") and not is_text(values.type):
        inner = values.type
    if pa.types.is_dictionary(values.type) and pa.types.is_dictionary(stored) and values.type.value_type == inner:
        return values
    try:
        return cast(decoded(values), inner)
    except (pa.ArrowException, ValueError) as error:
        raise DataError(
            f"column {column.name!r} must be such as {column.dtype} can hold, however: {str(error).splitlines()[0]}"
        ) from error


def cast(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Casts values exactly; text is read, and floats become text as the whole numbers that they are.

    Raises:
        ArrowException, ValueError: the type cannot hold a value.
    """
    if values.type == kind:
        return values
    if is_text(kind) and pa.types.is_floating(values.type):
        values = values.cast(pa.int64())  # codes that a missing value had made floats: "1", not "1.0"
    if is_text(values.type) and (pa.types.is_duration(kind) or pa.types.is_time(kind)):
        values = parse_durations(values, kind)
    return values.cast(kind)
