"""How networks see columns: what a known mode tells them, and what they say of a mode that is not known."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

import numpy as np
import torch
from scipy.special import ndtri

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from torch import Tensor

    from synthgan.tabular.encoding.layout import Layout

BELLS = 12  # Gaussians on the normal-score axis of a number column
FEW_MODES = 24  # up to here a number column is stated mode by mode
MAX_SPIKES = 24  # modes of a number column that are stated by themselves beside the Gaussians,
SPIKE_SHARE = 0.01  # if so many rows have them
WAVES = (1.0, 2.0, 4.0)
_FAR = 12.0  # normal scores: where the outermost modes of a number column end
_PRIOR_SHARE = 1e-6
_EDGE = 1e-4


@dataclass(frozen=True)
class Views:
    """What networks see and say of the W modes of C columns.

    A network says of every column how likely its modes are. Of levels it states a number for each, a *slot*, whose exponential is
    its odds. Of a column of many numbers it states ``BELLS`` Gaussians over the normal-score axis, on which each mode covers
    its interval, and slots of spikes and of the missing value beside them: few rows are then enough for a thousand modes.
    (Discretised mixtures: Salimans et al., "PixelCNN++", 2017, section 2.1.)

    Attributes:
        curved: int64 ``[curved]``: the columns that are stated by Gaussians.
        column_of_slot: int64 ``[slots]``; a curved column's Gaussians come first among its slots.
        first_slot: int64 ``[C + 1]``: each column's first slot.
        first_mode: int64 ``[C + 1]``: each column's first mode.
        slot_of_mode: int64 ``[W]``: the slot of a mode of its own; -1 where it has none.
        low: float32 ``[W]``: where a mode of a curved column begins on its axis; 0 of what is not on one,
        high: and where it ends.
        numbers: int64 ``[numbers]``: the columns that are seen as numbers.
        features: float32 ``[W, 1 + 2 * len(WAVES)]``: what is seen of a number: its normal score, and waves of it.
        bias: float32 ``[slots]``: the logarithms of the shares that the slots have in the table.
        shares: float32 ``[W]``: the share of each mode in its column, a little more than nothing.
        emitted: bool ``[W]``: which modes may be drawn.
        fillable: bool ``[W]``: which may be drawn in the place of an unknown cell.
    """

    curved: Tensor
    column_of_slot: Tensor
    first_slot: Tensor
    first_mode: Tensor
    slot_of_mode: Tensor
    low: Tensor
    high: Tensor
    numbers: Tensor
    features: Tensor
    bias: Tensor
    shares: Tensor
    emitted: Tensor
    fillable: Tensor

    @classmethod
    def of(cls, layout: Layout, shares: NDArray[np.float64]) -> Self:
        """The views of a layout whose modes have these shares of the rows, ``[W]``."""
        slot_of_mode = np.full(layout.modes, -1, dtype=np.int64)
        low, high = np.zeros((2, layout.modes))
        features = np.zeros((layout.modes, 1 + 2 * len(WAVES)))
        curved: list[int] = []
        numbers: list[int] = []
        bias: list[NDArray[np.float64]] = []
        smoothed, first_slot, fillable = [], [0], layout.emitted & ~layout.missing
        for index, span in enumerate(layout.spans):
            part, own, bells = slice(span.start, span.stop), np.arange(span.size), 0
            if not fillable[part].any():
                fillable[part] = layout.emitted[part]
            share = shares[part] + _PRIOR_SHARE
            share /= share.sum()
            smoothed.append(share)
            if not span.levels and span.residuals == 1:
                numbers.append(index)
                line = ~layout.missing[part]
                low[part][line], high[part][line], score = _intervals(layout.centers[part], share, line)
                waves = [wave(speed * score) for speed in WAVES for wave in (np.sin, np.cos)]
                features[part][line] = np.stack([score, *waves], axis=1)
                if span.size > FEW_MODES:
                    curved.append(index)
                    own, bells = _spikes(share, layout.has_residual[part], line), BELLS
            rest = max(1 - share[own].sum(), _EDGE) / BELLS
            bias.append(np.log(np.concatenate([np.full(bells, rest), share[own]])))
            slot_of_mode[span.start + own] = first_slot[-1] + bells + np.arange(len(own))
            first_slot.append(first_slot[-1] + bells + len(own))
        return cls(
            curved=_whole(curved),
            column_of_slot=_whole(np.repeat(np.arange(len(layout.spans)), np.diff(first_slot))),
            first_slot=_whole(first_slot),
            first_mode=_whole([*layout.starts, layout.modes]),
            slot_of_mode=_whole(slot_of_mode),
            low=_real(low),
            high=_real(high),
            numbers=_whole(numbers),
            features=_real(features),
            bias=_real(np.concatenate(bias)),
            shares=_real(np.concatenate(smoothed)),
            emitted=torch.as_tensor(layout.emitted.copy()),
            fillable=torch.as_tensor(fillable),
        )

    def to(self, device: torch.device) -> Self:
        """The same on another device."""
        return type(self)(*(getattr(self, part.name).to(device) for part in fields(self)))

    def part(self, column: int) -> slice:
        """Where a column's modes are."""
        return slice(int(self.first_mode[column]), int(self.first_mode[column + 1]))

    @property
    def slots(self) -> int:
        """How many there are."""
        return len(self.column_of_slot)

    @property
    def inputs(self) -> int:
        """How many numbers a network sees of a row, beside its modes that have slots."""
        return len(self.first_mode) - 1 + len(self.numbers) * self.features.shape[1]

    @property
    def outputs(self) -> int:
        """How many numbers a network states of a row: slots, then means, then spreads of the Gaussians."""
        return self.slots + 2 * BELLS * len(self.curved)


def _whole(numbers: ArrayLike) -> Tensor:
    return torch.as_tensor(np.array(numbers, dtype=np.int64))


def _real(numbers: ArrayLike) -> Tensor:
    return torch.as_tensor(np.array(numbers, dtype=np.float32))


def _intervals(
    centers: NDArray[np.float32], share: NDArray[np.float64], on_line: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Where the modes of a number line begin, end, and have their middle on the axis on which their column is normal."""
    own = share[on_line] / share[on_line].sum()
    order = np.argsort(centers[on_line], kind="stable")
    after = np.empty(len(own))
    after[order] = np.cumsum(own[order])
    low, high = (ndtri(np.clip(part, 0, 1)).clip(-_FAR, _FAR) for part in (after - own, after))
    low[order[0]], high[order[-1]] = -_FAR, _FAR
    low[order[1:]] = high[order[:-1]]  # without a gap
    return low, high, ndtri(np.clip(after - own / 2, _EDGE, 1 - _EDGE))


def _spikes(
    share: NDArray[np.float64], has_residual: NDArray[np.bool_], on_line: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """The modes of a number column that have a slot of their own, rising: its common spikes, and the missing value."""
    found = np.flatnonzero(on_line & ~has_residual & (share > SPIKE_SHARE))
    found = found[np.argsort(-share[found], kind="stable")][:MAX_SPIKES]
    return np.sort(np.concatenate([found, np.flatnonzero(~on_line)]))
