"""The losses and penalties against values worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from synthgan.gan.config import OBJECTIVES
from synthgan.gan.objectives import make_objective, squared_gradient_norm
from synthgan.gan.protocols import Batch

REAL, FAKE = torch.tensor([1.0, 3.0]), torch.tensor([0.0, 2.0])


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


@pytest.mark.parametrize(
    ("name", "critic", "generator"),
    [
        ("relativistic", softplus(-1), softplus(1)),
        (
            "standard",
            (softplus(-1) + softplus(-3) + softplus(0) + softplus(2)) / 2,
            (softplus(0) + softplus(-2)) / 2,
        ),
        ("hinge", 0 + (1 + 3) / 2, -1.0),
        ("wasserstein", -1.0, -1.0),
    ],
)
def test_losses_are_the_published_ones(name: str, critic: float, generator: float) -> None:
    objective = make_objective(name)
    assert float(objective.critic_loss(REAL, FAKE)) == pytest.approx(critic, rel=1e-6)
    assert float(objective.generator_loss(REAL, FAKE)) == pytest.approx(generator, rel=1e-6)


class LinearCritic(torch.nn.Module):
    """A critic whose gradient is (3, 4) everywhere: norm 5."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor([3.0, 4.0]))

    def forward(self, sample: torch.Tensor, condition: object) -> torch.Tensor:
        return sample @ self.weight


@pytest.mark.parametrize(
    ("name", "expected"),
    [("relativistic", 0.5 * 2 * 50), ("standard", 0.5 * 2 * 50), ("hinge", 0.5 * 2 * 50), ("wasserstein", 2 * 16)],
)
def test_penalties_on_a_critic_of_known_slope(name: str, expected: float) -> None:
    critic = LinearCritic()
    real, fake = Batch(torch.randn(8, 2)), Batch(torch.randn(8, 2))
    penalty = make_objective(name, 2.0).penalty(critic, real, fake, torch.rand(8))
    assert float(penalty.detach()) == pytest.approx(expected, rel=1e-5)
    penalty.backward()
    assert critic.weight.grad is not None
    assert float(critic.weight.grad.abs().sum()) > 0


def test_wasserstein_penalty_looks_between_real_and_generated_samples() -> None:
    seen = []

    class Recorder(LinearCritic):
        def forward(self, sample: torch.Tensor, condition: object) -> torch.Tensor:
            seen.append(sample.detach())
            return super().forward(sample, condition)

    real, fake = Batch(torch.zeros(3, 2)), Batch(torch.ones(3, 2))
    make_objective("wasserstein").penalty(Recorder(), real, fake, torch.tensor([0.0, 0.25, 1.0]))
    assert torch.allclose(seen[0][:, 0], torch.tensor([0.0, 0.25, 1.0]))


def test_squared_gradient_norm_is_per_sample() -> None:
    batch = Batch(torch.tensor([[1.0], [2.0], [-3.0]]))
    norms = squared_gradient_norm(lambda sample, _: (sample**2).sum(1), batch)  # type: ignore[arg-type]
    assert norms.tolist() == pytest.approx([4.0, 16.0, 36.0])


def test_every_objective_of_the_config_can_be_made() -> None:
    assert all(make_objective(name) is not None for name in OBJECTIVES)
