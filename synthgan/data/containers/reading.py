"""Reads a column of any frame as numbers, or as codes into levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.data.column import TEMPORAL, Kind
from synthgan.data.containers.dtypes import is_text
from synthgan.data.containers.raw import decoded, raw_column
from synthgan.data.scalars import parse_durations, to_scalars
from synthgan.data.stamps import NANOSECONDS, is_temporal, to_counts, unit_of
from synthgan.errors import DataError, SchemaError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.column import Column, Scalar
    from synthgan.data.containers.raw import Frame

    Coded = tuple[NDArray[np.int32], tuple[Scalar, ...]]


@dataclass(frozen=True)
class Levels:
    """A column as codes.

    Attributes:
        codes: int32 [rows], places in `levels`; -1 is missing.
        levels: the values, as JSON scalars (moments as ISO 8601, decimals as text).
    """

    codes: NDArray[np.int32]
    levels: tuple[Scalar, ...]


def read_numbers(frame: Frame, column: Column) -> NDArray[np.float64]:
    """Reads a column as numbers.

    Args:
        frame: a pandas or polars DataFrame, or a pyarrow Table.
        column: an integer, decimal, boolean, date, datetime or duration column of it. Text is read as numbers, dates
            or stamps where all of it is such.

    Returns:
        float64 [rows], NaN = missing: the value itself; for moments the number of `column.unit`s since 1970-01-01
        (UTC where there is a zone; as on the clock where there is none), for durations the number of them. Whole
        numbers up to 2**53 are exact.

    Raises:
        DataError: the column is not there, or holds no numbers (or an infinity).
    """
    values = decoded(raw_column(frame, column.name).values)
    if pa.types.is_null(values.type):
        return np.full(len(values), np.nan)
    if column.kind in TEMPORAL:
        return _read_counts(values, column)
    kind = values.type
    if pa.types.is_boolean(kind):
        values = values.cast(pa.int8())
    elif is_text(kind):
        values = _parsed(values, pa.float64(), column)
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        raise DataError(f"column {column.name!r} must hold numbers, however: found type {kind}")
    numbers = np.asarray(values.cast(pa.float64(), safe=False)).astype(np.float64, copy=False)
    if np.isinf(numbers).any():
        raise DataError(f"column {column.name!r} must hold finite numbers, however: found inf; write it as missing")
    if pa.types.is_decimal(kind) and column.decimals is not None:
        return np.round(numbers, column.decimals)  # Arrow's conversion can be one bit off
    return numbers


def _parsed(values: pa.Array, kind: pa.DataType, column: Column) -> pa.Array:
    try:
        return parse_durations(values, kind) if pa.types.is_duration(kind) else values.cast(kind)
    except (pa.ArrowException, ValueError) as error:
        raise DataError(
            f"column {column.name!r} must hold values of kind {column.kind}, however: {str(error).splitlines()[0]}"
        ) from error


def _read_counts(values: pa.Array, column: Column) -> NDArray[np.float64]:
    if is_text(values.type):
        precision = "ns" if column.unit == "nanosecond" else "us"
        is_moment = column.kind is not Kind.DURATION
        kind = pa.timestamp(precision, "UTC" if column.timezone else None) if is_moment else pa.duration(precision)
        values = _parsed(values, kind, column)
    if not is_temporal(values.type):
        raise DataError(
            f"column {column.name!r} must hold values of kind {column.kind}, however: found type {values.type}"
        )
    own, wanted = NANOSECONDS[unit_of(values.type)], NANOSECONDS[str(column.unit)]
    counts = to_counts(values)
    if own >= wanted:
        numbers = counts.astype(np.float64) * (own // wanted)
    else:
        whole, rest = np.divmod(counts, wanted // own)  # dividing whole numbers first keeps every digit
        numbers = whole.astype(np.float64)
        if rest.any():
            numbers += rest / (wanted // own)
    numbers[np.asarray(values.is_null())] = np.nan
    return numbers


def read_levels(frame: Frame, column: Column) -> Coded:
    """Reads a column as codes into levels.

    Args:
        frame: a pandas or polars DataFrame, or a pyarrow Table.
        column: a column of it, of any kind (boolean, category, ordered and constant are meant).

    Returns:
        int32 [rows] codes (-1 = missing) and the levels, as JSON scalars. Declared levels stand in their declared
        order. Levels of an ordered column stand in the order of its categories, unused ones included. All others are
        those that occur, sorted (False before True).

    Raises:
        DataError: the column is not there.
        SchemaError: a value is not among the declared levels.
    """
    values = raw_column(frame, column.name).values
    if pa.types.is_null(values.type):
        return np.full(len(values), -1, np.int32), column.levels or ()
    if not pa.types.is_dictionary(values.type):
        values = values.dictionary_encode()
    codes = np.asarray(values.indices.cast(pa.int32()).fill_null(-1))
    keep_all = column.kind is Kind.ORDERED and values.type.ordered
    codes, dictionary = _tidied(codes, values.dictionary, keep_all=keep_all)
    levels = to_scalars(dictionary)
    return (codes, levels) if column.levels is None else _declared(codes, levels, column)


def _tidied(codes: NDArray[np.int32], dictionary: pa.Array, *, keep_all: bool) -> tuple[NDArray[np.int32], pa.Array]:
    """Drops unused, repeated and missing entries of a dictionary and sorts it; an ordered one keeps all, in its order."""
    count = len(dictionary)
    used = np.ones(count, bool) if keep_all else np.bincount(codes[codes >= 0], minlength=count) > 0
    used &= np.asarray(dictionary.is_valid())
    if pa.types.is_floating(dictionary.type):
        used &= ~np.asarray(pc.fill_null(pc.is_nan(dictionary), fill_value=True))
    distinct = dictionary.filter(pa.array(used)).unique()
    if not keep_all:
        distinct = distinct.take(_sorting(distinct))
    places = np.asarray(pc.index_in(dictionary, distinct).fill_null(-1)).astype(np.int32)
    places[~used] = -1
    return np.append(places, np.int32(-1))[codes], distinct  # code -1 finds the -1 put at the end


def _sorting(values: pa.Array) -> pa.Array:
    if pa.types.is_boolean(values.type):  # Arrow sorts no booleans
        values = values.cast(pa.int8())
    return pc.array_sort_indices(values)


def _declared(codes: NDArray[np.int32], levels: tuple[Scalar, ...], column: Column) -> Coded:
    declared = column.levels or ()
    places = {level: place for place, level in enumerate(declared)}
    unknown = next((level for level in levels if level not in places), None)
    if unknown is not None:
        raise SchemaError(
            f"column {column.name!r} must hold only its declared levels, however: found {unknown!r}; "
            f"add it to the levels of the schema"
        )
    moved = np.array([*(places[level] for level in levels), -1], np.int32)
    return moved[codes], declared
