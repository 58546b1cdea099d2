"""The curator: it owns the records of a private fit; every answer about them is noised, and charged before it is given."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

from synthgan.errors import PrivacyError, Remedy
from synthgan.privacy.charges import GAUSSIAN, Charge
from synthgan.privacy.exact import coins, weighted_choices
from synthgan.privacy.noise import whole_normal, whole_variance
from synthgan.privacy.queries import (
    Candidate,
    CellQuery,
    LevelQuery,
    SampleQuery,
    VectorQuery,
    check_sort,
    count_cells,
    read_cells,
)
from synthgan.privacy.vectors import GRID, second_moments_by_cell, sum_by_cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Sized

    from numpy.typing import NDArray

    from synthgan.privacy.gradients import NoisyGradient
    from synthgan.privacy.ledger import PrivacyLedger


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


class Curator:
    """Answers questions about records that nobody else sees: those of a table, or images.

    The records go in and are never seen again. What can be asked are the sorts of ``synthgan.privacy.queries``; each public
    method charges the ledger before a record is looked at. Neighbouring data sets differ by one unit, which holds at most
    ``rows_per_unit`` records (the caller has seen to that). Each record falls into one cell of a count, so that a unit moves
    it by at most ``rows_per_unit`` in L2 norm.

    Attributes:
        ledger: where every question is put down.
        rows_per_unit: the most records that one unit holds.
    """

    __slots__ = ("_records", "ledger", "rows_per_unit")

    def __init__(self, records: Sized, ledger: PrivacyLedger, rows_per_unit: int = 1) -> None:
        """Take the records in.

        Args:
            records: in whatever form the questions understand.
            ledger: where every question is put down.
            rows_per_unit: the most records that one unit holds.
        """
        self._records = records
        self.ledger = ledger
        self.rows_per_unit = rows_per_unit

    def count(self, cells: CellQuery, *, noise: float, stage: str, purpose: str) -> NDArray[np.float64]:
        """Noisy counts of cells, float64 ``[size]``, whole numbers that may be negative.

        Args:
            cells: what to count.
            noise: standard deviation of the noise for each record that a unit may hold.
            stage: for the ledger.
            purpose: for the ledger.
        """
        size = cells.size
        self._charge_gaussian(noise, stage, purpose)
        return (count_cells(cells, self._records) + whole_normal(size, noise * self.rows_per_unit)).astype(np.float64)

    def find(self, levels: LevelQuery, *, noise: float, delta: float, stage: str, purpose: str) -> tuple[Any, ...]:
        """The levels that may be known, in the question's order, where only the records know which there are.

        A level shows if its noisy count exceeds a threshold that the levels of a single unit all stay below but with chance
        ``delta`` (Korolova et al., "Releasing search queries and clicks privately", 2009).

        Args:
            levels: which to look for.
            noise: as for ``count``.
            delta: the chance.
            stage: for the ledger.
            purpose: for the ledger.
        """
        check_sort(levels, LevelQuery)
        self._charge_gaussian(noise, stage, purpose, delta)
        codes, found = levels.of(self._records)
        counts = np.bincount(codes[codes >= 0], minlength=len(found))
        noised = counts + whole_normal(len(found), noise * self.rows_per_unit)
        shown = np.flatnonzero(noised > threshold(noise, delta, self.rows_per_unit))
        return tuple(found[int(at)] for at in shown)

    def choose(
        self, candidates: Iterable[Candidate], *, many: int, epsilon: float, stage: str, purpose: str
    ) -> NDArray[np.int64]:
        """Indices of about the worst-expected candidates, int64 ``[many]``: as many exponential mechanisms in turn.

        The first among all, the next among the others, and so on. Floating point adds scores up to within a ten-millionth of
        what a unit moves them by; a millionth of epsilon is left unspent for that.

        Args:
            candidates: what to choose among; a record moves the score of each by one at most.
            many: how many to choose.
            epsilon: the cost of each choice.
            stage: for the ledger.
            purpose: for the ledger.
        """
        moved = self.rows_per_unit
        self.ledger.charge(Charge.of_choices(stage, purpose, moved=moved, epsilon=epsilon, many=many))
        scores = np.array([self._score(candidate) for candidate in candidates])
        return weighted_choices(scores * (epsilon * (1 - 1e-6) / (2 * moved)), many)

    def sums(
        self, vectors: VectorQuery, cells: CellQuery, *, bound: float, noise: float, stage: str, purpose: str
    ) -> NDArray[np.float64]:
        """Noisy sums of clipped vectors, float64 ``[size, width]``.

        Args:
            vectors: what to add up; longer ones are shortened to ``bound``.
            cells: the one sum that each vector goes into.
            bound: the most that a vector may be long (L2); known or found privately.
            noise: standard deviation of the noise on each number, for a bound of 1 and each record of a unit.
            stage: for the ledger.
            purpose: for the ledger.
        """
        self._charge_vectors(bound, 2 * bound, noise, stage, purpose)
        total = sum_by_cell(self._vectors(vectors), read_cells(cells, self._records), cells.size, bound)
        noised = total + whole_normal(total.size, noise * GRID * self.rows_per_unit).reshape(total.shape)
        return noised.astype(np.float64) * (bound / GRID)

    def second_moments(
        self, vectors: VectorQuery, cells: CellQuery, *, bound: float, noise: float, stage: str, purpose: str
    ) -> NDArray[np.float64]:
        """Noisy sums of the products of each clipped vector with itself, float64 ``[size, width, width]``, symmetric.

        What is noised is the upper triangle with all but its diagonal times √2: its length is the Frobenius norm of the
        matrix, which a record moves by at most ``bound²``. (Dwork et al., "Analyze Gauss", 2014, with the weights that spare
        half of the noise off the diagonal.) Arguments as for ``sums``.
        """
        # Two records in each other's place: |xx' - yy'|² = |x|⁴ + |y|⁴ - 2 (x'y)².
        self._charge_vectors(bound**2, np.sqrt(2) * bound**2, noise, stage, purpose)
        total = second_moments_by_cell(self._vectors(vectors), read_cells(cells, self._records), cells.size, bound)
        width, deviation = vectors.width, noise * GRID**2 * self.rows_per_unit
        upper = np.triu_indices(width, 1)
        diagonal = np.arange(width)
        for matrix in total:
            matrix[upper] += whole_normal(len(upper[0]), deviation / np.sqrt(2))
            matrix.T[upper] = matrix[upper]
            matrix[diagonal, diagonal] += whole_normal(width, deviation)
        return total.astype(np.float64) * (bound / GRID) ** 2

    def gradient(
        self, samples: SampleQuery, *, clip: float, noise: float, rate: float, steps: int, stage: str, purpose: str
    ) -> NoisyGradient:
        """Noisy sums of clipped gradients, of records that each take part in a step with that chance, by itself.

        All steps are charged at once and there are no further ones.

        Args:
            samples: records as a model takes them.
            clip: the norm of the gradient of one record, at most.
            noise: standard deviation of the noise on their sum, for a clip of 1.
            rate: the chance.
            steps: how many.
            stage: for the ledger.
            purpose: for the ledger.

        Raises:
            PrivacyError: if a unit may hold several records: their chances to take part would have to be one.
        """
        from synthgan.privacy.gradients import NoisyGradient

        if self.rows_per_unit > 1:
            raise PrivacyError(
                f"a unit must hold one row where gradients are noised, however: max_rows_per_unit={self.rows_per_unit}",
                remedy=Remedy.option("max_rows_per_unit", 1) | Remedy.option("mechanism", "marginals"),
            )
        check_sort(samples, SampleQuery)
        self.ledger.charge(Charge.of_steps(stage, purpose, noise=noise, rate=rate, steps=steps))
        at, rows = samples.of(self._records), len(self._records)
        return NoisyGradient((at(np.flatnonzero(coins(rows, rate))) for _ in range(steps)), clip, noise)

    def _score(self, candidate: Candidate) -> float:
        check_sort(candidate, Candidate)
        return candidate.score(self._records)

    def _vectors(self, vectors: VectorQuery) -> NDArray[np.float64]:
        check_sort(vectors, VectorQuery)
        width, found = vectors.width, vectors.of(self._records)
        if found.shape != (len(self._records), width):
            raise PrivacyError(
                f"a question must give each record a vector of its width, however: {type(vectors).__name__} does not"
            )
        return found

    def _charge_gaussian(self, noise: float, stage: str, purpose: str, delta: float = 0.0) -> None:
        charge = Charge.of_counts(stage, purpose, rows=self.rows_per_unit, noise=noise, delta=delta)
        self.ledger.charge(charge)

    def _charge_vectors(self, moved: float, replaced: float, noise: float, stage: str, purpose: str) -> None:
        rows = self.rows_per_unit
        self.ledger.charge(
            Charge(
                stage=stage,
                mechanism=GAUSSIAN,
                purpose=purpose,
                sensitivity=float(rows * moved),
                replace_sensitivity=float(rows * replaced),
                sigma=float(noise * rows * moved),
            )
        )


def threshold(noise: float, delta: float, rows_per_unit: int) -> float:
    """What the noisy counts of levels that only one unit has stay below, all of them, with chance 1 - ``delta``.

    A unit may put all its rows into one level, or a row each into many. A discrete Gaussian reaches a whole number with at most
    the chance with which a Gaussian of its variance reaches the one before (Canonne, Kamath and Steinke, 2020, proposition 25).
    """
    deviation = math.sqrt(whole_variance(noise * rows_per_unit))
    tails = [held - deviation * ndtri(delta / (rows_per_unit // held)) for held in range(1, rows_per_unit + 1)]
    return math.ceil(max(tails))
