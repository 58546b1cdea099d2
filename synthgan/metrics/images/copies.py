"""Copies of learned images: exact ones, near ones, and images that lie nearer to learned ones than to unseen ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.statistics.intervals import Estimate, around, share
from synthgan.metrics.statistics.neighbours import nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from synthgan.metrics.images.sets import Images, Inputs

    Change = Callable[[Inputs], Inputs]
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


def _itself(images: Inputs) -> Inputs:
    return images


def changes_of(height: int, width: int) -> list[Change]:
    """What copies may have gone through: they are turned over or round, shifted, or cropped and enlarged.

    Quarter turns are among them where both sides are alike. Shifts are of one and two pixels, crops of seven eighths and three
    quarters of each side.
    """
    turned = [partial(_turned, quarters=quarters, over=over) for quarters in range(4) for over in (False, True)][1:]
    turned = turned if height == width else [change for change in turned if change.keywords["quarters"] % 2 == 0]
    ways = [(row, column) for row in (-1, 0, 1) for column in (-1, 0, 1) if row or column]
    shifts = [*ways, *((2 * row, 2 * column) for row, column in ways if not (row and column))]
    places = [
        (0.5, 0.5, 7 / 8),
        *((row, column, 3 / 4) for row, column in ((0.5, 0.5), (0, 0), (0, 1), (1, 0), (1, 1))),
    ]
    return [
        *turned,
        *(partial(_shifted, by=by) for by in shifts),
        *(partial(_cropped, row=row, column=column, share=share) for row, column, share in places),
    ]


def _turned(images: Inputs, quarters: int, *, over: bool) -> Inputs:
    images = images[..., ::-1] if over else images
    return np.ascontiguousarray(np.rot90(images, quarters, axes=(2, 3)))


def _shifted(images: Inputs, by: tuple[int, int]) -> Inputs:
    """Images moved so many rows and columns; their edges are repeated."""
    rows, columns = (np.arange(side) - step for side, step in zip(images.shape[2:], by, strict=True))
    return images[:, :, rows.clip(0, images.shape[2] - 1)][..., columns.clip(0, images.shape[3] - 1)]


def _cropped(images: Inputs, row: float, column: float, share: float) -> Inputs:
    """A part of images, so many of the way down and to the right, as large as the whole."""
    import torch
    from torch.nn.functional import interpolate

    sides = images.shape[2:]
    sizes = [max(1, round(share * side)) for side in sides]
    first, left = (round(at * (side - size)) for at, side, size in zip((row, column), sides, sizes, strict=True))
    part = torch.as_tensor(np.ascontiguousarray(images[:, :, first : first + sizes[0], left : left + sizes[1]]))
    result: Inputs = interpolate(part, size=tuple(sides), mode="bilinear", align_corners=False).numpy()
    return result


def near_copies(synthetic: Inputs, learned: Inputs, unseen: Inputs, change: Change = _itself) -> NDArray[np.bool_]:
    """Tell which synthetic images are no copy, but nearer to a learned image than any unseen one is, and by half than to any unseen one.

    The distance is the root mean square over pixels. The second condition spares images that are smooth, and so near to
    everything: a copy is near to one image.

    Args:
        synthetic: float32 ``[m, channels, height, width]``.
        learned: float32 ``[n, ...]``, all that may have been copied.
        unseen: float32 ``[k, ...]``; none of them equals a learned one.
        change: What is done to images before they are looked for, such as one of ``changes_of``.

    Returns:
        bool ``[m]``.
    """
    changed = change(learned)
    to_learned, to_unseen = (_nearest(synthetic, among)[0] for among in (changed, change(unseen)))
    bound = _nearest(unseen, changed)[0].min()
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
