"""The one adversarial loop, for tables and images alike, and what is told of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthgan.gan.monitor import Monitor
    from synthgan.gan.state import TrainingState
    from synthgan.gan.updates import UpdateRule


@dataclass(frozen=True, slots=True)
class Step:
    """What one generator step looked like.

    Attributes:
        step: generator steps taken so far, from 1.
        rows: real rows the critic has seen so far.
        critic_loss: the critic's loss without its penalty, averaged over this step's critic steps.
        generator_loss: the generator's loss.
        message: what the monitor has to say in plain words, if anything.
    """

    step: int
    rows: int
    critic_loss: float
    generator_loss: float
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a fit has come.

    Attributes:
        stage: what is being done, such as ``"reading"``, ``"growing"`` (chains) or ``"training"`` (a network).
        step: steps of this stage done.
        steps: steps of this stage at most.
        rows: real rows or images the critic has seen.
        critic_loss: the last step's, None outside training.
        generator_loss: the last step's, None outside training.
        message: something the user should hear, in plain words.
    """

    stage: str
    step: int = 0
    steps: int = 1
    rows: int = 0
    critic_loss: float | None = None
    generator_loss: float | None = None
    message: str | None = None


def train(state: TrainingState, updates: UpdateRule, monitor: Monitor) -> Iterator[Step]:
    """Play from where the training stands to its last step, yielding after every generator step.

    Args:
        state: players and optimizers; changed in place, ends holding the monitor's best weights.
        updates: how critic and generator move.
        monitor: looks after every step; rolls back, stops early, and says why.

    Yields:
        One ``Step`` per generator step.

    Raises:
        TrainingError: if the training breaks again and again from good weights.
    """
    config = state.config
    started = time.monotonic()
    while state.step < config.steps and not monitor.finished:
        critic_loss = 0.0
        for turn in range(config.critic_steps):
            step = state.step * config.critic_steps + turn
            critic_loss += updates.critic(state, step) / config.critic_steps
        generator_loss = updates.generator(state, step)
        state.step += 1
        state.update_average()
        message = monitor.check(state, critic_loss, generator_loss)
        if config.minutes is not None and updates.team.agreed(time.monotonic() - started > 60 * config.minutes):
            message = monitor.stop(state, f"stopped after {config.minutes:g} minutes, as asked")
        rows = state.step * config.critic_steps * updates.batch_rows
        yield Step(state.step, rows, critic_loss, generator_loss, message)
    monitor.finish(state)
