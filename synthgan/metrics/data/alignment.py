"""Align: tables of any kind become arrays of the same columns, levels and units."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.errors import DataError, SchemaError, SynthganError
from synthgan.metrics.data.columns import Stack, Tables

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.schema import Column, Schema
    from synthgan.metrics.data.columns import Name

    Sides = dict[str, Any]  # "real", "synthetic" and perhaps "holdout" to its frame


def align(
    real: Any,
    synthetic: Any,
    holdout: Any = None,
    *,
    schema: Schema | None = None,
    target: Name | None = None,
    unit: Name | None = None,
) -> tuple[Tables, tuple[str, ...]]:
    """Read up to three tables and reduce them to aligned arrays.

    Identifiers and free text are left out: they are regenerated, never learned, so there is nothing to
    compare. So are columns that the synthetic table lacks, as after
    ``fit --drop``. A column that is constant or all missing in the real rows takes its kind from the other tables.

    Args:
        real: Training rows: a frame or a path.
        synthetic: Synthetic rows: a frame or a path, not necessarily of the same kind.
        holdout: Unseen real rows, or None.
        schema: What the columns are; None infers it from ``real`` and asks for the same columns in every
            table.
        target: A column that must be among those judged, or None.
        unit: The column that says whose a row is, or None; it is not judged, and only the real table must have it.

    Returns:
        The tables, and remarks for the report.

    Raises:
        SchemaError: If the columns of the tables do not match.
        DataError: If a table cannot be read, the target is not among the columns judged, or the real table lacks the unit.
    """
    from synthgan.data.rows import number_of_rows
    from synthgan.io.sources import as_frame

    given = {"real": real, "synthetic": synthetic} | ({} if holdout is None else {"holdout": holdout})
    frames = {side: as_frame(table) for side, table in given.items()}
    rows = {side: number_of_rows(frame) for side, frame in frames.items()}
    empty = next((side for side, count in rows.items() if not count), None)
    if empty:
        raise DataError(f"the {empty} table must have rows, however: found none")
    people = [None if side == "synthetic" else _people(frame, unit, side) for side, frame in frames.items()]
    absent = [name for name in _absent(frames) if name != unit] if schema is None else []
    columns, left_out = _judged(frames["real"], schema, absent, unit)
    _check_names(frames, [column.name for column in columns], left_out, extra_allowed=schema is not None)
    _check_target(target, columns, left_out)
    stack = Stack()
    for column in columns:
        _add(stack, column, frames)
    told = {"there is nothing to learn from them": left_out, "the synthetic table has them not": absent}
    told["it says whose a row is"] = [] if unit is None else [unit]
    notes = tuple(f"left out, as {why}: {', '.join(map(str, names))}" for why, names in told.items() if names)
    return Tables(*stack.tables(list(rows.values()), people), order=tuple(column.name for column in columns)), notes


def _people(frame: Any, unit: Name | None, side: str) -> NDArray[np.int64] | None:
    """Number whom each row belongs to: int64 [rows]; rows that name nobody belong to one and the same."""
    from synthgan.data import names_of, raw_column

    if unit is None or (side == "holdout" and unit not in names_of(frame)):
        return None
    if names_of(frame).count(unit) != 1:
        raise DataError(
            f"unit must be a column that the {side} table has once, however: {unit!r} is not; there are "
            f"{', '.join(map(str, names_of(frame)))}"
        )
    values = raw_column(frame, unit).values
    codes = values if hasattr(values, "indices") else values.dictionary_encode()
    return np.asarray(codes.indices.fill_null(-1)).astype(np.int64)


def _absent(frames: Sides) -> list[Name]:
    """Name the columns that the synthetic table lacks, as after ``fit --drop``; some must be shared."""
    from synthgan.data import names_of

    made = names_of(frames["synthetic"])
    absent = [name for name in names_of(frames["real"]) if name not in made]
    if len(absent) == len(names_of(frames["real"])):
        raise SchemaError(
            f"the synthetic table must share columns with the real one, however: its columns are {', '.join(map(str, made))}"
        )
    return absent


def _judged(real: Any, schema: Schema | None, absent: list[Name], unit: Name | None) -> tuple[list[Column], list[Name]]:
    """Split the columns into those that are judged and the names of those that are left out."""
    from synthgan.data.schema import Kind, Schema

    apart = [*absent, *([] if unit is None else [unit])]
    prose = [] if schema is not None else [name for name in _prose(real) if name not in apart]
    if schema is None:
        schema = Schema.infer(real, drop=[*prose, *apart])
    unlearned = [column.name for column in schema if column.kind in {Kind.IDENTIFIER, Kind.TEXT}]
    unlearned = [name for name in unlearned if name != unit]
    return [column for column in schema if column.name not in {*unlearned, unit}], prose + unlearned


def _prose(frame: Any) -> list[Name]:
    """Name the columns of free text: inference refuses them, but here they can be passed by."""
    import pyarrow as pa

    from synthgan.data import is_prose, names_of, raw_column

    names = [name for name in names_of(frame) if names_of(frame).count(name) == 1]
    found = []
    for name in names:
        values = raw_column(frame, name).values
        if (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)) and is_prose(values):
            found.append(name)
    return found


def _check_names(frames: Sides, judged: list[Name], left_out: list[Name], *, extra_allowed: bool) -> None:
    """Refuse a table that lacks a column, or has one that the real table has not."""
    from synthgan.data import names_of

    for side, frame in frames.items():
        names = names_of(frame)
        lacking = [name for name in judged if names.count(name) != 1]
        if lacking:
            raise SchemaError(
                f"the {side} table must have each column of the real one once, however: column "
                f"{lacking[0]!r} is {'there twice' if lacking[0] in names else 'missing'}; leave it out"
            )
        known = names_of(frames["real"])
        extra = [name for name in names if name not in judged and name not in left_out and name not in known]
        if extra and not extra_allowed:
            raise SchemaError(
                f"the {side} table must have the columns of the real one only, however: found column "
                f"{extra[0]!r}; leave it out"
            )


def _check_target(target: Name | None, columns: list[Column], left_out: list[Name]) -> None:
    names = [column.name for column in columns]
    if target is None or target in names:
        return
    found = "an identifier or free text" if target in left_out else "no such column"
    raise DataError(
        f"target must be one of the columns judged, however: {target!r} is {found}; there are "
        f"{', '.join(map(str, names))}"
    )


def _add(stack: Stack, column: Column, frames: Sides) -> None:
    """Read one column of every table and add it to the stack."""
    from synthgan.data.frames import read_levels, read_numbers
    from synthgan.data.schema import CODED, TEMPORAL

    column = _settled(column, frames)
    read = read_levels if column.kind in CODED else read_numbers
    sides: list[Any] = []
    for side, frame in frames.items():
        try:
            sides.append(read(frame, column))
        except SynthganError as error:
            raise SchemaError(f"{side} table: {error}") from error
    if column.kind in CODED:
        stack.add_levels(column.name, sides)
    elif column.kind in TEMPORAL:
        stack.add_moments(column, sides)
    else:
        stack.add_numbers(column.name, sides)


def _settled(column: Column, frames: Sides) -> Column:
    """Give a column that tells nothing in the real rows the kind it has in the others; undeclare levels.

    A level that was not declared is a finding here, not an error.
    """
    from synthgan.data import names_of
    from synthgan.data.schema import CODED, NUMBERS, TEMPORAL, Kind, Schema

    if column.kind in CODED:
        return replace(column, levels=None)
    if column.kind not in {Kind.CONSTANT, Kind.MISSING}:
        return column
    for side in ("holdout", "synthetic"):
        if side in frames:
            frame = frames[side]
            (other,) = Schema.infer(frame, drop=[name for name in names_of(frame) if name != column.name])
            if other.kind in CODED | NUMBERS | TEMPORAL:
                return other
    level = column.levels[0] if column.levels else ""
    is_number = isinstance(level, int | float) and not isinstance(level, bool)
    return replace(column, kind=Kind.DECIMAL if is_number else Kind.CATEGORY, levels=None)
