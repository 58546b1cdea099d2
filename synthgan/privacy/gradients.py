"""Noisy sums of clipped gradients of a model, sample by sample, over records that only a curator draws.

Abadi et al., "Deep learning with differential privacy", 2016, algorithm 1, with the norms of Opacus: one pass forward, one clip
of each sample's gradient, one draw of noise.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.utils import parametrize

from synthgan.errors import PrivacyError
from synthgan.privacy.noise import normal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from opacus.grad_sample import GradSampleModuleFastGradientClipping
    from torch import Tensor, nn

    from synthgan.privacy.queries import Samples

STEP = 2.0**-20  # of a deviation: what noised sums are rounded to, to the next lower power of two


class NoisyGradient:
    """The gradients that a curator was paid for: a call gives a model those of one step.

    Nothing of the records leaves but the noised sum, and nothing that is not noised stays behind on the model.
    """

    __slots__ = ("_batches", "_clip", "_hooked", "_model", "_noise", "_taken")

    def __init__(self, batches: Iterator[Samples], clip: float, noise: float) -> None:
        """Begin before the first step.

        Args:
            batches: Poisson-sampled records, as many times as were charged.
            clip: the norm of the gradient of one sample, at most.
            noise: standard deviation of the noise on the sum, for a clip of 1.
        """
        self._batches, self._clip, self._noise = batches, clip, noise
        self._taken = 0
        self._model: nn.Module | None = None
        self._hooked: GradSampleModuleFastGradientClipping | None = None

    def __call__(self, model: nn.Module, generated: Samples, loss: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        """Put the noised sum of one step into the parameters' ``grad``; gives the losses of the generated samples alone.

        Args:
            model: scores each sample on its own.
            generated: samples that are nobody's, of a number that is fixed: they stand beside the records.
            loss: each sample's loss from its score and whether it was generated (1) or is a record (-1).

        Raises:
            PrivacyError: if more steps are taken than were charged, or the model mixes samples.
        """
        real = next(self._batches, None)
        if real is None:
            raise PrivacyError(
                f"every step of the critic must have been charged, however: step {self._taken + 1} was not"
            )
        self._taken += 1
        with (
            torch.no_grad()
        ):  # by themselves: in one batch, their last bits would tell how many records stand beside them
            shown = loss(
                model(generated.sample, generated.condition), torch.ones(len(generated.sample)).to(generated.sample)
            )
        hooked = self._with_hooks(model)
        both = joined(real.sample, generated.sample).requires_grad_()
        is_real = torch.arange(len(both), device=both.device) < len(real.sample)
        hooked.enable_hooks()
        losses = loss(hooked(both, joined(real.condition, generated.condition)), 1.0 - 2.0 * is_real)
        losses.sum().backward(retain_graph=True)
        hooked.disable_hooks()
        coefficients = hooked.get_clipping_coef()
        model.zero_grad(set_to_none=True)
        (coefficients * losses).sum().backward()
        self._noised(model)
        hooked.per_sample_gradient_norms = None
        return shown

    def _noised(self, model: nn.Module) -> None:
        for parameter in model.parameters():
            clipped = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            deviation = self._noise * self._clip
            noise = torch.as_tensor(deviation * normal(parameter.numel())).view_as(parameter)
            noised = clipped.double().cpu() + noise
            if deviation:
                # Of a float64 only the first bits are shown; which values the last ones can take would tell the sum.
                step = 2.0 ** math.floor(math.log2(deviation * STEP))
                noised = torch.round(noised / step) * step
            parameter.grad = noised.to(parameter)
            parameter._norm_sample = None  # type: ignore[attr-defined]  # noqa: SLF001 (of each record, left by Opacus)

    def _with_hooks(self, model: nn.Module) -> GradSampleModuleFastGradientClipping:
        """The model under Opacus' eyes, which are open inside a step only."""
        from opacus.grad_sample import GradSampleModuleFastGradientClipping

        if self._hooked is None or self._model is not model:
            check_model(model)
            self._model, self._hooked = (
                model,
                GradSampleModuleFastGradientClipping(
                    model, batch_first=True, loss_reduction="sum", max_grad_norm=self._clip, strict=False
                ),
            )
        return self._hooked


def joined(first: Any, second: Any) -> Any:
    """Tensors one after the other, also those inside tuples; of None there is nothing to join."""
    if first is None:
        return None
    if isinstance(first, torch.Tensor):
        return torch.cat([first, second])
    return type(first)(*(joined(one, other) for one, other in zip(first, second, strict=True)))


def check_model(model: nn.Module) -> None:
    """See that each sample has a gradient of its own.

    Raises:
        PrivacyError: if a layer mixes samples (BatchNorm) or recomputes its weights (spectral norm).
    """
    from opacus.validators import ModuleValidator

    wrong: list[Any] = ModuleValidator.validate(model, strict=False)
    changed = [
        name
        for name, part in model.named_modules()
        if parametrize.is_parametrized(part) or part._forward_pre_hooks  # noqa: SLF001 (spectral norm of the older kind)
    ]
    if wrong or changed:
        found = wrong[0] if wrong else f"layer {changed[0]!r} recomputes its weights in every pass"
        raise PrivacyError(f"a private critic must score each sample on its own by plain layers, however: {found}")
