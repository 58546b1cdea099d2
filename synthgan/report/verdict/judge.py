"""Judges: scores in, the verdict out. A new check is a function in ``leakage`` or ``quality``, and its place in the list there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthgan.report.verdict.facts import Facts
from synthgan.report.verdict.finding import Verdict
from synthgan.report.verdict.leakage import LEAKAGE
from synthgan.report.verdict.quality import QUALITY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthgan.metrics.scores import Scores


def verdict_of(
    found: Scores,
    privacy: Mapping[str, Any] | None = None,
    origins: Mapping[str, Mapping[str, Any]] | None = None,
) -> Verdict:
    """Return what scores come to.

    Args:
        found: What ``evaluate`` found.
        privacy: What the model says of its privacy (``report.privacy.privacy_of``), or None where no model was named.
        origins: By side, what files and frames say of themselves whose rows are synthetic.
    """
    details = found.details
    things = "images" if details.images is not None else "tables" if details.linked is not None else "rows"
    scores = {score.name: score for score in found.scores if score.value is not None}
    if not scores and not details.same:
        return Verdict((), things)
    facts = Facts(scores, details, privacy, things, origins or {})
    checked = (check(facts) for check in (*LEAKAGE, *QUALITY))
    return Verdict.of(tuple(finding for finding in checked if finding is not None), things)
