"""The adversarial mathematics: four losses and their gradient penalties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import relu, softplus

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from synthgan.gan.protocols import Batch, Critic, Objective


def squared_gradient_norm(critic: Critic, batch: Batch) -> Tensor:
    """Squared norm of the critic's gradient in each sample, ``[rows]``, itself differentiable."""
    sample = batch.sample.detach().requires_grad_(True)  # noqa: FBT003
    logits = critic(sample, batch.condition)
    (gradient,) = torch.autograd.grad(logits.sum(), sample, create_graph=True)
    return gradient.square().flatten(1).sum(1)


@dataclass(frozen=True)
class ZeroCentred:
    """R1 + R2: half the weight times the mean squared gradient norm on real and on generated samples.

    Mescheder, Geiger and Nowozin, "Which training methods for GANs do actually converge?", 2018, equation 9, on both
    sides as in Huang et al., "The GAN is dead; long live the GAN!", 2024, section 2.
    """

    weight: float = 0.1

    def penalty(self, critic: Critic, real: Batch, fake: Batch, mixing: Tensor) -> Tensor:  # noqa: ARG002
        """The weighted penalty; a scalar."""
        both = squared_gradient_norm(critic, real).mean() + squared_gradient_norm(critic, fake).mean()
        return 0.5 * self.weight * both


@dataclass(frozen=True)
class Relativistic(ZeroCentred):
    """Relativistic pairing with R1 and R2: real must look more real than the generated sample beside it.

    Jolicoeur-Martineau, "The relativistic discriminator", 2019, section 4.1; Huang et al. 2024, equation 2.
    """

    def critic_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """``softplus(fake - real)``, averaged."""
        return softplus(fake - real).mean()

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """``softplus(real - fake)``, averaged."""
        return softplus(real - fake).mean()


@dataclass(frozen=True)
class Standard(ZeroCentred):
    """The non-saturating loss of Goodfellow et al., "Generative adversarial nets", 2014, section 3; R1 + R2 keep it stable."""

    def critic_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Cross-entropy of real against generated."""
        return softplus(-real).mean() + softplus(fake).mean()

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:  # noqa: ARG002
        """``-log D(fake)``, averaged: the form that does not saturate."""
        return softplus(-fake).mean()


@dataclass(frozen=True)
class Hinge(ZeroCentred):
    """The hinge loss of Lim and Ye, "Geometric GAN", 2017, equations 13 and 14; R1 + R2 keep it stable."""

    def critic_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Linear outside the margin, flat inside."""
        return relu(1 - real).mean() + relu(1 + fake).mean()

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:  # noqa: ARG002
        """Minus the mean logit on generated samples."""
        return -fake.mean()


@dataclass(frozen=True)
class Wasserstein:
    """Wasserstein distance with gradient penalty: Gulrajani et al., "Improved training of Wasserstein GANs", 2017, equation 3."""

    weight: float = 10.0

    def critic_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Minus the estimated distance."""
        return fake.mean() - real.mean()

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:  # noqa: ARG002
        """Minus the mean logit on generated samples."""
        return -fake.mean()

    def penalty(self, critic: Critic, real: Batch, fake: Batch, mixing: Tensor) -> Tensor:
        """The critic's slope, pushed towards 1 at random points between real and generated samples.

        ``mixing`` is uniform on [0, 1], one value a row.
        """
        share = mixing.view(-1, *[1] * (real.sample.dim() - 1))
        between = type(real)(torch.lerp(real.sample.detach(), fake.sample.detach(), share), real.condition)
        slope = (squared_gradient_norm(critic, between) + 1e-12).sqrt()
        return self.weight * (slope - 1).square().mean()


_OBJECTIVES: dict[str, Callable[..., Objective]] = {
    "relativistic": Relativistic,
    "wasserstein": Wasserstein,
    "hinge": Hinge,
    "standard": Standard,
}


def make_objective(name: str, weight: float | None = None) -> Objective:
    """The objective of that name (see ``synthgan.gan.config.OBJECTIVES``), with its own or the given penalty weight."""
    make = _OBJECTIVES[name]
    return make() if weight is None else make(weight)
