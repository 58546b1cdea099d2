"""The one adversarial loop, for tables and images alike."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch

from synthgan.gan.protocols import Batch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

    from synthgan.gan.game import Game
    from synthgan.gan.protocols import Generator, Objective
    from synthgan.gan.watch import Watch
    from synthgan.runtime import Streams


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


def train(
    game: Game, batches: Callable[[int], Batch], objective: Objective, streams: Streams, watch: Watch
) -> Iterator[Step]:
    """Play from where the game stands to its last step, yielding after every generator step.

    Args:
        game: players and optimizers; changed in place, ends holding the watch's best weights.
        batches: the real batch for a place in the run; places count critic steps from 0.
        objective: what both sides minimise.
        streams: randomness by name and place, so that a resumed run repeats an uninterrupted one.
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
            real = batches(place)
            critic_loss += _critic_step(game, real, objective, streams, place) / config.critic_steps
        generator_loss = _generator_step(game, real, objective, streams, place)
        game.step += 1
        game.update_average()
        message = watch.look(game, critic_loss, generator_loss)
        if config.minutes is not None and time.monotonic() - started > 60 * config.minutes:
            message = watch.stop(game, f"stopped after {config.minutes:g} minutes, as asked")
        rows = game.step * config.critic_steps * len(real.sample)
        yield Step(game.step, rows, critic_loss, generator_loss, message)
    watch.finish(game)


def _critic_step(game: Game, real: Batch, objective: Objective, streams: Streams, place: int) -> float:
    """One step of the critic on one real and one generated batch; returns its loss without the penalty."""
    rows = len(real.sample)
    with torch.no_grad():
        fake = Batch(_generate(game, real, streams, "critic", place), real.condition)
    loss = objective.critic_loss(game.critic(real.sample, real.condition), game.critic(fake.sample, fake.condition))
    total = loss
    if place % game.config.penalty_every == 0:
        source = streams.torch("penalty", place, real.sample.device)
        mixing = torch.rand(rows, device=real.sample.device, generator=source)
        total = loss + game.config.penalty_every * objective.penalty(game.critic, real, fake, mixing)
    game.critic_optimizer.zero_grad(set_to_none=True)
    total.backward()
    game.critic_optimizer.step()
    return float(loss.detach())


def _generator_step(game: Game, real: Batch, objective: Objective, streams: Streams, place: int) -> float:
    """One step of the generator against the critic as it stands; returns the generator's loss."""
    fake = _generate(game, real, streams, "generator", place)
    game.critic.requires_grad_(False)  # noqa: FBT003
    loss = objective.generator_loss(game.critic(real.sample, real.condition), game.critic(fake, real.condition))
    game.generator_optimizer.zero_grad(set_to_none=True)
    loss.backward()
    game.generator_optimizer.step()
    game.critic.requires_grad_(True)  # noqa: FBT003
    return float(loss.detach())


def _generate(game: Game, real: Batch, streams: Streams, player: str, place: int) -> Tensor:
    """Generated samples under the conditions of the real batch."""
    generator = cast("Generator", game.generator)
    return generator(generator.noise(len(real.sample), real.condition, streams, f"{player} noise", place))
