"""Writes values as the Arrow array that holds a column of a schema; what was drawn is rounded to its form first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.data.calendars import written
from synthgan.data.column import CODED, TEMPORAL, Kind
from synthgan.data.containers.conforming import cast
from synthgan.data.containers.decimals import from_whole, scaled
from synthgan.data.containers.dtypes import is_text, storage_type
from synthgan.data.forms.marks import is_clock, type_of, write_text
from synthgan.data.labels import labels_of
from synthgan.data.rare import WITHHELD
from synthgan.data.scalars import from_scalars
from synthgan.data.stamps import NANOSECONDS, from_counts, is_temporal, to_counts, unit_of
from synthgan.data.values import Levels, Numbers, Stamps
from synthgan.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.column import Column
    from synthgan.data.values import Values

_SURE_DIGITS: Final = 15
_PYTHON_DIGITS: Final = 76
Drawn: TypeAlias = "NDArray[Any] | Levels"


def stored(values: Values, column: Column, container: str) -> pa.Array:
    """Writes values as Arrow.

    Args:
        values: what the column holds.
        column: what the column is.
        container: the container whose types `column.dtype` is written in.

    Returns:
        Arrow array [rows], missing is null: a dictionary for levels, else the type that holds the column.

    Raises:
        DataError: the column's type cannot hold the values.
    """
    kind = _element_type(column, container)
    if column.kind is Kind.MISSING and values.missing.all():
        return pa.nulls(len(values), kind)
    try:
        if isinstance(values, Levels):
            return _store_levels(column, values, kind)
        if column.text_form is not None:
            return _store_text(values, column, kind)
        if "object[Decimal" in column.dtype:
            kind = values.values.type
        return _store_stamps(values.values, kind) if isinstance(values, Stamps) else cast(values.values, kind)
    except (ValueError, TypeError, ArithmeticError, pa.ArrowException) as error:
        raise _does_not_fit(column, error) from error


def rounded(drawn: Drawn | None, column: Column, container: str, rows: int) -> Values:
    """Gives drawn values the form of a column: its decimals, its unit, the range of its type.

    Args:
        drawn: Levels [rows] for boolean, category and ordered columns, and for text where it is missing here and there;
            float64 [rows], NaN = missing, for numbers, dates, stamps and durations, counted as `Numbers.float64` and
            `Stamps.float64` do; integers or text [rows] for identifiers; None for constant and missing columns, and text.
        column: what the column is.
        container: the container whose types `column.dtype` is written in.
        rows: how many rows.

    Raises:
        DataError: the values are lacking, of another length or sort, or not such as the column's type can hold.
    """
    if column.kind is Kind.MISSING:
        return Levels(np.full(rows, -1, np.int32), ())
    if column.kind is Kind.CONSTANT:
        return Levels(np.zeros(rows, np.int32), column.levels or ())
    if column.kind is Kind.TEXT and drawn is None:
        return Levels(np.zeros(rows, np.int32), (WITHHELD,))
    drawn = _checked(column, drawn, rows)
    kind = _element_type(column, container)
    try:
        if isinstance(drawn, Levels):
            return drawn
        if column.kind is Kind.IDENTIFIER:
            return _keys(drawn, kind)
        return _round_numbers(column, np.asarray(drawn, np.float64), kind)
    except (ValueError, TypeError, ArithmeticError, pa.ArrowException) as error:
        raise _does_not_fit(column, error) from error


def merged(kept: Values, drawn: Values, is_kept: NDArray[np.bool_]) -> Values:
    """Puts values that are kept, untouched, among drawn ones of the same column.

    Args:
        kept: the values as they were read.
        drawn: as `rounded` gives them, of as many rows; levels must hold those that are kept already.
        is_kept: bool [rows].

    Returns:
        Values in the type of `drawn`; where that type cannot hold what is kept, `drawn` as it is.
    """
    if isinstance(drawn, Levels) or isinstance(kept, Levels) or pa.types.is_float16(drawn.values.type):
        return drawn
    kind = drawn.values.type
    try:
        values = _store_stamps(kept.values, kind) if isinstance(kept, Stamps) else cast(kept.values, kind)
    except (ValueError, pa.ArrowException):
        return drawn
    marks = None
    if kept.marks is not None or drawn.marks is not None:
        marks = joined(kept.marks or _no_marks(len(kept)), drawn.marks or _no_marks(len(drawn)), is_kept)
    return replace(drawn, values=pc.if_else(pa.array(is_kept), values, drawn.values), marks=marks)


def joined(held: Levels, other: Levels, is_kept: NDArray[np.bool_]) -> Levels:
    """Levels where they are kept, and others elsewhere, bool [rows]: those of both, the own first."""
    levels = tuple(dict.fromkeys((*held.levels, *other.levels)))
    at = {level: code for code, level in enumerate(levels)}
    own, moved = (
        np.array([*(at[level] for level in part.levels), -1], dtype=np.int32)[part.codes] for part in (held, other)
    )
    return Levels(np.where(is_kept, own, moved).astype(np.int32), levels)


def _no_marks(rows: int) -> Levels:
    return Levels(np.full(rows, -1, dtype=np.int32), ())


def _store_text(values: Numbers | Stamps, column: Column, kind: pa.DataType) -> pa.Array:
    """Writes numbers and moments as text in the form of their column; they may come from a column of another type."""
    own = kind
    held = values.values
    if isinstance(values, Stamps) and held.type != own:
        held = _store_stamps(held, own)
    elif pa.types.is_boolean(held.type):
        held = held.cast(own)
    return write_text(held, column, values.marks)


def _element_type(column: Column, container: str) -> pa.DataType:
    if column.text_form is not None:
        return type_of(column)
    kind = storage_type(container, column.dtype)
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _does_not_fit(column: Column, error: Exception) -> DataError:
    return DataError(
        f"values of column {column.name!r} must be such as {column.dtype} can hold, however: {str(error).splitlines()[0]}"
    )


def _checked(column: Column, drawn: Drawn | None, rows: int) -> Drawn:
    is_coded = column.kind in CODED | {Kind.TEXT}
    if drawn is None or isinstance(drawn, Levels) != is_coded:
        wanted = "Levels" if is_coded else "an array"
        raise DataError(f"values of column {column.name!r} must be {wanted}, however: found {type(drawn).__name__}")
    if len(drawn) != rows:
        raise DataError(f"values of column {column.name!r} must have {rows} rows, however: found {len(drawn)}")
    return drawn


def _keys(drawn: NDArray[Any], kind: pa.DataType) -> Numbers | Levels:
    keys = pa.array(drawn, from_pandas=True)
    if is_text(keys.type):
        there = np.asarray(keys.is_valid())
        codes = np.where(there, np.cumsum(there) - 1, -1).astype(np.int32)
        return Levels(codes, tuple(keys.drop_null().to_pylist()))
    return Numbers(keys.cast(kind))


def _store_stamps(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Casts moments exactly; durations and times of day, between which Arrow casts not, by their counts."""
    if pa.types.is_duration(values.type) == pa.types.is_duration(kind) or not is_temporal(kind):
        return cast(values, kind)
    own, wanted = NANOSECONDS[unit_of(values.type)], NANOSECONDS[unit_of(kind)]
    counts, rest = np.divmod(to_counts(values), max(wanted // own, 1))
    if rest.any():
        raise ValueError(f"some are finer than a {unit_of(kind)}")
    return from_counts(counts * max(own // wanted, 1), kind, np.asarray(values.is_null()))


def _store_levels(column: Column, values: Levels, inner: pa.DataType) -> pa.DictionaryArray:
    # Python's decimals have no one scale: Arrow finds the one that these levels need.
    is_python_decimal = "object[Decimal]" in column.dtype
    levels = from_scalars(values.levels, None if is_python_decimal else inner)
    codes = np.asarray(values.codes, np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), levels, ordered=column.kind is Kind.ORDERED)


def _round_numbers(column: Column, numbers: NDArray[np.float64], inner: pa.DataType) -> Numbers | Stamps:
    is_missing = np.isnan(numbers)
    marks = Levels(labels_of(numbers), column.marks) if column.marks else None
    if column.kind in TEMPORAL:
        counted = _from_units(numbers, is_missing, inner, str(column.unit), in_day=is_clock(column))
        return Stamps(counted, str(column.unit), marks)
    if column.moment is not None:
        numbers = written(numbers, column.moment)
    decimals = 0 if column.kind is Kind.INTEGER else column.decimals
    if pa.types.is_integer(inner):
        values = pa.array(_to_whole(numbers, is_missing, inner, column.base or 0), inner, mask=is_missing)
    elif pa.types.is_decimal(inner):
        values = _from_decimals(numbers, is_missing, inner, column)
    else:
        if decimals is not None:
            numbers = np.round(numbers, decimals)
        limit = float(np.finfo(inner.to_pandas_dtype()).max)
        values = pa.array(np.clip(numbers, -limit, limit).astype(inner.to_pandas_dtype()), mask=is_missing)
    return Numbers(values, column.decimals, column.base or 0, marks, column.moment)


def _to_whole(
    numbers: NDArray[np.float64], is_missing: NDArray[np.bool_], kind: pa.DataType, base: int = 0
) -> NDArray[Any]:
    """Rounds to whole numbers above a base, kept inside an integer type; missing becomes 0."""
    limits = np.iinfo(kind.to_pandas_dtype())
    numbers = np.rint(np.where(is_missing, 0.0, numbers))
    if base:
        units = [max(min(int(number) + base, int(limits.max)), int(limits.min)) for number in numbers.tolist()]
        return np.array(units, dtype=limits.dtype)
    greatest = float(limits.max)
    if greatest > limits.max:  # float64 has no 2**63 - 1, only 2**63: step back to the one below
        greatest = float(np.nextafter(greatest, 0))
    return np.clip(numbers, float(limits.min), greatest).astype(limits.dtype)


def _from_units(
    numbers: NDArray[np.float64], is_missing: NDArray[np.bool_], kind: pa.DataType, unit: str, *, in_day: bool
) -> pa.Array:
    """Writes numbers of a unit as moments or durations, kept inside the type (a time of day inside its day)."""
    own, given = NANOSECONDS[unit_of(kind)], NANOSECONDS[unit]
    ratio = given // own or 1
    limit = (2 ** (kind.bit_width - 1) - 1) // ratio
    counts = np.clip(_to_whole(numbers, is_missing, pa.int64()), -limit, limit) * ratio // max(own // given, 1)
    if in_day or pa.types.is_time(kind):
        counts = np.clip(counts, 0, NANOSECONDS["day"] // own - 1)
    return from_counts(counts, kind, is_missing)


def _from_decimals(
    numbers: NDArray[np.float64], is_missing: NDArray[np.bool_], kind: pa.DataType, column: Column
) -> pa.Array:
    """Writes numbers as exact decimals: as whole numbers of the last digit that they have."""
    numbers = np.where(is_missing, 0.0, numbers)
    digits, decimals = kind.scale, 0 if column.kind is Kind.INTEGER else column.decimals
    if digits > 0 and decimals is not None:
        digits = min(digits, decimals)
    elif digits > 0:  # of a float64, 15 significant digits are sure
        digits = min(digits, max(_SURE_DIGITS - len(f"{np.abs(numbers).max(initial=0):.0f}"), 0))
    if "object[Decimal" in column.dtype:  # which has no type of its own
        kind = pa.decimal256(_PYTHON_DIGITS, digits)
    limit = 10 ** (kind.precision - kind.scale + digits) - 1
    return from_whole(scaled(numbers, digits, limit, column.base or 0), kind, is_missing, digits)
