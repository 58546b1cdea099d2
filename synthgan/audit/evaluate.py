"""Evaluate: two tables, or two databases, in; a report out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from synthgan.distributed.executor import check_executor
from synthgan.errors import ConfigError
from synthgan.metrics.evaluate import score_tables
from synthgan.metrics.scores import joined
from synthgan.report import Report
from synthgan.report.made import Made

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from synthgan.data.linked import DatabaseSchema
    from synthgan.data.schema import Schema
    from synthgan.distributed.executor import Executor
    from synthgan.tabular.synthesizer import Synthesizer


def evaluate(
    real: Any,
    synthetic: Any,
    *,
    holdout: Any = None,
    target: str | int | None = None,
    survival: Sequence[str | int] | None = None,
    schema: Schema | DatabaseSchema | str | Path | None = None,
    unit: str | int | None = None,
    group: str | None = None,
    order: str | None = None,
    model: Synthesizer | str | Path | None = None,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
    executor: Executor | None = None,
) -> Report:
    """Judge a synthetic table, or synthetic linked tables, against the real ones they were learned from.

    Linked tables, and rows in groups, are judged by person: folds, intervals and attacks never part what belongs to one. Fidelity
    is not judged below 200 people, as no detector can tell anything then; keys, times and rules are, and copied histories.

    Args:
        real: The rows the synthesizer was fitted on: a pandas or polars frame, a pyarrow table, or a path. Of linked tables a
            ``Database``, tables by name, or what ``Database.read`` reads.
        synthetic: The rows it made; of any of these kinds, whatever the kind of ``real``.
        holdout: Real rows nothing was fitted on. They are the reference beside every score, and some scores
            need them.
        target: Name of the column that a model should predict (utility); of linked tables ``"table.column"``, looked for by its name
            where it is left out.
        survival: Names of the columns that hold times to an event and whether it came (0 and 1, or false and true),
            for a Cox regression.
        schema: What the columns are; inferred from ``real`` where left out. Only its columns are judged. The rules that it declares
            are held against every row. Of linked tables their keys, or a JSON file that says them.
        unit: Name of a column of ``real`` that says whose a row is, where a person has several. It is not judged; whatever is
            shown of the tables then counts people, not rows. Of linked tables the table whose rows are the people.
        group: Of one table: the column that says which rows belong together, such as a patient's number. The groups are judged as
            wholes, as linked tables are.
        order: With ``group``: the column that its rows are in order of.
        model: The model that made the synthetic rows, fitted, or its file. What the file gives away of these people (``attack_file``)
            then stands beside what the rows do: two releases. It needs a holdout, and takes another fit. The rules of its schema
            are held against every row.
        seed: Fixes every random choice: the same tables and seed give the same scores.
        progress: Called with the name of each stage as it begins.
        executor: Where measures are taken, such as ``Processes(4)``; None takes them here. It changes no score.

    Returns:
        The report. Errors and shares are fractions, not per cent. Scores that the JSON contract names but
        that cannot be computed (no holdout, no target) have the value None and say why.

    Raises:
        SchemaError: If the tables do not have the columns of the schema, or a column holds another kind of
        values. DataError: If a table cannot be read, ``target`` is not one of the columns judged, ``survival`` not of the right kind, or
        ``unit`` no column. ConfigError: If the seed is not a whole number of at least 0, ``survival`` not two names, the executor none, or
        there is a model and no holdout. ModelFileError: If the model cannot be read.
    """
    check_executor(executor)
    if group is not None or is_linked(real):
        return _linked(
            real,
            synthetic,
            group,
            {"survival": survival},
            model=model,
            holdout=holdout,
            target=target,
            schema=schema,
            unit=unit,
            order=order,
            seed=seed,
            progress=progress,
            executor=executor,
        )
    if order is not None:
        raise ConfigError(
            "order must come with group, however: it stands alone; name the group or leave it out", parameter="order"
        )
    _check_model(model, holdout)
    if model is not None:
        from synthgan.tabular.synthesizer import Synthesizer

        model = model if isinstance(model, Synthesizer) else Synthesizer.load(model).set_params(executor=executor)
    found = score_tables(
        real,
        synthetic,
        holdout=holdout,
        target=target,
        survival=survival,
        schema=cast("Schema | None", schema),
        rules=() if model is None else model.schema_.rules,
        unit=unit,
        seed=seed,
        progress=progress,
        executor=executor,
    )
    if model is not None:
        from synthgan.audit.file import file_scores

        found = joined([found, file_scores(model, real, holdout, progress=progress)])
    made = Made.of(real=real, synthetic=synthetic, holdout=holdout, model=None if model is None else model.manifest())
    return Report.of(found, made)


def is_linked(source: object) -> bool:
    """Whether what is to be judged is linked tables: a database, tables by name, or a path or URL of some."""
    from synthgan.io.databases.stores import is_database
    from synthgan.relational.database import Database

    return isinstance(source, (Database, Mapping)) or is_database(source)


def _linked(
    real: Any,
    synthetic: Any,
    group: str | None,
    flat: dict[str, object],
    *,
    model: Any,
    schema: Any,
    unit: Any,
    order: Any,
    **given: Any,
) -> Report:
    """Judge by person, and attack the file of the model, where there is one.

    Raises:
        ConfigError: If something was given that only one flat table has, or that goes with databases and was given with groups.
    """
    from synthgan.audit.file import file_scores, opened
    from synthgan.audit.linked import evaluate_groups, evaluate_linked

    other = {"schema": schema, "unit": unit} if group is not None else {"order": order}
    for name, value in (flat | other).items():
        if value is not None:
            kind = "rows in groups" if group is not None else "linked tables"
            raise ConfigError(
                f"{name} must not come with {kind}, however: {name} was given; leave it out", parameter=name
            )
    _check_model(model, given["holdout"])
    synthesizer = None if model is None else opened(model, linked=group is None)
    if group is not None:
        report = evaluate_groups(real, synthetic, group=group, order=order, **given)
    else:
        report = evaluate_linked(real, synthetic, schema=schema, unit=unit, **given)
    told = None
    if synthesizer is not None:
        found = file_scores(synthesizer, real, given["holdout"], progress=given["progress"])
        report, told = Report.of(joined([report, found])), synthesizer.manifest()
    sides = {"real": real, "synthetic": synthetic, "holdout": given["holdout"]}
    return replace(report, made=Made.of(**sides, model=told))


def _check_model(model: Any, holdout: Any) -> None:
    """See that a model comes with rows that it never saw; raises ConfigError where it does not."""
    if model is not None and holdout is None:
        raise ConfigError(
            "model must come with a holdout, however: there is none; give real rows that nothing was fitted on, or leave the model out"
        )
