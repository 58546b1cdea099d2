"""The state of one adversarial training: its players, their averages and optimizers, and how it is put down and taken up."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from synthgan.runtime import below

if TYPE_CHECKING:
    from synthgan.gan.config import TrainConfig

Weights = dict[str, Tensor]


def clone_weights(module: nn.Module) -> Weights:
    """A detached copy of all parameters and buffers by name."""
    return {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}


@dataclass
class TrainingState:
    """Generator and critic, the generator's moving average, both optimizers, and the step they stand at.

    ``average`` is the generator that samples are drawn from: the exponential moving average of the trained weights.
    ``learning_rate`` is what both optimizers go on at, unless ``pace`` slows one down for now.
    """

    generator: nn.Module
    critic: nn.Module
    config: TrainConfig
    step: int = 0
    average: nn.Module = field(init=False)
    learning_rate: float = field(init=False)
    generator_optimizer: torch.optim.Adam = field(init=False)
    critic_optimizer: torch.optim.Adam = field(init=False)

    def __post_init__(self) -> None:
        """Set the average to the generator as it is, and make both optimizers."""
        self.average = copy.deepcopy(self.generator).requires_grad_(False)  # noqa: FBT003
        self.restart_optimizers(self.config.learning_rate)

    def restart_optimizers(self, learning_rate: float) -> None:
        """Forget the optimizers' momenta and go on at another learning rate."""
        self.learning_rate = learning_rate
        # beta1 = 0: momentum makes alternating updates circle (Mescheder et al. 2018).
        self.generator_optimizer = torch.optim.Adam(self.generator.parameters(), learning_rate, betas=(0.0, 0.99))
        self.critic_optimizer = torch.optim.Adam(self.critic.parameters(), learning_rate, betas=(0.0, 0.99))

    def pace(self, critic: float, generator: float) -> None:
        """Let each optimizer go at a share of the learning rate until it is told otherwise."""
        for share, optimizer in ((critic, self.critic_optimizer), (generator, self.generator_optimizer)):
            for group in optimizer.param_groups:
                group["lr"] = share * self.learning_rate

    def update_average(self) -> None:
        """Move the average towards the generator's weights; its memory halves every ``ema_halflife_steps``."""
        halflife = min(self.config.ema_halflife_steps, 0.2 * self.step)  # a short memory while the training is young
        keep = 0.5 ** (1 / halflife) if halflife > 0 else 0.0
        with torch.no_grad():
            for slow, fast in zip(self.average.parameters(), self.generator.parameters(), strict=True):
                slow.lerp_(fast, 1 - keep)

    def tensors(self) -> Weights:
        """Everything that is needed to go on exactly here, as one flat mapping of CPU tensors."""
        state: Weights = {}
        for name, module in self._modules().items():
            state |= {f"{name}/{key}": tensor for key, tensor in module.state_dict().items()}
        for name, optimizer in self._optimizers().items():
            for index, moments in optimizer.state_dict()["state"].items():
                state |= {f"{name}/{index}/{key}": torch.as_tensor(value) for key, value in moments.items()}
        state["learning_rate"] = torch.tensor(self.learning_rate, dtype=torch.float64)
        return {key: tensor.detach().cpu().clone() for key, tensor in state.items()}

    def restore(self, tensors: Weights, step: int) -> None:
        """Take the training up where ``tensors()`` put it down.

        Raises:
            RuntimeError, ValueError: if they are those of other networks.
        """
        for name, module in self._modules().items():
            module.load_state_dict(below(tensors, name))
        self.restart_optimizers(float(tensors["learning_rate"]))
        for name, optimizer in self._optimizers().items():
            moments: dict[int, dict[str, Any]] = {}
            for key, tensor in below(tensors, name).items():
                index, entry = key.split("/")
                moments.setdefault(int(index), {})[entry] = tensor.clone()
            weights = optimizer.param_groups[0]["params"]
            if any(not _are_moments(moments[at], weights[at]) for at in moments):
                raise ValueError(f"{name} must have moments of the weights of its network, however: of others")
            if moments:
                optimizer.load_state_dict({**optimizer.state_dict(), "state": moments})
        self.step = step

    def _modules(self) -> dict[str, nn.Module]:
        return {"generator": self.generator, "average": self.average, "critic": self.critic}

    def _optimizers(self) -> dict[str, torch.optim.Adam]:
        return {"generator_optimizer": self.generator_optimizer, "critic_optimizer": self.critic_optimizer}


def shapes_of(weights: Weights) -> dict[str, tuple[int, ...]]:
    """The shapes of tensors by name; a number counts as a list of one, which files make of it."""
    return {name: tuple(tensor.shape) or (1,) for name, tensor in weights.items()}


def _are_moments(entries: Weights, weight: Tensor) -> bool:
    """Whether these are what Adam keeps of that weight."""
    shape = tuple(weight.shape)
    if shapes_of(entries) != {"step": (1,), "exp_avg": shape, "exp_avg_sq": shape}:
        return False
    return bool(entries["step"] >= 1) and bool((entries["exp_avg_sq"] >= 0).all())
