"""Checks that a column of a frame fits what a schema says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from synthgan.data.column import CODED, NUMBERS, TEMPORAL, Kind
from synthgan.data.containers.dtypes import is_text, storage_type
from synthgan.data.containers.raw import raw_column
from synthgan.data.containers.reading import read_levels, read_numbers
from synthgan.data.stamps import is_temporal
from synthgan.errors import SchemaError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.column import Column
    from synthgan.data.containers.raw import Frame, RawColumn


def check_fit(container: str, column: Column, frame: Frame) -> None:
    """Checks one column; the contract is that of `synthgan.data.schema.Schema.validate`."""
    if column.kind is Kind.TEXT:
        raise SchemaError(
            f"column {column.name!r} must be categories or an identifier, however: its kind is text; "
            f"change its kind, or leave it out"
        )
    raw = raw_column(frame, column.name)
    _check_missing(raw, column)
    if raw.values.null_count == len(raw.values):
        return
    wanted, found = sort_of(storage_type(container, column.dtype)), sort_of(raw.values.type)
    if wanted not in {found, "nothing"}:
        raise SchemaError(f"column {column.name!r} must hold {wanted} ({column.dtype}), however: found {found}")
    if column.kind in NUMBERS | TEMPORAL:
        _check_range(read_numbers(frame, column), column)
    elif column.kind in CODED | {Kind.CONSTANT}:
        read_levels(frame, column)


def sort_of(kind: pa.DataType) -> str:
    """Names the sort of an Arrow type: "numbers", "text", "true and false", "dates", "stamps", "durations", "nothing"."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if is_text(kind):
        return "text"
    if pa.types.is_boolean(kind):
        return "true and false"
    if pa.types.is_null(kind):
        return "nothing"
    if not is_temporal(kind):
        return "numbers"
    if pa.types.is_timestamp(kind):
        return "stamps"
    return "dates" if pa.types.is_date(kind) else "durations"


def _check_missing(raw: RawColumn, column: Column) -> None:
    if column.kind is Kind.MISSING and raw.values.null_count < len(raw.values):
        raise SchemaError(f"column {column.name!r} must be missing in every row, however: found values")
    if raw.missing and column.missing is None:
        raise SchemaError(
            f"column {column.name!r} must have nothing missing, however: {raw.values.null_count} of {len(raw.values)} rows are; "
            f'add "missing": "{raw.missing}" to its schema'
        )


def _check_range(numbers: NDArray[np.float64], column: Column) -> None:
    least, greatest = column.bounds
    if least is not None and np.nanmin(numbers) < least:
        raise SchemaError(f"column {column.name!r} must be {column.minimum!r} or more, however: found less")
    if greatest is not None and np.nanmax(numbers) > greatest:
        raise SchemaError(f"column {column.name!r} must be {column.maximum!r} or less, however: found more")
