"""What machines read of linked tables: keys, rules and the figures of each table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthgan.report.wording import plain

if TYPE_CHECKING:
    from synthgan.metrics.linkeddetails import LinkedDetails, LinkedKey, LinkedTable, Rule

    Json = dict[str, Any]

_DIGITS = 4  # of a share


def tables_and_keys(details: LinkedDetails) -> Json:
    """Return what machines read of linked tables beside the scores: people, and figures of each table, key and rule."""
    return {
        "unit": details.unit,
        "judged_against": details.against,
        "people": dict(zip(("real", "synthetic", "holdout"), details.units, strict=True)),
        "fidelity_judged": details.judged,
        "target": None if details.target is None else details.target[0],
        "tables": [_table(one) for one in details.tables],
        "keys": [_key(one) for one in details.keys],
        "rules": [_rule(one) for one in details.rules],
    }


def _table(one: LinkedTable) -> Json:
    rows = dict(zip(("real", "synthetic", "holdout"), one.rows, strict=True))
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
    broken = dict(zip(("real", "synthetic", "holdout"), (*map(_rounded, one.broken), None), strict=False))
    return {"table": plain(one.table), "rule": plain(one.words), "kind": one.kind, "broken": broken, "asked": one.asked}


def _rounded(value: float) -> float:
    return round(float(value), _DIGITS)
