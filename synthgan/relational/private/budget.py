"""How one epsilon is divided among all linked tables, before a row is seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from synthgan.privacy.charges import Charge
from synthgan.privacy.composition import calibrate
from synthgan.tabular.private.budget import LEVEL_DELTA, MAX_PAIRS, Shares, outline
from synthgan.tabular.private.columns import learned_groups

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthgan.data.schema import Schema
    from synthgan.relational.noisy.steps import Steps
    from synthgan.tabular.private.budget import Budget

VARYING = 0.01  # of the whole: which columns vary inside groups
CHOICES = 0.02  # of the whole: which further pairs of steps are counted
TABLE = Shares(columns=0.3, pairs=0.7, choices=0.0, triples=0.0, dpsgd=0.0)
"""What the units' own table spends of its part."""
STEPS = Shares(columns=0.2, pairs=0.7, choices=0.0, triples=0.0, dpsgd=0.0)
"""What a table of steps spends of its part; the rest says which state follows which."""
MAX_WANTED = 150  # pairs asked for in any case; where there are more, all that are counted are chosen
CHOSEN = 20  # further pairs of a table of steps


@dataclass(frozen=True)
class Plan:
    """What may be spent on what; how many choices are made and what all Gaussian answers come to is fixed beforehand.

    Attributes:
        scale: the noise of an answer that could spend all is ``1 / scale`` for each row of a unit.
        delta: the chance of failure of the whole.
        choices: how many choices all tables make together.
        gaussian: what part of the whole all other answers spend.
    """

    scale: float
    delta: float
    choices: int
    gaussian: float

    def noise(self, share: float) -> float:
        """The noise of an answer that spends that share of the whole."""
        return float(1 / (self.scale * share**0.5))

    def table(self, schema: Schema, part: float, hidden: int) -> Budget:
        """The budget of the units' own table, of a part of the whole; levels are to be found of so many columns of all tables."""
        return outline(schema, _scaled(TABLE, part)).budget(self.scale, self._level_delta(hidden))

    def steps(self, steps: Steps, part: float, hidden: int) -> Budget:
        """The budget of a table of steps."""
        wanted, chosen = pairs_of(steps)
        shares = replace(_scaled(STEPS, part), choices=CHOICES * chosen / max(self.choices, 1))
        return outline(steps.schema, shares, wanted + chosen, chosen).budget(self.scale, self._level_delta(hidden))

    def states(self, part: float) -> float:
        """The noise of which state follows which."""
        return self.noise(part * (1 - STEPS.columns - STEPS.pairs))

    def _level_delta(self, hidden: int) -> float:
        return LEVEL_DELTA * self.delta / max(hidden, 1)


def plan(epsilon: float, delta: float, choices: int) -> Plan:
    """Divide a budget; so many choices are made of all tables.

    Raises:
        PrivacyError: if it pays for nothing.
    """
    gaussian = 1 - CHOICES * bool(choices)

    def charges(scale: float) -> list[Charge]:
        whole = [Charge.of_counts("", "", rows=1, noise=1 / (scale * gaussian**0.5), delta=LEVEL_DELTA * delta)]
        if not choices:
            return whole
        return [
            *whole,
            Charge.of_choices("", "", moved=1, epsilon=2 * scale * (CHOICES / choices) ** 0.5, many=choices),
        ]

    return Plan(calibrate(charges, epsilon, delta), delta, choices, gaussian)


def pairs_of(steps: Steps) -> tuple[int, int]:
    """How many pairs of a table of steps are counted in any case, and how many further ones are chosen."""
    count = len(steps.schema)
    everything, wanted = count * (count - 1) // 2, len(steps.wanted())
    if wanted > MAX_WANTED:
        return 0, min(everything, MAX_WANTED)
    return wanted, min(CHOSEN, everything - wanted)


def divided(weights: Mapping[str, int], whole: float) -> dict[str, float]:
    """A part of the whole for each table, in proportion to how much is asked of it."""
    total = sum(weights.values())
    return {name: whole * weight / total for name, weight in weights.items()}


def most_pairs(schema: Schema) -> int:
    """How many pairs of the units' own table are counted."""
    count = len(schema)
    return min(count * (count - 1) // 2, MAX_PAIRS)


def hidden_in(schema: Schema) -> int:
    """Of how many columns the levels are to be found."""
    return sum(twin.seeks_levels(columns) for twin, columns in learned_groups(schema))


def _scaled(shares: Shares, part: float) -> Shares:
    return replace(shares, columns=shares.columns * part, pairs=shares.pairs * part)
