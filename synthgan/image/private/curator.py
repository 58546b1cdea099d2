"""Noisy sums and second moments of vectors, of which one image moves each by a bound that holds to the last bit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.privacy.curator import Curator
from synthgan.privacy.ledger import GAUSSIAN, Charge
from synthgan.privacy.noise import whole_normal

if TYPE_CHECKING:
    from collections.abc import Iterator

GRID = (
    2**14
)  # whole steps in the norm that vectors are clipped to; sums of squares of 2**25 images are exact in float64
_CHUNK = 4096


@dataclass(frozen=True)
class ImageCurator(Curator):
    """Answers questions about images that nobody else sees; a unit is one image."""

    def sums(
        self, vectors: np.ndarray, cells: np.ndarray, size: int, *, bound: float, noise: float, stage: str, purpose: str
    ) -> np.ndarray:
        """Noisy sums of clipped vectors, float64 ``[size, width]``.

        Args:
            vectors: float ``[n, width]``; longer ones are shortened to ``bound``.
            cells: int ``[n]``, the one sum that each vector goes into.
            size: how many sums there are; must not depend on the images.
            bound: the most that a vector may be long (L2); known or found privately.
            noise: standard deviation of the noise on each number, for a bound of 1.
            stage: for the ledger.
            purpose: for the ledger.
        """
        self._charge(bound, 2 * bound, noise, stage, purpose)
        total = np.zeros((size, vectors.shape[1]))
        for whole, where in _chunks(vectors, cells, bound):
            for cell in np.unique(where):
                total[cell] += whole[where == cell].sum(0)
        noised = total + whole_normal(total.size, noise * GRID).reshape(total.shape)
        return noised * (bound / GRID)

    def moments(
        self, vectors: np.ndarray, cells: np.ndarray, size: int, *, bound: float, noise: float, stage: str, purpose: str
    ) -> np.ndarray:
        """Noisy sums of the products of each clipped vector with itself, float64 ``[size, width, width]``, symmetric.

        What is noised is the upper triangle with all but its diagonal times √2: its length is the Frobenius norm of the
        matrix, which an image moves by at most ``bound²``. (Dwork et al., "Analyze Gauss", 2014, with the weights that spare
        half of the noise off the diagonal.) Arguments as for ``sums``.
        """
        # Two images in each other's place: |xx' - yy'|² = |x|⁴ + |y|⁴ - 2 (x'y)².
        self._charge(bound**2, np.sqrt(2) * bound**2, noise, stage, purpose)
        width = vectors.shape[1]
        total = np.zeros((size, width, width))
        for whole, where in _chunks(vectors, cells, bound):
            for cell in np.unique(where):
                own = whole[where == cell]
                total[cell] += own.T @ own
        upper = np.triu_indices(width, 1)
        diagonal = np.arange(width)
        for matrix in total:
            matrix[upper] += whole_normal(len(upper[0]), noise * GRID**2 / np.sqrt(2))
            matrix.T[upper] = matrix[upper]
            matrix[diagonal, diagonal] += whole_normal(width, noise * GRID**2)
        return total * (bound / GRID) ** 2

    def _charge(self, moved: float, replaced: float, noise: float, stage: str, purpose: str) -> None:
        self.ledger.charge(
            Charge(
                stage=stage,
                mechanism=GAUSSIAN,
                purpose=purpose,
                sensitivity=float(moved),
                replace_sensitivity=float(replaced),
                sigma=float(noise * moved),
            )
        )


def whole_vectors(vectors: np.ndarray, bound: float) -> np.ndarray:
    """Vectors in whole steps of ``bound / GRID``, float64 ``[n, width]``: shortened to ``GRID`` steps, cut towards zero.

    Their squared lengths are whole numbers of at most ``GRID²``, whatever floating point did before: cutting shortens.
    """
    scaled = np.asarray(vectors, dtype=np.float64) * (GRID / bound)
    length = np.linalg.norm(scaled, axis=1, keepdims=True)
    return np.trunc(scaled * (GRID / np.maximum(length, GRID)))


def _chunks(vectors: np.ndarray, cells: np.ndarray, bound: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for at in range(0, len(vectors), _CHUNK):
        yield whole_vectors(vectors[at : at + _CHUNK], bound), cells[at : at + _CHUNK]
