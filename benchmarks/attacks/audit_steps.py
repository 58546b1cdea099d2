"""Attacks on the private training's critic: who takes part in a step, and how much one row can move it."""

from __future__ import annotations

import numpy as np
import torch
from scipy.stats import chi2, norm

from benchmarks.attacks.bounds import Finding, error_rates
from benchmarks.attacks.questions import GivenSamples
from synthgan.gan.config import TrainConfig
from synthgan.gan.dpsgd import CLIP, DPSGDUpdates, losses_of
from synthgan.gan.protocols import Batch
from synthgan.gan.state import TrainingState
from synthgan.privacy.curator import Curator
from synthgan.privacy.ledger import PrivacyLedger
from synthgan.runtime import Streams

DRAWS = 1_000


def batches_are_poisson(rows: int = 2_000, rate: float = 0.3, steps: int = 400) -> Finding:
    """(a) Each row takes part by itself with the chance that is charged: sizes vary as they must. False alarms 1e-6."""
    asked = Curator(torch.zeros(rows, 1), PrivacyLedger(1e-6))
    gradient = asked.gradient(GivenSamples(), clip=CLIP, noise=1.0, rate=rate, steps=steps, stage="", purpose="")
    critic, nobody = Counting(), Batch(torch.zeros(0, 1))
    for _ in range(steps):
        gradient(critic, nobody, losses_of)
    sizes = np.array(critic.seen, dtype=np.float64)
    spread = float(chi2.cdf(((sizes - rows * rate) ** 2).sum() / (rows * rate * (1 - rate)), steps))
    holds = 5e-7 < spread < 1 - 5e-7 and len(sizes) == asked.ledger.charges[0].steps
    return Finding("batches are sampled as charged", holds, f"sizes {sizes.mean():.0f} ± {sizes.std():.1f}")


class OneScore(torch.nn.Module):
    """A critic of one weight, for which every gradient can be written down."""

    def __init__(self) -> None:
        """Begin at a weight of one."""
        super().__init__()
        self.score = torch.nn.Linear(1, 1, bias=False)
        torch.nn.init.ones_(self.score.weight)

    def noise(self, rows: int, *_: object) -> torch.Tensor:
        """Nothing, so that generated samples have no gradient of their own."""
        return torch.zeros(rows, 1)

    def forward(self, sample: torch.Tensor, condition: object = None) -> torch.Tensor:  # noqa: ARG002
        """The weight times the sample."""
        return self.score(sample).squeeze(1)


class Counting(OneScore):
    """A critic that remembers how many samples it saw."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__()
        self.seen: list[int] = []

    def forward(self, sample: torch.Tensor, condition: object = None) -> torch.Tensor:
        """The weight times the sample."""
        if torch.is_grad_enabled():  # not where generated samples are scored by themselves
            self.seen.append(len(sample))
        return super().forward(sample, condition)


class Nothing(OneScore):
    """A generator of zeros."""

    def forward(self, sample: torch.Tensor, condition: object = None) -> torch.Tensor:  # noqa: ARG002
        """What came in."""
        return sample


def steps_keep_to_mu(sigma: float = 1.0, draws: int = DRAWS) -> Finding:
    """(c) White box: one noised step of a critic with and without an extreme sample, in Gaussian terms. False alarms 1e-3."""
    sides = []
    for real in (torch.zeros(0, 1), torch.full((1, 1), -1e3)):
        state = TrainingState(Nothing(), OneScore(), TrainConfig(learning_rate=0.0))
        asked = Curator(real, PrivacyLedger(1e-6))
        named = {"stage": "", "purpose": ""}
        gradient = asked.gradient(GivenSamples(), clip=CLIP, noise=sigma, rate=1.0, steps=draws, **named)
        updates = DPSGDUpdates(gradient, 4, Streams(0), lambda sample, noise: sample.sum())  # noqa: ARG005
        seen = []
        for index in range(draws):
            updates.critic(state, index)
            seen.append(float(state.critic.score.weight.grad))  # type: ignore[arg-type, union-attr]
        sides.append(np.array(seen))
    charge = asked.ledger.charges[0]
    claimed = charge.sensitivity / charge.sigma
    false, missed = error_rates(*sides)
    bound = norm.isf(false) - norm.ppf(missed)
    return Finding("a step keeps to its mu", bool(bound <= claimed), f"mu at least {bound:.3f}, charged {claimed:.3f}")
