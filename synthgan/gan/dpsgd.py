"""The game in which the critic alone sees real samples, and learns from them by noisy clipped gradients only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import torch
from torch.nn.functional import softplus
from torch.nn.utils import parametrize

from synthgan.errors import PrivacyError
from synthgan.gan.protocols import Batch
from synthgan.privacy.noise import normal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from opacus.grad_sample import GradSampleModuleFastGradientClipping
    from opacus.optimizers import DPOptimizerFastGradientClipping
    from torch import Tensor, nn

    from synthgan.gan.protocols import Generator
    from synthgan.gan.state import Game
    from synthgan.runtime import Streams

CLIP = 1.0  # norm of the gradient of one sample, at most
READY = 0.5  # share of generated samples that the critic must tell before the generator moves


@dataclass
class PrivateTurns:
    """DP-SGD for the critic; the generator sees its scores of generated samples and nothing else.

    Abadi et al., "Deep learning with differential privacy", 2016, algorithm 1. Real samples come Poisson-sampled; beside
    them stand a fixed number of generated ones, so that one sample more or less changes one summand. One forward pass over
    both, one clip of each sample's gradient, one draw of noise, one step. The losses are the non-saturating ones: in a
    relativistic game the generator's turn would read real scores. How many critic steps a generator step waits for is
    decided by generated samples alone (Bie, Kamath and Zhang, "Private GANs, revisited", 2023, section 4).

    Attributes:
        batches: as many Poisson-sampled batches as were paid for.
        fakes: generated samples in each step.
        sigma: standard deviation of the noise on the sum of gradients, for a clip of ``CLIP``.
        streams: randomness of the generator; the noise has a source of its own.
        hold: a further loss of the generator's samples, given with their noise: what is known of them already.
        asked: what generated samples are drawn under, by player and place, decided without real ones; None where there is nothing.
    """

    batches: Iterator[Batch]
    fakes: int
    sigma: float
    streams: Streams
    hold: Callable[[Tensor, Any], Tensor]
    asked: Callable[[str, int], Any] = lambda player, place: None  # noqa: ARG005
    _told: float = field(default=0.0, init=False)
    _watched: GradSampleModuleFastGradientClipping | None = field(default=None, init=False)
    _optimizer: DPOptimizerFastGradientClipping | None = field(default=None, init=False)

    @property
    def batch_rows(self) -> int:
        """Real samples in a batch, expected: how many there really are is not told."""
        return self.fakes

    def critic(self, game: Game, place: int) -> float:
        """One private step of the critic; returns its loss on generated samples, which is all that may be known.

        Raises:
            PrivacyError: if more steps are taken than were charged, or the critic mixes samples.
        """
        from opacus.utils.fast_gradient_clipping_utils import DPTensorFastGradientClipping

        real = next(self.batches, None)
        if real is None:
            raise PrivacyError(f"every step of the critic must have been charged, however: step {place + 1} was not")
        watched, optimizer = self._private(game)
        with torch.no_grad():
            fake, _ = self._generated(game, "critic", place)
        both = joined(real.sample, fake.sample).requires_grad_()
        sign = torch.cat([-torch.ones(len(real.sample)), torch.ones(len(fake.sample))]).to(both.device)
        losses = softplus(sign * watched(both, joined(real.condition, fake.condition)))
        optimizer.zero_grad(set_to_none=True)
        DPTensorFastGradientClipping(watched, optimizer, losses, "sum").backward()
        optimizer.step()
        told = losses.detach()[len(real.sample) :]
        self._told = float((told < softplus(torch.zeros(()))).double().mean())
        return float(told.mean())

    def generator(self, game: Game, place: int) -> float:
        """One step of the generator, if the critic tells enough of its samples; returns its loss."""
        watched, _ = self._private(game)
        fake, noise = self._generated(game, "generator", place)
        game.critic.requires_grad_(False)  # noqa: FBT003
        watched.disable_hooks()
        loss = softplus(-game.critic(fake.sample, fake.condition)).mean()
        if self._told >= READY:
            game.generator_optimizer.zero_grad(set_to_none=True)
            (loss + self.hold(fake.sample, noise)).backward()
            game.generator_optimizer.step()
        watched.enable_hooks()
        game.critic.requires_grad_(True)  # noqa: FBT003
        return float(loss.detach())

    def _private(self, game: Game) -> tuple[GradSampleModuleFastGradientClipping, DPOptimizerFastGradientClipping]:
        """The critic under Opacus' eyes, and the optimizer, which is another one after the watch has rolled the game back."""
        from opacus.grad_sample import GradSampleModuleFastGradientClipping

        if self._watched is None:
            check_critic(game.critic)
            self._watched = GradSampleModuleFastGradientClipping(
                game.critic, batch_first=True, loss_reduction="sum", max_grad_norm=CLIP, strict=False
            )
        if self._optimizer is None or self._optimizer.original_optimizer is not game.critic_optimizer:
            self._optimizer = make_optimizer(game.critic_optimizer, self.sigma)
        return self._watched, self._optimizer

    def _generated(self, game: Game, player: str, place: int) -> tuple[Batch, Any]:
        """Generated samples with what was asked of them, and the noise they are made of."""
        generator, asked = cast("Generator", game.generator), self.asked(player, place)
        noise = generator.noise(self.fakes, asked, self.streams, f"{player} noise", place)
        return Batch(generator(noise), asked), noise


def joined(first: Any, second: Any) -> Any:
    """Tensors one after the other, also those inside tuples; of None there is nothing to join."""
    if first is None:
        return None
    if isinstance(first, torch.Tensor):
        return torch.cat([first, second])
    return type(first)(*(joined(one, other) for one, other in zip(first, second, strict=True)))


def make_optimizer(optimizer: torch.optim.Optimizer, sigma: float) -> DPOptimizerFastGradientClipping:
    """An optimizer that steps by the sum of clipped gradients with noise from the operating system's cryptographic source.

    Opacus' own secure mode needs a package that is no longer kept.
    """
    from opacus.optimizers import DPOptimizerFastGradientClipping

    class Noised(DPOptimizerFastGradientClipping):  # type: ignore[misc]
        """Opacus' optimizer with another source of noise."""

        def add_noise(self) -> None:
            """Put the noised sums where the optimizer finds them."""
            for parameter in self.params:
                deviation = self.noise_multiplier * self.max_grad_norm
                noise = torch.as_tensor(deviation * normal(parameter.numel()), dtype=parameter.dtype)
                parameter.grad = parameter.summed_grad + noise.view_as(parameter).to(parameter.device)

    return Noised(optimizer, noise_multiplier=sigma, max_grad_norm=CLIP, expected_batch_size=None, loss_reduction="sum")


def check_critic(critic: nn.Module) -> None:
    """See that each sample has a gradient of its own.

    Raises:
        PrivacyError: if a layer mixes samples (BatchNorm) or recomputes its weights (spectral norm).
    """
    from opacus.validators import ModuleValidator

    wrong: list[Any] = ModuleValidator.validate(critic, strict=False)
    changed = [
        name
        for name, part in critic.named_modules()
        if parametrize.is_parametrized(part) or part._forward_pre_hooks  # noqa: SLF001 (spectral norm of the older kind)
    ]
    if wrong or changed:
        found = wrong[0] if wrong else f"layer {changed[0]!r} recomputes its weights in every pass"
        raise PrivacyError(f"a private critic must score each sample on its own by plain layers, however: {found}")
