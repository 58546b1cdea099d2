"""Reads the Arrow array of a column as what its kind asks for: numbers, stamps, or codes into levels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.data.column import NUMBERS, TEMPORAL, Kind
from synthgan.data.containers.dtypes import is_text
from synthgan.data.containers.raw import decoded
from synthgan.data.forms.marks import read_text
from synthgan.data.rare import WITHHELD
from synthgan.data.scalars import parse_durations, to_scalars
from synthgan.data.stamps import is_temporal
from synthgan.data.values import Levels, Numbers, Stamps
from synthgan.errors import DataError, SchemaError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.column import Column, Scalar
    from synthgan.data.values import Values


def read_values(values: pa.Array, column: Column, *, declared: bool = True) -> Values:
    """Reads a column as its kind asks for.

    Args:
        values: the column as `raw_column` gives it, Arrow array [rows].
        column: what it means. Identifiers that are numbers stay numbers; all else that is no number and no moment
            becomes levels.
        declared: keep to the levels that the column declares.

    Raises:
        DataError: the values are not of that kind (text is read as numbers or moments where all of it is such), or one
            is infinite.
        SchemaError: a value is not among the declared levels.
    """
    if column.text_form is not None and is_text(decoded_type(values)):
        return _read_form(decoded(values), column)
    if column.kind in TEMPORAL:
        return _read_stamps(decoded(values), column)
    if column.kind is Kind.TEXT:
        return presence(np.asarray(values.is_null()))
    is_number = pa.types.is_integer(values.type) or pa.types.is_floating(values.type)
    if column.kind in NUMBERS or (column.kind is Kind.IDENTIFIER and is_number):
        return _read_numbers(decoded(values), column)
    return read_levels(values, column, declared=declared)


def presence(gaps: NDArray[np.bool_]) -> Levels:
    """What is read of free text: where there is none."""
    return Levels(np.where(gaps, -1, 0).astype(np.int32), (WITHHELD,))


def decoded_type(values: pa.Array) -> pa.DataType:
    """The type of an array's values, of a dictionary that of its entries."""
    return values.type.value_type if pa.types.is_dictionary(values.type) else values.type


def _read_form(values: pa.Array, column: Column) -> Numbers | Stamps:
    """Reads text by the form of its column; what is of another form is a mark."""
    parsed, codes, marks = read_text(values, column)
    found = Levels(codes, marks) if marks else None
    if column.kind in TEMPORAL:
        return Stamps(parsed, str(column.unit), found)
    return Numbers(parsed, column.decimals, column.base or 0, found, column.moment)


def _read_numbers(values: pa.Array, column: Column) -> Numbers:
    kind = values.type
    if pa.types.is_null(kind):
        values = values.cast(pa.float64())
    elif pa.types.is_boolean(kind):
        values = values.cast(pa.int8())
    elif is_text(kind):
        values = _parsed(values, pa.float64(), column)
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        raise DataError(f"column {column.name!r} must hold numbers, however: found type {kind}")
    return Numbers(_finite(values, column), column.decimals, column.base or 0, moment=column.moment)


def _finite(values: pa.Array, column: Column) -> pa.Array:
    """Makes null what text or a dictionary wrote as NaN, and what is infinite where nulls are foreseen; else refuses that."""
    if not pa.types.is_floating(values.type):
        return values
    if pc.any(pc.is_inf(values)).as_py():
        if column.missing is not None:
            return pc.if_else(pc.is_finite(values), values, pa.scalar(None, values.type))
        raise DataError(f"column {column.name!r} must hold finite numbers, however: found inf; write it as missing")
    is_nan = pc.is_nan(values)
    return pc.if_else(is_nan, pa.scalar(None, values.type), values) if pc.any(is_nan).as_py() else values


def _parsed(values: pa.Array, kind: pa.DataType, column: Column) -> pa.Array:
    try:
        return parse_durations(values, kind) if pa.types.is_duration(kind) else values.cast(kind)
    except (pa.ArrowException, ValueError) as error:
        raise DataError(
            f"column {column.name!r} must hold values of kind {column.kind}, however: {str(error).splitlines()[0]}"
        ) from error


