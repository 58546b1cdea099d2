"""What a fit would cost, found out without fitting."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.distributed.shards import Shards
from synthgan.privacy.curator import check_delta
from synthgan.tabular.encoding.categorical import LevelEncoder
from synthgan.tabular.encoding.layout import make_layout
from synthgan.tabular.encoding.registry import grouped
from synthgan.tabular.intake import Misfits, limited, misfits, read_private
from synthgan.tabular.prepare import prepare
from synthgan.tabular.private.budget import GAN_RATE, GAN_STEPS, ROUNDS, plan_budget
from synthgan.tabular.private.dpsgd import MIN_FAKES
from synthgan.tabular.private.marginals import CLASSES, Answer, MarginalModel
from synthgan.tabular.private.rounds import (
    FIRST_STEPS,
    LAST_STEPS,
    MAX_CANDIDATES,
    MAX_GROUPS,
    MAX_TRIPLE_GROUPS,
    ROUND_STEPS,
)

if TYPE_CHECKING:
    import torch

    from synthgan.data import Frame
    from synthgan.data.schema import Schema
    from synthgan.data.table import Table
    from synthgan.runtime import Streams
    from synthgan.tabular.config import Configs

SAMPLE_ROWS = 20_000
TRIAL_STEPS = 3
_TRAINING_SECONDS = 1.2e-7  # for a row, a mode and a step
_BASE_BYTES = 400_000_000  # the interpreter with its libraries


@dataclass(frozen=True, slots=True)
class Plan:
    """What a fit would do.

    Attributes:
        schema: what the table is taken to be.
        rows: rows to learn from.
        modes: modes of all columns together, on a sample of the rows.
        parameters: numbers that would be learned.
        seconds: the longest that reading and learning would take on this machine, from a short trial; files are read for it.
        memory_bytes: about the most memory it would need.
        misfits: of a private fit, what does not fit the schema; empty for any other.
    """

    schema: Schema
    rows: int
    modes: int
    parameters: int
    seconds: float
    memory_bytes: int
    misfits: tuple[Misfits, ...] = ()


def make_plan(
    table: Table,
    configs: Configs,
    streams: Streams,
    device: torch.device,
) -> Plan:
    """Encode a sample of the rows and time a little of the learning on it."""
    rows = len(table)
    started = time.perf_counter()
    if rows > SAMPLE_ROWS:
        table = table.take(np.sort(streams.numpy("plan").choice(rows, SAMPLE_ROWS, replace=False)))
    prepared = prepare(table, configs, streams, device)
    encoding_seconds = (time.perf_counter() - started) * max(1.0, rows / SAMPLE_ROWS)
    cost = configs.generator.cost(prepared, rows, streams)
    seconds = cost.seconds if configs.minutes is None else min(cost.seconds, 60 * configs.minutes)
    layout = prepared.layout
    memory = cost.memory_bytes + _BASE_BYTES + rows * len(layout.spans) * 24
    return Plan(prepared.transform.schema, rows, layout.modes, cost.parameters, encoding_seconds + seconds, int(memory))


def plan_privately(given: Frame | Shards, schema: Schema, configs: Configs, streams: Streams) -> Plan:
    """Time a little of fitting a mixture to empty answers about as many rows as there are; and count what does not fit.

    Raises:
        PrivacyError: if delta means nothing for so many rows.
    """
    taken = (
        limited(given, configs.privacy) if isinstance(given, Shards) else read_private(given, schema, configs.privacy)
    )
    rows = len(taken)
    check_delta(configs.privacy.delta, rows, "rows", i_know=configs.privacy.i_know)
    columns = len(grouped(schema))
    started = time.perf_counter()
    privacy = configs.privacy
    budget = plan_budget(schema, float(privacy.epsilon or 0), privacy.delta, mechanism=privacy.mechanism)
    accounting_seconds = 3 * (time.perf_counter() - started)  # the ledger states the total twice over
    groups = (np.arange(MAX_GROUPS),) * columns
    held = (np.ones(MAX_GROUPS),) * columns
    levels = LevelEncoder(tuple(range(MAX_GROUPS)), has_rare=False, has_missing=False)
    layout = make_layout(dict.fromkeys(range(columns), levels))
    coarse = (np.arange(MAX_GROUPS) * MAX_TRIPLE_GROUPS // MAX_GROUPS,) * columns
    model = MarginalModel(layout, held, groups, coarse, (1.0,) * columns, streams)
    cube = np.zeros((MAX_TRIPLE_GROUPS,) * 3)
    model.add(Answer((0, 1, 2), cube, 1.0) for _ in range(budget.triples))
    model.fit(1)  # the first step loads what the others need
    started = time.perf_counter()
    model.fit(TRIAL_STEPS)
    step_seconds = (time.perf_counter() - started) / TRIAL_STEPS
    steps = FIRST_STEPS + ((ROUNDS - 1) * ROUND_STEPS + LAST_STEPS) * bool(budget.triples)
    counting_seconds = (
        2e-8 * rows * (budget.pairs + budget.triples + ROUNDS * min(math.comb(columns, 3), MAX_CANDIDATES))
    )
    memory = 60 * 4 * CLASSES * layout.modes + 6 * 4 * layout.modes**2 + _BASE_BYTES + rows * columns * 24
    seconds = accounting_seconds + steps * step_seconds + counting_seconds
    if budget.shares.dpsgd:
        seconds += _TRAINING_SECONDS * GAN_STEPS * max(MIN_FAKES, GAN_RATE * rows) * layout.modes
    return Plan(schema, rows, layout.modes, CLASSES * layout.modes, seconds, int(memory), misfits(given, schema))
