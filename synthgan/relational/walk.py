"""The walk: chains of trees that draw the rows of groups one after the other, given their parents and what came before."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.groups import Groups
from synthgan.relational.history import MISSING, History, falling
from synthgan.relational.rows import Rows
from synthgan.relational.siblings import Beside
from synthgan.relational.support import Support, penalties
from synthgan.tabular.conditioning.particles import count_between

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.relational.history import Memory
    from synthgan.relational.rows import Numbers
    from synthgan.runtime import Streams
    from synthgan.tabular.chains.booster import TreeBooster
    from synthgan.tabular.chains.grower import Chain

    Floats = NDArray[np.float32]

PRIOR_ROWS = 0.05  # like a known cell in every leaf: none is impossible
CANDIDATES = 8  # next rows drawn for each that a critic chooses


@dataclass(frozen=True)
class Given:
    """Rows of which some cells are known.

    Attributes:
        rows: the rows; what stands in other cells is not looked at.
        told: int32 ``[rows, columns]``: their codes as they are drawn.
        cells: bool ``[columns]``: which are known.
        alike: by column, the first and the last code that count as like each of its codes.
        logs: float64 ``[rows]``: adds up how likely the known cells are, as logarithms.
    """

    rows: Rows
    told: NDArray[np.int32]
    cells: NDArray[np.bool_]
    alike: list[tuple[NDArray[np.int64], NDArray[np.int64]]]
    logs: Numbers

    def weigh(self, chain: Chain, column: int, leaf: NDArray[np.int64]) -> None:
        """Take in how much of its leaf is like a known cell."""
        (low, high), own = self.alike[column], self.told[:, column]
        start, count = chain.start[leaf], chain.count[leaf]
        found = count_between(chain.codes, start, count, low[own], high[own])
        self.logs[:] += np.log((found + PRIOR_ROWS) / (count + PRIOR_ROWS))


@dataclass(frozen=True)
class Walk:
    """Draws the rows of groups.

    Attributes:
        memory: what is remembered of rows, and how they are encoded.
        known: int64: which of the features that context and history say are looked at; the others never differ.
        first: how many rows of each group it is given.
        chains: each draws a share of the groups, all rows of one.
        critic: says how much likelier a next row is real than drawn; None where there is none.
        supports: what rows lose whose values never stand together.
    """

    memory: Memory
    known: NDArray[np.int64]
    first: int
    chains: tuple[Chain, ...] = field(default=())
    critic: TreeBooster | None = None
    supports: tuple[Support, ...] = ()

    @cached_property
    def widths(self) -> NDArray[np.int64]:
        """int64 ``[columns]``: how many features of a row each of its columns has."""
        slots = self.memory.rows.slots
        own = [
            2 * (slots[index].stop - slots[index].start) if index in slots else 1 for index in range(len(self.columns))
        ]
        return self.memory.mode_features.widths + np.array(own, dtype=np.int64)

    @property
    def columns(self) -> range:
        """The indices of all columns."""
        return range(len(self.memory.rows.codecs))

    def seen(
        self, index: int, codes: NDArray[np.int32], numbers: Numbers, before: Numbers, levels: NDArray[np.int32]
    ) -> Floats:
        """What trees see of a column that was drawn, float32 ``[rows, width]``.

        Args:
            index: the column.
            codes: int32 ``[rows]``: what was drawn.
            numbers: float64 ``[rows, numbers]``, of which those of this column are looked at.
            before: the last numbers before.
            levels: int32 ``[rows]``: the code of the row before; -1 where there was none. Of numbers it is not looked at.
        """
        rows, width = self.memory.rows, int(self.widths[index])
        view = self.memory.seen(index, codes)
        result = np.empty((len(codes), width), dtype=np.float32)
        result[:, : view.shape[1]] = view
        if index not in rows.slots:
            result[:, -1] = self.memory.compared(index, codes, levels)
            return result
        at = rows.slots[index]
        value, spread = numbers[:, at], rows.spread[at]
        moved, count = (value - before[:, at]) / spread, at.stop - at.start
        result[:, -2 * count : -count] = np.where(np.isnan(value), MISSING, (value - rows.start[at]) / spread)
        result[:, -count:] = np.where(np.isnan(moved), 0, moved)
        return result

    def draw(
        self,
        given: Rows | None,
        groups: Groups,
        context: Floats,
        streams: Streams,
        known: NDArray[np.int64] | None = None,
        beside: Beside | None = None,
    ) -> Rows:
        """The rows of groups, of which the first of each may be given.

        Args:
            given: the rows that are given, side by side; None for none.
            groups: how many rows each group has, those given among them.
            context: float32 ``[groups, width]``: what is known of each group's parent.
            streams: randomness.
            known: int64 ``[groups]``: how many rows of each are given; None for ``first``, or as many as it has.
            beside: the rows of siblings; None where there are none.
        """
        order = falling(groups.counts)
        rows = self.memory.rows
        beside = Beside(len(groups)) if beside is None else beside
        context = beside.above(context)
        history = History(self.memory, groups.counts[order], beside.origin(len(rows.names))[order])
        codes = np.zeros((groups.rows, len(self.columns)), dtype=np.int32)
        drawn = Rows(np.full((groups.rows, len(rows.names)), np.nan), codes)
        chains = streams.numpy("chains").permutation(len(groups)) % max(len(self.chains), 1)
        members = [np.flatnonzero(chains[order] == index) for index in range(len(self.chains))]
        so_far = Groups(np.minimum(groups.counts, (self.first if given is not None else 0) if known is None else known))
        for position in range(int(groups.counts.max(initial=0))):
            active = history.active
            mine = order[:active]
            told = so_far.counts[mine] > position
            if not told.all():
                seen = [context[mine], history.features(), beside.steps(mine, history.last[:active])]
                features = np.hstack(seen)[:, self.known]
                step = self._step(features, history, members, streams.numpy("step", position))
            if given is not None and told.any():
                rows_given = given.take(so_far.starts[mine[told]] + position)
                step = rows_given if told.all() else step.replaced(told, rows_given)
            history.observe(step)
            drawn.numbers[groups.starts[order[:active]] + position] = step.numbers
            drawn.codes[groups.starts[order[:active]] + position] = step.codes
        return drawn

    def _step(
        self, features: Floats, history: History, members: list[NDArray[np.int64]], rng: np.random.Generator
    ) -> Rows:
        """The next row of every group that has one."""
        active = len(features)
        step = Rows(
            np.full((active, len(self.memory.rows.names)), np.nan), np.zeros((active, len(self.columns)), np.int32)
        )
        for chain, mine in zip(self.chains, members, strict=True):
            at = mine[: np.searchsorted(mine, active)]
            if len(at):
                found = self._chosen(chain, features[at], history.last[at], history.levels[at], rng)
                step.numbers[at], step.codes[at] = found.numbers, found.codes
        return step

    def _chosen(
        self, chain: Chain, known: Floats, before: Numbers, levels: NDArray[np.int32], rng: np.random.Generator
    ) -> Rows:
        """One row of each of some groups: of several candidates one by its odds, where anything is said of these."""
        if self.critic is None and not self.supports:
            return self.row(chain, known, before, levels, rng)[0]
        count = len(known)
        times = (CANDIDATES, 1)
        drawn, seen = self.row(chain, np.tile(known, times), np.tile(before, times), np.tile(levels, times), rng)
        odds = self.odds(drawn, seen) + rng.gumbel(size=len(seen))
        return drawn.take(odds.reshape(CANDIDATES, count).argmax(0) * count + np.arange(count))

    def odds(self, drawn: Rows, seen: Floats) -> NDArray[np.float64]:
        """How much likelier each drawn row is real than drawn, as a logarithm, ``[rows]``, given what a critic sees of it."""
        lost = penalties(self.supports, self.memory.rows, drawn)
        return -lost if self.critic is None else self.critic.predict(seen) - lost

    def seen_rows(
        self, known: Floats, codes: NDArray[np.int32], numbers: Numbers, before: Numbers, levels: NDArray[np.int32]
    ) -> Floats:
        """What a critic sees of rows and their past, float32 ``[rows, width]``."""
        views = [self.seen(at, codes[:, at], numbers, before, levels[:, at]) for at in self.columns]
        return np.hstack([known, *views])

    @property
    def width(self) -> int:
        """How many numbers a critic sees."""
        return len(self.known) + int(self.widths.sum())

    def row(
        self,
        chain: Chain,
        known: Floats,
        before: Numbers,
        levels: NDArray[np.int32],
        rng: np.random.Generator,
        given: Given | None = None,
    ) -> tuple[Rows, Floats]:
        """One row of each of some groups, by one chain, and what a critic sees of it; cells that are given are not drawn."""
        rows, count = self.memory.rows, len(known)
        features = np.zeros((count, known.shape[1] + int(self.widths.sum())), dtype=np.float32)
        features[:, : known.shape[1]] = known
        numbers = np.full((count, len(rows.names)), np.nan)
        codes = np.zeros((count, len(chain.order)), dtype=np.int32)
        for column in chain.order:
            leaf = chain.trees.leaves(column, features)
            if given is not None and given.cells[column]:
                given.weigh(chain, int(column), leaf)
                codes[:, column] = given.rows.codes[:, column]
                own = rows.slots.get(column, slice(0))
                numbers[:, own] = given.rows.numbers[:, own]
            else:
                picked = (rng.random(count) * chain.count.take(leaf)).astype(np.int32)
                codes[:, column] = chain.codes.take(chain.start.take(leaf) + picked)
                if column in rows.repeats:
                    codes[:, column] = self.memory.resolved(int(column), codes[:, column], levels[:, column], rng)
                if column in rows.slots:
                    found = rows.decode(int(column), codes[:, column], before, levels[:, column] < 0, rng)
                    numbers[:, rows.slots[column]] = np.column_stack(found)
            first = int(chain.first_feature[column])
            view = self.seen(int(column), codes[:, column], numbers, before, levels[:, column])
            features[:, first : first + view.shape[1]] = view
        places = [chain.first_feature[at] + np.arange(self.widths[at]) for at in self.columns]
        return Rows(numbers, codes), features[:, np.concatenate([np.arange(known.shape[1]), *places])]