def _read_stamps(values: pa.Array, column: Column) -> Stamps:
    precision = "ns" if column.unit == "nanosecond" else "us"
    is_stamp = column.kind is not Kind.DURATION
    kind = pa.timestamp(precision, "UTC" if column.timezone else None) if is_stamp else pa.duration(precision)
    if pa.types.is_null(values.type):
        values = pa.nulls(len(values), kind)
    elif is_text(values.type):
        values = _parsed(values, kind, column)
    if not is_temporal(values.type):
        raise DataError(
            f"column {column.name!r} must hold values of kind {column.kind}, however: found type {values.type}"
        )
    return Stamps(values, str(column.unit))


def read_levels(values: pa.Array, column: Column, *, declared: bool = True) -> Levels:
    """Reads a column of any kind as codes into levels.

    Args:
        values: the column as `raw_column` gives it, Arrow array [rows].
        column: what it means.
        declared: keep to the levels that the column declares.

    Returns:
        Codes and levels. Declared levels stand in their declared order. Levels of an ordered column stand in the order of
        its categories, unused ones included. All others are those that occur, sorted (False before True).

    Raises:
        SchemaError: a value is not among the declared levels.
    """
    if pa.types.is_null(values.type):
        return Levels(np.full(len(values), -1, np.int32), (column.levels if declared else None) or ())
    if not pa.types.is_dictionary(values.type):
        values = values.dictionary_encode()
    codes = np.asarray(values.indices.cast(pa.int32()).fill_null(-1))
    keep_all = column.kind is Kind.ORDERED and values.type.ordered
    dictionary = values.dictionary
    if pa.types.is_float16(dictionary.type):  # Arrow neither sorts nor looks up half floats
        dictionary = dictionary.cast(pa.float32())
    if pa.types.is_floating(dictionary.type):
        dictionary = pc.add(dictionary, pa.scalar(0.0, dictionary.type))  # 0 and -0 are equal, and so one level
    codes, dictionary = _tidied(codes, dictionary, keep_all=keep_all)
    levels = to_scalars(dictionary)
    return _declared(codes, levels, column) if declared and column.levels is not None else Levels(codes, levels)


def _tidied(codes: NDArray[np.int32], dictionary: pa.Array, *, keep_all: bool) -> tuple[NDArray[np.int32], pa.Array]:
    """Drops unused, repeated, missing and infinite entries of a dictionary and sorts it; an ordered one keeps all, in its order."""
    count = len(dictionary)
    used = np.ones(count, bool) if keep_all else np.bincount(codes[codes >= 0], minlength=count) > 0
    used &= np.asarray(dictionary.is_valid())
    if pa.types.is_floating(dictionary.type):
        used &= np.asarray(pc.fill_null(pc.is_finite(dictionary), fill_value=False))
    distinct = dictionary.filter(pa.array(used)).unique()
    if not keep_all:
        distinct = distinct.take(_sorting(distinct))
    indices = np.asarray(pc.index_in(dictionary, distinct).fill_null(-1)).astype(np.int32)
    indices[~used] = -1
    return np.append(indices, np.int32(-1))[codes], distinct  # code -1 finds the -1 put at the end


def _sorting(values: pa.Array) -> pa.Array:
    if pa.types.is_boolean(values.type):  # Arrow sorts no booleans
        values = values.cast(pa.int8())
    return pc.array_sort_indices(values)


def _declared(codes: NDArray[np.int32], levels: tuple[Scalar, ...], column: Column) -> Levels:
    known = column.levels or ()
    indices = {level: index for index, level in enumerate(known)}
    unknown = next((level for level in levels if level not in indices), None)
    if unknown is not None:
        raise SchemaError(
            f"column {column.name!r} must hold only its declared levels, however: found {unknown!r}; "
            f"add it to the levels of the schema"
        )
    moved = np.array([*(indices[level] for level in levels), -1], np.int32)
    return Levels(moved[codes], known)
