"""A private fit: what is asked about the rows, in which order and at what price, and what is made of the answers."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.gan.train import Progress
from synthgan.privacy.queries import Candidate
from synthgan.tabular.private.budget import ROUNDS
from synthgan.tabular.private.marginals import RATE, Answer, MarginalModel, group_modes
from synthgan.tabular.queries import TableCells

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthgan.privacy.curator import Curator
    from synthgan.runtime import Streams
    from synthgan.tabular.private.budget import Budget
    from synthgan.tabular.private.columns import PrivateColumns

MAX_CANDIDATES = 2000
FIRST_STEPS, ROUND_STEPS, LAST_STEPS = 800, 200, 700
LATER_RATE = 0.6 * RATE
CELL_ROWS = 4.0  # standard deviations of the noise that a group's rows must exceed
FINENESS = 0.6
FINEST = 1.0  # deviation that groups are made for at least: finer ones cost time and tell of single rows alone
POWER = 0.5  # of the cells of a table: 2 / 3 would be best for raw answers, which the mixture smooths
MAX_GROUPS, MAX_TRIPLE_GROUPS = 40, 10
_MEAN_OF_HALF_NORMAL = math.sqrt(2 / math.pi)


@dataclass
class PrivateFit:
    """Rounds of asking and fitting.

    Attributes:
        known: what is known of single columns.
        curator: owns the rows, and answers.
        budget: what may be asked at which noise.
        streams: randomness of the start.
        wanted: the pairs of columns that are asked for in any case; None for all pairs, or those chosen where they are too many.
        model: what is made of the answers; it never sees a row.
    """

    known: PrivateColumns
    curator: Curator
    budget: Budget
    streams: Streams
    wanted: tuple[tuple[int, int], ...] | None = None

    def __post_init__(self) -> None:
        """Group the modes of every column so finely as the noise allows."""
        layout = self.known.transform.layout
        count = len(layout.spans)
        self.groups = self._grouped(np.ones(count))
        for _ in range(2):  # finer groups make a column's pairs larger, larger pairs are given less noise
            self.groups = self._grouped(np.array([_weight(groups) for groups in self.groups]))
        coarse = self._deviation(self.budget.triple_noise) if self.budget.triples else 1.0
        self.coarse = tuple(self._coarsened(at, CELL_ROWS * 3 * coarse) for at in range(count))
        deviations = tuple(self._deviation(noise) / self.known.rows for noise in self.known.noises)
        self.model = MarginalModel(layout, self.known.held, self.groups, self.coarse, deviations, self.streams)

    def rounds(self) -> Iterator[Progress]:
        """Ask, fit, choose, ask, fit …; the model ends as good as the answers allow."""
        done = itertools.count(1)
        steps = 1 + (ROUNDS if self.budget.triples else 0)
        if self.budget.pairs:
            yield Progress("measuring", 0, steps)
            asked = self._noises(self._pairs(), self.groups, self.budget.shares.pairs)
            self.model.add(self._ask(pair, self.groups, noise, "pairs") for pair, noise in asked)
            self.model.fit(FIRST_STEPS)
        yield Progress("measuring", next(done), steps)
        chosen_before: set[tuple[int, ...]] = set()
        for part in np.array_split(np.arange(self.budget.triples), ROUNDS) if self.budget.triples else ():
            if len(part):
                chosen = self._triples(len(part), chosen_before)
                chosen_before.update(chosen)
                asked = self._noises(chosen, self.coarse, self.budget.shares.triples * len(part) / self.budget.triples)
                self.model.add(self._ask(triple, self.coarse, noise, "triples") for triple, noise in asked)
            last = next(done) == steps
            self.model.fit(LAST_STEPS if last else ROUND_STEPS, LATER_RATE)
            yield Progress("measuring", steps if last else len(chosen_before) * ROUNDS // self.budget.triples, steps)

    def _grouped(self, weights: np.ndarray) -> tuple[np.ndarray, ...]:
        """Group modes so finely as the noise of pairs allows that share their budget by these weights of columns."""
        groups = []
        for held, weight in zip(self.known.held, weights / weights.mean(), strict=True):
            noise = self.budget.pair_noise / math.sqrt(math.sqrt(weight)) if self.budget.pairs else 1.0
            deviation = max(self._deviation(noise), FINEST)
            most = int(np.clip(FINENESS * math.sqrt(self.known.rows / deviation), 2, MAX_GROUPS))
            groups.append(group_modes(held, most, CELL_ROWS * deviation))
        return tuple(groups)

    def _noises(
        self, tables: list[tuple[int, ...]], groups: tuple[np.ndarray, ...], share: float
    ) -> Iterator[tuple[tuple[int, ...], float]]:
        """The noise of each of some tables that share a part of the budget: less of it where there are more cells."""
        weights = [math.prod(_weight(groups[at]) for at in columns) for columns in tables]
        for columns, weight in zip(tables, weights, strict=True):
            yield columns, self.budget.noise(share * weight / sum(weights))

    def _coarsened(self, column: int, fewest_rows: float) -> np.ndarray:
        fine = self.groups[column]
        rows = np.bincount(fine, weights=self.known.held[column])
        return group_modes(rows, MAX_TRIPLE_GROUPS, fewest_rows)[fine]

    def _pairs(self) -> list[tuple[int, ...]]:
        """All pairs of columns, or those wanted and some that differ most from what the margins alone would give."""
        chosen = self.budget.chosen_pairs
        if not chosen and self.wanted is None:
            return self._crossed(self.groups, 2, 1)
        known = set(self.wanted or ())
        pairs = [pair for pair in self._crossed(self.groups, 2, chosen + len(known)) if pair not in known]
        found = self._choose(pairs, chosen, self.budget.pair_noise, "which pairs of columns to count") if chosen else []
        return [*(self.wanted or ()), *found]

    def _triples(self, many: int, chosen_before: set[tuple[int, ...]]) -> list[tuple[int, ...]]:
        """The triples of columns that the model is furthest from."""
        crossed = self._crossed(self.coarse, 3, many + len(chosen_before))
        candidates = [triple for triple in crossed if triple not in chosen_before]
        if len(candidates) > MAX_CANDIDATES:  # the model itself says which are likely to matter
            tie, at = self._ties(), np.array(candidates)
            strength = tie[at[:, 0], at[:, 1]] + tie[at[:, 0], at[:, 2]] + tie[at[:, 1], at[:, 2]]
            candidates = [candidates[index] for index in np.argsort(-strength, kind="stable")[:MAX_CANDIDATES]]
        return self._choose(candidates, many, self.budget.triple_noise, "which triples of columns to count")

    @staticmethod
    def _crossed(groups: tuple[np.ndarray, ...], many: int, fewest: int) -> list[tuple[int, ...]]:
        """Each so many columns of those that have more than one group, as others tell nothing; of all if these are too few."""
        crossed = list(itertools.combinations([at for at, modes in enumerate(groups) if modes.any()], many))
        return crossed if len(crossed) >= fewest else list(itertools.combinations(range(len(groups)), many))

    def _choose(
        self, candidates: list[tuple[int, ...]], many: int, noise: float, purpose: str
    ) -> list[tuple[int, ...]]:
        """Choose tables whose counts the model misses by most, beyond what the noise of an answer would hide.

        A row more or less moves the sum of absolute errors by at most one.
        """
        picked = self.curator.choose(
            self._candidates(candidates, self._deviation(noise)),
            many=many,
            epsilon=self.budget.choice_epsilon,
            stage="choices",
            purpose=purpose,
        )
        return [candidates[at] for at in picked]

    def _candidates(self, candidates: list[tuple[int, ...]], deviation: float) -> Iterator[Candidate]:
        for columns, table in zip(candidates, self.model.tables(candidates), strict=True):
            expected = self.known.rows * table.ravel()
            hidden = _MEAN_OF_HALF_NORMAL * deviation * len(expected)
            yield Candidate(self._table(columns, self.coarse), expected, hidden)

    def _ask(self, columns: tuple[int, ...], groups: tuple[np.ndarray, ...], noise: float, stage: str) -> Answer:
        """A noisy table of counts over groups of modes, as shares."""
        names = " × ".join(str(self.known.transform.layout.spans[at].name) for at in columns)
        table, rows = self._table(columns, groups), self.known.rows
        counted = self.curator.count(table, noise=noise, stage=stage, purpose=names)
        return Answer(columns, counted.reshape(table.shape) / rows, self._deviation(noise) / rows)

    def _table(self, columns: tuple[int, ...], groups: tuple[np.ndarray, ...]) -> TableCells:
        return TableCells(self.known.transform, columns, groups)

    def _deviation(self, noise: float) -> float:
        """Standard deviation of the noise on each count."""
        return noise * self.curator.rows_per_unit

    def _ties(self) -> np.ndarray:
        """By how much each pair of columns differs from independence, as the model has it: ``[columns, columns]``."""
        count = len(self.groups)
        tie = np.zeros((count, count))
        pairs: list[tuple[int, ...]] = list(itertools.combinations(range(count), 2))
        for (a, b), table in zip(pairs, self.model.tables(pairs), strict=True):
            tie[a, b] = np.abs(table - table.sum(1)[:, None] * table.sum(0)).sum()
        return tie


def _weight(groups: np.ndarray) -> float:
    """How much a column makes its tables weigh: by the groups that are not told by the others."""
    return float(max(groups.max(), 1) ** POWER)
