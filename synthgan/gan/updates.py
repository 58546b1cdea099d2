"""How critic and generator move in one step of the training, when both may look at real samples."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

import torch

from synthgan.gan.protocols import Batch
from synthgan.gan.team import Team, at

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from synthgan.gan.protocols import Generator, Objective
    from synthgan.gan.state import TrainingState
    from synthgan.runtime import Streams


T = TypeVar("T")


class UpdateRule(Protocol):
    """How both players move.

    Attributes:
        batch_rows: real samples that a critic step sees.
        team: the processes that take each step together.
    """

    team: Team

    @property
    def batch_rows(self) -> int: ...  # noqa: D102

    def critic(self, state: TrainingState, step: int) -> float:
        """Move the critic, for the ``step``-th time from 0; returns its loss without any penalty."""

    def generator(self, state: TrainingState, step: int) -> float:
        """Move the generator against the critic as it stands; returns its loss."""


@dataclass
class StandardUpdates:
    """The standard updates: both players see real and generated samples.

    Attributes:
        batches: the real batch of a step; critic steps are counted from 0.
        objective: what both sides minimise.
        streams: randomness by name and step, so that a resumed run repeats an uninterrupted one.
        team: the processes that take each step together; each sees its share of the batch.
    """

    batches: Callable[[int], Batch]
    objective: Objective
    streams: Streams
    team: Team = field(default_factory=Team, kw_only=True)
    real: Batch = field(init=False)
    _whole: Batch = field(init=False)
    _share: slice = field(init=False)

    @property
    def batch_rows(self) -> int:
        """Real samples in the last batch, those of all processes."""
        return len(self._whole.sample)

    def critic(self, state: TrainingState, step: int) -> float:
        """One step of the critic on one real and one generated batch; returns its loss without the penalty."""
        self._whole = whole = self.batches(step)
        if self.team.size > 1:
            self._share = self.team.share(len(whole.sample), getattr(state.critic, "packing", 1))
        self.real = real = self._own(whole)
        with torch.no_grad():
            fake = Batch(self._generated(state, "critic", step), real.condition)
        logits = state.critic(real.sample, real.condition), state.critic(fake.sample, fake.condition)
        loss = total = self.objective.critic_loss(*logits)
        if step % state.config.penalty_every == 0:
            source = self.streams.torch("penalty", step, real.sample.device)
            mixing = self._own(torch.rand(self.batch_rows, device=real.sample.device, generator=source))
            total = loss + state.config.penalty_every * self.objective.penalty(state.critic, real, fake, mixing)
        state.critic_optimizer.zero_grad(set_to_none=True)
        total.backward()
        self.team.average(state.critic.parameters())
        state.critic_optimizer.step()
        return self.team.mean(loss)

    def generator(self, state: TrainingState, step: int) -> float:
        """One step of the generator, beside the real samples that the critic saw last; returns its loss."""
        fake = self._generated(state, "generator", step)
        state.critic.requires_grad_(False)  # noqa: FBT003
        logits = state.critic(self.real.sample, self.real.condition), state.critic(fake, self.real.condition)
        loss = self.objective.generator_loss(*logits)
        state.generator_optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.team.average(state.generator.parameters())
        state.generator_optimizer.step()
        state.critic.requires_grad_(True)  # noqa: FBT003
        return self.team.mean(loss)

    def _generated(self, state: TrainingState, player: str, step: int) -> Tensor:
        """This process's share of generated samples under the conditions of the real batch."""
        generator = cast("Generator", state.generator)
        noise = generator.noise(self.batch_rows, self._whole.condition, self.streams, f"{player} noise", step)
        return generator(self._own(noise))

    def _own(self, whole: T) -> T:
        """This process's share of whatever holds a row for each of the batch."""
        return whole if self.team.size == 1 else at(whole, self._share)
