"""What may be shown of linked tables: keys, rules, the figures of each table, and how people go on over time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from synthgan.report.wording import plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.linkeddetails import (
        Band,
        LinkedDetails,
        LinkedKey,
        LinkedTable,
        Rule,
        Survival,
        Transitions,
    )

    Json = dict[str, Any]

_DIGITS = 4  # of a share
SIDES = ("real", "synthetic", "holdout")


def released_linked(details: LinkedDetails | None) -> Json | None:
    """Return what machines read of linked tables, and what a page draws of them; None of a flat table or of images.

    Args:
        details: What was measured. What only few people do is not in it: bands, curves and transitions have gaps there.

    Returns:
        ``linked`` of ``report.schema.json``. Figures of single people are not among it, whatever was asked for.
    """
    if details is None:
        return None
    return {
        "unit": plain(details.unit),
        "judged_against": details.against,
        "people": dict(zip(SIDES, details.units, strict=True)),
        "fidelity_judged": details.judged,
        "target": None if details.target is None else plain(details.target[0]),
        "tables": [_table(one) for one in details.tables],
        "keys": [_key(one) for one in details.keys],
        "rules": [_rule(one) for one in details.rules],
        "counts": [plain(name) for name in details.counts],
        "gaps": [plain(name) for name in details.gaps],
        "bands": [_band(one) for one in details.bands],
        "transitions": [_transitions(one) for one in details.transitions],
        "survival": [_survival(one) for one in details.survival],
    }


def _table(one: LinkedTable) -> Json:
    rows = dict(zip(SIDES, one.rows, strict=True))
    return {
        "name": plain(one.name),
        "owner": None if one.owner is None else plain(one.owner),
        "order": None if one.order is None else plain(one.order),
        "of_people": one.of_people,
        "rows": rows,
        "scores": [score.to_dict() for score in one.scores],
    }


def _key(one: LinkedKey) -> Json:
    return {
        "table": plain(one.table),
        "columns": [plain(name) for name in one.columns],
        "to": plain(one.to),
        "kind": one.kind,
        "lost": {"real": _rounded(one.lost[0]), "synthetic": _rounded(one.lost[1])},
        "cardinality": None if one.cardinality is None else _rounded(one.cardinality),
    }


def _rule(one: Rule) -> Json:
    broken = dict(zip(SIDES, (*map(_rounded, one.broken), None), strict=False))
    return {"table": plain(one.table), "rule": plain(one.words), "kind": one.kind, "broken": broken, "asked": one.asked}


def _band(one: Band) -> Json:
    from synthgan.metrics.relational.showing import QUANTILES

    return {
        "table": plain(one.table),
        "column": plain(one.column),
        "steps": one.steps.tolist(),
        "quantiles": list(QUANTILES),
        "real": _matrix(one.real),
        "synthetic": _matrix(one.synthetic),
        "holdout": None if one.holdout is None else _matrix(one.holdout),
    }


def _transitions(one: Transitions) -> Json:
    return {
        "table": plain(one.table),
        "column": plain(one.column),
        "labels": [plain(label) for label in one.labels],
        "real": _matrix(one.real, _DIGITS),
        "synthetic": _matrix(one.synthetic, _DIGITS),
    }


def _survival(one: Survival) -> Json:
    return {
        "table": plain(one.table),
        "what": plain(one.what),
        "unit": plain(one.unit),
        "times": [float(time) for time in one.times],
        "real": _line(one.real, _DIGITS),
        "synthetic": _line(one.synthetic, _DIGITS),
        "holdout": None if one.holdout is None else _line(one.holdout, _DIGITS),
    }


def _matrix(values: NDArray[Any], digits: int | None = None) -> list[list[float | None]]:
    return [_line(row, digits) for row in values]


def _line(values: NDArray[Any], digits: int | None = None) -> list[float | None]:
    """Numbers as JSON knows them, None where a figure is withheld."""
    return [
        None if not math.isfinite(value) else value if digits is None else round(value, digits)
        for value in map(float, values)
    ]


def _rounded(value: float) -> float:
    return round(float(value), _DIGITS)
