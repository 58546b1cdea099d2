"""Rules: whether what was declared to hold in every row holds in the synthetic rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthgan.data.ruled import View
from synthgan.metrics.fidelity.broken import broken_score, not_computed

if TYPE_CHECKING:
    from synthgan.metrics.data.frames import Frames
    from synthgan.metrics.score import Score

NAME = "rules_broken"


def rule_scores(frames: Frames) -> list[Score]:
    """Return rules_broken: the share of synthetic rows that break the declared rule which most of them break.

    Args:
        frames: The tables as they came, with the rules.
    """
    if not frames.rules:
        return [not_computed(NAME, "no rule is declared; give the schema that declares them, or the model")]
    if frames.table is None:
        return [not_computed(NAME, "the real table cannot be read exactly")]
    known = frames.made.intersection(frames.table.schema.names)
    rules = [one for one in frames.rules if known.issuperset(one.names)]
    if not rules:
        return [not_computed(NAME, "each rule names a column that a table lacks")]
    return [broken_score(NAME, frames, rules, lambda one, table: View.of_table(table, one.names).broken(one), "rule")]
