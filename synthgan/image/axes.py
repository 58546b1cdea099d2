"""The directions in which a prior of images spreads: principal components of the images, and cosines beyond them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.runtime import Streams

MAX_EXACT = 4096  # values for which all components are sought; of more, the first alone, by random projections
_MAX_IMAGES = 20_000  # that principal components are sought in
_MAX_RANKED = 4_000  # images that say which cosines vary
_SPANNED = 0.1  # length that must be left of a cosine beside the others


class Axes(NamedTuple):
    """Principal components: mean ``[values]``, components ``[K, values]``, orthonormal, the widest first."""

    mean: NDArray[np.float64]
    components: NDArray[np.float64]

    @classmethod
    def of(cls, flat: NDArray[np.float64], most: int, streams: Streams) -> Axes:
        """The first components of images ``[n, values]``."""
        from sklearn.decomposition import PCA

        few = streams.numpy("components").permutation(len(flat))[:_MAX_IMAGES]
        solver = "covariance_eigh" if len(few) > flat.shape[1] else "full"
        solver = solver if flat.shape[1] <= MAX_EXACT else "randomized"
        pca = PCA(most, svd_solver=solver, random_state=streams.key("projections") % 2**32).fit(flat[few])
        return cls(pca.mean_, pca.components_)


def beyond(
    components: NDArray[np.float64], flat: NDArray[np.float64], shape: tuple[int, ...], channels: int, most: int
) -> NDArray[np.float64]:
    """Cosines that vary most in the images, made orthonormal to their components: ``[T, values]``.

    Cosines are nobody's: they say what components leave out and nothing of any image but which of them vary. Those that are spanned
    already are left out, so T is ``most`` at most.

    Args:
        components: ``[K, values]``, orthonormal.
        flat: the images, ``[n, values]``.
        shape: of an image, channels first.
        channels: of them, those that have cosines: masks, which follow, would be speckled.
        most: how many cosines, at most.
    """
    from scipy.fft import dctn, idctn
    from scipy.linalg import qr

    along, sides = tuple(range(1, 1 + len(shape))), shape[1:]
    few = flat[:: -(-len(flat) // _MAX_RANKED)].reshape(-1, *shape)[:, :channels]
    spread = dctn(few, axes=along, norm="ortho").reshape(len(few), -1).var(0)
    widest = np.argsort(-spread, kind="stable")[:most]
    waves = np.zeros((len(widest), *shape))
    alone = np.zeros((len(widest), channels * math.prod(sides)))
    alone[np.arange(len(widest)), widest] = 1
    waves[:, :channels] = idctn(alone.reshape(-1, channels, *sides), axes=along, norm="ortho")
    flat_waves = waves.reshape(len(widest), -1)
    left = flat_waves - flat_waves @ components.T @ components
    found, lengths, _ = qr(left.T, mode="economic", pivoting=True)
    own: NDArray[np.float64] = found.T[np.abs(lengths.diagonal()) > _SPANNED]
    return own
