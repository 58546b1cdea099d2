"""Formulas: whether columns that are computed from others in every real row are so in the synthetic rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthgan.data.formulas.find import find_formulas
from synthgan.metrics.fidelity.broken import broken_score, not_computed

if TYPE_CHECKING:
    from synthgan.metrics.data.frames import Frames
    from synthgan.metrics.score import Score

NAME = "formulas_broken"


def formula_scores(frames: Frames) -> list[Score]:
    """Return formulas_broken: the share of synthetic rows that break the formula which most of them break.

    The formulas are those of the schema; where it has none, those found in the real rows.

    Args:
        frames: The tables as they came.
    """
    real = frames.table
    if real is None:
        return [not_computed(NAME, "the real table cannot be read exactly")]
    formulas = real.schema.formulas
    formulas = find_formulas(real) if formulas is None else tuple(one for one in formulas if one.use)
    formulas = tuple(one for one in formulas if set(one.names) <= frames.made)
    if not formulas:
        return [not_computed(NAME, "no column is computed from others in every real row")]
    return [broken_score(NAME, frames, formulas, lambda one, table: one.broken(table), "computed column")]
