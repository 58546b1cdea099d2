"""What a fit would cost, found out without fitting."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.gan.objectives import make_objective
from synthgan.gan.train import train
from synthgan.gan.watch import Watch
from synthgan.tables import number_of_rows, take
from synthgan.tabular.boosted import MOST_DRAWN
from synthgan.tabular.fitting import make_batches, make_game, prepare
from synthgan.tabular.growing import MOST_ENTRIES, grow_chain
from synthgan.tabular.mixture import Mixture, choose_classes
from synthgan.tabular.views import Views

if TYPE_CHECKING:
    import torch

    from synthgan.columns import Frame
    from synthgan.config import Configs
    from synthgan.runtime import Streams
    from synthgan.schema import Schema
    from synthgan.tabular.fitting import Prepared

SAMPLE_ROWS = 20_000
TRIAL_STEPS = 3
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
    frame: Frame,
    schema: Schema,
    configs: Configs,
    streams: Streams,
    device: torch.device,
) -> Plan:
    """Encode a sample of the rows and time a little of the learning on it."""
    rows = number_of_rows(frame)
    started = time.perf_counter()
    if rows > SAMPLE_ROWS:
        frame = take(frame, np.sort(streams.numpy("plan").choice(rows, SAMPLE_ROWS, replace=False)))
    prepared = prepare(frame, schema, configs, streams)
    encoding_seconds = (time.perf_counter() - started) * max(1.0, rows / SAMPLE_ROWS)
    layout = prepared.layout
    if configs.chain.generator == "chains":
        parameters, seconds, memory = _try_chains(prepared, rows, configs, streams)
    else:
        parameters, seconds, memory = _try_network(prepared, rows, configs, streams, device)
    if configs.training.minutes is not None:
        seconds = min(seconds, 60 * configs.training.minutes)
    memory += _BASE_BYTES + rows * len(layout.spans) * 24
    return Plan(schema, rows, layout.modes, parameters, encoding_seconds + seconds, int(memory))


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
    steps = train(game, batches, make_objective(training.objective, training.penalty), streams, Watch(None, 10**9, 1))
    ticks = [time.perf_counter() for _, _ in zip(range(TRIAL_STEPS), steps, strict=False)]
    step_seconds = (ticks[-1] - ticks[0]) / max(len(ticks) - 1, 1) if ticks else 0.0
    parameters = sum(p.numel() for module in (game.generator, game.critic) for p in module.parameters())
    width = layout.modes + layout.places
    memory = 8 * 4 * parameters + 40 * 4 * training.batch_rows * width
    return parameters, step_seconds * training.steps, memory
