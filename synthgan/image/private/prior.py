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

from synthgan.image.prior import Start, resize, small_of
from synthgan.image.private.budget import NORMS, ROUNDS

if TYPE_CHECKING:
    from torch import Tensor

    from synthgan.image.private.budget import Budget
    from synthgan.image.private.curator import ImageCurator
    from synthgan.runtime import Streams

COMPONENTS, TAIL = 64, 192  # at most: noise, not copying, is what bounds them here
MOST_MEASURED = 1024  # values of a draft as it is measured: noise grows with their number
MOST_PARTS = 12
IMAGES_A_PART = 1000.0  # where one answer's noise is one; fewer where it is less
WITHIN = 0.95  # of the images are about within the bound that vectors are shortened to
FEWEST = 4  # components, however noisy
_NORM_CELLS, _CELLS_AN_OCTAVE = 64, 8
_FLOOR = 1e-3  # variance along a component, at least
_AWAY = 0.5  # of a class' deviations: how far from its center parts begin
_FEWEST_IMAGES = 40.0  # that a center is thought to be the mean of


@dataclass
class StartMeasurer:
    """Asks what the start needs, and makes it of the answers.

    Attributes:
        curator: answers.
        budget: at which noise.
        classes: int64 ``[n]``, the class of each image.
        counts: float64 ``[C]``, how many images each class is thought to have, at least one.
        streams: randomness of where parts begin.
    """

    curator: ImageCurator
    budget: Budget
    classes: np.ndarray
    counts: np.ndarray
    streams: Streams

    def measure(self, images: Tensor) -> Start:
        """The start for images, float32 ``[n, channels, *size]`` in [-1, 1]."""
        channels, *size = images.shape[1:]
        small = measured_of((*size, channels))
        flat = stepped(resize(images, small[1:]).flatten(1).numpy())
        mean, basis, tail, bound = self._components(flat)
        places = project(flat - mean, basis[:, : basis.shape[1] - len(tail)])
        shares, centers, covariances = self._parts(places, *self._class_gaussians(places, bound))
        classes, parts, components = centers.shape
        start = Start((*size, channels), classes, parts, components, len(tail))
        enlarged = resize(torch.as_tensor(np.vstack([mean, basis.T])).unflatten(1, small), start.small[1:]).flatten(1)
        start.mean.copy_(enlarged[0])
        start.basis.copy_(enlarged[1:])
        start.shares.copy_(torch.as_tensor(shares))
        start.centers.copy_(torch.as_tensor(centers))
        start.roots.copy_(torch.as_tensor(np.linalg.cholesky(covariances)))
        start.tail.copy_(torch.as_tensor(tail))
        return start

    def _components(self, flat: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
        """The mean, the components that stand out of the noise (columns), deviations along the last, images' bound."""
        width, total, one = flat.shape[1], self.counts.sum(), np.zeros(len(flat), dtype=np.int64)
        noise, furthest = self.budget.noise("mean"), math.sqrt(width)  # of an image: all values lie in [-1, 1]
        purpose = "the mean image"
        sums = self.curator.sums(flat, one, 1, bound=furthest, noise=noise, stage="start", purpose=purpose)
        mean = stepped(np.clip(sums[0] / total, -1, 1))
        off = flat - mean
        bound = self._bound(off, 2 * furthest, "the mean image")
        noise, purpose = self.budget.noise("whole"), "second moments of all images"
        moments = self.curator.moments(off, one, 1, bound=bound, noise=noise, stage="start", purpose=purpose)
        variances, vectors = np.linalg.eigh(moments[0] / total)
        variances, vectors = variances[::-1], vectors[:, ::-1]
        edge = noise * bound**2 / total * math.sqrt(2 * width)  # the largest eigenvalue of noise alone
        seen = int((variances > edge).sum())
        head = min(max(seen, FEWEST), COMPONENTS, width)
        tail = variances[head : max(head, min(seen, head + TAIL))]
        return mean, vectors[:, : head + len(tail)], np.sqrt(np.maximum(tail - edge**2 / (4 * tail), 0)), bound

    def _class_gaussians(self, places: np.ndarray, bound: float) -> tuple[np.ndarray, np.ndarray, float]:
        """Centers ``[C, K]``, covariances ``[C, K, K]`` that lean on that of all as noise demands, and their bound."""
        count, noise = len(self.counts), self.budget.noise("centers")
        purpose = "the mean of each class"
        sums = self.curator.sums(places, self.classes, count, bound=bound, noise=noise, stage="start", purpose=purpose)
        centers = sums / self.counts[:, None]
        off = places - centers[self.classes]
        bound = self._bound(off, 2 * bound, purpose)
        noise, purpose = self.budget.noise("classes"), "second moments of each class"
        moments = self.curator.moments(
            off, self.classes, count, bound=bound, noise=noise, stage="start", purpose=purpose
        )
        within = positive(moments.sum(0) / self.counts.sum())
        return centers, leaning(moments, self.counts, within, noise * bound**2), bound

    def _parts(
        self, places: np.ndarray, centers: np.ndarray, covariances: np.ndarray, bound: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Parts of classes: shares ``[C, P]``, centers ``[C, P, K]`` and covariances ``[C, P, K, K]``.

        Parts begin at draws from their class, and go to the means of the images nearest to them.
        """
        classes, width = centers.shape
        parts = int(np.clip(self.counts.mean() * self.budget.scale / IMAGES_A_PART, 1, MOST_PARTS))
        away = self.streams.numpy("parts").normal(size=(classes, parts, width)) * (_AWAY if parts > 1 else 0.0)
        moved = centers[:, None] + np.einsum("cij,cpj->cpi", np.linalg.cholesky(covariances), away)
        size, noise = classes * parts, self.budget.noise("moving", 2 * ROUNDS + 1)
        off = places - centers[self.classes]
        for _ in range(ROUNDS):
            cells, purpose = self._nearest(places, moved), "the mean of each part"
            held = self._held(cells, size, noise)
            sums = self.curator.sums(off, cells, size, bound=bound, noise=noise, stage="start", purpose=purpose)
            moved = centers[:, None] + (sums / np.maximum(held, _FEWEST_IMAGES)[:, None]).reshape(moved.shape)
        cells = self._nearest(places, moved)
        held = np.maximum(self._held(cells, size, noise), 1.0)
        off = places - moved.reshape(size, width)[cells]
        bound = self._bound(off, 2 * bound, purpose)
        noise, purpose = self.budget.noise("parts"), "second moments of each part"
        moments = self.curator.moments(off, cells, size, bound=bound, noise=noise, stage="start", purpose=purpose)
        held, moments = held.reshape(classes, parts), moments.reshape(classes, parts, width, width)
        shaped = [
            leaning(own, many, positive(own.sum(0) / many.sum()), noise * bound**2)
            for own, many in zip(moments, held, strict=True)
        ]
        return held / held.sum(1, keepdims=True), moved, np.stack(shaped)

    def _nearest(self, places: np.ndarray, centers: np.ndarray) -> np.ndarray:
        """The part that each image is nearest to, of those of its class, counted through all classes."""
        cells = np.empty(len(places), dtype=np.int64)
        for place, own in enumerate(centers):
            chosen = self.classes == place
            distance = (own**2).sum(1) - 2 * project(places[chosen], own.T)
            cells[chosen] = place * len(own) + distance.argmin(1)
        return cells

    def _held(self, cells: np.ndarray, size: int, noise: float) -> np.ndarray:
        return self.curator.counts(cells, size, noise=noise, stage="start", purpose="how many images each part has")

    def _bound(self, off: np.ndarray, furthest: float, what: str) -> float:
        """The distance within which about ``WITHIN`` of the images lie, by noisy counts of fixed shells."""
        length = np.maximum(np.linalg.norm(off, axis=1), furthest * 2.0**-_NORM_CELLS)
        cells = np.clip(_CELLS_AN_OCTAVE * np.log2(furthest / length), 0, _NORM_CELLS - 1).astype(np.int64)
        noise, purpose = self.budget.noise("norms", NORMS), f"how far images are from {what}"
        counted = self.curator.counts(cells, _NORM_CELLS, noise=noise, stage="start", purpose=purpose)
        inside = counted[::-1].cumsum()[::-1]
        enough = np.flatnonzero(inside >= WITHIN * max(inside[0], 1.0))
        return furthest * 2.0 ** (-int(enough[-1] if len(enough) else 0) / _CELLS_AN_OCTAVE)


def measured_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape in which images are measured, channels first: of ``MOST_MEASURED`` values at most.

    Example:
        >>> measured_of((28, 28, 1)), measured_of((64, 64, 3))
        ((1, 28, 28), (3, 16, 16))
    """
    channels, *size = small_of(shape)
    while math.prod(size) * channels > MOST_MEASURED:
        size = [max(1, math.ceil(side / 2)) for side in size]
    return (channels, *size)


def stepped(values: np.ndarray, bits: int = 16) -> np.ndarray:
    """Values rounded to whole multiples of ``2**-bits``, float64."""
    return np.rint(np.asarray(values, dtype=np.float64) * 2.0**bits) / 2.0**bits


def project(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Scalar products of rows ``[n, width]`` and columns ``[width, K]``, in which no other row has a hand.

    A matrix product rounds as it likes, by how many rows there are. Of whole steps this small it has nothing to round: 53 bits
    hold any sum of products of 2**-16 and 2**-20 for vectors of lengths up to 2**16 in all.
    """
    return stepped(stepped(rows) @ stepped(columns, 20))


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
