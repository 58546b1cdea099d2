"""Evaluate linked tables: databases or rows in groups become the sides that are judged, and a report comes out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.audit.groups import as_linked
from synthgan.data.links import plain_values
from synthgan.errors import DataError, SchemaError, SynthganError
from synthgan.io.databases.stores import read_database
from synthgan.metrics.data.alignment import align
from synthgan.metrics.relational.evaluate import score_linked
from synthgan.metrics.relational.linked import no_columns
from synthgan.metrics.relational.sides import Judged, Side
from synthgan.metrics.scores import Scores, joined
from synthgan.relational.database import Database
from synthgan.relational.frames import as_pandas
from synthgan.relational.lineage import Lineage
from synthgan.report import Report
from synthgan.suggest import did_you_mean_or_known

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from synthgan.data.linked import DatabaseSchema
    from synthgan.distributed.executor import Executor
    from synthgan.metrics.data.columns import Columns

    Frames = dict[str, pd.DataFrame]

SIDES = ("real", "synthetic", "holdout")


def judged_of(
    real: Database, synthetic: Mapping[str, Any], holdout: Mapping[str, Any] | None, unit: str | None
) -> tuple[Judged, tuple[str, ...]]:
    """Reduce databases to what is judged of them.

    Args:
        real: what was learned, with its keys: those of the other sides are taken to be the same.
        synthetic: tables by name.
        holdout: the same of unseen people, or None.
        unit: the table whose rows are the people; None takes the database's own.

    Returns:
        the sides, and remarks for the report.

    Raises:
        SchemaError: nobody says who the unit is, it belongs to another table, or a table lacks the column of a key.
        DataError: a table cannot be read, or has no rows where it must.
    """
    unit = _unit(real, unit)
    given = {"real": real.tables, "synthetic": _frames(synthetic)} | (
        {} if holdout is None else {"holdout": _frames(holdout)}
    )
    schema, notes = _shared(real.schema, given)
    if unit not in schema.tables:
        raise SchemaError(
            f"the synthetic tables must have the unit, however: they lack {unit!r}; name another unit, or add it"
        )
    databases = {}
    for side, frames in given.items():
        try:
            databases[side] = Database({name: frames[name] for name in schema.tables}, schema=schema)
        except SynthganError as error:
            raise SchemaError(f"the {side} tables: {error.message}", remedy=error.remedy) from error
        if not databases[side].rows[unit]:
            raise DataError(f"the {side} table of the unit must have rows, however: {unit!r} has none")
    columns = {}
    for name in schema.tables:
        columns[name], said = _aligned(name, schema, [databases[side].tables[name] for side in databases])
        notes += said
    sides = [
        _side(one, {name: found[at] for name, found in columns.items()}) for at, one in enumerate(databases.values())
    ]
    return Judged(schema, unit, *sides), tuple(notes)


def judged_groups(frames: Mapping[str, pd.DataFrame], group: str, order: str | None) -> tuple[Judged, tuple[str, ...]]:
    """Reduce rows in groups, by side, to what is judged of them.

    Raises:
        DataError: a side lacks the group or the order, or has no rows of any group.
        SchemaError: the columns of the sides do not match.
    """
    schema, made, inconstant, notes = as_linked(frames, group, order)
    real = Database(made["real"], schema=schema)
    judged, said = judged_of(real, made["synthetic"], made.get("holdout"), group)
    sides = [replace(side, inconstant=found) for side, found in zip(judged.sides, inconstant.values(), strict=True)]
    return Judged(judged.schema, judged.unit, *sides), (*notes, *said)


def _unit(database: Database, unit: str | None) -> str:
    if unit is not None:
        database.check(unit)
        if database.unit != unit:
            database.unit = unit
    if database.unit is None:
        raise SchemaError(
            "unit must name the table whose rows are the people, such as patients, however: nobody said which it is",
            remedy=did_you_mean_or_known("patients", database.tables),
            parameter="unit",
        )
    owner = database.owner(database.unit)
    if owner is not None:
        raise SchemaError(
            f"unit must be a table that belongs to no other, however: rows of {database.unit!r} belong to {owner.table!r}",
            remedy=f"name {database.path(database.unit)[-1]!r}",
            parameter="unit",
        )
    return database.unit


def _frames(tables: Mapping[str, Any]) -> Frames:
    return {name: as_pandas(name, frame) for name, frame in tables.items()}


def _shared(schema: DatabaseSchema, given: Mapping[str, Frames]) -> tuple[DatabaseSchema, list[str]]:
    """The keys of the tables that all sides have; what only the real ones, or only the synthetic ones have is told."""
    lacking = [name for name in schema.tables if name not in given["synthetic"]]
    extra = [name for name in given["synthetic"] if name not in schema.tables]
    if len(lacking) == len(schema.tables):
        raise SchemaError(
            f"the synthetic tables must be called as the real ones, however: found {', '.join(extra) or 'none'}; rename them"
        )
    unseen = next((name for name in schema.tables if name not in given.get("holdout", schema.tables)), None)
    if unseen is not None:
        raise SchemaError(
            f"the holdout must have each table of the real side, however: it lacks {unseen!r}; add it, without rows if need be"
        )
    notes = [f"left out, as the synthetic side has no such tables: {', '.join(lacking)}"] if lacking else []
    notes += [f"left out, as the real side has no such tables: {', '.join(extra)}"] if extra else []
    kept = {
        name: replace(keys, foreign_keys=tuple(key for key in keys.foreign_keys if key.table not in lacking))
        for name, keys in schema.tables.items()
        if name not in lacking
    }
    unit = schema.unit if schema.unit in kept else None
    return replace(schema, tables=kept, unit=unit, asked=()), notes


def _aligned(name: str, schema: DatabaseSchema, frames: list[pd.DataFrame]) -> tuple[list[Columns], list[str]]:
    """The columns of one table that are compared, on each side: keys are not, for they are made anew."""
    keys = schema.tables[name]
    apart = {column for key in keys.foreign_keys for column in key.columns}
    apart |= set(keys.primary_key or ()) if len(keys.primary_key or ()) == 1 else set()
    apart |= {
        column
        for one in schema.tables.values()
        for key in one.foreign_keys
        if key.table == name
        for column in key.referenced
    }
    empty = [len(frame) == 0 for frame in frames]
    bare = [frame[[column for column in frame.columns if column not in apart]] for frame in frames]
    if any(empty) or not len(bare[0].columns):
        said = (
            [f"table {name}: not compared, as one of the sides has no rows in it"]
            if any(empty) and not all(empty)
            else []
        )
        return [no_columns(len(frame)) for frame in frames], said
    try:
        tables, notes = align(*bare)
    except SynthganError as error:
        raise SchemaError(f"table {name!r}: {error.message}", remedy=error.remedy) from error
    return list(tables), [f"table {name}: {note}" for note in notes]


def _side(database: Database, columns: Mapping[str, Columns]) -> Side:
    lineage = Lineage.of(database)
    links: dict[tuple[str, tuple[str, ...]], NDArray[np.int64]] = dict(lineage.refers)
    order, twins = {}, {}
    for name, keys in database.schema.tables.items():
        frame = database.tables[name]
        if keys.owner is not None:
            links[name, keys.owner.columns] = lineage.owned_by[name]
        if keys.order is not None and len(frame):
            order[name] = _ranks(frame[keys.order])
        if keys.primary_key is not None:
            its = frame[list(keys.primary_key)]
            twins[name] = int((its.duplicated() | its.isna().any(axis=1)).sum())
    above = {name: lineage.above(name) for name in database.tables}
    return Side(database.rows, columns, above, links, order, twins)


def _ranks(values: pd.Series[Any]) -> NDArray[np.float64]:
    """float64 ``[rows]``: the places of values in their order; NaN where missing."""
    missing = values.isna().to_numpy()
    plain = plain_values(values)
    known = plain[~missing]
    ranks = np.full(len(plain), np.nan)
    ranks[~missing] = np.unique(known.astype(str) if known.dtype == object else known, return_inverse=True)[1]
    return ranks


def evaluate_linked(
    real: Any,
    synthetic: Any,
    *,
    holdout: Any = None,
    unit: str | None = None,
    schema: DatabaseSchema | str | Path | None = None,
    target: str | int | None = None,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
    executor: Executor | None = None,
) -> Report:
    """Judge synthetic linked tables; ``synthgan.evaluate`` comes here with databases.

    Args:
        real: a ``Database``, tables by name, or what ``Database.read`` reads.
        synthetic: the same of the synthetic side; its keys are those of the real one.
        holdout: the same of people that nothing was fitted on, or None.
        unit: the table whose rows are the people; None takes the database's own.
        schema: the keys, or a JSON file that says them; None takes those that are declared, and finds others.
        target: "table.column" that a model should predict of people.
        seed: fixes every random choice.
        progress: called with the name of each stage as it begins.
        executor: where measures are taken, each of them a task; None takes them here. It changes no score.

    Raises:
        SchemaError, DataError, ConfigError: as ``synthgan.evaluate`` does.
    """
    (progress or (lambda _name: None))("aligning")
    database = real if isinstance(real, Database) else _read(real, schema)
    judged, notes = judged_of(database, _tables(synthetic), None if holdout is None else _tables(holdout), unit)
    found = score_linked(judged, target=target, seed=seed, progress=progress, executor=executor)
    return Report.of(joined([Scores((), notes=notes), found]))


def evaluate_groups(
    real: Any,
    synthetic: Any,
    *,
    group: str,
    order: str | None = None,
    holdout: Any = None,
    target: str | int | None = None,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
    executor: Executor | None = None,
) -> Report:
    """Judge synthetic rows in groups; ``synthgan.evaluate`` comes here with ``group``.

    Args:
        real: rows, of which those of one group belong together.
        synthetic: rows of the same columns.
        group: the column that says which group a row is of.
        order: the column that the rows of a group are in order of; None leaves them as they stand.
        holdout: rows of groups that nothing was fitted on, or None.
        target: a column that a model should predict of groups.
        seed: fixes every random choice.
        progress: called with the name of each stage as it begins.
        executor: where measures are taken, each of them a task; None takes them here. It changes no score.

    Raises:
        DataError, SchemaError, ConfigError: as ``synthgan.evaluate`` does.
    """
    (progress or (lambda _name: None))("aligning")
    frames = {"real": real, "synthetic": synthetic} | ({} if holdout is None else {"holdout": holdout})
    judged, notes = judged_groups({side: as_pandas(side, frame) for side, frame in frames.items()}, group, order)
    found = score_linked(judged, target=target, seed=seed, progress=progress, executor=executor)
    return Report.of(joined([Scores((), notes=notes), found]))


def _read(given: Any, schema: DatabaseSchema | str | Path | None = None) -> Database:
    known = {} if schema is None else {"schema": schema}
    return Database(given, **known) if hasattr(given, "items") else Database.read(given, **known)  # type: ignore[arg-type]


def _tables(given: Any) -> Mapping[str, Any]:
    """The tables of a side: their own keys are not looked for."""
    if isinstance(given, Database):
        return given.tables
    return given if hasattr(given, "items") else read_database(given).tables
