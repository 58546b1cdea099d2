"""What draws rows and keeps of them what boosted critics let pass: all but the drawing itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.special import ndtr, ndtri

from synthgan.tabular.chains.raking import MIN_ROWS, SPARE_SHARE, Margins, spread_evenly
from synthgan.tabular.conditioning.particles import Allowed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.runtime import Streams
    from synthgan.tabular.chains.booster import BoostedCritic
    from synthgan.tabular.chains.features import ModeFeatures
    from synthgan.tabular.conditioning.conditions import Evidence
    from synthgan.tabular.encoding.layout import Layout

MAX_TRIES = 20
BATCH_FEATURES = 2**24  # features times rows of one batch
SCORED_ROWS = 8_192  # at once: what critics see of them stays in the processor's cache
_TINY = 1e-7
_LEAST = 1e-37


@dataclass(frozen=True, slots=True)
class RowNoise:
    """What stands behind a batch of generated rows.

    Attributes:
        rows: how many there are.
        condition: what they must meet.
        streams: the randomness of this batch alone.
    """

    rows: int
    condition: Evidence | None
    streams: Streams


class CriticisedGenerator(ABC):
    """Keeps of the rows that it draws what its critics let pass; how it draws them is up to those derived from it.

    Attributes:
        layout: what codes mean.
        mode_features: what critics see of them.
        critic: what was learned from boosted critics; None where there was nothing to learn.
        margins: the columns' distributions, which rows drawn without a condition are balanced by.
        batch_rows: how many rows are drawn at once.
    """

    device = torch.device("cpu")

    def __init__(self, layout: Layout, mode_features: ModeFeatures, critic: BoostedCritic | None = None) -> None:
        """Put the parts together."""
        self.layout, self.mode_features, self.critic = layout, mode_features, critic
        self.margins = Margins.of(layout, mode_features)
        self._asked: tuple[Evidence, NDArray[np.float64]] | None = None
        self.batch_rows = int(np.clip(BATCH_FEATURES // mode_features.widths.sum(), 1_024, 131_072))

    @abstractmethod
    def draw_uncriticised(self, rows: int, streams: Streams, condition: Evidence | None = None) -> NDArray[np.int32]:
        """Codes ``[rows, columns]`` of rows that meet the condition, whatever critics say of them."""

    @abstractmethod
    def _ask_pilots(self, allowed: Allowed) -> NDArray[np.float64]:
        """How likely each part (a chain, an order) is to draw a row that is allowed; one condition always has the same pilots."""

    def odds(self, evidence: Evidence) -> NDArray[np.float64]:
        """The same, ``[parts]``, asked once for all batches of a condition."""
        if self._asked is None or self._asked[0] is not evidence:
            self._asked = evidence, self._ask_pilots(Allowed.of(evidence, self.layout))
        return self._asked[1]

    def log_evidence(self, evidence: Evidence) -> float:
        """Log probability that a row meets the evidence, critics aside, estimated from a few thousand rows."""
        odds = self.odds(evidence)
        return float(np.log(odds.mean())) if odds.any() else -np.inf

    def noise(self, rows: int, condition: Evidence | None, streams: Streams, name: str, index: int) -> RowNoise:
        """The randomness of a batch (see ``gan.protocols.Generator``)."""
        return RowNoise(rows, condition, streams.below(f"chains {name}", index))

    def draw(self, noise: RowNoise) -> tuple[torch.Tensor, torch.Tensor]:
        """Codes, int32 ``[rows, columns]``, and residuals, float32 ``[rows, residuals]``, of generated rows in no order."""
        codes = self.draw_codes(noise.rows, noise.condition, noise.streams)
        residuals = self._residuals(codes, noise.condition, noise.streams.numpy("places"))
        return torch.from_numpy(codes), torch.from_numpy(residuals)

    def draw_codes(self, rows: int, condition: Evidence | None, streams: Streams) -> NDArray[np.int32]:
        """Codes of rows that meet the condition, ``[rows, columns]``; without one, their margins are balanced."""
        if condition is not None or rows < MIN_ROWS:
            return self._draw_kept(rows, condition, streams)
        codes = self._draw_kept(int(rows * (1 + SPARE_SHARE)), condition, streams)
        return codes[self.margins.choose(codes + self.layout.starts, rows, streams.numpy("balance"))]

    def _draw_kept(self, rows: int, condition: Evidence | None, streams: Streams) -> NDArray[np.int32]:
        """Codes of rows that the critics, if any, let pass."""
        if self.critic is None:
            return self.draw_uncriticised(rows, streams, condition)
        kept: list[NDArray[np.int32]] = []
        lacking, candidates = rows, 2 * rows
        for attempt in range(MAX_TRIES):
            own = streams.below("candidates", attempt)
            drawn = self.draw_uncriticised(candidates, own, condition)
            chances = self._chances(drawn, self.critic)
            thresholds = own.numpy("critic").random(len(drawn), dtype=np.float32)
            if (
                attempt == MAX_TRIES - 1
            ):  # the critics have hardly ever seen what the condition asks for: take the likeliest
                kept.append(drawn[np.argsort(np.log(thresholds) / np.maximum(chances, _LEAST))[-lacking:]])
                break
            passed = np.flatnonzero(thresholds < chances)
            kept.append(drawn.take(passed[:lacking], axis=0))
            lacking -= len(kept[-1])
            if not lacking:
                break
            share = max(len(passed) / len(drawn), 0.01)
            candidates = min(int(1.1 * lacking / share) + 16, 2 * rows + MIN_ROWS)
        return np.concatenate(kept)

    def _chances(self, drawn: NDArray[np.int32], critic: BoostedCritic) -> NDArray[np.float32]:
        """How likely each candidate is to be kept, block by block: memory that is used again is faster than new one."""
        chances = np.empty(len(drawn), dtype=np.float32)
        for start in range(0, len(drawn), SCORED_ROWS):
            part = drawn[start : start + SCORED_ROWS]
            chances[start : start + SCORED_ROWS] = critic.chances(self.features(part), part + self.layout.starts)
        return chances

    def features(self, codes: NDArray[np.int32]) -> NDArray[np.float32]:
        """What a critic sees of rows: the view of every column, float32 ``[rows, width]``."""
        widths = self.mode_features.widths
        features = np.empty((len(codes), int(widths.sum())), dtype=np.float32)
        for column, (start, width) in enumerate(zip(np.cumsum(widths) - widths, widths, strict=True)):
            seen = self.mode_features.features(codes[:, column], self.layout, column)
            features[:, start : start + width] = seen
        return features

    def _residuals(
        self, codes: NDArray[np.int32], condition: Evidence | None, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Places inside the modes, as normal scores: anywhere that the condition allows."""
        layout = self.layout
        mode = codes[:, layout.column_of_residual] + layout.starts[layout.column_of_residual]
        if condition is None:
            share = np.empty(mode.shape)
            for at, column in enumerate(layout.column_of_residual):
                share[:, at] = spread_evenly(codes[:, column], layout.sizes[column], rng)
            return (ndtri(np.clip(share, _TINY, 1 - _TINY)) * layout.has_residual[mode]).astype(np.float32)
        share = rng.random(mode.shape)
        lowest, highest = (bound.cpu().numpy().astype(np.float64) for bound in (condition.lowest, condition.highest))
        lowest, highest = (bound[mode, layout.slot_of_residual] for bound in (lowest, highest))
        low, high = ndtr(lowest), ndtr(highest)
        residuals = ndtri(np.clip(low + share * (high - low), _TINY, 1 - _TINY))
        return (np.clip(residuals, lowest, highest) * layout.has_residual[mode]).astype(np.float32)


def shared_out(rows: int, odds: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """As many rows of each part as its odds say, up to a fraction of a row: less is left to chance that way."""
    edges = np.cumsum(odds) / odds.sum()
    edges[-1] = 1.0
    return np.diff(np.floor(edges * rows + rng.random()), prepend=0).astype(np.int64)
