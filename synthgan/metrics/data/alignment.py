"""Align: tables of any kind become arrays of the same columns, levels and units."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.errors import DataError, SchemaError, SynthganError, remedies_in_words
from synthgan.metrics.data.columns import Stack, Tables
from synthgan.metrics.data.grouping import grouped
from synthgan.suggest import did_you_mean_or_known

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from synthgan.data.schema import Column, Schema
    from synthgan.data.table import Table
    from synthgan.metrics.data.columns import Name

    Sides = dict[str, Any]  # "real", "synthetic" and perhaps "holdout" to its frame


@remedies_in_words()
def align(
    real: Any,
    synthetic: Any,
    holdout: Any = None,
    *,
    schema: Schema | None = None,
    target: Name | None = None,
    unit: Name | None = None,
    read: Table | None = None,
) -> tuple[Tables, tuple[str, ...]]:
    """Read up to three tables and reduce them to aligned arrays.

    Identifiers and free text are left out: they are regenerated, never learned, so there is nothing to
    compare. So are columns that the synthetic table lacks, as after ``fit --drop``, or withholds.
    A column that is constant or all missing in the real rows takes its kind from the other tables.

    Args:
        real: Training rows: a frame or a path.
        synthetic: Synthetic rows: a frame or a path, not necessarily of the same kind.
        holdout: Unseen real rows, or None.
        schema: What the columns are; None infers it from ``real`` and asks for the same columns in every
            table.
        target: A column that must be among those judged, or None.
        unit: The column that says whose a row is, or None; it is not judged, and only the real table must have it.
        read: The real table, where it was read already by a schema that was inferred.

    Returns:
        The tables, and remarks for the report.

    Raises:
        SchemaError: If the columns of the tables do not match.
        DataError: If a table cannot be read, the target is not among the columns judged, or the real table lacks the unit.
    """
    from synthgan.data.parting import parted
    from synthgan.data.rows import number_of_rows
    from synthgan.io.sources import as_frame

    given = {"real": real, "synthetic": synthetic} | ({} if holdout is None else {"holdout": holdout})
    frames = {side: as_frame(table) for side, table in given.items()}
    rows = {side: number_of_rows(frame) for side, frame in frames.items()}
    empty = next((side for side, count in rows.items() if not count), None)
    if empty:
        raise DataError(f"the {empty} table must have rows, however: found none")
    units = [None if side == "synthetic" else _units(frame, unit, side) for side, frame in frames.items()]
    absent = [name for name in _absent(frames) if name != unit] if schema is None else []
    apart = [*absent, *([] if unit is None else [unit])]
    table, columns, left_out = _read_real(frames["real"], schema, apart, unit, read)
    described = schema if table is None else table.schema
    composites = () if described is None else described.composites
    frames = {side: parted(frame, composites) for side, frame in frames.items()}
    _check_names(frames, [column.name for column in columns], left_out, extra_allowed=schema is not None)
    _check_target(target, columns, left_out)
    stack, withheld, in_groups = _stacked(table, columns, frames)
    columns = [column for column in columns if column.name not in withheld]
    _check_target(target, columns, withheld)
    remarks = {"there is nothing to learn from them": left_out, "the synthetic table has them not": absent}
    remarks["the synthetic table withholds them"] = withheld
    remarks["it says whose a row is"] = [] if unit is None else [unit]
    notes = tuple(f"left out, as {why}: {', '.join(map(str, names))}" for why, names in remarks.items() if names)
    if in_groups:
        counted = ", ".join(f"{name} ({count:,})" for name, count in in_groups.items())
        notes += (f"levels of few real rows read as the groups that the synthetic table names: {counted}",)
    return Tables(*stack.tables(list(rows.values()), units), order=tuple(column.name for column in columns)), notes


def _units(frame: Any, unit: Name | None, side: str) -> NDArray[np.int64] | None:
    """Number whom each row belongs to: int64 [rows]; rows that name nobody belong to one and the same."""
    from synthgan.data import names_of, raw_column

    if unit is None or (side == "holdout" and unit not in names_of(frame)):
        return None
    if names_of(frame).count(unit) != 1:
        raise DataError(
            f"unit must be a column that the {side} table has once, however: {unit!r} is not",
            remedy=did_you_mean_or_known(unit, [name for name in names_of(frame) if name != unit]),
            parameter="unit",
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


def _read_real(
    real: Any, schema: Schema | None, apart: list[Name], unit: Name | None, read: Table | None
) -> tuple[Table | None, list[Column], list[Name]]:
    """Read the real table, if its schema is to be inferred; split its columns into those judged and the names left out."""
    from synthgan.data.parting import parts_of
    from synthgan.data.schema import Kind
    from synthgan.data.table import Table

    if schema is not None:
        unlearned = [column.name for column in schema if column.kind in {Kind.IDENTIFIER, Kind.TEXT}]
        left_out = [name for name in unlearned if name != unit]
        return None, [column for column in schema if column.name not in {*left_out, unit}], left_out
    table = Table.read(real, drop=apart, split=True) if read is None else read
    apart = parts_of(apart, table.schema.composites)
    columns = [column for column in table.schema if column.name not in apart]
    by_kind = [[column.name for column in columns if column.kind is kind] for kind in (Kind.TEXT, Kind.IDENTIFIER)]
    left_out = by_kind[0] + by_kind[1]
    return table, [column for column in columns if column.name not in left_out], left_out


def _check_names(frames: Sides, compared: list[Name], left_out: list[Name], *, extra_allowed: bool) -> None:
    """Refuse a table that lacks a column, or has one that the real table has not."""
    from synthgan.data import names_of

    for side, frame in frames.items():
        names = names_of(frame)
        lacking = [name for name in compared if names.count(name) != 1]
        if lacking:
            raise SchemaError(
                f"the {side} table must have each column of the real one once, however: column "
                f"{lacking[0]!r} is {'there twice' if lacking[0] in names else 'missing'}; leave it out"
            )
        known = names_of(frames["real"])
        extra = [name for name in names if name not in compared and name not in left_out and name not in known]
        if extra and not extra_allowed:
            raise SchemaError(
                f"the {side} table must have the columns of the real one only, however: found column "
                f"{extra[0]!r}; leave it out"
            )


def _check_target(target: Name | None, columns: list[Column], left_out: list[Name]) -> None:
    names = [column.name for column in columns]
    if target is None or target in names:
        return
    found = "an identifier, free text or withheld" if target in left_out else "no such column"
    raise DataError(
        f"target must be one of the columns judged, however: {target!r} is {found}",
        remedy=did_you_mean_or_known(target, names),
        parameter="target",
    )


def _stacked(real: Table | None, columns: list[Column], frames: Sides) -> tuple[Stack, list[Name], dict[Name, int]]:
    """Read the columns of every table, each once, and stack them; levels that were not declared are findings, no errors.

    Returns:
        The stack, the names of columns that are not on it, as the synthetic table withholds all their levels, and of how many
        levels of which columns it names what they have in common.
    """
    from synthgan.data.schema import CODED, TEMPORAL, Kind

    tells_nothing = {Kind.CONSTANT, Kind.MISSING}
    compared = [replace(column, levels=None) if column.kind in CODED else column for column in columns]
    plain = [column for column in compared if column.kind not in tells_nothing]
    read = {} if real is None else {"real": real.columns}
    read |= {side: _read(frame, plain, side) for side, frame in frames.items() if side not in read}
    stack = Stack()
    in_groups: dict[Name, int] = {}
    withheld = [
        column.name
        for column in plain
        if column.kind in CODED and _is_withheld(read["real"][column.name], read["synthetic"][column.name])
    ]
    for column in compared:
        if column.name in withheld:
            continue
        if column.kind in tells_nothing:
            described, sides = _described_elsewhere(column, None if real is None else real.arrow(column.name), frames)
        else:
            described, sides = column, [read[side][column.name] for side in frames]
        if described.kind in CODED:
            by_side, count = grouped(dict(zip(frames, sides, strict=True)))
            in_groups |= {described.name: count} if count else {}
            stack.add_levels(described.name, [(side.codes, side.levels) for side in by_side.values()])
        elif described.kind in TEMPORAL:
            stack.add_stamps(described, [side.float64() for side in sides])
        else:
            stack.add_numbers(described.name, [side.float64() for side in sides])
    return stack, withheld, in_groups


def _is_withheld(real: Any, synthetic: Any) -> bool:
    """Say whether the synthetic levels are nothing but the word that stands for all of a column."""
    from synthgan.data.rare import WITHHELD

    return set(synthetic.levels) == {WITHHELD} and WITHHELD not in real.levels


@contextmanager
def _of_side(side: str) -> Iterator[None]:
    """Say of which table an error speaks."""
    try:
        yield
    except SynthganError as error:
        raise SchemaError(f"{side} table: {error.message}", remedy=error.remedy) from error


def _read(frame: Any, columns: list[Column], side: str) -> dict[Name, Any]:
    """Read columns of a table as those of the real one are, whatever its own types."""
    from synthgan.data.containers.raw import raw_column
    from synthgan.data.containers.reading import read_values

    with _of_side(side):
        return {column.name: read_values(raw_column(frame, column.name).values, column) for column in columns}


def _described_elsewhere(column: Column, real: Any, frames: Sides) -> tuple[Column, list[Any]]:
    """Give a column that tells nothing in the real rows the kind it has in the others, and read it so in every table.

    Args:
        column: A constant, or missing in every row.
        real: Its real rows as an Arrow array, if they were read already.
        frames: The tables.
    """
    from synthgan.data.containers.raw import raw_column
    from synthgan.data.containers.reading import read_values
    from synthgan.data.describe import describe_column
    from synthgan.data.schema import CODED, NUMBERS, TEMPORAL, Kind

    raw = {side: raw_column(frame, column.name) for side, frame in frames.items() if side != "real" or real is None}
    others = (describe_column(raw[side], column.name) for side in ("holdout", "synthetic") if side in raw)
    described = next((other for other in others if other.kind in CODED | NUMBERS | TEMPORAL), None)
    if described is None:
        level = column.levels[0] if column.levels else ""
        is_number = isinstance(level, int | float) and not isinstance(level, bool)
        described = replace(column, kind=Kind.DECIMAL if is_number else Kind.CATEGORY, levels=None)
    sides = []
    for side in frames:
        with _of_side(side):
            sides.append(read_values(raw[side].values if side in raw else real, described))
    return described, sides
