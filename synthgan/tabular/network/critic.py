"""The critic of tables: it scores rows by their modes, their residuals, and the normal scores both amount to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

if TYPE_CHECKING:
    from synthgan.tabular.encoding.layout import Layout
    from synthgan.tabular.network.config import NetworkConfig

FREQUENCIES = (1.0, 2.0, 4.0, 8.0)


class ResidualBlock(nn.Module):
    """``x + B(act(A(act(x))))`` without normalisation; the exit starts small."""

    def __init__(self, width: int) -> None:
        """Make a block of that many units."""
        super().__init__()
        self.enter, self.leave = nn.Linear(width, width), nn.Linear(width, width)
        nn.init.zeros_(self.leave.bias)
        with torch.no_grad():
            self.leave.weight.mul_(0.1)

    def forward(self, x: Tensor) -> Tensor:
        """Shape in, same shape out."""
        return x + self.leave(leaky_relu(self.enter(leaky_relu(x, 0.2)), 0.2))


class TabularCritic(nn.Module):
    """Scores rows by their modes, their residuals, and the normal scores both amount to.

    ``packing`` rows are judged together (Lin et al., "PacGAN", 2018): a lack of variety shows in the pack.
    """

    centers: Tensor
    widths: Tensor
    residual_index: Tensor
    frequencies: Tensor

    def __init__(self, layout: Layout, config: NetworkConfig) -> None:
        """Make a critic for that layout."""
        super().__init__()
        self.modes, self.packing = layout.modes, config.packing
        numeric = [index for index, span in enumerate(layout.spans) if layout.centers[span.start : span.stop].any()]
        centers, widths = torch.zeros(layout.modes, len(numeric)), torch.zeros(layout.modes, len(numeric))
        residual_index = torch.zeros(len(numeric), dtype=torch.long)
        for at, index in enumerate(numeric):
            span = layout.spans[index]
            centers[span.start : span.stop, at] = torch.as_tensor(layout.centers[span.start : span.stop])
            if span.first_residual is not None:
                widths[span.start : span.stop, at] = torch.as_tensor(layout.widths[span.start : span.stop])
                residual_index[at] = span.first_residual
        self.register_buffer("centers", centers, persistent=False)
        self.register_buffer("widths", widths, persistent=False)
        self.register_buffer("residual_index", residual_index, persistent=False)
        self.register_buffer("frequencies", torch.tensor(FREQUENCIES), persistent=False)
        width = layout.modes + layout.residuals + len(numeric) * (1 + 2 * len(FREQUENCIES))
        self.enter = nn.Linear(width * config.packing, config.critic_width)
        self.blocks = nn.Sequential(*[ResidualBlock(config.critic_width) for _ in range(config.blocks)])
        self.leave = nn.Linear(config.critic_width, 1)

    def forward(self, sample: Tensor, condition: Any = None) -> Tensor:  # noqa: ARG002
        """Logits ``[rows / packing]`` of samples ``[rows, modes + residuals]``; the condition shows in the rows themselves."""
        features = self._features(sample)
        packed = features.reshape(len(features) // self.packing, -1)
        return self.leave(leaky_relu(self.blocks(self.enter(packed)), 0.2)).squeeze(1)

    def _features(self, sample: Tensor) -> Tensor:
        if not len(self.residual_index):
            return sample
        modes, residuals = sample[:, : self.modes], sample[:, self.modes :]
        scores = modes @ self.centers
        if residuals.shape[1]:
            scores = scores + (modes @ self.widths) * residuals[:, self.residual_index]
        waves = (scores[:, :, None] * self.frequencies).flatten(1)
        return torch.cat([sample, scores, waves.sin(), waves.cos()], 1)


def dense(codes: Tensor, residuals: Tensor, layout_starts: Tensor, modes: int) -> Tensor:
    """Encoded rows in the critic's space, float32 ``[rows, modes + residuals]``."""
    hard = torch.zeros(len(codes), modes, device=codes.device).scatter_(1, codes.long() + layout_starts, 1.0)
    return torch.cat([hard, residuals], 1)
