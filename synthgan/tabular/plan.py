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
from synthgan.tabular.fitting import make_batches, make_game, prepare
from synthgan.tabular.mixture import Mixture, choose_classes

if TYPE_CHECKING:
    import torch

    from synthgan.columns import Frame
    from synthgan.config import EncodingConfig, NetworkConfig, TrainConfig
    from synthgan.runtime import Streams
    from synthgan.schema import Schema

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
        parameters: weights of both networks.
        seconds: the longest that training would take on this machine, from a few trial steps.
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
    configs: tuple[EncodingConfig, NetworkConfig, TrainConfig],
    streams: Streams,
    device: torch.device,
) -> Plan:
    """Encode a sample of the rows and time a few steps of untrained networks on it."""
    encoding, network, training = configs
    rows = number_of_rows(frame)
    started = time.perf_counter()
    if rows > SAMPLE_ROWS:
        frame = take(frame, np.sort(streams.numpy("plan").choice(rows, SAMPLE_ROWS, replace=False)))
    prepared = prepare(frame, schema, encoding, training, streams)
    encoding_seconds = (time.perf_counter() - started) * max(1.0, rows / SAMPLE_ROWS)
    layout, classes = prepared.layout, network.classes or choose_classes(rows)
    game = make_game(layout, Mixture.even(classes, layout), network, training, streams, device)
    batches = make_batches(prepared, training, network.packing, streams, device)
    steps = train(game, batches, make_objective(training.objective, training.penalty), streams, Watch(None, 10**9, 1))
    ticks = [time.perf_counter() for _, _ in zip(range(TRIAL_STEPS), steps, strict=False)]
    step_seconds = (ticks[-1] - ticks[0]) / max(len(ticks) - 1, 1) if ticks else 0.0
    parameters = sum(p.numel() for module in (game.generator, game.critic) for p in module.parameters())
    width = layout.modes + layout.places
    memory = _BASE_BYTES + 8 * 4 * parameters + 40 * 4 * training.batch_rows * width + rows * len(layout.spans) * 24
    seconds = encoding_seconds + step_seconds * training.steps
    if training.minutes is not None:
        seconds = min(seconds, encoding_seconds + 60 * training.minutes)
    return Plan(schema, rows, layout.modes, parameters, seconds, int(memory))
