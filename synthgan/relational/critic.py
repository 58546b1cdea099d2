"""The critic of whole groups: boosted trees that tell drawn groups from real ones, and which drawn ones are kept for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.groups import Groups
from synthgan.metrics.relational.trajectories import trajectories
from synthgan.relational.rows import Rows
from synthgan.tabular.chains.critics import MIN_GAIN_NATS, fit_booster

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from synthgan.relational.history import Memory
    from synthgan.relational.rows import Numbers
    from synthgan.runtime import Streams
    from synthgan.tabular.chains.booster import TreeBooster

    Floats = NDArray[np.float32]
    Ints = NDArray[np.int64]

BINS = 40  # that each number is cut into for its margin
PASSES = 15
MAX_STEP = 1.5  # that one pass may multiply or divide a group's weight by
MAX_WEIGHT = 8.0  # of a group, where the mean is 1: as many are drawn for each that is kept
LEAST_POOL, MOST_POOL = 4.0, 7.0  # groups drawn for each that is kept; of fewer a critic cannot choose well
SPARE = 1.3  # times the groups that count
MISSING = -1e9  # what trees see of what a group does not have
LEAST_RAKED = 100  # owners: fewer need not be distributed as all are
_FEW, _TINY = 1e-4, 1e-300


@dataclass(frozen=True)
class Drawn:
    """Whole groups: what is known of their parents, and their rows.

    Attributes:
        context: float32 ``[groups, width]``: what trees see of each parent.
        rows: side by side.
        groups: whose they are.
    """

    context: Floats
    rows: Rows
    groups: Groups

    def take(self, chosen: Ints) -> Drawn:
        """These groups."""
        return Drawn(
            self.context[chosen], self.rows.take(self.groups.rows_of(chosen)), Groups(self.groups.counts[chosen])
        )

    @classmethod
    def stacked(cls, several: Sequence[Drawn]) -> Drawn:
        """The groups of several, one after the other."""
        rows = Rows(*(np.concatenate([getattr(one.rows, name) for one in several]) for name in ("numbers", "codes")))
        counts = np.concatenate([one.groups.counts for one in several])
        return cls(np.concatenate([one.context for one in several]), rows, Groups(counts))


@dataclass(frozen=True)
class Margin:
    """The distribution of one column over all rows, or over the first or last ones, that weights must keep.

    Attributes:
        edges: float64: where numbers are cut; of levels none, for these are counted one by one.
        wanted: float64 ``[cells]``: each cell's share; the last is of what is missing.
    """

    edges: Numbers
    wanted: Numbers

    def cells(self, values: Numbers) -> Ints:
        """The cell of each value."""
        cells = np.searchsorted(self.edges, values, side="right")
        return np.where(np.isnan(values), len(self.wanted) - 1, np.minimum(cells, len(self.wanted) - 2))

    @classmethod
    def of(cls, values: Numbers, *, levels: bool) -> Margin:
        """That of real values; neighbouring numbers share a cell."""
        known = values[~np.isnan(values)]
        if levels or not len(known):
            edges = np.arange(1, int(known.max(initial=0)) + 1, dtype=np.float64)
        else:
            edges = np.unique(np.quantile(known, np.arange(1, BINS) / BINS))
        bare = cls(edges, np.zeros(len(edges) + 2))
        counts = np.bincount(bare.cells(values), minlength=len(bare.wanted))
        return cls(edges, counts / max(counts.sum(), 1))


@dataclass(frozen=True)
class GroupCritic:
    """Says of whole groups how much likelier they are real than drawn, and chooses among many.

    Attributes:
        memory: how rows are encoded, and which levels are followed.
        boosters: one a round; what they say adds up.
        margins: of every number and every column of levels over all rows, then over first rows, then of the counts.
        pool: how many groups to draw for each that is kept.
    """

    memory: Memory
    boosters: tuple[TreeBooster, ...]
    margins: tuple[Margin, ...]
    pool: float = 1.0

    @cached_property
    def followed(self) -> list[Ints]:
        """The levels that trajectories follow."""
        return [self.memory.followed(index) for index in self.memory.rows.levels]

    def features(self, drawn: Drawn) -> Floats:
        """What trees see of groups, float32 ``[groups, width]``."""
        found = trajectories(drawn.rows.numbers, self._levels(drawn), self.followed, drawn.groups)
        return np.hstack([drawn.context, np.where(np.isnan(found), MISSING, found)]).astype(np.float32)

    def _levels(self, drawn: Drawn) -> NDArray[np.int32]:
        return drawn.rows.codes[:, self.memory.rows.levels]

    def log_ratios(self, drawn: Drawn) -> Numbers:
        """How much likelier each group is real than drawn, as a logarithm, ``[groups]``."""
        if not self.boosters:
            return np.zeros(len(drawn.groups))
        features = self.features(drawn)
        return np.sum([booster.predict(features) for booster in self.boosters], axis=0, dtype=np.float64)

    def weights(self, drawn: Drawn, most: float = MAX_WEIGHT, *, raked: bool = True) -> Numbers:
        """How much each group counts, ``[groups]``, its mean 1, none more than ``most``.

        Margins are those of all groups: of groups under a condition nothing is raked.
        """
        logs = self.log_ratios(drawn)
        weights = np.exp(logs - logs.max(initial=-np.inf)) if len(logs) else logs
        if raked:
            return self.rake(drawn, weights, most)
        for _ in range(PASSES):  # what is cut off goes to the others
            weights = np.minimum(weights / weights.mean(), most)
        return weights

    def rake(self, drawn: Drawn, weights: Numbers, most: float = MAX_WEIGHT) -> Numbers:
        """The weights, changed so that rows, first rows and counts are distributed as real ones are.

        Iterative proportional fitting; of a group of several rows the steps' geometric mean is taken.
        """
        return np.minimum(self._raked(drawn, weights, most, lambda own: own / own.mean()), most)

    def best(self, drawn: Drawn, several: int, rng: np.random.Generator, *, raked: bool = True) -> Ints:
        """Which of several candidates each owner gets, ``[owners]``: one by its odds; the first of all stand before the second.

        Raked, the odds are changed so that all rows together are distributed as real ones are: what a critic left is mended.
        """
        logs = self.log_ratios(drawn).reshape(several, -1)
        weights = np.exp(logs - logs.max(0)).ravel()
        owners = logs.shape[1]

        def by_owner(own: Numbers) -> Numbers:
            return (own.reshape(several, -1) / own.reshape(several, -1).mean(0)).ravel()

        if raked and owners >= LEAST_RAKED:
            weights = self._raked(drawn, weights, np.inf, by_owner)
        odds = np.log(np.maximum(weights, _TINY)) + rng.gumbel(size=len(weights))
        return odds.reshape(several, -1).argmax(0) * owners + np.arange(owners)

    def _raked(self, drawn: Drawn, weights: Numbers, most: float, balanced: Callable[[Numbers], Numbers]) -> Numbers:
        weights = balanced(weights)
        counts = drawn.groups.counts.astype(np.float64)
        cells = self._cells(drawn)
        owner, often = drawn.groups.owner, np.maximum(counts, 1)
        for _ in range(PASSES):
            weights = np.minimum(weights, most)
            for margin, (of_rows, own) in zip(self.margins, cells, strict=True):
                counted = weights[owner] if of_rows else weights[counts > 0] if len(own) < len(counts) else weights
                found = np.bincount(own, weights=counted, minlength=len(margin.wanted))
                step = (margin.wanted + _FEW) / (found / found.sum() + _FEW)
                step = np.log(step.clip(1 / MAX_STEP, MAX_STEP))[own]
                if of_rows:
                    weights = weights * np.exp(drawn.groups.totals(step) / often)
                else:
                    weights[(counts > 0) if len(own) < len(counts) else slice(None)] *= np.exp(step)
            weights = balanced(weights)
        return weights

    def _cells(self, drawn: Drawn) -> list[tuple[bool, Ints]]:
        columns = columns_of(drawn, self._levels(drawn))
        over_rows = len(columns) // 2
        return [
            (at < over_rows, margin.cells(one))
            for at, (margin, one) in enumerate(zip(self.margins, columns, strict=True))
        ]

    def choose(self, drawn: Drawn, wanted: int, rng: np.random.Generator, *, raked: bool = True) -> Ints:
        """Which of the groups to keep, in no order: systematic sampling by their weights, none of them twice."""
        if wanted >= len(drawn.groups):
            return np.arange(len(drawn.groups))
        chance = self.weights(drawn, len(drawn.groups) / wanted, raked=raked)
        chance *= wanted / chance.sum()
        for _ in range(8):  # what is cut off goes to the others
            chance = np.minimum(chance, 1)
            free = chance < 1
            chance[free] *= (wanted - (~free).sum()) / max(chance[free].sum(), 1e-12)
        mixed = rng.permutation(len(chance))
        running = np.cumsum(np.minimum(chance, 1)[mixed])
        passed = np.floor(running * (wanted / running[-1]) + rng.random())
        kept = np.diff(passed, prepend=0) > 0
        kept[np.flatnonzero(~kept)[: max(wanted - int(kept.sum()), 0)]] = True
        return mixed[np.flatnonzero(kept)[:wanted]]


def columns_of(drawn: Drawn, levels: NDArray[np.int32]) -> list[Numbers]:
    """What margins are of: each column over all rows, then over first rows, then the counts."""
    over_rows = [*drawn.rows.numbers.T, *levels.T.astype(np.float64)]
    return [*over_rows, *(one[drawn.groups.first] for one in over_rows), drawn.groups.counts.astype(np.float64)]


def margins_of(memory: Memory, real: Drawn) -> tuple[Margin, ...]:
    """The margins of real groups."""
    levels = real.rows.codes[:, memory.rows.levels]
    columns, numbers = columns_of(real, levels), real.rows.numbers.shape[1]
    width = numbers + levels.shape[1]
    return tuple(Margin.of(one, levels=at < 2 * width and at % width >= numbers) for at, one in enumerate(columns))


def play(memory: Memory, real: Drawn, pool: Drawn, rounds: int, streams: Streams) -> tuple[GroupCritic, list[float]]:
    """Teach critics to tell real groups from drawn ones, each after what those before it left; also gives their gains.

    In each round the drawn groups count by what the rounds before made of them; a critic is stopped by groups that it was not
    trained on, and one that finds nothing there ends the game.
    """
    critic = GroupCritic(memory, (), margins_of(memory, real))
    of_real, of_pool = (critic.features(side) for side in (real, pool))
    logs = np.zeros(len(pool.groups))
    weights = critic.rake(pool, np.ones(len(logs)))
    boosters: list[TreeBooster] = []
    gains: list[float] = []
    for index in range(rounds):
        booster, gain = fit_booster(of_real, of_pool, streams.numpy("round of groups", index), weights)
        if gain < MIN_GAIN_NATS:
            break
        boosters.append(booster)
        gains.append(gain)
        logs += booster.predict(of_pool)
        weights = critic.rake(pool, np.exp(logs - logs.max()))
    effective = float(weights.sum() ** 2 / (weights**2).sum() / len(weights))
    wanted = float(np.clip(SPARE / max(effective, 0.01), LEAST_POOL, MOST_POOL))
    return GroupCritic(memory, tuple(boosters), critic.margins, wanted), [*gains, effective]
