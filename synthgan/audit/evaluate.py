"""Evaluate: two tables in, a report out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthgan.errors import ConfigError
from synthgan.metrics.evaluate import score_tables
from synthgan.metrics.scores import joined
from synthgan.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from synthgan.data.schema import Schema
    from synthgan.tabular.synthesizer import Synthesizer


def evaluate(
    real: Any,
    synthetic: Any,
    *,
    holdout: Any = None,
    target: str | int | None = None,
    survival: Sequence[str | int] | None = None,
    schema: Schema | None = None,
    unit: str | int | None = None,
    model: Synthesizer | str | Path | None = None,
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
        schema: What the columns are; inferred from ``real`` where left out. Only its columns are judged. The rules that it declares
            are held against every row.
        unit: Name of a column of ``real`` that says whose a row is, where a person has several. It is not judged; whatever is
            shown of the tables then counts people, not rows.
        model: The model that made the synthetic rows, fitted, or its file. What the file gives away of these people (``attack_file``)
            then stands beside what the rows do: two releases. It needs a holdout, and takes another fit. The rules of its schema
            are held against every row.
        seed: Fixes every random choice: the same tables and seed give the same scores.
        progress: Called with the name of each stage as it begins.

    Returns:
        The report. Errors and shares are fractions, not per cent. Scores that the JSON contract names but
        that cannot be computed (no holdout, no target) have the value None and say why.

    Raises:
        SchemaError: If the tables do not have the columns of the schema, or a column holds another kind of
        values. DataError: If a table cannot be read, ``target`` is not one of the columns judged, ``survival`` not of the right kind, or
        ``unit`` no column. ConfigError: If the seed is not a whole number of at least 0, ``survival`` not two names, or there is a model
        and no holdout. ModelFileError: If the model cannot be read.
    """
    if model is not None and holdout is None:
        raise ConfigError(
            "model must come with a holdout, however: there is none; give real rows that nothing was fitted on, or leave the model out"
        )
    if model is not None:
        from synthgan.tabular.synthesizer import Synthesizer

        model = model if isinstance(model, Synthesizer) else Synthesizer.load(model)
    found = score_tables(
        real,
        synthetic,
        holdout=holdout,
        target=target,
        survival=survival,
        schema=schema,
        rules=() if model is None else model.schema_.rules,
        unit=unit,
        seed=seed,
        progress=progress,
    )
    if model is not None:
        from synthgan.audit.file import file_scores

        found = joined([found, file_scores(model, real, holdout, progress=progress)])
    return Report.of(found)
