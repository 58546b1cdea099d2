"""What a fit would cost, found out without fitting."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.rows import number_of_rows
from synthgan.gan.monitor import Watch
from synthgan.gan.objectives import make_objective
from synthgan.gan.train import train
from synthgan.gan.updates import OpenTurns
from synthgan.tabular.chains.critics import MOST_DRAWN
from synthgan.tabular.chains.features import Views
from synthgan.tabular.chains.grower import MOST_ENTRIES, grow_chain
from synthgan.tabular.encoding.categorical import LevelEncoder
from synthgan.tabular.encoding.layout import make_layout
from synthgan.tabular.encoding.registry import grouped
from synthgan.tabular.network.mixture import Mixture, choose_classes
from synthgan.tabular.prepare import make_batches, make_game, prepare
from synthgan.tabular.private.budget import GAME_RATE, GAME_STEPS, ROUNDS, plan_budget
from synthgan.tabular.private.dpsgd import FEWEST_FAKES
from synthgan.tabular.private.marginals import CLASSES, Answer, MarginalModel
from synthgan.tabular.private.rounds import (
    FIRST_STEPS,
    LAST_STEPS,
    MOST_CANDIDATES,
    MOST_GROUPS,
    MOST_TRIPLE_GROUPS,
    ROUND_STEPS,
)

if TYPE_CHECKING:
    import torch

    from synthgan.config import Configs
    from synthgan.data import Frame
    from synthgan.data.schema import Schema
    from synthgan.data.table import Table
    from synthgan.runtime import Streams
    from synthgan.tabular.prepare import Prepared

SAMPLE_ROWS = 20_000
TRIAL_STEPS = 3
_GAME_SECONDS = 1.2e-7  # for a row, a mode and a step
_BASE_BYTES = 400_000_000  # the interpreter with its libraries


@dataclass(frozen=True, slots=True)
class Plan:
    """What a fit would do.

    Attributes:
        schema: what the table is taken to be.
        rows: rows to learn from.
        modes: modes of all columns together, on a sample of the rows.
        parameters: weights of both networks, or numbers in all chains.
        seconds: the longest that learning would take on this machine, from a short trial.
        memory_bytes: about the most memory it would need.
    """

    schema: Schema
    rows: int
    modes: int
    parameters: int
    seconds: float
    memory_bytes: int


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
    prepared = prepare(table, configs, streams)
    encoding_seconds = (time.perf_counter() - started) * max(1.0, rows / SAMPLE_ROWS)
    layout = prepared.layout
    if configs.chained:
        parameters, seconds, memory = _try_chains(prepared, rows, configs, streams)
    else:
        parameters, seconds, memory = _try_network(prepared, rows, configs, streams, device)
    if configs.training.minutes is not None:
        seconds = min(seconds, 60 * configs.training.minutes)
    memory += _BASE_BYTES + rows * len(layout.spans) * 24
    return Plan(table.schema, rows, layout.modes, parameters, encoding_seconds + seconds, int(memory))


def plan_privately(frame: Frame, schema: Schema, configs: Configs, streams: Streams, *, declared: bool) -> Plan:
    """Time a little of fitting a mixture to empty answers about a table of that schema; no row is asked about."""
    columns = len(grouped(schema))
    started = time.perf_counter()
    privacy = configs.privacy
    budget = plan_budget(
        schema, float(privacy.epsilon or 0), privacy.delta, declared=declared, mechanism=privacy.mechanism
    )
    accounting_seconds = 3 * (time.perf_counter() - started)  # the ledger states the total twice over
    groups = (np.arange(MOST_GROUPS),) * columns
    held = (np.ones(MOST_GROUPS),) * columns
    levels = LevelEncoder(tuple(range(MOST_GROUPS)), has_rare=False, has_missing=False)
    layout = make_layout(dict.fromkeys(range(columns), levels))
    coarse = (np.arange(MOST_GROUPS) * MOST_TRIPLE_GROUPS // MOST_GROUPS,) * columns
    model = MarginalModel(layout, held, groups, coarse, (1.0,) * columns, streams)
    cube = np.zeros((MOST_TRIPLE_GROUPS,) * 3)
    model.add(Answer((0, 1, 2), cube, 1.0) for _ in range(budget.triples))
    model.fit(1)  # the first step loads what the others need
    started = time.perf_counter()
    model.fit(TRIAL_STEPS)
    step_seconds = (time.perf_counter() - started) / TRIAL_STEPS
    rows = number_of_rows(frame)
    steps = FIRST_STEPS + ((ROUNDS - 1) * ROUND_STEPS + LAST_STEPS) * bool(budget.triples)
    counting_seconds = (
        2e-8 * rows * (budget.pairs + budget.triples + ROUNDS * min(math.comb(columns, 3), MOST_CANDIDATES))
    )
    memory = 60 * 4 * CLASSES * layout.modes + 6 * 4 * layout.modes**2 + _BASE_BYTES + rows * columns * 24
    seconds = accounting_seconds + steps * step_seconds + counting_seconds
    if budget.shares.game:
        seconds += _GAME_SECONDS * GAME_STEPS * max(FEWEST_FAKES, GAME_RATE * rows) * layout.modes
    return Plan(schema, rows, layout.modes, CLASSES * layout.modes, seconds, int(memory))


def _try_chains(prepared: Prepared, rows: int, configs: Configs, streams: Streams) -> tuple[int, float, float]:
    """Numbers in all chains, seconds to learn them, bytes on top of the table: from one chain over the sample."""
    layout = prepared.layout
    started = time.perf_counter()
    views = Views.fit(prepared.train, layout, streams.numpy("views"))
    chain = grow_chain(prepared.train, layout, views, configs.chain, streams, 0)
    seconds = time.perf_counter() - started
    most_rows = MOST_ENTRIES // (configs.chain.chains * len(layout.spans))
    growth = max(1.0, min(rows, most_rows) / len(prepared.train))
    numbers = configs.chain.chains * growth * (len(chain.codes) + 5 * len(chain.start))
    # The game takes about as long as growing does; both use every thread there is.
    return (
        int(numbers),
        2 * configs.chain.chains * growth * seconds,
        4 * numbers + 4 * MOST_DRAWN * views.table.size / layout.modes,
    )


def _try_network(
    prepared: Prepared, rows: int, configs: Configs, streams: Streams, device: torch.device
) -> tuple[int, float, float]:
    """Weights of both networks, seconds to train them, bytes on top of the table: from a few steps untrained."""
    layout, network, training = prepared.layout, configs.network, configs.training
    classes = network.classes or choose_classes(rows)
    game = make_game(layout, Mixture.even(classes, layout), network, training, streams, device)
    batches = make_batches(prepared, training, network.packing, streams, device)
    turns = OpenTurns(batches, make_objective(training.objective, training.penalty), streams)
    steps = train(game, turns, Watch(None, 10**9, 1))
    ticks = [time.perf_counter() for _, _ in zip(range(TRIAL_STEPS), steps, strict=False)]
    step_seconds = (ticks[-1] - ticks[0]) / max(len(ticks) - 1, 1) if ticks else 0.0
    parameters = sum(p.numel() for module in (game.generator, game.critic) for p in module.parameters())
    width = layout.modes + layout.places
    memory = 8 * 4 * parameters + 40 * 4 * training.batch_rows * width
    return parameters, step_seconds * training.steps, memory
