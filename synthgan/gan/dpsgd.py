"""The training in which the critic alone learns from real samples, and by noisy clipped gradients only; it holds none of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import torch
from torch.nn.functional import softplus

from synthgan.gan.protocols import Batch
from synthgan.gan.team import Team

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from synthgan.gan.protocols import Generator
    from synthgan.gan.state import TrainingState
    from synthgan.privacy.gradients import NoisyGradient
    from synthgan.runtime import Streams

CLIP = 1.0  # norm of the gradient of one sample, at most
READY = 0.5  # share of generated samples that the critic must tell before the generator moves


@dataclass
class DPSGDUpdates:
    """DP-SGD for the critic; the generator sees its scores of generated samples and nothing else.

    Real samples are with the curator, which gives the sum of clipped gradients with its noise. Beside them stand a fixed
    number of generated ones, so that one sample more or less changes one summand. The losses are the non-saturating ones: in
    a relativistic loss the generator's update would read real scores. How many critic steps a generator step waits for is
    decided by generated samples alone (Bie, Kamath and Zhang, "Private GANs, revisited", 2023, section 4).

    Attributes:
        gradient: the noisy gradients that were paid for, one step a call.
        fakes: generated samples in each step.
        streams: randomness of the generator; the noise has a source of its own.
        hold: a further loss of the generator's samples, given with their noise: what is known of them already.
        condition: what generated samples are drawn under, by player and step, decided without real ones; None where there is nothing.
    """

    gradient: NoisyGradient
    fakes: int
    streams: Streams
    hold: Callable[[Tensor, Any], Tensor]
    condition: Callable[[str, int], Any] = lambda player, step: None  # noqa: ARG005
    team: Team = field(default_factory=Team, init=False)  # a budget is spent by one process
    _detected: float = field(default=0.0, init=False)

    @property
    def batch_rows(self) -> int:
        """Real samples in a batch, expected: how many there really are is not told."""
        return self.fakes

    def critic(self, state: TrainingState, step: int) -> float:
        """One private step of the critic; returns its loss on generated samples, which is all that may be known.

        Raises:
            PrivacyError: if more steps are taken than were charged, or the critic mixes samples.
        """
        with torch.no_grad():
            fake, _ = self._generated(state, "critic", step)
        losses = self.gradient(state.critic, fake, losses_of)
        state.critic_optimizer.step()
        self._detected = float((losses < softplus(torch.zeros(()))).double().mean())
        return float(losses.mean())

    def generator(self, state: TrainingState, step: int) -> float:
        """One step of the generator, if the critic tells enough of its samples; returns its loss."""
        fake, noise = self._generated(state, "generator", step)
        state.critic.requires_grad_(False)  # noqa: FBT003
        loss = softplus(-state.critic(fake.sample, fake.condition)).mean()
        if self._detected >= READY:
            state.generator_optimizer.zero_grad(set_to_none=True)
            (loss + self.hold(fake.sample, noise)).backward()
            state.generator_optimizer.step()
        state.critic.requires_grad_(True)  # noqa: FBT003
        return float(loss.detach())

    def _generated(self, state: TrainingState, player: str, step: int) -> tuple[Batch, Any]:
        """Generated samples with their condition, and the noise they are made of."""
        generator, condition = cast("Generator", state.generator), self.condition(player, step)
        noise = generator.noise(self.fakes, condition, self.streams, f"{player} noise", step)
        return Batch(generator(noise), condition), noise


def losses_of(scores: Tensor, sign: Tensor) -> Tensor:
    """The critic's loss of each sample: it scores generated ones (1) low and real ones (-1) high."""
    return softplus(sign * scores)
