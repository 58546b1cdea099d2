"""How a total epsilon is divided among questions that are fixed before any row is seen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from synthgan.ledger import Charge, calibrate
from synthgan.tabular.private.columns import questions
from synthgan.tabular.table import LEVELLED, NUMERIC

if TYPE_CHECKING:
    from synthgan.schema import Schema

# Shares of the budget, as that of Gaussian noise: of the square of 1 / noise.
COLUMNS, PAIRS, CHOICES, TRIPLES = 0.25, 0.50, 0.02, 0.23
LEVEL_DELTA = 0.1  # of delta: for finding levels that nobody declared
MOST_PAIRS = 300  # beyond, those that matter most are chosen
ROUNDS = 4
COLUMNS_A_TRIPLE = 2  # a round asks for one triple for every so many columns


@dataclass(frozen=True)
class Budget:
    """How a total epsilon is divided among questions that are fixed before any row is seen.

    Attributes:
        scale: the noise of an answer that could spend all is ``1 / scale`` for each row of a unit.
        columns: how many columns are learned.
        pairs: how many pairs are asked for, and whether they have to be chosen.
        triples: how many triples are chosen and asked for.
        level_delta: for each column whose levels are to be found.
    """

    scale: float
    columns: int
    pairs: int
    choose_pairs: bool
    triples: int
    level_delta: float

    def noise(self, share: float) -> float:
        """The noise of an answer that spends that share of the whole."""
        return 1 / (self.scale * math.sqrt(share))

    @property
    def column_share(self) -> float:
        """What each column's questions spend together."""
        return COLUMNS / self.columns

    @property
    def pair_noise(self) -> float:
        """The noise of each pair."""
        return self.noise(PAIRS / self.pairs)

    @property
    def triple_noise(self) -> float:
        """The noise of each triple."""
        return self.noise(TRIPLES / self.triples)

    @property
    def choices(self) -> int:
        """How many choices are made."""
        return self.triples + self.pairs * self.choose_pairs

    @property
    def choice_epsilon(self) -> float:
        """What each choice costs: a choice of epsilon spends about what a Gaussian answer of noise 2 / epsilon does."""
        return 2 * self.scale * math.sqrt(CHOICES / self.choices)


@lru_cache(maxsize=32)
def plan_budget(schema: Schema, epsilon: float, delta: float, *, declared: bool) -> Budget:
    """Divide the budget among what will be asked of a table of that schema; the same question has the same answer.

    Raises:
        PrivacyError: if it pays for nothing.
    """
    learned = [column for column in schema.columns if column.kind in NUMERIC | LEVELLED]
    count = len(learned)
    all_pairs = count * (count - 1) // 2
    pairs = min(all_pairs, MOST_PAIRS)
    triples = ROUNDS * max(1, round(count / COLUMNS_A_TRIPLE)) if count > 2 else 0  # noqa: PLR2004
    triples = min(triples, math.comb(count, 3))
    hidden = sum(column.levels is None for column in learned if column.kind in LEVELLED)
    level_delta = LEVEL_DELTA * delta / max(hidden, 1)

    def budget(scale: float) -> Budget:
        return Budget(scale, count, pairs, all_pairs > pairs, triples, level_delta)

    asked = [share for column in learned for share in questions(column, declared=declared).values()]
    spent = COLUMNS * sum(asked) / max(count, 1) + PAIRS * bool(pairs) + TRIPLES * bool(triples)

    def charges(scale: float) -> list[Charge]:
        planned, noise = budget(scale), 1 / (scale * math.sqrt(spent))
        whole = [Charge.of_counts("", "", rows=1, noise=noise, delta=level_delta * hidden)]
        if not planned.choices:
            return whole
        choice = Charge.of_choices("", "", moved=1, epsilon=planned.choice_epsilon, many=planned.choices)
        return [*whole, choice]

    return budget(calibrate(charges, epsilon, delta))
