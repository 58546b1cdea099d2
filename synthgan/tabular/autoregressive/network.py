"""One any-order network: which cells of a row are known goes in, how likely each mode of every cell is comes out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding_bag, linear, silu

from synthgan.tabular.autoregressive.views import BELLS, Views

if TYPE_CHECKING:
    from synthgan.tabular.autoregressive.config import AutoregressiveConfig

FLOOR = 1e-3  # of the probability of a mode is its share in the table: no mode is impossible
_CAP = 30.0  # of what a slot may state: its exponential stays far from the ends of what a float32 holds
_NARROWEST, _WIDEST = math.log(0.01), math.log(4.0)  # standard deviations of the Gaussians, as logarithms


class Block(nn.Module):
    """``x + B(silu(A(silu(x))))``, of whose hidden units a training step leaves some out."""

    def __init__(self, width: int) -> None:
        """Make a block of that many units."""
        super().__init__()
        self.enter, self.leave = nn.Linear(width, width), nn.Linear(width, width)
        with torch.no_grad():
            self.leave.weight.mul_(0.3)

    def forward(self, x: Tensor, dropout: float, source: torch.Generator | None) -> Tensor:
        """Shape in, same shape out."""
        hidden = silu(self.enter(silu(x)))
        return x + self.leave(left_out(hidden, dropout, source))


def left_out(x: Tensor, dropout: float, source: torch.Generator | None) -> Tensor:
    """The same with units left out at random (Srivastava et al., "Dropout", 2014); without a source of randomness, the same."""
    if source is None or not dropout:
        return x
    kept = torch.rand(x.shape, device=x.device, generator=source) >= dropout
    return x * kept / (1 - dropout)


class AnyOrderNetwork(nn.Module):
    """States every column's distribution given any of the others.

    An order-agnostic autoregressive model (Uria, Murray and Larochelle, "A deep and tractable density estimator", 2014; Hoogeboom
    et al., "Autoregressive diffusion models", 2022, section 3): it is trained on rows of which random cells are known.
    """

    def __init__(self, views: Views, config: AutoregressiveConfig) -> None:
        """Make a network that states the columns' own distributions, whatever is known."""
        super().__init__()
        width = config.width
        self.modes = nn.Parameter(torch.randn(views.slots, width) * 0.1)
        self.enter = nn.Linear(views.inputs, width)
        self.blocks = nn.ModuleList(Block(width) for _ in range(config.depth))
        self.leave = nn.Linear(width, views.outputs)
        with torch.no_grad():
            self.leave.weight.mul_(0.1)
            even = torch.special.ndtri((torch.arange(BELLS) + 0.5) / BELLS).repeat(len(views.curved))
            widths = torch.full_like(even, math.log(0.5))
            self.leave.bias.copy_(torch.cat([views.bias, even, widths]))

    def begin(self, modes: Tensor, known: Tensor, views: Views) -> Tensor:
        """What enters the first block, ``[rows, width]``.

        Args:
            modes: int64 ``[rows, columns]``, counted over the whole table.
            known: float32 ``[rows, columns]``: 1 where a cell is known, else 0.
            views: what modes look like.
        """
        seen = views.features[modes[:, views.numbers]] * known[:, views.numbers, None]
        slots = views.slot_of_mode[modes]
        own = embedding_bag(slots.clamp_min(0), self.modes, mode="sum", per_sample_weights=known * (slots >= 0))
        return self.enter(torch.cat([known, seen.flatten(1)], 1)) + own

    def tables(self, views: Views) -> tuple[Tensor, Tensor]:
        """What ``begin`` adds up: of no known cell ``[width]``, and of each mode where it is known ``[modes, width]``."""
        columns, each = len(views.first_mode) - 1, views.features.shape[1]
        weight = self.enter.weight.T
        own = self.modes[views.slot_of_mode.clamp_min(0)] * (views.slot_of_mode >= 0)[:, None]
        table = own + weight[:columns].repeat_interleave(views.first_mode.diff(), 0)
        for at, column in enumerate(views.numbers.tolist()):
            part = views.part(column)
            first = columns + at * each
            table[part] += views.features[part] @ weight[first : first + each]
        return self.enter.bias, table

    def body(self, x: Tensor, dropout: float = 0.0, source: torch.Generator | None = None) -> Tensor:
        """What all columns are stated from, ``[rows, width]``."""
        for block in self.blocks:
            x = block(x, dropout, source)
        return left_out(silu(x), dropout, source)

    def state(self, x: Tensor, outputs: Tensor) -> Tensor:
        """Some of what is stated of rows, ``[rows, outputs]``, from what ``begin`` gave of them."""
        return linear(self.body(x), self.leave.weight[outputs], self.leave.bias[outputs])


def chances(stated: Tensor, modes: Tensor, views: Views) -> Tensor:
    """How likely each of a row's modes is, ``[rows, columns]``, where ``stated`` is all that a network says of the rows.

    A mode has its own slot's odds, if any, and what the Gaussians of its column put on its interval.
    """
    columns, slots = modes.shape[1], views.slots
    odds = torch.exp(capped(stated[:, :slots]))
    total = torch.zeros(len(modes), columns, device=modes.device).index_add(1, views.column_of_slot, odds)
    slot = views.slot_of_mode[modes]
    found = odds.gather(1, slot.clamp_min(0)) * (slot >= 0)
    if len(views.curved):
        own = modes[:, views.curved]
        bells = views.first_slot[views.curved][:, None] + torch.arange(BELLS, device=modes.device)
        mean, spread = stated[:, slots:].view(len(modes), 2, -1, BELLS).unbind(1)
        inside = covered(views.low[own][..., None], views.high[own][..., None], mean, spread)
        found = found.index_add(1, views.curved, (odds[:, bells] * inside).sum(-1))
    return (1 - FLOOR) * found / total + FLOOR * views.shares[modes]


def capped(stated: Tensor) -> Tensor:
    """What slots state, smoothly kept between ``-_CAP`` and ``_CAP``."""
    return _CAP * torch.tanh(stated / _CAP)


def deviation(spread: Tensor) -> Tensor:
    """Standard deviations, of what a network states of them."""
    return spread.clamp(_NARROWEST, _WIDEST).exp()


def covered(low: Tensor, high: Tensor, mean: Tensor, spread: Tensor) -> Tensor:
    """How much of a Gaussian lies between two places; taken from its nearer tail, so that small shares stay exact."""
    scale = math.sqrt(0.5) / deviation(spread)
    middle, half = ((low + high) / 2 - mean).abs() * scale, (high - low) / 2 * scale
    return 0.5 * (torch.erfc(middle - half) - torch.erfc(middle + half))
