"""What the adversarial training asks of its players."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from torch import Tensor

    from synthgan.runtime import Streams


@dataclass(frozen=True, slots=True)
class Batch:
    """Real samples in the critic's space and the condition each was drawn under.

    Attributes:
        sample: float32 ``[rows, ...]``.
        condition: anything the generator's ``noise`` understands for the same rows; None where there is none.
    """

    sample: Tensor
    condition: Any = None


class Sampler(Protocol):
    """Draws samples.

    Attributes:
        batch_rows: how many samples to draw at once so that memory stays bounded.
    """

    batch_rows: int

    def noise(self, rows: int, condition: Any, streams: Streams, name: str, step: int) -> Any:
        """Noise for ``rows`` samples that will meet the condition, drawn from the stream ``name`` at ``step``."""

    def draw(self, noise: Any) -> Any:
        """Samples as they are handed out, in the modality's own form."""


class Generator(Sampler, Protocol):
    """Turns noise into samples that it can be taught by; a ``torch.nn.Module``."""

    def __call__(self, noise: Any) -> Tensor:
        """Samples in the critic's space, float32 ``[rows, ...]``, differentiable in the parameters."""


class Critic(Protocol):
    """Scores how real samples look; a ``torch.nn.Module``."""

    def __call__(self, sample: Tensor, condition: Any) -> Tensor:
        """Logits, float32 ``[rows]`` (``[rows / packing]`` for a packed critic)."""


class Objective(Protocol):
    """What critic and generator minimise."""

    def critic_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """The critic's loss from its logits on real and generated samples; a scalar."""

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """The generator's loss from the same logits; a scalar."""

    def penalty(self, critic: Critic, real: Batch, fake: Batch, mixing: Tensor) -> Tensor:
        """The weighted gradient penalty; a scalar, zero where the objective has none."""
