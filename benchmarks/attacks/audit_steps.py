"""Attacks on the private game's critic: who takes part in a step, and how much one row can move it."""

from __future__ import annotations

import itertools

import numpy as np
import torch
from scipy.stats import chi2, norm

from benchmarks.attacks.bounds import Finding, error_rates
from synthgan.gan.config import TrainConfig
from synthgan.gan.dpsgd import PrivateTurns
from synthgan.gan.protocols import Batch
from synthgan.gan.state import Game
from synthgan.privacy.curator import Curator
from synthgan.privacy.ledger import Charge, PrivacyLedger
from synthgan.runtime import Streams

DRAWS = 1_000


def batches_are_poisson(rows: int = 2_000, rate: float = 0.3, steps: int = 400) -> Finding:
    """(a) Each row takes part by itself with the chance that is charged: sizes vary as they must. False alarms 1e-6."""
    asked = Curator(PrivacyLedger(1e-6))
    batches = asked.sampled(rows, noise=1.0, rate=rate, steps=steps, stage="", purpose="")
    sizes = np.array([len(batch) for batch in batches], dtype=np.float64)
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


class Nothing(OneScore):
    """A generator of zeros."""

    def forward(self, sample: torch.Tensor, condition: object = None) -> torch.Tensor:  # noqa: ARG002
        """What came in."""
        return sample


def steps_keep_to_mu(sigma: float = 1.0, draws: int = DRAWS) -> Finding:
    """(c) White box: one noised step of a critic with and without an extreme sample, in Gaussian terms. False alarms 1e-3."""
    sides = []
    for real in (torch.zeros(0, 1), torch.full((1, 1), -1e3)):
        game = Game(Nothing(), OneScore(), TrainConfig(learning_rate=0.0))
        batches = itertools.repeat(Batch(real), draws)
        turns = PrivateTurns(iter(batches), 4, sigma, Streams(0), lambda sample: sample.sum())
        seen = []
        for place in range(draws):
            turns.critic(game, place)
            seen.append(float(game.critic.score.weight.grad))  # type: ignore[arg-type, union-attr]
        sides.append(np.array(seen))
    charge = Charge.of_steps("", "", noise=sigma, rate=1.0, steps=1)
    claimed = charge.sensitivity / charge.sigma
    false, missed = error_rates(*sides)
    bound = norm.isf(false) - norm.ppf(missed)
    return Finding("a step keeps to its mu", bool(bound <= claimed), f"mu at least {bound:.3f}, charged {claimed:.3f}")
