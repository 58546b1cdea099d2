"""Formulas: whether columns that are computed from others in every real row are so in the synthetic rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthgan.data.containers.raw import names_of
from synthgan.data.formulas.find import find_formulas
from synthgan.data.table import Table
from synthgan.errors import SynthganError
from synthgan.metrics.score import Score, scored
from synthgan.metrics.statistics.intervals import share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthgan.data.formulas.formula import Formula
    from synthgan.data.schema import Schema

MAX_SHOWN = 3
NAME = "formulas_broken"


def formula_scores(frames: Mapping[str, Any], schema: Schema | None) -> list[Score]:
    """Return formulas_broken: the share of synthetic rows that break the formula which most of them break.

    The formulas are those of the schema; where it has none, those found in the real rows.

    Args:
        frames: "real", "synthetic" and perhaps "holdout".
        schema: What the columns are, or None.
    """
    real = _read(frames["real"], schema)
    if real is None:
        return [_none("the real table cannot be read exactly")]
    formulas = real.schema.formulas
    formulas = find_formulas(real) if formulas is None else tuple(one for one in formulas if one.use)
    made = set(names_of(frames["synthetic"]))
    formulas = tuple(one for one in formulas if set(one.names) <= made)
    if not formulas:
        return [_none("no column is computed from others in every real row")]
    broken = {side: _broken(frame, real, formulas) for side, frame in frames.items() if side != "real"}
    found, reference = broken["synthetic"], broken.get("holdout")
    if found is None:
        return [_none("the synthetic table cannot be read as the real one")]
    worst = sorted(zip(found, formulas, strict=True), key=lambda one: (-one[0], str(one[1].target)))
    said = ", ".join(f"{formula} ({value:.2%} of the rows)" for value, formula in worst[:MAX_SHOWN])
    more = f", and {len(worst) - MAX_SHOWN} more" if len(worst) > MAX_SHOWN else ""
    rows = len(frames["synthetic"])
    return [
        scored(
            NAME,
            share(worst[0][0] * rows, rows),
            reference=None if reference is None else max(reference),
            goal="minimize",
            reading=f"{len(formulas)} computed column{'s' * (len(formulas) > 1)}, most broken: {said}{more}",
        )
    ]


def _none(why: str) -> Score:
    return scored(NAME, None, reference=None, goal="minimize", reading=f"not computed: {why}")


def _read(frame: Any, schema: Schema | None) -> Table | None:
    """The real table as it is; None where a schema does not fit it."""
    try:
        return (
            Table.read(frame, schema, keep_prose=True, validate=False) if schema else Table.read(frame, keep_prose=True)
        )
    except SynthganError:
        return None


def _broken(frame: Any, real: Table, formulas: tuple[Formula, ...]) -> list[float] | None:
    """The share of rows of another table that break each formula; None where it cannot be read as the real one."""
    wanted = {name for formula in formulas for name in formula.names}
    schema = real.schema.of_columns(column for column in real.schema if column.name in wanted)
    try:
        table = Table.read(frame, schema, validate=False)
        return [float(formula.broken(table).mean()) for formula in formulas]
    except SynthganError:
        return None
