"""Evaluate: two tables in, a report out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthgan.metrics.data.alignment import align
from synthgan.metrics.details import Details
from synthgan.metrics.fidelity.association import association
from synthgan.metrics.fidelity.detection import detection_scores
from synthgan.metrics.fidelity.distributions import distributions
from synthgan.metrics.fidelity.extremes import extreme_scores
from synthgan.metrics.fidelity.fidelity import fidelity_scores
from synthgan.metrics.fidelity.joint import joint_scores
from synthgan.metrics.fidelity.sdmetrics_scores import sdmetrics_scores
from synthgan.metrics.fidelity.support import support_scores
from synthgan.metrics.privacy.attacks import attack_findings
from synthgan.metrics.privacy.privacy import copying_notes, privacy_scores
from synthgan.metrics.privacy.risks import risk_scores
from synthgan.metrics.score import Report, Score
from synthgan.metrics.utility.survival import survival_scores
from synthgan.metrics.utility.usefulness import usefulness

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from synthgan.data.schema import Schema
    from synthgan.metrics.data.columns import Name, Tables
    from synthgan.runtime import Streams


def evaluate(
    real: Any,
    synthetic: Any,
    *,
    holdout: Any = None,
    target: str | int | None = None,
    survival: Sequence[str | int] | None = None,
    schema: Schema | None = None,
    unit: str | int | None = None,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Judge a synthetic table against the real one it was learned from.

    Args:
        real: The rows the synthesizer was fitted on: a pandas or polars frame, a pyarrow table, or a path.
        synthetic: The rows it made; of any of these kinds, whatever the kind of ``real``.
        holdout: Real rows nothing was fitted on. They are the reference beside every score, and some scores
            need them.
        target: Name of the column that a model should predict (utility).
        survival: Names of the columns that hold times to an event and whether it came (0 and 1, or false and true),
            for a Cox regression.
        schema: What the columns are; inferred from ``real`` where left out. Only its columns are judged.
        unit: Name of a column of ``real`` that says whose a row is, where a person has several. It is not judged; whatever is
            shown of the tables then counts people, not rows.
        seed: Fixes every random choice: the same tables and seed give the same scores.
        progress: Called with the name of each stage as it begins.

    Returns:
        The report. Errors and shares are fractions, not per cent. Scores that the JSON contract names but
        that cannot be computed (no holdout, no target) have the value None and say why.

    Raises:
        SchemaError: If the tables do not have the columns of the schema, or a column holds another kind of
        values. DataError: If a table cannot be read, ``target`` is not one of the columns judged, ``survival`` not of the right kind, or
        ``unit`` no column. ConfigError: If the seed is not a whole number of at least 0, or ``survival`` not two names.
    """
    from synthgan.runtime import Streams

    stage = progress or (lambda _name: None)
    streams = Streams(seed)
    stage("aligning")
    tables, notes = align(real, synthetic, holdout, schema=schema, target=target, unit=unit)
    scores, details = _judged(tables, target, survival, streams, stage)
    return Report(scores, (*notes, *copying_notes(tables)), details)


def _judged(
    tables: Tables,
    target: Name | None,
    survival: Sequence[Name] | None,
    streams: Streams,
    stage: Callable[[str], None],
) -> tuple[tuple[Score, ...], Details]:
    """Take every measure, in reading order."""
    stage("fidelity")
    fidelity = [
        *fidelity_scores(tables, streams),
        *joint_scores(tables, streams),
        *extreme_scores(tables, streams),
        *support_scores(tables, streams),
    ]
    stage("detection")
    detection, signs = detection_scores(tables, streams)
    stage("utility")
    useful = usefulness(tables, target, streams)
    survival_found = survival_scores(tables, survival, streams)
    stage("attacks")
    copying = privacy_scores(tables, streams)
    attacked = attack_findings(tables, streams)
    risky, risks = risk_scores(tables, streams)
    stage("sdmetrics")
    common = sdmetrics_scores(tables, streams)
    stage("columns")
    columns = distributions(tables, streams)
    scores = (*fidelity, *detection, *useful.scores, *survival_found, *copying, *attacked.scores, *risky, *common)
    details = Details(
        columns=columns,
        association=association(tables, columns, streams),
        giveaways=signs.columns,
        giveaway_rows=signs.rows,
        importances=useful.importances,
        calibrations=useful.calibrations,
        subgroups=(*useful.subgroups, *attacked.subgroups),
        attacks=attacked.attacks,
        exposed=attacked.exposed,
        risks=risks,
    )
    return scores, details
