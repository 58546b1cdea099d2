"""Formulas: whether columns that are computed from others in every real row are so in the synthetic rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthgan.data.formulas.find import find_formulas
from synthgan.metrics.score import Score, scored
from synthgan.metrics.statistics.intervals import share

if TYPE_CHECKING:
    from synthgan.data.formulas.formula import Formula
    from synthgan.metrics.data.frames import Frames

MAX_SHOWN = 3
NAME = "formulas_broken"


def formula_scores(frames: Frames) -> list[Score]:
    """Return formulas_broken: the share of synthetic rows that break the formula which most of them break.

    The formulas are those of the schema; where it has none, those found in the real rows.

    Args:
        frames: The tables as they came.
    """
    real = frames.table
    if real is None:
        return [_none("the real table cannot be read exactly")]
    formulas = real.schema.formulas
    formulas = find_formulas(real) if formulas is None else tuple(one for one in formulas if one.use)
    formulas = tuple(one for one in formulas if set(one.names) <= frames.made)
    if not formulas:
        return [_none("no column is computed from others in every real row")]
    found = _broken(frames, frames.synthetic, formulas)
    if found is None:
        return [_none("the synthetic table cannot be read as the real one")]
    reference = None if frames.holdout is None else _broken(frames, frames.holdout, formulas)
    worst = sorted(zip(found, formulas, strict=True), key=lambda one: (-one[0], str(one[1].target)))
    said = ", ".join(f"{formula} ({value:.2%} of the rows)" for value, formula in worst[:MAX_SHOWN])
    more = f", and {len(worst) - MAX_SHOWN} more" if len(worst) > MAX_SHOWN else ""
    rows = len(frames.synthetic)
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


def _broken(frames: Frames, frame: Any, formulas: tuple[Formula, ...]) -> list[float] | None:
    """The share of rows of another table that break each formula; None where it cannot be read as the real one."""
    table = frames.like_real(frame, {name for formula in formulas for name in formula.names})
    return None if table is None else [float(formula.broken(table).mean()) for formula in formulas]
