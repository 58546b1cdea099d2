"""Copies of learned images: exact ones, near ones, and images that lie nearer to learned ones than to unseen ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.statistics.intervals import Estimate, around, share
from synthgan.metrics.statistics.neighbours import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.images.sets import Images, Inputs

    Points = NDArray[np.float32]
    Indices = NDArray[np.int64]

PERMUTATIONS = 1_999
_TIE = 1e-5  # of the mean squared length: squared distances closer than this are equal in float32


@dataclass(frozen=True, slots=True)
class Nearer:
    """Whether synthetic images lie nearer to learned images than to unseen ones.

    Attributes:
        share: Of synthetic images, those whose nearest image is a learned one; .5 is ideal.
        p_value: How often a share as high comes by chance where learned and unseen images are alike.
    """

    share: Estimate
    p_value: float


def exact_copies(learned: Images, other: Images) -> Estimate:
    """Return the share of the other images that equal a learned one in every pixel, with Wilson's interval."""
    known = set(learned.keys())
    return share(sum(key in known for key in other.keys()), len(other))  # noqa: SIM118 (no mapping)


def near_copies(synthetic: Inputs, learned: Inputs, unseen: Inputs) -> NDArray[np.bool_]:
    """Tell which synthetic images are no copy, but nearer to a learned image than any unseen one is, and by half than to any unseen one.

    The distance is the root mean square over pixels. The second condition spares images that are smooth, and so near to
    everything: a copy is near to one image.

    Args:
        synthetic: float32 ``[m, channels, height, width]``.
        learned: float32 ``[n, ...]``, all that may have been copied.
        unseen: float32 ``[k, ...]``; none of them equals a learned one.

    Returns:
        bool ``[m]``.
    """
    to_learned, to_unseen = (_nearest(synthetic, among)[0] for among in (learned, unseen))
    bound = _nearest(unseen, learned)[0].min()
    exact = {image.tobytes() for image in learned}
    near = (to_learned < bound) & (4 * to_learned < to_unseen)  # squared distances
    return near & [image.tobytes() not in exact for image in synthetic]


def nearer_to_learned(
    synthetic: NDArray[np.floating],
    learned: NDArray[np.floating],
    unseen: NDArray[np.floating],
    classes: Indices,
    seed: int,
) -> Nearer:
    """Compare how often a synthetic image's nearest neighbour is a learned image and how often an unseen one.

    If nothing was learned by heart, learned and unseen images of a class can be exchanged: the share under PERMUTATIONS
    random exchanges gives an exact one-sided p-value (false alarms at a level of p come in at most a share p of data
    sets, whatever the images are), and its spread the interval, 1.96 standard deviations. Ties count half.

    Args:
        synthetic: ``[m, ...]`` inputs or features.
        learned: ``[n, ...]`` of images that were learned.
        unseen: ``[n, ...]`` of real images that were not, of the same classes in the same order.
        classes: int64 ``[n]``, the classes of either.
        seed: Fixes the exchanges.
    """
    (to_learned, mine), (to_unseen, theirs) = (_nearest(synthetic, among) for among in (learned, unseen))
    tie = np.abs(to_learned - to_unseen) <= _TIE * float((_flat(synthetic) ** 2).sum(axis=1).mean())
    nearer = np.where(tie, 0.5, to_learned < to_unseen)
    size = len(classes)
    # How many synthetic images each real one is the nearest of; those of a tie go to neither.
    indices = np.where(to_learned < to_unseen, mine, size + theirs)[~tie]
    weights = np.bincount(indices, minlength=2 * size)
    pairs = np.stack([weights[:size], weights[size:]])
    rng = np.random.default_rng(seed)
    sums = np.array([_exchanged(pairs, classes, rng) for _ in range(PERMUTATIONS)])
    observed = float(pairs[0].sum())
    p_value = (1 + int((sums >= observed).sum())) / (1 + PERMUTATIONS)
    return Nearer(around(float(nearer.mean()), float(sums.std()) / len(nearer)), p_value)


def _exchanged(pairs: NDArray[np.int64], classes: Indices, rng: np.random.Generator) -> float:
    """The weight on the learned side after learned and unseen images of each class are dealt out anew."""
    both = np.concatenate([classes, classes])
    # A random order within each class; the first half of each class counts as learned.
    order = np.lexsort((rng.random(len(both)), both))
    rank = np.arange(len(both)) - np.searchsorted(both[order], both[order])
    half = np.bincount(classes)[both[order]]
    return float(pairs.ravel()[order][rank < half].sum())


def _nearest(points: NDArray[np.floating], among: NDArray[np.floating]) -> tuple[Points, Indices]:
    centre = _flat(among).mean(axis=0)
    return nearest(_flat(points) - centre, _flat(among) - centre)


def _flat(inputs: NDArray[np.floating]) -> Points:
    return inputs.reshape(len(inputs), -1).astype(np.float32)
