"""Takes every measure of two tables: frames in, scores out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthgan.distributed.threads import Threads
from synthgan.io.sources import as_frame
from synthgan.metrics import registry
from synthgan.metrics.data.alignment import align
from synthgan.metrics.data.frames import Frames
from synthgan.metrics.scores import Scores, joined
from synthgan.runtime import Streams

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from synthgan.data.rules import Rule
    from synthgan.data.schema import Schema
    from synthgan.distributed.executor import Executor


def score_tables(
    real: Any,
    synthetic: Any,
    *,
    holdout: Any = None,
    target: str | int | None = None,
    survival: Sequence[str | int] | None = None,
    schema: Schema | None = None,
    rules: tuple[Rule, ...] = (),
    unit: str | int | None = None,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
    executor: Executor | None = None,
) -> Scores:
    """Take every measure of the registry; ``synthgan.evaluate`` makes a report of what is found.

    Args:
        real: The rows the synthesizer was fitted on.
        synthetic: The rows it made.
        holdout: Real rows nothing was fitted on.
        target: Name of the column that a model should predict.
        survival: Names of the columns that hold times to an event and whether it came.
        schema: What the columns are; inferred from ``real`` where left out.
        rules: What was declared to hold in every row, where the schema does not say it.
        unit: Name of a column of ``real`` that says whose a row is.
        seed: Fixes every random choice.
        progress: Called with the name of each stage as it begins.
        executor: Where measures are taken, each of them a task; None takes them here. It changes no score.

    Raises:
        SchemaError: If the tables do not have the columns of the schema, or a column holds another kind of values.
        DataError: If a table cannot be read, or a name is no such column.
        ConfigError: If the seed is not a whole number of at least 0, or ``survival`` not two names.
    """
    stage = progress or (lambda _name: None)
    streams = Streams(seed)
    stage("aligning")
    unseen = None if holdout is None else as_frame(holdout, schema)
    declared = () if schema is None else schema.rules
    frames = Frames(as_frame(real, schema), as_frame(synthetic, schema), unseen, schema, declared or rules)
    read = frames.table if schema is None else None
    tables, notes = align(
        frames.real, frames.synthetic, frames.holdout, schema=schema, target=target, unit=unit, read=read
    )
    given = registry.Given(tables, target, survival, frames, streams)
    found = [Scores((), notes=notes)]
    results = (executor or Threads()).map(registry.taken, range(len(registry.MEASURES)), given)
    told = ""
    for measure in registry.MEASURES:
        if measure.stage != told:
            stage(told := measure.stage)
        found.append(next(results))
    return joined(found)
