"""One entry of the privacy ledger: a mechanism that touched the data, and how often."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from synthgan.privacy.noise import SOURCE

GAUSSIAN: Final = "gaussian"
EXPONENTIAL: Final = "exponential"
SUBSAMPLED: Final = "subsampled gaussian"


@dataclass(frozen=True, kw_only=True, slots=True)
class Charge:
    """One mechanism that touched the data, run ``steps`` times.

    Attributes:
        stage: when: ``"columns"``, ``"pairs"``, ...
        mechanism: ``"gaussian"`` (noise of ``sigma`` on an answer of L2 ``sensitivity``), ``"exponential"`` (a choice by scores
            of that sensitivity, each of ``epsilon_each``), or ``"subsampled gaussian"`` (a step of DP-SGD).
        purpose: what was asked, in plain words.
        sensitivity: by how much adding or removing one unit can move the answer.
        replace_sensitivity: by how much replacing one unit can.
        sigma: standard deviation of the noise; 0 for the exponential mechanism.
        epsilon_each: of one choice; 0 for the others.
        sampling_rate: chance of each unit to take part in a step.
        steps: how many times.
        delta: chance that a level of a single unit shows, where levels are found by a threshold.
        source: where the randomness came from.
    """

    stage: str
    mechanism: str
    purpose: str
    sensitivity: float
    replace_sensitivity: float
    sigma: float = 0.0
    epsilon_each: float = 0.0
    sampling_rate: float = 1.0
    steps: int = 1
    delta: float = 0.0
    source: str = SOURCE

    @classmethod
    def of_counts(cls, stage: str, purpose: str, *, rows: int, noise: float, delta: float = 0.0) -> Charge:
        """A count of cells, of which each row is in one: a unit of so many rows may have them all in the same.

        Args:
            stage: when.
            purpose: what was asked.
            rows: the most rows that a unit holds.
            noise: standard deviation of the noise for each of them.
            delta: chance that a level of a single unit shows.
        """
        return cls(
            stage=stage,
            mechanism=GAUSSIAN,
            purpose=purpose,
            sensitivity=rows,
            replace_sensitivity=math.sqrt(2) * rows,
            sigma=noise * rows,
            delta=delta,
        )

    @classmethod
    def of_choices(cls, stage: str, purpose: str, *, moved: float, epsilon: float, many: int) -> Charge:
        """So many choices, each by scores that a unit moves by so much, each of that epsilon."""
        return cls(
            stage=stage,
            mechanism=EXPONENTIAL,
            purpose=purpose,
            sensitivity=moved,
            replace_sensitivity=2 * moved,
            epsilon_each=epsilon,
            steps=many,
        )

    @classmethod
    def of_steps(cls, stage: str, purpose: str, *, noise: float, rate: float, steps: int) -> Charge:
        """So many steps by a noisy sum of gradients, each clipped to 1, of units that each take part with that chance."""
        return cls(
            stage=stage,
            mechanism=SUBSAMPLED,
            purpose=purpose,
            sensitivity=1.0,
            replace_sensitivity=2.0,
            sigma=noise,
            sampling_rate=rate,
            steps=steps,
        )
