"""How a total epsilon is divided among questions that are fixed before any row is seen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from synthgan.data.scale import resolution_of
from synthgan.data.schema import Kind
from synthgan.privacy.charges import Charge
from synthgan.privacy.composition import calibrate
from synthgan.tabular.private.columns import learned_groups
from synthgan.tabular.private.numbers import MAX_CELLS, small_range

if TYPE_CHECKING:
    from synthgan.data.schema import Column, Schema


@dataclass(frozen=True)
class Shares:
    """Shares of the budget, as that of Gaussian noise: of the square of 1 / noise."""

    columns: float
    pairs: float
    choices: float
    triples: float
    dpsgd: float


SHARES = {
    "marginals": Shares(columns=0.25, pairs=0.50, choices=0.02, triples=0.23, dpsgd=0.0),
    "dpsgd": Shares(columns=0.15, pairs=0.34, choices=0.01, triples=0.0, dpsgd=0.5),
}
GAN_RATE, GAN_STEPS = 0.02, 1000  # chance of a row to take part in a step of the critic, and how many there are
LEVEL_DELTA = 0.1  # of delta: for finding levels that nobody declared
UNKNOWN_LEVELS = 64  # that a column is thought to have where nobody declared them
MAX_PAIRS = 300  # beyond, those that matter most are chosen
ROUNDS = 4
COLUMNS_A_TRIPLE = 2  # a round asks for one triple for every so many columns


@dataclass(frozen=True)
class Budget:
    """How a total epsilon is divided among questions that are fixed before any row is seen.

    Attributes:
        shares: what part of the whole each stage spends.
        scale: the noise of an answer that could spend all is ``1 / scale`` for each row of a unit.
        columns: one a learned column: what part of the share of columns its questions spend together.
        pairs: how many pairs are asked for.
        chosen_pairs: how many of these are chosen.
        triples: how many triples are chosen and asked for.
        level_delta: for each column whose levels are to be found.
    """

    shares: Shares
    scale: float
    columns: tuple[float, ...]
    pairs: int
    chosen_pairs: int
    triples: int
    level_delta: float

    def noise(self, share: float) -> float:
        """The noise of an answer that spends that share of the whole."""
        return 1 / (self.scale * math.sqrt(share))

    def column_noise(self, column: int, part: float) -> float:
        """The noise of a question that spends that part of what a column may spend."""
        return self.noise(self.shares.columns * self.columns[column] * part)

    @property
    def pair_noise(self) -> float:
        """The noise of each pair."""
        return self.noise(self.shares.pairs / self.pairs)

    @property
    def triple_noise(self) -> float:
        """The noise of each triple."""
        return self.noise(self.shares.triples / self.triples)

    @property
    def choices(self) -> int:
        """How many choices are made."""
        return self.triples + self.chosen_pairs

    @property
    def choice_epsilon(self) -> float:
        """What each choice costs: a choice of epsilon spends about what a Gaussian answer of noise 2 / epsilon does."""
        return 2 * self.scale * math.sqrt(self.shares.choices / self.choices)

    @property
    def dpsgd_noise(self) -> float:
        """The noise of each step of the critic: all steps spend about what one Gaussian answer of their share would.

        By the central limit of Bu et al., "Deep learning with Gaussian differential privacy", 2020, section 3; it only
        divides the budget, the ledger does not rely on it.
        """
        whole = self.scale**2 * self.shares.dpsgd
        return 1 / math.sqrt(math.log1p(whole / (GAN_RATE**2 * GAN_STEPS)))


@dataclass(frozen=True)
class Outline:
    """What will be asked of one table, fixed by its schema alone; the noise is still to be found.

    Attributes:
        shares: what part of the whole each stage spends.
        columns: one a learned column: what part of the share of columns its questions spend together.
        pairs: how many pairs are asked for.
        chosen_pairs: how many of these are chosen.
        triples: how many triples are chosen and asked for.
        hidden: how many columns have levels that are to be found.
        spent: what the Gaussian answers spend together, of the whole.
    """

    shares: Shares
    columns: tuple[float, ...]
    pairs: int
    chosen_pairs: int
    triples: int
    hidden: int
    spent: float

    def budget(self, scale: float, level_delta: float) -> Budget:
        """The budget at that scale."""
        return Budget(self.shares, scale, self.columns, self.pairs, self.chosen_pairs, self.triples, level_delta)

    def charges(self, scale: float, level_delta: float) -> list[Charge]:
        """What it costs at that scale."""
        planned, noise = self.budget(scale, level_delta), 1 / (scale * math.sqrt(self.spent))
        whole = [Charge.of_counts("", "", rows=1, noise=noise, delta=level_delta * self.hidden)]
        if self.shares.dpsgd:
            whole.append(Charge.of_steps("", "", noise=planned.dpsgd_noise, rate=GAN_RATE, steps=GAN_STEPS))
        if not planned.choices:
            return whole
        choice = Charge.of_choices("", "", moved=1, epsilon=planned.choice_epsilon, many=planned.choices)
        return [*whole, choice]


def outline(schema: Schema, shares: Shares, pairs: int | None = None, chosen_pairs: int = 0) -> Outline:
    """What will be asked of a table of that schema.

    Args:
        schema: declared, or of names and types alone.
        shares: what part of the whole each stage spends.
        pairs: how many pairs of columns, of which so many are chosen; None asks for all, or chooses where they are too many.
        chosen_pairs: as said.
    """
    learned = learned_groups(schema)
    count = len(learned)
    all_pairs = count * (count - 1) // 2
    if pairs is None:
        pairs = min(all_pairs, MAX_PAIRS)
        chosen_pairs = pairs if all_pairs > pairs else 0
    triples = ROUNDS * max(1, round(count / COLUMNS_A_TRIPLE)) if count > 2 and shares.triples else 0  # noqa: PLR2004
    triples = min(triples, math.comb(count, 3))
    # Noise adds up over the cells of a column, rows do not: columns of more cells are given less of it.
    weights = [math.sqrt(_cells(columns[0])) for _, columns in learned]
    parts = tuple(weight / sum(weights) for weight in weights)
    questions = [sum(twin.questions(columns, schema.container).values()) for twin, columns in learned]
    spent = (
        shares.columns * sum(part * asked for part, asked in zip(parts, questions, strict=True))
        + shares.pairs * bool(pairs)
        + shares.triples * bool(triples)
    )
    hidden = sum(twin.seeks_levels(columns) for twin, columns in learned)
    return Outline(shares, parts, pairs, chosen_pairs, triples, hidden, spent)


@lru_cache(maxsize=32)
def plan_budget(schema: Schema, epsilon: float, delta: float, *, mechanism: str = "marginals") -> Budget:
    """Divide the budget among what will be asked of a table of that schema; the same question has the same answer.

    Raises:
        PrivacyError: if it pays for nothing.
    """
    asked = outline(schema, SHARES[mechanism])
    level_delta = LEVEL_DELTA * delta / max(asked.hidden, 1)
    return asked.budget(calibrate(lambda scale: asked.charges(scale, level_delta), epsilon, delta), level_delta)


def _cells(column: Column) -> int:
    """About how many cells a column is counted in, from what is declared of it."""
    if column.kind is Kind.BOOLEAN:
        return 2
    if column.levels is not None:
        return max(len(column.levels), 2)
    if column.kind in (Kind.CATEGORY, Kind.ORDERED):
        return UNKNOWN_LEVELS
    declared = small_range(resolution_of(column), column.bounds)
    return MAX_CELLS if declared is None else max(len(declared), 2)
