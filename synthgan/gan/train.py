"""The one adversarial loop, for tables and images alike, and what is told of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthgan.gan.monitor import Watch
    from synthgan.gan.state import Game
    from synthgan.gan.updates import Turns


@dataclass(frozen=True, slots=True)
class Step:
    """What one generator step looked like.

    Attributes:
        step: generator steps taken so far, from 1.
        rows: real rows the critic has seen so far.
        critic_loss: the critic's loss without its penalty, averaged over this step's critic steps.
        generator_loss: the generator's loss.
        message: what the watch has to say in plain words, if anything.
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


def train(game: Game, turns: Turns, watch: Watch) -> Iterator[Step]:
    """Play from where the game stands to its last step, yielding after every generator step.

    Args:
        game: players and optimizers; changed in place, ends holding the watch's best weights.
        turns: how critic and generator move.
        watch: looks after every step; rolls back, stops early, and says why.

    Yields:
        One ``Step`` per generator step.

    Raises:
        TrainingError: if the game breaks again and again from good weights.
    """
    config = game.config
    started = time.monotonic()
    while game.step < config.steps and not watch.finished:
        critic_loss = 0.0
        for turn in range(config.critic_steps):
            place = game.step * config.critic_steps + turn
            critic_loss += turns.critic(game, place) / config.critic_steps
        generator_loss = turns.generator(game, place)
        game.step += 1
        game.update_average()
        message = watch.look(game, critic_loss, generator_loss)
        if config.minutes is not None and time.monotonic() - started > 60 * config.minutes:
            message = watch.stop(game, f"stopped after {config.minutes:g} minutes, as asked")
        rows = game.step * config.critic_steps * turns.batch_rows
        yield Step(game.step, rows, critic_loss, generator_loss, message)
    watch.finish(game)
