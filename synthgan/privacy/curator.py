"""The curator: the only way from a private fit to the rows; every answer is noised, and charged before it is given."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from synthgan.errors import PrivacyError, Remedy
from synthgan.privacy.ledger import Charge, PrivacyLedger
from synthgan.privacy.noise import gumbel, uniform, whole_normal

if TYPE_CHECKING:
    from collections.abc import Iterator


def check_delta(delta: float, held: int, what: str, *, i_know: bool) -> None:
    """See that delta is no licence to publish whole rows or images.

    Args:
        delta: the chance of failure.
        held: how many there are.
        what: what they are called, such as ``"rows"``.
        i_know: the user accepts it all the same.

    Raises:
        PrivacyError: if it is above one in their number and nobody said ``i_know``.
    """
    if delta * held > 1 and not i_know:
        raise PrivacyError(
            f"delta must be below one in {held} {what} to mean anything, however: delta={delta:g}",
            remedy=Remedy.option("i_know", value=True, why="accept it"),
            parameter="delta",
        )


@dataclass(frozen=True)
class Curator:
    """Answers questions about rows that nobody else sees.

    Neighbouring tables differ by one unit, which holds at most ``rows_per_unit`` rows (the caller has seen to that). Each
    row falls into one cell of a count, so that a unit moves it by at most ``rows_per_unit`` in L2 norm.

    Attributes:
        ledger: where every question is put down.
        rows_per_unit: the most rows that one unit holds.
    """

    ledger: PrivacyLedger
    rows_per_unit: int = 1

    def counts(self, cells: np.ndarray, size: int, *, noise: float, stage: str, purpose: str) -> np.ndarray:
        """Noisy counts of cells, float64 ``[size]``, whole numbers that may be negative.

        Args:
            cells: int ``[rows]``, each row's cell, from 0 to ``size`` - 1; ``size`` must not depend on the rows.
            size: how many cells there are.
            noise: standard deviation of the noise for each row that a unit may hold.
            stage: for the ledger.
            purpose: for the ledger.
        """
        self._charge_gaussian(noise, stage, purpose)
        return (np.bincount(cells, minlength=size) + whole_normal(size, self.deviation(noise))).astype(np.float64)

    def found(
        self, codes: np.ndarray, size: int, *, noise: float, delta: float, stage: str, purpose: str
    ) -> np.ndarray:
        """Which of the cells that only the rows know of may be known: bool ``[size]``.

        A cell shows if its noisy count exceeds a threshold that the cells of a single unit all stay below but with chance
        ``delta`` (Korolova et al., "Releasing search queries and clicks privately", 2009).

        Args:
            codes: int ``[rows]``, -1 where a row is in no cell.
            size: how many cells the rows have; not seen outside.
            noise: as for ``counts``.
            delta: the chance.
            stage: for the ledger.
            purpose: for the ledger.
        """
        self._charge_gaussian(noise, stage, purpose, delta)
        counts = np.bincount(codes[codes >= 0], minlength=size) + whole_normal(size, self.deviation(noise))
        return counts > self.threshold(noise, delta)

    def chosen(
        self, scores: np.ndarray, *, sensitivity: float, many: int, epsilon: float, stage: str, purpose: str
    ) -> np.ndarray:
        """Indices of about the largest scores, int64 ``[many]``: as many exponential mechanisms, one after the other.

        Gumbel noise on the scores, drawn once, gives what choosing without replacement gives (Durfee and Rogers, 2019).

        Args:
            scores: float64 ``[candidates]``.
            sensitivity: by how much one row can move a score.
            many: how many to choose.
            epsilon: the cost of each choice.
            stage: for the ledger.
            purpose: for the ledger.
        """
        moved = sensitivity * self.rows_per_unit
        self.ledger.charge(Charge.of_choices(stage, purpose, moved=moved, epsilon=epsilon, many=many))
        noised = scores * epsilon / (2 * moved) + gumbel(len(scores))
        return np.argsort(-noised)[:many]

    def sampled(
        self, rows: int, *, noise: float, rate: float, steps: int, stage: str, purpose: str
    ) -> Iterator[np.ndarray]:
        """Indices of the rows of one step of DP-SGD after the other, int64: each row is in with that chance, by itself.

        All steps are charged at once and there are no further ones; the caller adds the noise.

        Args:
            rows: how many rows there are.
            noise: standard deviation of the noise on a sum of which each row moves a summand of at most 1.
            rate: the chance.
            steps: how many.
            stage: for the ledger.
            purpose: for the ledger.

        Raises:
            PrivacyError: if a unit may hold several rows: their chances to take part would have to be one.
        """
        if self.rows_per_unit > 1:
            raise PrivacyError(
                f"a unit must hold one row where gradients are noised, however: max_rows_per_unit={self.rows_per_unit}",
                remedy=Remedy.option("max_rows_per_unit", 1) | Remedy.option("mechanism", "marginals"),
            )
        self.ledger.charge(Charge.of_steps(stage, purpose, noise=noise, rate=rate, steps=steps))
        return (np.flatnonzero(uniform(rows) < rate) for _ in range(steps))

    def deviation(self, noise: float) -> float:
        """Standard deviation of the noise on each count."""
        return noise * self.rows_per_unit

    def threshold(self, noise: float, delta: float) -> float:
        """What the noisy counts of cells that only one unit is in stay below, all of them, with chance 1 - ``delta``.

        A unit may put all its rows into one cell, or a row each into many; half a row more is for the rounding of the noise.
        """
        rows = self.rows_per_unit
        tails = [held - self.deviation(noise) * ndtri(delta / (rows // held)) for held in range(1, rows + 1)]
        return math.ceil(max(tails) + 0.5)

    def _charge_gaussian(self, noise: float, stage: str, purpose: str, delta: float = 0.0) -> None:
        charge = Charge.of_counts(stage, purpose, rows=self.rows_per_unit, noise=noise, delta=delta)
        self.ledger.charge(charge)
