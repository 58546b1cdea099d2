"""Reads a column as a schema declares it, cell by cell: what does not fit becomes missing, and no cell is ever refused.

What is read of a cell depends on that cell and on the schema alone. So a row more or less changes nothing but itself, which
is what private training needs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.data.calendars import written
from synthgan.data.column import CODED, NUMBERS, TEMPORAL, Kind
from synthgan.data.containers.cells import cells_of, typed_column
from synthgan.data.containers.conforming import cast
from synthgan.data.containers.dtypes import is_text, storage_type
from synthgan.data.containers.raw import decoded, names_of
from synthgan.data.containers.reading import read_levels
from synthgan.data.forms.form import read_form
from synthgan.data.stamps import NANOSECONDS, from_counts, to_counts, unit_of
from synthgan.data.validation import sort_of
from synthgan.data.values import Levels, Numbers, Stamps
from synthgan.errors import SchemaError
from synthgan.suggest import did_you_mean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.column import Column
    from synthgan.data.containers.raw import Frame
    from synthgan.data.values import Values

LEARNED = NUMBERS | TEMPORAL | CODED
_READ_AS_ANY = {"text", "nothing"}
_COORDINATES = {Kind.LATITUDE, Kind.LONGITUDE}


@dataclass(frozen=True, eq=False)
class Coerced:
    """A column that was read as declared.

    The counts are exact: nobody but the owner of the rows may see them.

    Attributes:
        held: what the column holds.
        clipped: numbers and moments beyond the declared bounds, moved onto them.
        other: cells of levels that are not among the declared ones.
    """

    held: Values
    clipped: int
    other: int


def coerced(container: str, column: Column, frame: Frame) -> Coerced:
    """Reads a column that is learned (of a kind in `LEARNED`).

    Text is read as the declared kind, and so are the cells of pandas object columns. Levels that are not declared stay, for
    the caller to put together.

    Args:
        container: the container whose types `column.dtype` is written in.
        column: what it is declared to be.
        frame: what it stands in, under the same name as text.

    Raises:
        SchemaError: the frame has no such column, or its type is of another sort than the declared one.
        DataError: its type is one that synthgan cannot learn.
    """
    name = name_in(container, column, frame)
    cells = cells_of(frame, name)
    if column.kind in CODED:
        levels = read_levels(_levels_of(cells, container, column), column, declared=False)
        return Coerced(levels, 0, _undeclared(levels, column))
    cells = decoded(cells)
    if is_text(cells.type):
        cells = pc.utf8_trim_whitespace(cells)
        if column.text_form is not None:  # what is of another form is missing
            cells = read_form(column.text_form).parsed(cells)
    read = _read_moments if column.kind in TEMPORAL else _read_numbers
    values, clipped = _clip(read(cells, column), column)
    return Coerced(values, clipped, 0)


def cast_cells(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Casts each value by itself; what a type cannot hold becomes null.

    Args:
        values: Arrow array [rows], no dictionary.
        kind: what to cast it to.

    Example:
        >>> cast_cells(pa.array(["7", "007", "seven", None]), pa.int64()).to_pylist()
        [7, 7, None, None]
    """
    if values.type == kind:
        return values
    coded = values.dictionary_encode()
    return _cast_levels(coded.dictionary, kind).take(coded.indices)


def _cast_levels(levels: pa.Array, kind: pa.DataType) -> pa.Array:
    """Casts all at once or, where that fails, each half by itself, down to the one that does not fit."""
    try:
        return cast(levels, kind)
    except (pa.ArrowException, ValueError, ArithmeticError):
        if len(levels) <= 1:
            return pa.nulls(len(levels), kind)
        half = len(levels) // 2
        return pa.concat_arrays([_cast_levels(levels[:half], kind), _cast_levels(levels[half:], kind)])


def name_in(container: str, column: Column, frame: Frame) -> str | int:
    """Gives the name that a column has in a frame, where its type must suit it; raises what `coerced` raises."""
    by_text = {str(name): name for name in names_of(frame)}
    if str(column.name) not in by_text or len(by_text) < len(names_of(frame)):
        found = "two of one name" if len(by_text) < len(names_of(frame)) else "none of that name"
        remedy = did_you_mean(column.name, by_text)
        raise SchemaError(f"column {column.name!r} must be in the table once, however: found {found}", remedy=remedy)
    name = by_text[str(column.name)]
    wanted, found = sort_of(storage_type(container, column.dtype)), sort_of(typed_column(frame, name).values.type)
    if found not in {wanted} | _READ_AS_ANY and column.kind not in CODED:
        raise SchemaError(f"column {column.name!r} must hold {wanted} ({column.dtype}), however: found {found}")
    return name


