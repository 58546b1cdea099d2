"""A fit without epsilon: learn the rows, see what the result gives away, and learn them coarser where that is too much."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from synthgan.gan.train import Progress
from synthgan.tabular.checkpoint import TableCheckpoint
from synthgan.tabular.model import TabularModel
from synthgan.tabular.prepare import prepare
from synthgan.tabular.release import MAX_COARSER, measured, part, unmeasured

if TYPE_CHECKING:
    from collections.abc import Generator

    import torch

    from synthgan.data.table import Table
    from synthgan.runtime import Streams
    from synthgan.tabular.config import Configs


def learn(
    table: Table, configs: Configs, streams: Streams, device: torch.device, saved: TableCheckpoint
) -> Generator[Progress, None, TabularModel]:
    """Learn a table, yielding progress; gives the model.

    Raises:
        DataError: if there is nothing to learn.
        TrainingError: if training broke down and could not be rescued.
    """
    parts = part(table, configs, streams)
    prepared = prepare(parts.learned, configs, streams, device)
    generator, settings = configs.generator, configs.as_json() | {"seed": streams.seed}
    saved.check(configs.shaping() | {"seed": streams.seed}, prepared.fingerprint, generator.may_change | {"minutes"})
    started = time.monotonic()
    for coarser in range(MAX_COARSER + 1):
        model = TabularModel(prepared.transform, generator, settings, prepared.rows)
        saved.begin(model)
        model.training = yield from generator.fit(prepared, streams, saved)
        if parts.kept_out is None:
            model.check = unmeasured(configs)
            break
        model.check = yield from measured(generator, prepared, parts, coarser, streams)
        again = generator.coarser(prepared.rows)
        elapsed = time.monotonic() - started
        in_time = configs.minutes is None or elapsed * (coarser + 2) / (coarser + 1) < 60 * configs.minutes
        if model.check.why_confidential is None or again is None or coarser == MAX_COARSER or not in_time:
            break
        message = f"{model.check.why_confidential}: learning it once more, coarser"
        yield Progress("checking", message=message)
        generator, saved = again, TableCheckpoint()  # what an interrupted fit keeps is of the first attempt
    model.keep_repairable(prepared.train, streams)
    if model.training.get("dropped"):
        words = "; ".join(model.training["dropped"])
        yield Progress("checking", message=f"held in every row, but rows put right by it would bend a column: {words}")
    return model
