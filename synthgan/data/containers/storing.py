"""Writes numbers, codes and keys as the Arrow array that holds a column of a schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.data.column import CODED, TEMPORAL, Kind
from synthgan.data.containers.dtypes import storage_type
from synthgan.data.containers.reading import Levels
from synthgan.data.scalars import from_scalars
from synthgan.data.stamps import NANOSECONDS, from_counts, unit_of
from synthgan.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.column import Column

_SURE_DIGITS: Final = 15
Values: TypeAlias = "NDArray[Any] | Levels"


def store(container: str, column: Column, values: Values | None, rows: int) -> pa.Array:
    """Writes a column's values as Arrow.

    Args:
        container: the schema's container.
        column: what the column is.
        values: Levels [rows] for boolean, category and ordered columns; float64 [rows] as `read_numbers` gives them for
            numbers, dates, stamps and durations; integers or text [rows] for identifiers; None for constant and missing.
        rows: how many rows.

    Returns:
        Arrow array [rows], missing is null: a dictionary for levels and constants, else the type that holds the column.

    Raises:
        DataError: the values are lacking, of another length or sort, or not such as the column's type can hold.
    """
    stored = storage_type(container, column.dtype)
    inner = stored.value_type if pa.types.is_dictionary(stored) else stored
    if column.kind is Kind.MISSING:
        return pa.nulls(rows, inner)
    if column.kind is Kind.CONSTANT:
        values = Levels(np.zeros(rows, np.int32), column.levels or ())
    values = _checked(column, values, rows)
    try:
        if isinstance(values, Levels):
            return _store_levels(column, values, inner)
        if column.kind is Kind.IDENTIFIER:
            return pa.array(values, from_pandas=True).cast(inner)
        return _store_numbers(column, np.asarray(values, np.float64), inner)
    except (ValueError, TypeError, ArithmeticError, pa.ArrowException) as error:
        raise DataError(
            f"values of column {column.name!r} must be such as {column.dtype} can hold, however: "
            f"{str(error).splitlines()[0]}"
        ) from error


def _checked(column: Column, values: Values | None, rows: int) -> Values:
    is_coded = column.kind in CODED | {Kind.CONSTANT}
    if values is None or isinstance(values, Levels) != is_coded:
        wanted = "Levels" if is_coded else "an array"
        raise DataError(f"values of column {column.name!r} must be {wanted}, however: found {type(values).__name__}")
    found = len(values.codes) if isinstance(values, Levels) else len(values)
    if found != rows:
        raise DataError(f"values of column {column.name!r} must have {rows} rows, however: found {found}")
    return values


def _store_levels(column: Column, values: Levels, inner: pa.DataType) -> pa.DictionaryArray:
    # Python's decimals have no one scale: Arrow finds the one that these levels need.
    is_python_decimal = "object[Decimal]" in column.dtype
    levels = from_scalars(values.levels, None if is_python_decimal else inner)
    codes = np.asarray(values.codes, np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), levels, ordered=column.kind is Kind.ORDERED)


def _store_numbers(column: Column, numbers: NDArray[np.float64], inner: pa.DataType) -> pa.Array:
    is_missing = np.isnan(numbers)
    if column.kind in TEMPORAL:
        return _from_units(numbers, is_missing, inner, str(column.unit))
    if pa.types.is_integer(inner):
        return pa.array(_to_whole(numbers, is_missing, inner), mask=is_missing)
    decimals = 0 if column.kind is Kind.INTEGER else column.decimals
    if pa.types.is_decimal(inner):
        return _from_decimals(numbers, is_missing, inner, decimals)
    if decimals is not None:
        numbers = np.round(numbers, decimals)
    limit = float(np.finfo(inner.to_pandas_dtype()).max)
    return pa.array(np.clip(numbers, -limit, limit).astype(inner.to_pandas_dtype()), mask=is_missing)


def _to_whole(numbers: NDArray[np.float64], is_missing: NDArray[np.bool_], kind: pa.DataType) -> NDArray[Any]:
    """Rounds to whole numbers, kept inside an integer type; missing becomes 0."""
    limits = np.iinfo(kind.to_pandas_dtype())
    greatest = float(limits.max)
    if greatest > limits.max:  # float64 has no 2**63 - 1, only 2**63: step back to the one below
        greatest = float(np.nextafter(greatest, 0))
    whole = np.clip(np.rint(np.where(is_missing, 0.0, numbers)), float(limits.min), greatest)
    return whole.astype(limits.dtype)


def _from_units(numbers: NDArray[np.float64], is_missing: NDArray[np.bool_], kind: pa.DataType, unit: str) -> pa.Array:
    """Writes numbers of a unit as moments or durations, kept inside the type (a time of day inside its day)."""
    own, given = NANOSECONDS[unit_of(kind)], NANOSECONDS[unit]
    ratio = given // own or 1
    limit = (2 ** (kind.bit_width - 1) - 1) // ratio
    counts = np.clip(_to_whole(numbers, is_missing, pa.int64()), -limit, limit) * ratio // max(own // given, 1)
    if pa.types.is_time(kind):
        counts = np.clip(counts, 0, NANOSECONDS["day"] // own - 1)
    return from_counts(counts, kind, is_missing)


def _from_decimals(
    numbers: NDArray[np.float64], is_missing: NDArray[np.bool_], kind: pa.DataType, decimals: int | None
) -> pa.Array:
    """Writes numbers as exact decimals: as whole numbers of the last digit, handed to Arrow as 128 bits each."""
    numbers = np.where(is_missing, 0.0, numbers)
    digits = max(kind.scale, 0)
    if decimals is not None:
        digits = min(digits, decimals)
    else:  # of a float64, 15 significant digits are sure
        digits = min(digits, max(_SURE_DIGITS - len(f"{np.abs(numbers).max(initial=0):.0f}"), 0))
    limit = min(10.0 ** (kind.precision - kind.scale + digits) - 1, float(np.nextafter(2.0**63, 0)))
    scaled = np.clip(np.rint(numbers * 10.0**digits), -limit, limit).astype(np.int64)
    halves = np.stack([scaled, scaled >> 63], axis=1)  # low half, and the sign spread over the high half
    wide = pa.Array.from_buffers(pa.decimal128(38, digits), len(scaled), [None, pa.py_buffer(halves.tobytes())])
    return pc.if_else(pa.array(is_missing), pa.scalar(None, wide.type), wide).cast(kind)
