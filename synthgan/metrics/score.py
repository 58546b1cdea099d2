"""Score: what a measure found, how sure it is of it, and what real data would have scored."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from synthgan.errors import ConfigError

if TYPE_CHECKING:
    from synthgan.metrics.statistics.intervals import Estimate

Goal = Literal["minimize", "maximize", "reference"]
"""Which way is better: down, up, or as near to the reference as can be."""

_GOALS = ("minimize", "maximize", "reference")


@dataclass(frozen=True, slots=True)
class Score:
    """One measure of a synthetic table.

    Attributes:
        name: Stable name, such as ``pair_tvd``; scripts look scores up by it.
        value: The measure as a fraction (0.02, never 2 %), or None where it could not be computed.
        low: Lower end of a 95 % interval, or None where none is known.
        high: Upper end of the same interval.
        reference: The same measure of real rows that nothing was fitted on, or None without such rows.
        goal: Which way is better.
        reading: The score in plain words; where ``value`` is None, why.

    Raises:
        ConfigError: If a number is not finite, the value lies outside its interval, or the goal is unknown.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    reference: float | None
    goal: Goal
    reading: str

    def __post_init__(self) -> None:
        """Refuse a score that contradicts itself."""
        numbers = (self.value, self.low, self.high, self.reference)
        if any(number is not None and not math.isfinite(number) for number in numbers):
            raise ConfigError(f"score {self.name} must hold finite numbers or None, however: found {numbers}")
        if self.goal not in _GOALS:
            raise ConfigError(f"goal of score {self.name} must be one of {_GOALS}, however: found {self.goal!r}")
        if (self.low is None) != (self.high is None) or (self.value is None and self.low is not None):
            raise ConfigError(f"score {self.name} must have both ends of an interval, however: found {numbers}")
        if self.value is None or self.low is None or self.high is None:
            return
        # Rounding may put an end of a degenerate interval a hair beyond the value.
        if not self.low - 1e-9 <= self.value <= self.high + 1e-9:
            raise ConfigError(f"score {self.name} must lie inside its interval, however: found {numbers}")

    def to_dict(self) -> dict[str, str | float | None]:
        """Return the fields machines read, in the order of the JSON contract (the reading is for people)."""
        return {
            "name": self.name,
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "reference": self.reference,
            "goal": self.goal,
        }


def scored(name: str, estimate: Estimate | None, *, reference: float | None, goal: Goal, reading: str) -> Score:
    """Return the score of an estimate; without an estimate its value is None and the reading says why."""
    if estimate is None:
        return Score(name, None, None, None, reference, goal, reading)
    return Score(name, estimate.value, estimate.low, estimate.high, reference, goal, reading)
