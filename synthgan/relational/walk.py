"""The walk: chains of trees that draw the rows of groups one after the other, given their parents and what came before."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.groups import Groups
from synthgan.relational.history import MISSING, History, falling
from synthgan.relational.past import Here, Past
from synthgan.relational.rows import Rows
from synthgan.relational.siblings import Beside
from synthgan.relational.support import Support, penalties
from synthgan.tabular.conditioning.particles import count_between

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.relational.history import Memory
    from synthgan.relational.rows import Numbers
    from synthgan.relational.siblings import Sibling
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
        siblings: the tables whose rows of the same owner are drawn before, and how they are seen.
    """

    memory: Memory
    known: NDArray[np.int64]
    first: int
    chains: tuple[Chain, ...] = field(default=())
    critic: TreeBooster | None = None
    supports: tuple[Support, ...] = ()
    siblings: tuple[Sibling, ...] = ()

    @cached_property
    def widths(self) -> NDArray[np.int64]:
        """int64 ``[columns]``: how many features of a row each of its columns has."""
        slots = self.memory.rows.slots
        own = [
            2 * (slots[index].stop - slots[index].start) if index in slots else 1 for index in range(len(self.columns))
        ]
        widths = self.memory.mode_features.widths + np.array(own, dtype=np.int64)
        if self.leading:
            widths[self.leading[0]] += sum(1 + len(one.links) for one in self.timed)
            widths[self.leading[-1]] += sum(one.row_width for one in self.timed)
        return widths

    @cached_property
    def timed(self) -> list[Sibling]:
        """The siblings whose rows are seen at the time of a row."""
        return [one for one in self.siblings if one.times is not None]

    @cached_property
    def leading(self) -> list[int]:
        """What is drawn first in each row: its time, by which the rows beside are found, and the levels that these say, too."""
        place, rows = Beside(0, self.siblings).place, self.memory.rows
        if place is None:
            return []
        return [rows.holding(place), *(index for index in rows.linked if index not in rows.slots)]

    @property
    def columns(self) -> range:
        """The indices of all columns."""
        return range(len(self.memory.rows.codecs))

    def here(self, past: Past, rows: Rows) -> Here:
        """What siblings show at the times of rows, given what was known before each."""
        if not self.leading:
            return Here()
        return Here.before(self.leading[0], past).at(self.timed, past, rows.numbers).met(self.timed, rows.codes)

    def seen(self, index: int, codes: NDArray[np.int32], numbers: Numbers, past: Past, here: Here) -> Floats:
        """What trees see of a column that was drawn, float32 ``[rows, width]``.

        Args:
            index: the column.
            codes: int32 ``[rows, columns]``: what was drawn, of this column and of those before it.
            numbers: float64 ``[rows, numbers]``, of which those of this column are looked at.
            past: what was known before.
            here: what siblings show at the times of the rows; nothing as long as these are not drawn.
        """
        rows, own = self.memory.rows, codes[:, index]
        view = self.memory.seen(index, own)
        if index in rows.slots:
            at = rows.slots[index]
            value, spread = numbers[:, at], rows.spread[at]
            moved = (value - past.before[:, at]) / spread
            scaled = np.where(np.isnan(value), MISSING, (value - rows.start[at]) / spread)
            parts = [view, scaled, np.where(np.isnan(moved), 0, moved)]
        else:
            parts = [view, self.memory.compared(index, own, past.levels[:, index])[:, None]]
        if index in self.leading[:1]:
            parts.append(here.counted(self.timed, past))
        if index in self.leading[-1:]:
            parts.append(here.likest(self.timed, numbers))
        return np.concatenate(parts, axis=1, dtype=np.float32, casting="same_kind")

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
                past = Past(features, history.last[:active], history.levels[:active], mine, beside)
                step = self._step(past, members, streams.numpy("step", position))
            if given is not None and told.any():
                rows_given = given.take(so_far.starts[mine[told]] + position)
                step = rows_given if told.all() else step.replaced(told, rows_given)
            history.observe(step)
            drawn.numbers[groups.starts[order[:active]] + position] = step.numbers
            drawn.codes[groups.starts[order[:active]] + position] = step.codes
        return drawn

    def _step(self, past: Past, members: list[NDArray[np.int64]], rng: np.random.Generator) -> Rows:
        """The next row of every group that has one."""
        active = len(past)
        step = Rows(
            np.full((active, len(self.memory.rows.names)), np.nan), np.zeros((active, len(self.columns)), np.int32)
        )
        for chain, mine in zip(self.chains, members, strict=True):
            at = mine[: np.searchsorted(mine, active)]
            if len(at):
                found = self._chosen(chain, past.take(at), rng)
                step.numbers[at], step.codes[at] = found.numbers, found.codes
        return step

    def _chosen(self, chain: Chain, past: Past, rng: np.random.Generator) -> Rows:
        """One row of each of some groups: of several candidates one by its odds, where anything is said of these."""
        if self.critic is None and not self.supports:
            return self.row(chain, past, rng)[0]
        count = len(past)
        drawn, seen = self.row(chain, past.take(np.tile(np.arange(count), CANDIDATES)), rng)
        odds = self.odds(drawn, seen) + rng.gumbel(size=len(seen))
        return drawn.take(odds.reshape(CANDIDATES, count).argmax(0) * count + np.arange(count))

    def odds(self, drawn: Rows, seen: Floats) -> NDArray[np.float64]:
        """How much likelier each drawn row is real than drawn, as a logarithm, ``[rows]``, given what a critic sees of it."""
        lost = penalties(self.supports, self.memory.rows, drawn)
        return -lost if self.critic is None else self.critic.predict(seen) - lost

    def seen_rows(self, past: Past, codes: NDArray[np.int32], numbers: Numbers) -> Floats:
        """What a critic sees of rows and their past, float32 ``[rows, width]``."""
        here = self.here(past, Rows(numbers, codes))
        return np.hstack([past.known, *(self.seen(at, codes, numbers, past, here) for at in self.columns)])

    @property
    def width(self) -> int:
        """How many numbers a critic sees."""
        return len(self.known) + int(self.widths.sum())

    def row(
        self, chain: Chain, past: Past, rng: np.random.Generator, given: Given | None = None
    ) -> tuple[Rows, Floats]:
        """One row of each of some groups, by one chain, and what a critic sees of it; cells that are given are not drawn."""
        rows, count, known = self.memory.rows, len(past), past.known.shape[1]
        features = np.zeros((count, known + int(self.widths.sum())), dtype=np.float32)
        features[:, :known] = past.known
        numbers = np.full((count, len(rows.names)), np.nan)
        here = Here.before(self.leading[0], past) if self.leading else Here()
        codes = np.zeros((count, len(chain.order)), dtype=np.int32)
        for column in map(int, chain.order):
            leaf = chain.trees.leaves(column, features)
            if given is not None and given.cells[column]:
                given.weigh(chain, column, leaf)
                codes[:, column] = given.rows.codes[:, column]
                own = rows.slots.get(column, slice(0))
                numbers[:, own] = given.rows.numbers[:, own]
            else:
                picked = (rng.random(count) * chain.count.take(leaf)).astype(np.int32)
                codes[:, column] = chain.codes.take(chain.start.take(leaf) + picked)
                exact = self._refer(column, codes, past, here, rng) if rows.references(column) else None
                if column in rows.slots:
                    found = rows.decode(column, codes[:, column], past.before, past.levels[:, column] < 0, rng)
                    found = found if exact is None else [np.where(np.isnan(exact), found[0], exact)]
                    numbers[:, rows.slots[column]] = np.column_stack(found)
            here = here.at(self.timed, past, numbers) if column in self.leading[:1] else here
            here = here.met(self.timed, codes) if column in self.leading[-1:] else here
            first = int(chain.first_feature[column])
            view = self.seen(column, codes, numbers, past, here)
            features[:, first : first + view.shape[1]] = view
        places = [chain.first_feature[at] + np.arange(self.widths[at]) for at in self.columns]
        return Rows(numbers, codes), features[:, np.concatenate([np.arange(known), *places])]

    def _refer(
        self, column: int, codes: NDArray[np.int32], past: Past, here: Here, rng: np.random.Generator
    ) -> Numbers | None:
        """Put what other rows say in the place of its modes; of numbers also gives what they are, NaN where they are drawn."""
        rows, beside, exact = self.memory.rows, here.beside.get(column), None
        if column in rows.slots:
            own = codes[:, column] == rows.layout.sizes[column] - 1
            values = np.asarray(beside, dtype=np.float64)
            beside = rows.coded(column, values, past.before, rng)
            exact = np.where(own & (beside >= 0), values, np.nan)
        codes[:, column] = self.memory.resolved(column, codes[:, column], past.levels[:, column], beside, rng)
        return exact
