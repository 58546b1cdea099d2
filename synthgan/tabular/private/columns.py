"""Encoders of a table from noisy counts of single columns, and what each mode is thought to hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.schema import CODED, TEMPORAL, Column, Kind, Schema
from synthgan.data.stamps import NANOSECONDS
from synthgan.data.table import Table
from synthgan.errors import PrivacyError, Remedy
from synthgan.tabular.encoding.categorical import LevelEncoder
from synthgan.tabular.encoding.levels import LevelCodec
from synthgan.tabular.encoding.numbers import NUMERIC, NumberCodec
from synthgan.tabular.encoding.table import TableTransform
from synthgan.tabular.encoding.values import step_of
from synthgan.tabular.private.numbers import SURE, VISIBLE, measure_numbers, small_range

if TYPE_CHECKING:
    from collections.abc import Callable

    from synthgan.data import Frame
    from synthgan.privacy.curator import Curator
    from synthgan.tabular.encoding.codec import Codec
    from synthgan.tabular.encoding.continuous import ModeSpecificNormalizer

# What a column's questions may spend of the column's budget.
FORM_SHARE = 0.05  # in how many digits, or in which unit, values are written
ROUGH_SHARE = 0.25  # which levels there are, or where numbers lie
MOST_DIGITS = 9
ALL_BUT = 0.005  # of the rows may be written more finely than the form that is found
_COARSEST_FIRST = tuple(NANOSECONDS)


@dataclass(frozen=True)
class PrivateColumns:
    """What is known of single columns, all of it from noisy answers.

    Attributes:
        transform: the encoders; its schema says nothing that was not declared or measured.
        held: one a learned column: float64 ``[modes]``, the rows each mode is thought to hold.
        noises: one a learned column: noise of its last count for each row of a unit.
        rows: how many rows there are thought to be.
    """

    transform: TableTransform
    held: tuple[np.ndarray, ...]
    noises: tuple[float, ...]
    rows: float


def questions(column: Column, *, declared: bool) -> dict[str, float]:
    """The questions a column needs, with the share of its budget each may spend; known before any row is seen."""
    asked: dict[str, float] = {}
    if column.kind in NUMERIC:
        if not declared and needs_form(column):
            asked["form"] = FORM_SHARE
        if (needs_form(column) and not declared) or small_range(step_of(column), column.bounds) is None:
            asked["rough"] = ROUGH_SHARE
    elif column.levels is None:
        asked["rough"] = ROUGH_SHARE
    return asked | {"fine": 1 - sum(asked.values())}


def needs_form(column: Column) -> bool:
    """Whether only the values say how finely they are written: floats, and moments finer than days."""
    return (column.kind is Kind.DECIMAL and column.decimals is None) or (
        column.kind in TEMPORAL and column.unit != "day"
    )


def measure_columns(
    frame: Frame,
    schema: Schema,
    curator: Curator,
    noise_of: Callable[[float], float],
    level_delta: float,
    *,
    declared: bool,
) -> PrivateColumns:
    """Ask what there is to ask of single columns.

    Args:
        frame: the rows.
        schema: declared by a user, or of the columns' types alone.
        curator: answers.
        noise_of: the noise of a question by the share of a column's budget that it spends.
        level_delta: for each column, the chance that a level of a single unit shows.
        declared: whether a user declared the schema, and so its decimals, units and missing values.

    Raises:
        PrivacyError: if none of a column's levels can be shown.
    """
    codecs: list[Codec] = []
    held, noises, columns = [], [], []
    table = Table.read(frame, schema, validate=False)
    for column in schema.columns:
        noise = {name: noise_of(share) for name, share in questions(column, declared=declared).items()}
        if column.kind in NUMERIC:
            known, numbers, rows = _numbers(table, column, curator, noise)
            codec: NumberCodec | LevelCodec = NumberCodec(known, numbers)
        elif column.kind in CODED:
            known, levels, rows = _levels(table, column, curator, noise, level_delta, declared=declared)
            codec = LevelCodec(known, levels)
        else:
            columns.append(column)
            continue
        missing = codec.encoder.has_missing
        known = replace(known, missing=(column.missing or missing_word(schema, column)) if missing else None)
        codecs.append(replace(codec, column=known))
        columns.append(known)
        held.append(rows)
        noises.append(noise["fine"])
    total = float(np.mean([part.sum() for part in held]))
    transform = TableTransform(Schema(schema.container, tuple(columns)), tuple(codecs))
    return PrivateColumns(transform, tuple(held), tuple(noises), max(total, 1.0))


def missing_word(schema: Schema, column: Column) -> str:
    """How a missing value is written in a column of that type."""
    nan = schema.container == "pandas" and column.dtype.startswith(("float", "str", "object"))
    return "nan" if nan else "null"


def _numbers(
    table: Table, column: Column, curator: Curator, noise: dict[str, float]
) -> tuple[Column, ModeSpecificNormalizer, np.ndarray]:
    if "form" in noise:
        column = _with_form(table, column, curator, noise["form"])
    encoder, rows = measure_numbers(
        table.float64(column), step_of(column), column.bounds, curator, noise, repr(column.name)
    )
    return column, encoder, rows


def _with_form(table: Table, column: Column, curator: Curator, noise: float) -> Column:
    """The column with the coarsest form that all but ``ALL_BUT`` of its values surely are written in."""
    numbers = table.float64(column)
    present = ~np.isnan(numbers)
    temporal = column.kind in TEMPORAL
    units = _COARSEST_FIRST[: _COARSEST_FIRST.index(str(column.unit)) + 1] if temporal else ()
    forms = len(units) if temporal else MOST_DIGITS + 2
    form = np.full(len(numbers), forms - 1)
    for place in reversed(range(forms - 1)):
        if temporal:
            ratio = NANOSECONDS[units[place]] // NANOSECONDS[units[-1]]
            fits = numbers % ratio == 0
        else:
            fits = np.round(numbers, place) == numbers
        form[fits & present] = place
    form[~present] = 0  # a missing value fits any form
    purpose = f"in which form {column.name!r} is written"
    counted = curator.counts(form, forms, noise=noise, stage="columns", purpose=purpose)
    finer = counted[::-1].cumsum()[::-1] - counted  # rows that a form does not fit
    allowed = ALL_BUT * counted.sum() + SURE * curator.deviation(noise) * np.sqrt(np.arange(forms)[::-1])
    found = int(np.argmax(finer <= allowed))
    if temporal:
        return replace(column, unit=units[found])
    if found == 0:
        return replace(column, kind=Kind.INTEGER)
    return replace(column, decimals=found if found <= MOST_DIGITS else None)


def _levels(
    table: Table, column: Column, curator: Curator, noise: dict[str, float], delta: float, *, declared: bool
) -> tuple[Column, LevelEncoder, np.ndarray]:
    given = table.levels(column)
    codes, levels = given.codes, given.levels
    name, ordered = repr(column.name), column.kind is Kind.ORDERED
    has_missing = not declared or column.missing is not None
    if column.levels is None:
        shown = curator.found(
            codes, len(levels), noise=noise["rough"], delta=delta, stage="columns", purpose=f"which levels {name} has"
        )
        released = tuple(level for level, show in zip(levels, shown, strict=True) if show)
        if not released:
            raise PrivacyError(
                f"column {name} must have a level that enough rows share, however: none of its levels stands out of the "
                f"noise",
                remedy=Remedy.option("drop", [column.name], "leave it out")
                | Remedy.option("identifiers", [column.name], "regenerate it")
                | "declare its levels in the schema",
            )
        encoder = LevelEncoder(released, has_rare=True, has_missing=has_missing, ordered=ordered)
    else:
        encoder = LevelEncoder(column.levels, has_rare=False, has_missing=has_missing, ordered=ordered)
    cells = encoder.encode(codes, levels)
    purpose = f"how {name} is distributed"
    counted = curator.counts(cells, encoder.modes, noise=noise["fine"], stage="columns", purpose=purpose)
    deviation = curator.deviation(noise["fine"])
    if has_missing and counted[-1] < SURE * deviation:
        encoder = replace(encoder, has_missing=False)
        counted = counted[:-1]
    kept = np.where(counted > VISIBLE * deviation, counted, 0.0)
    if not kept.any():
        kept = np.maximum(counted, 1.0)
    return column, encoder, kept
