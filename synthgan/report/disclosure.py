"""What may be shown of a report: aggregates of ten people or more, as one document that page and JSON are made from."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from synthgan._version import __version__
from synthgan.metrics.data.cells import MIN_UNITS
from synthgan.metrics.privacy.membership.rates import RATES
from synthgan.report.images import hidden_classes, released_images
from synthgan.report.linked import SIDES, released_linked
from synthgan.report.pooling import pooled
from synthgan.report.verdict.judge import verdict_of
from synthgan.report.wording import Withholder, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from synthgan.metrics.details import Association, Attack, Details, Distribution, Subgroup
    from synthgan.metrics.scores import Scores
    from synthgan.metrics.statistics.intervals import Estimate
    from synthgan.report.pooling import Pooled

    Json = dict[str, Any]

FORMAT = "synthgan report"
VERSION = 1
"""Grows where the document changes so that a reader of the version before would be misled."""

_FIGURES = ("utility_real", "utility_synthetic", "exposed")  # what only some measures can tell of a group
_DIGITS = 4  # of a share: people are not to be counted back from fractions


def released(found: Scores, *, internal: bool = False, privacy: Json | None = None) -> Json:
    """Return all of an evaluation that may be shown, as ``report.schema.json`` describes it.

    Left out: levels that fewer than MIN_UNITS people hold (pooled, and taken out of sentences), subgroups of fewer, and,
    always, the rows that attacks are surest of.

    Args:
        found: What ``evaluate`` found.
        internal: Leave out only those rows.
        privacy: What the model says of its privacy (``privacy_of``), for the verdict; None where no model was named.
    """
    made, details = getattr(found, "made", None), found.details
    cells = {column.name: pooled(column, internal=internal) for column in details.columns}
    rare: dict[Any, Iterable[str]] = {} if internal else {name: column.hidden for name, column in cells.items()}
    withholder = Withholder(rare | {"class": hidden_classes(details.images, internal=internal)})

    def sentence(text: str) -> str:
        return plain(withholder.sentence(text), longest=None)

    return {
        "format": FORMAT,
        "version": VERSION,
        "made_by": f"synthgan {__version__}",
        "internal": internal,
        "people_at_least": MIN_UNITS,
        "made": None if made is None else made.to_dict(),
        "verdict": verdict_of(found, privacy).to_dict(sentence),
        "rows": _rows(details),
        "scores": [{**score.to_dict(), "reading": sentence(score.reading)} for score in found.scores],
        "notes": [sentence(note) for note in found.notes],
        "columns": [_column(column, cells[column.name]) for column in details.columns],
        "association": _association(details.association),
        **_behind(details),
        "subgroups": [
            _subgroup(group)
            for group in _together(details.subgroups)
            if internal or (group.rows >= MIN_UNITS and not withholder.mentions(group.column, group.level))
        ],
        "attacks": [_attack(attack) for attack in details.attacks],
        "images": released_images(details.images, sentence, internal=internal),
        "linked": released_linked(details.linked),
    }


def _rows(details: Details) -> Json:
    """How many rows were compared; of linked tables how many people."""
    if details.linked is not None:
        return dict(zip(SIDES, details.linked.units, strict=True))
    if not details.columns:
        return dict.fromkeys(SIDES)
    first = details.columns[0]
    holdout = None if first.holdout is None else int(first.holdout.sum())
    return {"real": int(first.real.sum()), "synthetic": int(first.synthetic.sum()), "holdout": holdout}


def _column(column: Distribution, cells: Pooled) -> Json:
    shares = [[round(share, _DIGITS) for share in side] for side in cells.shares.tolist()]
    return {
        "name": plain(column.name),
        "kind": "levels" if column.edges is None else "numbers",
        "error": _number(column.error),
        "outside": _number(column.outside),
        "labels": [plain(label) for label in cells.labels],
        "real": shares[0],
        "synthetic": shares[1],
        "holdout": shares[2] if len(shares) > 2 else None,  # noqa: PLR2004 (real, synthetic, holdout)
    }


def _association(found: Association | None) -> Json | None:
    if found is None:
        return None

    def matrix(values: NDArray[Any]) -> list[list[float]]:
        return [[round(value, _DIGITS) for value in row] for row in values.tolist()]

    return {
        "names": [plain(name) for name in found.names],
        "real": matrix(found.real),
        "synthetic": matrix(found.synthetic),
    }


def _behind(details: Details) -> Json:
    """What the detector and the models of the target went by: one figure a column, no figure of a cell."""
    return {
        "giveaways": [{"name": plain(one.name), "share": _number(one.share)} for one in details.giveaways],
        "importances": [
            {"name": plain(one.name), "real": _number(one.real), "synthetic": _number(one.synthetic)}
            for one in details.importances
        ],
        "calibrations": [
            {
                "trained_on": plain(one.trained_on),
                "promised": _numbers(one.promised),
                "observed": _numbers(one.observed),
            }
            for one in details.calibrations
        ],
    }


def _together(groups: Iterable[Subgroup]) -> list[Subgroup]:
    """Make one of groups that several measures looked at: each fills what it alone can tell."""
    found: dict[tuple[object, str], Subgroup] = {}
    for group in groups:
        known = found.setdefault((group.column, group.level), group)
        figures = {name: getattr(group, name) for name in _FIGURES if getattr(known, name) is None}
        found[group.column, group.level] = replace(known, **figures, rows=min(known.rows, group.rows))
    return list(found.values())


def _subgroup(group: Subgroup) -> Json:
    return {
        "column": plain(group.column),
        "level": plain(group.level),
        "people": group.rows,
        "share_real": _number(group.share_real),
        "share_synthetic": _number(group.share_synthetic),
        "utility_real": _number(group.utility_real),
        "utility_synthetic": _number(group.utility_synthetic),
        "exposed": None if group.exposed is None else _estimate(group.exposed),
    }


def _attack(attack: Attack) -> Json:
    return {
        "name": plain(attack.name),
        "false_positives": _numbers(attack.false_positives),
        "true_positives": _numbers(attack.true_positives),
        "found": [{"at": rate, **_estimate(estimate)} for rate, estimate in zip(RATES, attack.found, strict=False)],
    }


def _estimate(estimate: Estimate) -> Json:
    return {"value": _number(estimate.value), "low": _number(estimate.low), "high": _number(estimate.high)}


def _numbers(values: Iterable[float]) -> list[float | None]:
    return [_number(value) for value in values]


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(float(value), _DIGITS)
