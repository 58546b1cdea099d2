"""Drawing one column's modes from what a network states of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import torch

from synthgan.tabular.autoregressive.network import capped, covered, deviation
from synthgan.tabular.autoregressive.views import BELLS

if TYPE_CHECKING:
    from torch import Tensor

    from synthgan.tabular.autoregressive.views import Views

BLOCK_CELLS = 2**22  # rows times modes times Gaussians of one block


@dataclass(frozen=True)
class Column:
    """How one column of S slots and M modes is drawn.

    Attributes:
        outputs: int64 ``[S]``, or ``[S + 2 * BELLS]`` of a curved one: what a network states of it, among all it states.
        bells: how many of its slots, the first, are Gaussians.
        first: its first mode.
        modes: int64 ``[S - bells]``: the modes that the other slots belong to, counted from its first.
        line: int64: the modes on its axis in their order, counted from its first,
        low: float32: where each of them begins,
        high: and where it ends.
        emitted: bool ``[S]``: which slots may be drawn.
        fillable: bool ``[S]``: which may be drawn in the place of an unknown cell.
        size: M.
    """

    outputs: Tensor
    bells: int
    first: int
    modes: Tensor
    line: Tensor
    low: Tensor
    high: Tensor
    emitted: Tensor
    fillable: Tensor
    size: int

    @classmethod
    def of(cls, views: Views, column: int) -> Self:
        """That of one of a table's columns."""
        part, device = views.part(column), views.low.device
        slots = torch.arange(int(views.first_slot[column]), int(views.first_slot[column + 1]), device=device)
        found = torch.nonzero(views.curved == column).flatten()
        outputs, bells = slots, 0
        if len(found):
            bells, curved = BELLS, len(views.curved)
            shape = views.slots + (int(found) + torch.arange(2, device=device)[:, None] * curved) * BELLS
            outputs = torch.cat([slots, (shape + torch.arange(BELLS, device=device)).flatten()])
        own = torch.nonzero(views.slot_of_mode[part] >= 0).flatten()
        low, high = views.low[part], views.high[part]
        line = torch.nonzero(high > low).flatten()
        line = line[torch.argsort(low[line], stable=True)] if bells else line[:0]
        every = torch.ones(bells, dtype=torch.bool, device=device)
        emitted, fillable = (torch.cat([every, allowed[part][own]]) for allowed in (views.emitted, views.fillable))
        return cls(
            outputs, bells, part.start, own, line, low[line], high[line], emitted, fillable, part.stop - part.start
        )

    def draw(self, stated: Tensor, source: torch.Generator, *, fills: bool = False) -> Tensor:
        """A mode for each row, int64 ``[rows]``, counted over the whole table.

        Args:
            stated: what networks state of the column, ``[rows, outputs]``.
            source: randomness.
            fills: whether it is drawn in the place of an unknown cell.
        """
        slots = len(self.emitted)
        odds = torch.exp(capped(stated[:, :slots])) * (self.fillable if fills else self.emitted)
        slot = chosen(odds, source)
        if not self.bells:
            return self.first + self.modes[slot]
        mean, spread = (part.gather(1, slot[:, None].clamp_max(BELLS - 1)).squeeze(1) for part in self._shapes(stated))
        place = mean + deviation(spread) * torch.randn(len(slot), device=slot.device, generator=source)
        curved = self.line[torch.searchsorted(self.low[1:].contiguous(), place, right=True)]
        if not len(self.modes):
            return self.first + curved
        return self.first + torch.where(slot < BELLS, curved, self.modes[(slot - BELLS).clamp_min(0)])

    def distribution(self, stated: Tensor) -> Tensor:
        """How likely each mode is to be drawn, ``[rows, modes]``."""
        block = max(1, BLOCK_CELLS // (self.size * max(self.bells, 1)))
        return torch.cat([self._distribution(part) for part in stated.split(block)])

    def _distribution(self, stated: Tensor) -> Tensor:
        odds = torch.exp(capped(stated[:, : len(self.emitted)])) * self.emitted
        result = torch.zeros(len(stated), self.size, device=stated.device)
        result[:, self.modes] = odds[:, self.bells :]
        if self.bells:
            mean, spread = self._shapes(stated)
            inside = covered(self.low[:, None], self.high[:, None], mean[:, None], spread[:, None])
            result[:, self.line] += (inside @ odds[:, :BELLS, None]).squeeze(2)
        return result / result.sum(1, keepdim=True)

    def _shapes(self, stated: Tensor) -> tuple[Tensor, Tensor]:
        """Means and spreads of the Gaussians, ``[rows, BELLS]`` each."""
        mean, spread = stated[:, len(self.emitted) :].split(BELLS, 1)
        return mean, spread


def chosen(odds: Tensor, source: torch.Generator) -> Tensor:
    """An index for each row, int64 ``[rows]``, by its odds ``[rows, indices]``: one of odds above 0."""
    running = odds.double().cumsum(1)
    pick = torch.rand(len(odds), 1, dtype=torch.float64, device=odds.device, generator=source) * running[:, -1:]
    last = odds.shape[1] - 1 - (odds.flip(1) > 0).int().argmax(1)  # rounding must carry no pick beyond
    return torch.searchsorted(running, pick, right=True).squeeze(1).minimum(last)
