"""Evaluate: two tables in, a report out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthgan.metrics.alignment import align
from synthgan.metrics.attacks import attack_scores
from synthgan.metrics.details import Details
from synthgan.metrics.detection import detection_scores
from synthgan.metrics.fidelity import fidelity_scores
from synthgan.metrics.privacy import privacy_scores
from synthgan.metrics.risks import risk_scores
from synthgan.metrics.score import Report
from synthgan.metrics.sdmetrics_scores import sdmetrics_scores
from synthgan.metrics.utility import utility_scores

if TYPE_CHECKING:
    from synthgan.schema import Schema


def evaluate(
    real: Any,
    synthetic: Any,
    *,
    holdout: Any = None,
    target: str | int | None = None,
    schema: Schema | None = None,
    seed: int = 0,
) -> Report:
    """Judge a synthetic table against the real one it was learned from.

    Args:
        real: The rows the synthesizer was fitted on: a pandas or polars frame, a pyarrow table, or a path.
        synthetic: The rows it made; of any of these kinds, whatever the kind of ``real``.
        holdout: Real rows nothing was fitted on. They are the reference beside every score, and some scores
            need them.
        target: Name of the column that a model should predict (utility).
        schema: What the columns are; inferred from ``real`` where left out. Only its columns are judged.
        seed: Fixes every random choice: the same tables and seed give the same scores.

    Returns:
        The report. Errors and shares are fractions, not per cent. Scores that the JSON contract names but
        that cannot be computed (no holdout, no target) have the value None and say why.

    Raises:
        SchemaError: If the tables do not have the columns of the schema, or a column holds another kind of
        values. DataError: If a table cannot be read, or ``target`` is not one of the columns judged.
        ConfigError: If the seed is not a whole number of at least 0.
    """
    from synthgan.runtime import Streams

    streams = Streams(seed)
    tables, notes = align(real, synthetic, holdout, schema=schema, target=target)
    risky, risks = risk_scores(tables, streams)
    scores = [
        *fidelity_scores(tables, streams),
        *detection_scores(tables, streams),
        *utility_scores(tables, target, streams),
        *privacy_scores(tables, streams),
        *attack_scores(tables, streams),
        *risky,
        *sdmetrics_scores(tables, streams),
    ]
    return Report(tuple(scores), notes, Details(risks=risks))