def _read_numbers(cells: pa.Array, column: Column) -> Numbers:
    kind = cells.type
    if is_text(kind) or pa.types.is_null(kind):
        cells = cast_cells(cells, pa.float64())
    elif pa.types.is_boolean(kind):
        cells = cells.cast(pa.int8())
    values = Numbers(cells, column.decimals, column.base or 0, moment=column.moment)
    numbers = values.float64()
    with np.errstate(invalid="ignore"):
        unfit = ~np.isfinite(numbers) | ((numbers != np.rint(numbers)) & (column.kind is Kind.INTEGER))
    unfit &= ~values.missing
    return (
        replace(values, values=pc.if_else(pa.array(unfit), pa.scalar(None, cells.type), cells))
        if unfit.any()
        else values
    )


def _read_moments(cells: pa.Array, column: Column) -> Stamps:
    if is_text(cells.type) or pa.types.is_null(cells.type):
        cells = cast_cells(cells, _moment_type(column))
    return Stamps(cells, str(column.unit))


def _moment_type(column: Column) -> pa.DataType:
    precision = "ns" if column.unit == "nanosecond" else "us"
    if column.kind is Kind.DURATION:
        return pa.duration(precision)
    return pa.date32() if column.kind is Kind.DATE else pa.timestamp(precision, "UTC" if column.timezone else None)


def _levels_of(cells: pa.Array, container: str, column: Column) -> pa.Array:
    """The cells in the type of the column's levels; of a dictionary its entries, which keep their order."""
    if pa.types.is_dictionary(cells.type):
        entries = _levels_of(cells.dictionary, container, column)
        return pa.DictionaryArray.from_arrays(cells.indices, entries, ordered=cells.type.ordered)
    kind = storage_type(container, column.dtype)
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if "object[Decimal" in column.dtype:  # Python's decimals have no one scale: their levels are text
        fits = cast_cells(cells, pa.decimal128(38, 18)).is_valid()
        return pc.if_else(fits, cast_cells(cells, pa.large_string()), pa.scalar(None, pa.large_string()))
    cells = cast_cells(cells, kind)
    if pa.types.is_floating(kind):
        finite = pc.fill_null(pc.is_finite(cells), fill_value=True)
        return pc.if_else(finite, cells, pa.scalar(None, kind))
    return cells


def _undeclared(values: Levels, column: Column) -> int:
    known = set(column.levels or values.levels)
    unknown = np.array([*(level not in known for level in values.levels), False])
    return int(unknown[values.codes].sum())


def _clip(values: Numbers | Stamps, column: Column) -> tuple[Numbers | Stamps, int]:
    """Moves what lies beyond the declared bounds onto them; coordinates are looked at in pairs, by others."""
    low, high = column.bounds
    numbers = values.float64()
    with np.errstate(invalid="ignore"):
        beyond = (numbers < (-np.inf if low is None else low)) | (numbers > (np.inf if high is None else high))
    if not beyond.any() or column.kind in _COORDINATES:
        return values, int(beyond.sum())
    bounded = np.clip(numbers, low, high)
    if isinstance(values, Numbers):
        if values.moment is not None:
            moved = pa.array(written(bounded, values.moment), from_pandas=True)
            return replace(values, values=moved), int(beyond.sum())
        return Numbers(pa.array(bounded, from_pandas=True), values.decimals), int(beyond.sum())
    return _moved(values, beyond, bounded), int(beyond.sum())


def _moved(values: Stamps, beyond: NDArray[np.bool_], bounded: NDArray[np.float64]) -> Stamps:
    """Moments with those beyond the bounds put onto them, in the type's own unit where it can hold that."""
    kind = values.values.type
    ratio = NANOSECONDS[values.unit] / NANOSECONDS[unit_of(kind)]
    limit = 2.0 ** (kind.bit_width - 1) - 1024
    counts = to_counts(values.values).copy()
    counts[beyond] = np.clip(np.rint(bounded[beyond] * ratio), -limit, limit).astype(np.int64)
    return Stamps(from_counts(counts, kind, values.missing), values.unit)
