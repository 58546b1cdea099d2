"""Reads a column of a frame as a schema says it is, and checks that it fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from synthgan.data.column import Kind
from synthgan.data.containers.dtypes import is_text, storage_type
from synthgan.data.containers.raw import raw_column, times_named
from synthgan.data.containers.reading import presence, read_values
from synthgan.data.containers.unreadable import gaps_of
from synthgan.data.stamps import is_temporal
from synthgan.data.values import Numbers, Stamps
from synthgan.errors import SchemaError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.column import Column
    from synthgan.data.containers.raw import Frame, RawColumn
    from synthgan.data.values import Levels, Values


def validated(container: str, column: Column, frame: Frame) -> Values:
    """Reads one column and checks it; the contract is that of `synthgan.data.schema.Schema.validate`."""
    count = times_named(frame, column.name)
    if count != 1:
        found = "two of that name" if count else "none of that name"
        raise SchemaError(f"column {column.name!r} must be in the table once, however: found {found}")
    if column.kind is Kind.TEXT:
        return presence(gaps_of(frame, column.name))
    raw = raw_column(frame, column.name)
    _check_missing(raw, column)
    if raw.values.null_count == len(raw.values):
        return read_values(pa.nulls(len(raw.values)), column)
    wanted, found = sort_of(storage_type(container, column.dtype)), sort_of(raw.values.type)
    if wanted not in {found, "nothing"}:
        raise SchemaError(f"column {column.name!r} must hold {wanted} ({column.dtype}), however: found {found}")
    values = read_values(raw.values, column)
    if isinstance(values, (Numbers, Stamps)) and values.marks is not None:
        _check_marks(values.marks, len(values) - raw.values.null_count, column)
    if isinstance(values, Numbers) and values.moment is not None:
        _check_moment(values, column)
    if isinstance(values, (Numbers, Stamps)) and column.bounds != (None, None) and not values.missing.all():
        _check_range(values.float64(), column)
    return values


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


def _check_marks(marks: Levels, present: int, column: Column) -> None:
    known = len(column.marks or ())
    unknown = marks.codes[marks.codes >= known]
    if len(unknown) * 2 > present:
        raise SchemaError(
            f"column {column.name!r} must be written as its form {column.text_form!r} says, however: found {marks.levels[unknown[0]]!r}; "
            f"change or remove form in the schema"
        )


def _check_moment(values: Numbers, column: Column) -> None:
    counts = values.float64()
    odd = np.flatnonzero(counts % 1 == 0.5)  # noqa: PLR2004 (what is no moment)
    if len(odd):
        raise SchemaError(
            f"column {column.name!r} must be written as its moment {column.moment} says, however: found "
            f"{values.values[int(odd[0])].as_py():.0f}; change or remove moment in the schema"
        )


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
        raise SchemaError(
            f"column {column.name!r} must be {column.minimum!r} or more, however: found less",
            remedy="lower or remove minimum in the schema",
        )
    if greatest is not None and np.nanmax(numbers) > greatest:
        raise SchemaError(
            f"column {column.name!r} must be {column.maximum!r} or less, however: found more",
            remedy="raise or remove maximum in the schema",
        )
