"""Several processes that train the same two networks: each sees a share of every batch, and all of them move alike."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor, distributed

from synthgan.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Team:
    """The processes that train together; one alone shares nothing.

    Every process holds all rows and both networks, begins with the same weights, and draws the same batch. Of it each takes its
    share, and gradients are averaged before a step. So the steps are those of one process but for the rounding of sums. It is data
    parallelism (Li et al., "PyTorch Distributed", 2020, section 3) without that paper's hooks, which second derivatives do not pass.

    Attributes:
        rank: which of them this is.
        size: how many there are.
    """

    rank: int = 0
    size: int = 1

    @classmethod
    def gathered(cls, device: torch.device) -> Team:
        """The team that ``torchrun`` began, or that the caller did (``init_process_group``); else this process alone."""
        if not distributed.is_available():
            return cls()
        if not distributed.is_initialized():
            if not distributed.is_torchelastic_launched():
                return cls()
            distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
        return cls(distributed.get_rank(), distributed.get_world_size())

    def share(self, rows: int, together: int = 1) -> slice:
        """Which of the rows of a batch are this process's: as many as any other's; a few at the end may be nobody's.

        Args:
            rows: of the whole batch.
            together: rows that must not be parted (packing).

        Raises:
            ConfigError: if there are fewer than processes.
        """
        each = rows // (self.size * together) * together
        if not each:
            raise ConfigError(
                f"batch_rows must be at least {self.size * together}, a row or pack for each process, however: a batch has {rows} rows; "
                f"start fewer processes",
                parameter="batch_rows",
            )
        return slice(self.rank * each, (self.rank + 1) * each)

    def average(self, weights: Iterable[Tensor]) -> None:
        """Put the mean over all processes in the place of each weight's gradient."""
        if self.size == 1:
            return
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])  # one message for all
        distributed.all_reduce(flat)
        flat /= self.size
        for gradient, mean in zip(gradients, flat.split([gradient.numel() for gradient in gradients]), strict=True):
            gradient.copy_(mean.view_as(gradient))

    def mean(self, value: Tensor) -> float:
        """The mean of a number over all processes."""
        if self.size == 1:
            return float(value.detach())
        total = value.detach().clone()
        distributed.all_reduce(total)
        return float(total) / self.size

    def agreed(self, value: T) -> T:
        """What the first process has: clocks and rounding must not part them."""
        if self.size == 1:
            return value
        told = [value]
        distributed.broadcast_object_list(told)
        return told[0]


def at(value: Any, rows: slice) -> Any:
    """Some rows of a tensor ``[rows, ...]``, or of a dataclass or named tuple whose parts are such tensors, such, or None."""
    if value is None:
        return None
    if isinstance(value, Tensor):
        return value[rows]
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{part.name: at(getattr(value, part.name), rows) for part in fields(value)})
    return type(value)(*(at(part, rows) for part in value))
