"""The generator of tables: chains of trees that draw rows column by column, with or without a condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.distributed.threads import Threads
from synthgan.runtime import Streams
from synthgan.tabular.chains.criticised import CriticisedGenerator, shared_out
from synthgan.tabular.conditioning.particles import Allowed, draw_allowed, resample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from synthgan.distributed.executor import Executor
    from synthgan.tabular.chains.booster import BoostedCritic
    from synthgan.tabular.chains.features import ModeFeatures
    from synthgan.tabular.chains.grower import Chain
    from synthgan.tabular.conditioning.conditions import Evidence
    from synthgan.tabular.encoding.layout import Layout

PILOT_ROWS = 1_024  # drawn by each chain to find how likely a condition is
MAX_PILOT_ROWS = 65_536
PARTICLES_PER_ROW = 4
MAX_PARTICLES = 262_144  # begun by one chain for one batch of conditioned rows


@dataclass(frozen=True)
class _Share:
    """What each chain is to draw of some rows.

    Attributes:
        generator: the chains.
        counts: int64 ``[chains]``: how many rows of each.
        odds: float64 ``[chains]``: how likely each is to draw a row that is allowed.
        allowed: what rows must meet; None where they may be any.
        streams: randomness, that of a chain by its index.
    """

    generator: ChainGenerator
    counts: NDArray[np.int64]
    odds: NDArray[np.float64]
    allowed: Allowed | None
    streams: Streams

    def rows(self, index: int) -> NDArray[np.int32]:
        """Codes of the rows of one chain, ``[rows, columns]``."""
        own, rows = self.streams.numpy("rows", index), int(self.counts[index])
        if self.allowed is None:
            return self.generator.walk(index, rows, own)[0]
        return self.generator.given(index, rows, self.allowed, self.odds[index], own)


class ChainGenerator(CriticisedGenerator):
    """Draws rows from several chains in equal parts, and keeps of them what its critics let pass.

    Attributes:
        chains: the chains; their trees see of modes what critics see of them.
        executor: where chains draw rows without a condition, each chain a task; None draws here. It is lent for a fit, whose critics
            look at many rows at once; whoever samples spreads whole frames.
    """

    executor: Executor | None = None

    def __init__(
        self, layout: Layout, mode_features: ModeFeatures, chains: Sequence[Chain], critic: BoostedCritic | None = None
    ) -> None:
        """Put the parts together."""
        super().__init__(layout, mode_features, critic)
        self.chains = tuple(chains)

    def draw_uncriticised(self, rows: int, streams: Streams, condition: Evidence | None = None) -> NDArray[np.int32]:
        """Codes of rows as the chains draw them."""
        rng = streams.numpy("shuffle")
        allowed = None if condition is None else Allowed.of(condition, self.layout)
        odds = np.ones(len(self.chains)) if condition is None else self.odds(condition)
        share = _Share(self, shared_out(rows, odds, rng), odds, allowed, streams)
        executor = Threads() if self.executor is None or allowed is not None else self.executor
        codes = np.concatenate([*executor.map(_Share.rows, map(int, np.flatnonzero(share.counts)), share)])
        return codes.take(rng.permutation(len(codes)), axis=0)

    def _ask_pilots(self, allowed: Allowed) -> NDArray[np.float64]:
        """How likely each chain is to draw a row that is allowed, from rows sent ahead, ``[chains]``."""
        streams = Streams(0).below("pilots", 0)
        rows = PILOT_ROWS
        while True:

            def of_chain(index: int, rows: int = rows) -> float:
                return self.walk(index, rows, streams.numpy(f"of {rows}", index), allowed)[1]

            odds = np.array([of_chain(index) for index in range(len(self.chains))])
            if odds.any() or rows >= MAX_PILOT_ROWS:
                return odds
            rows *= 8

    def given(
        self, index: int, rows: int, allowed: Allowed, odds: float, rng: np.random.Generator
    ) -> NDArray[np.int32]:
        """Allowed rows of one chain: many more are begun, and those that bear the condition out go on."""
        particles = min(max(PARTICLES_PER_ROW * rows, int(2 * rows / odds), PILOT_ROWS), max(MAX_PARTICLES, rows))
        codes, _ = self.walk(index, particles, rng, allowed)
        while not len(codes):
            codes, _ = self.walk(index, MAX_PARTICLES, rng, allowed)
        # Copies of one begun row stand side by side: rows at even distances are of as many begun rows as there can be.
        picked = ((np.arange(rows) + rng.random()) * (len(codes) / rows)).astype(np.int64)
        return codes[rng.permutation(picked)]

    def walk(
        self, index: int, rows: int, rng: np.random.Generator, allowed: Allowed | None = None
    ) -> tuple[NDArray[np.int32], float]:
        """Draw rows column by column; under a condition also say how likely it is.

        Sequential Monte Carlo (Doucet and Johansen, "A tutorial on particle filtering and smoothing", 2009, section 3.5):
        a conditioned column is drawn from what is allowed of its leaf, weighed by how much of the leaf that is, and the
        rows are drawn anew by their weights before they go on. There are none where no row begun can meet the condition.
        """
        chain, layout, mode_features = self.chains[index], self.layout, self.mode_features
        features = np.empty((rows, int(mode_features.widths.sum())), dtype=np.float32)
        codes = np.empty((rows, len(chain.order)), dtype=np.int32)
        likelihood = 1.0
        for column in chain.order:
            first = int(chain.first_feature[column])
            leaf = chain.trees.leaves(column, features)
            start, count = chain.start.take(leaf), chain.count.take(leaf)
            shares = None if allowed is None else allowed.shares.get(int(column))
            if shares is None:
                drawn = chain.codes.take(start + (rng.random(rows) * count).astype(np.int32))
            else:
                drawn, weights = draw_allowed(chain.codes, start, count, shares, rng)
                likelihood *= float(weights.mean())
                if not likelihood:
                    return codes[:0], 0.0
                chosen = resample(weights, rng)
                features, codes, drawn = features[chosen], codes[chosen], drawn[chosen]
            codes[:, column] = drawn
            features[:, first : first + mode_features.widths[column]] = mode_features.features(drawn, layout, column)
        return codes, likelihood
