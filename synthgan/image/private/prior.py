"""The private start: a mixture of Gaussians of principal components for each class, of noisy sums and second moments alone.

What ``synthgan.image.prior`` finds by looking is asked here of a curator (Dwork et al., "Analyze Gauss", 2014, for the
components; Su et al., "Differentially private k-means clustering", 2016, for the parts). All beyond answers is post-processing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from synthgan.image.prior import Prior, resize
from synthgan.image.private.budget import NORMS, ROUNDS
from synthgan.image.queries import SHELLS_AN_OCTAVE, Apart, ClassCells, Flat, NearestParts, Projected, Shells, stepped

if TYPE_CHECKING:
    from synthgan.image.encoding import ImageEncoding
    from synthgan.image.private.budget import Budget
    from synthgan.privacy.curator import Curator
    from synthgan.privacy.queries import CellQuery, VectorQuery
    from synthgan.runtime import Streams

COMPONENTS, TAIL = 64, 192  # at most: noise, not copying, is what bounds them here
MAX_MEASURED = 1024  # values of a prior image as it is measured: noise grows with their number
MAX_PARTS = 12
IMAGES_A_PART = 1000.0  # where one answer's noise is one; fewer where it is less
WITHIN = 0.95  # of the images are about within the bound that vectors are shortened to
MIN_SIZE = 4  # components, however noisy
_FLOOR = 1e-3  # variance along a component, at least
_AWAY = 0.5  # of a class' deviations: how far from its center parts begin
_MIN_IMAGES = 40.0  # that a center is thought to be the mean of


@dataclass
class PriorMeasurer:
    """Asks what the start needs, and makes it of the answers.

    Attributes:
        curator: owns the images, and answers.
        budget: at which noise.
        encoding: what images look like; of each class at least one image is thought to be there.
        streams: randomness of where parts begin.
    """

    curator: Curator
    budget: Budget
    encoding: ImageEncoding
    streams: Streams

    def __post_init__(self) -> None:
        """Say what the questions below are about."""
        self.counts = self.encoding.counts.astype(float)
        self.classes = ClassCells(self.encoding.levels)
        self.all = ClassCells(self.encoding.levels, together=True)

    def measure(self) -> Prior:
        """The start for the images."""
        small = measured_of(self.encoding.small)
        mean, basis, tail, bound = self._components(Flat(self.encoding, small))
        off = Apart(Flat(self.encoding, small), self.all, mean[None])
        scores = Projected(off, basis[:, : basis.shape[1] - len(tail)])
        shares, centers, covariances = self._parts(scores, *self._class_gaussians(scores, bound))
        classes, parts, components = centers.shape
        prior = Prior(self.encoding.shape, classes, parts, components, len(tail), self.encoding.masked)
        enlarged = resize(torch.as_tensor(np.vstack([mean, basis.T])).unflatten(1, small), prior.small[1:]).flatten(1)
        prior.mean.copy_(enlarged[0])
        prior.basis.copy_(enlarged[1:])
        prior.shares.copy_(torch.as_tensor(shares))
        prior.centers.copy_(torch.as_tensor(centers))
        prior.roots.copy_(torch.as_tensor(np.linalg.cholesky(covariances)))
        prior.tail.copy_(torch.as_tensor(tail))
        return prior

    def _components(self, flat: VectorQuery) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
        """The mean, the components that stand out of the noise (columns), deviations along the last, images' bound."""
        width, total = flat.width, self.counts.sum()
        furthest = math.sqrt(width)  # of an image: all values lie in [-1, 1]
        sums = self._sums(flat, self.all, furthest, "mean", "the mean image")
        mean = stepped(np.clip(sums[0] / total, -1, 1))
        off = Apart(flat, self.all, mean[None])
        bound = self._bound(off, 2 * furthest, "the mean image")
        noise = self.budget.noise("whole")
        moments = self._second_moments(off, self.all, bound, noise, "second moments of all images")
        variances, vectors = np.linalg.eigh(moments[0] / total)
        variances, vectors = variances[::-1], vectors[:, ::-1]
        edge = noise * bound**2 / total * math.sqrt(2 * width)  # the largest eigenvalue of noise alone
        seen = int((variances > edge).sum())
        head = min(max(seen, MIN_SIZE), COMPONENTS, width)
        tail = variances[head : max(head, min(seen, head + TAIL))]
        return mean, vectors[:, : head + len(tail)], np.sqrt(np.maximum(tail - edge**2 / (4 * tail), 0)), bound

    def _class_gaussians(self, scores: VectorQuery, bound: float) -> tuple[np.ndarray, np.ndarray, float]:
        """Centers ``[C, K]``, covariances ``[C, K, K]`` that lean on that of all as noise demands, and their bound."""
        purpose = "the mean of each class"
        centers = self._sums(scores, self.classes, bound, "centers", purpose) / self.counts[:, None]
        off = Apart(scores, self.classes, centers)
        bound = self._bound(off, 2 * bound, purpose)
        noise = self.budget.noise("classes")
        moments = self._second_moments(off, self.classes, bound, noise, "second moments of each class")
        within = positive(moments.sum(0) / self.counts.sum())
        return centers, leaning(moments, self.counts, within, noise * bound**2), bound

    def _parts(
        self, scores: VectorQuery, centers: np.ndarray, covariances: np.ndarray, bound: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Parts of classes: shares ``[C, P]``, centers ``[C, P, K]`` and covariances ``[C, P, K, K]``.

        Parts begin at draws from their class, and go to the means of the images nearest to them.
        """
        classes, width = centers.shape
        parts = int(np.clip(self.counts.mean() * self.budget.scale / IMAGES_A_PART, 1, MAX_PARTS))
        away = self.streams.numpy("parts").normal(size=(classes, parts, width)) * (_AWAY if parts > 1 else 0.0)
        moved = centers[:, None] + np.einsum("cij,cpj->cpi", np.linalg.cholesky(covariances), away)
        off, purpose = Apart(scores, self.classes, centers), "the mean of each part"
        for _ in range(ROUNDS):
            cells = NearestParts(scores, self.classes, moved)
            held = self._held(cells)
            sums = self._sums(off, cells, bound, "moving", purpose, 2 * ROUNDS + 1)
            moved = centers[:, None] + (sums / np.maximum(held, _MIN_IMAGES)[:, None]).reshape(moved.shape)
        cells = NearestParts(scores, self.classes, moved)
        held = np.maximum(self._held(cells), 1.0)
        off = Apart(scores, cells, moved.reshape(-1, width))
        bound = self._bound(off, 2 * bound, purpose)
        noise = self.budget.noise("parts")
        moments = self._second_moments(off, cells, bound, noise, "second moments of each part")
        held, moments = held.reshape(classes, parts), moments.reshape(classes, parts, width, width)
        shaped = [
            leaning(own, many, positive(own.sum(0) / many.sum()), noise * bound**2)
            for own, many in zip(moments, held, strict=True)
        ]
        return held / held.sum(1, keepdims=True), moved, np.stack(shaped)

    def _sums(
        self, vectors: VectorQuery, cells: CellQuery, bound: float, question: str, purpose: str, times: int = 1
    ) -> np.ndarray:
        noise = self.budget.noise(question, times)
        return self.curator.sums(vectors, cells, bound=bound, noise=noise, stage="prior", purpose=purpose)

    def _second_moments(
        self, vectors: VectorQuery, cells: CellQuery, bound: float, noise: float, purpose: str
    ) -> np.ndarray:
        return self.curator.second_moments(vectors, cells, bound=bound, noise=noise, stage="prior", purpose=purpose)

    def _held(self, cells: CellQuery) -> np.ndarray:
        noise = self.budget.noise("moving", 2 * ROUNDS + 1)
        return self.curator.count(cells, noise=noise, stage="prior", purpose="how many images each part has")

    def _bound(self, off: VectorQuery, furthest: float, what: str) -> float:
        """The distance within which about ``WITHIN`` of the images lie, by noisy counts of fixed shells."""
        shells = Shells(off, self.all, furthest)
        noise, purpose = self.budget.noise("norms", NORMS), f"how far images are from {what}"
        counted = self.curator.count(shells, noise=noise, stage="prior", purpose=purpose)
        inside = counted[::-1].cumsum()[::-1]
        enough = np.flatnonzero(inside >= WITHIN * max(inside[0], 1.0))
        return furthest * 2.0 ** (-int(enough[-1] if len(enough) else 0) / SHELLS_AN_OCTAVE)


def measured_of(small: tuple[int, ...]) -> tuple[int, ...]:
    """The shape in which prior images are measured, channels first: of ``MAX_MEASURED`` values at most.

    Example:
        >>> measured_of((1, 28, 28)), measured_of((3, 32, 32))
        ((1, 28, 28), (3, 16, 16))
    """
    channels, *size = small
    while math.prod(size) * channels > MAX_MEASURED:
        size = [max(1, math.ceil(side / 2)) for side in size]
    return (channels, *size)


def positive(matrices: np.ndarray) -> np.ndarray:
    """Symmetric matrices ``[..., K, K]`` with eigenvalues below ``_FLOOR`` lifted to it, as covariances must be."""
    values, vectors = np.linalg.eigh(matrices)
    return (vectors * np.maximum(values, _FLOOR)[..., None, :]) @ np.swapaxes(vectors, -1, -2)


def leaning(moments: np.ndarray, held: np.ndarray, wider: np.ndarray, deviation: float) -> np.ndarray:
    """Covariances ``[G, K, K]`` of groups from their noisy second moments.

    Each leans on a wider one so far as its difference from it may be the noise, and the chance of who is in the group.

    Args:
        moments: float64 ``[G, K, K]``, sums.
        held: float64 ``[G]``, how many images each is the sum of.
        wider: float64 ``[K, K]``, a covariance of more images.
        deviation: of the noise on the diagonal of ``moments``; √2 less beside it.
    """
    apart = moments / held[:, None, None] - wider
    chance = (deviation / held) ** 2 / 2 + (np.trace(wider) / len(wider)) ** 2 / held
    own = np.clip(1 - chance / np.maximum(np.square(apart).mean((1, 2)), 1e-12), 0, 1)
    return positive(wider + own[:, None, None] * apart)
