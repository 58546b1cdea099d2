"""Conditions on a table: training-by-sampling's single levels, and anything that ``where`` can say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.special import ndtr

if TYPE_CHECKING:
    from torch import Tensor

    from synthgan.runtime import Streams
    from synthgan.tabular.encoding.layout import Layout


@dataclass(frozen=True, slots=True)
class LevelCondition:
    """One required mode for each row, or none.

    Attributes:
        modes: int64 ``[rows]``: the required mode, counted from the table's first; -1 for none.
        columns: int64 ``[rows]``: the column it belongs to; -1 for none.
    """

    modes: Tensor
    columns: Tensor

    def class_scores(self, log_weights: Tensor, log_probs: Tensor) -> Tensor:
        """Log joint probability of class and required mode, ``[rows, classes]``."""
        bound = (self.modes >= 0)[:, None]
        return log_weights + torch.where(bound, log_probs.T[self.modes.clamp_min(0)], 0.0)

    def required(self, codes: Tensor, starts: Tensor) -> Tensor:
        """The codes with the required modes put in; ``[rows, columns]``."""
        rows = torch.nonzero(self.modes >= 0).squeeze(1)
        columns = self.columns[rows]
        codes = codes.clone()
        codes[rows, columns] = self.modes[rows] - starts[columns]
        return codes


@dataclass(frozen=True, slots=True)
class Evidence:
    """What every row must meet: which modes are allowed, and how much of each.

    Attributes:
        allowed: bool ``[modes]``.
        lowest: float32 ``[modes, slots]``: lower bound of each residual of the mode; -inf where it is not cut.
        highest: float32 ``[modes, slots]``: upper bound of each residual; inf where it is not cut.
    """

    allowed: Tensor
    lowest: Tensor
    highest: Tensor

    @property
    def cut(self) -> Tensor:
        """int64: the allowed modes of which only a part of the residuals is allowed."""
        return torch.nonzero(self.allowed & (self.lowest.isfinite() | self.highest.isfinite()).any(1)).squeeze(1)

    def log_share(self, mode: Tensor, slot: int, mean: Tensor, deviation: Tensor) -> Tensor:
        """Log share of one residual of each mode, normal with that mean and deviation, that is allowed."""
        lowest, highest = self.lowest[mode, slot], self.highest[mode, slot]
        share = ndtr((highest - mean) / deviation) - ndtr((lowest - mean) / deviation)
        return share.clamp_min(1e-30).log()

    def to(self, device: torch.device) -> Evidence:
        """The same evidence on another device."""
        return Evidence(self.allowed.to(device), self.lowest.to(device), self.highest.to(device))


class ConditionSampler:
    """Training-by-sampling over every discrete column.

    Xu et al., "Modeling tabular data using conditional GAN", 2019, section 4.3: a discrete column is chosen evenly, one
    of its levels by the logarithm of its frequency, and the real row evenly among those that have the level. A share of
    each batch is drawn at true frequencies instead, without a condition: what is sampled later has true frequencies.
    """

    def __init__(self, codes: np.ndarray, layout: Layout, share: float) -> None:
        """Index the rows by level.

        Args:
            codes: int32 ``[rows, columns]``.
            layout: what the codes mean.
            share: share of each batch that is drawn under a condition.
        """
        self.rows = len(codes)
        self.discrete = np.array([index for index, span in enumerate(layout.spans) if span.discrete], dtype=np.int64)
        self.share = share if len(self.discrete) else 0.0
        self._starts = layout.starts
        self._order = [np.argsort(codes[:, column], kind="stable").astype(np.int32) for column in self.discrete]
        counts = [np.bincount(codes[:, column], minlength=layout.sizes[column]) for column in self.discrete]
        self._counts = counts
        self._first = [np.concatenate([[0], np.cumsum(count)[:-1]]) for count in counts]
        self._cumulative = [np.cumsum(np.log1p(count)) / np.log1p(count).sum() for count in counts]

    def draw(self, batch_rows: int, streams: Streams, step: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows and the conditions they were drawn under.

        Returns:
            rows, modes, columns: int64 ``[batch_rows]`` each; mode (counted from the table's first) and column are -1
            where a row was drawn without a condition.
        """
        random = streams.numpy("conditions", step)
        rows = random.integers(self.rows, size=batch_rows)
        modes = np.full(batch_rows, -1, dtype=np.int64)
        columns = np.full(batch_rows, -1, dtype=np.int64)
        bound = round(self.share * batch_rows)
        choice = random.integers(max(len(self.discrete), 1), size=bound)
        pick, within = random.random(bound), random.random(bound)
        for index in np.unique(choice):
            here = np.flatnonzero(choice == index)
            level = np.searchsorted(self._cumulative[index], pick[here], side="right")
            level = np.minimum(level, len(self._counts[index]) - 1)
            offset = (within[here] * self._counts[index][level]).astype(np.int64)
            rows[here] = self._order[index][self._first[index][level] + offset]
            columns[here] = self.discrete[index]
            modes[here] = self._starts[columns[here]] + level
        return rows, modes, columns
