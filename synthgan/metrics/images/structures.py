"""The scores of masks: what synthetic pairs are worth to who trains on them, and whether structures are as many, large and round."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from synthgan.errors import DataError
from synthgan.metrics.images.segmentation import Segmented, dice, learn_structures
from synthgan.metrics.images.sets import MAX_SIDE, shrunk
from synthgan.metrics.score import scored
from synthgan.metrics.statistics.intervals import Estimate, around

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthgan.metrics.images.units import Records
    from synthgan.metrics.score import Score
    from synthgan.runtime import Streams

    Labels = NDArray[np.uint8]

TEST_SHARE = 0.2  # of the real images, where there is no holdout
MIN_PIXELS = 9  # of a structure whose shape is looked at
MAX_PAIRS = 5_000  # images of each set
_VOLUME = 3  # dimensions of one mask


class Shapes(NamedTuple):
    """What is counted of masks of one set.

    Attributes:
        areas: the share of each image that each structure takes, ``[n * structures]``.
        counts: how many pieces of it each image shows, alike.
        elongations: how many times as long as wide each piece is.
    """

    areas: NDArray[np.float64]
    counts: NDArray[np.float64]
    elongations: NDArray[np.float64]


def mask_scores(sets: Mapping[str, Records], streams: Streams) -> tuple[list[Score], list[str]]:
    """Return the scores of masks, and remarks; none where the real and the synthetic images do not both have masks.

    Args:
        sets: ``"real"``, ``"synthetic"`` and perhaps ``"holdout"``.
        streams: Source of randomness.

    Raises:
        DataError: If a set shows structures that the real images do not.
    """
    masked = {what: records for what, records in sets.items() if getattr(records, "masks", None) is not None}
    if not {"real", "synthetic"} <= masked.keys():
        return [], [
            f"the {what} images have masks, the others do not: masks were not judged" for what in list(masked)[:1]
        ]
    values = masked["real"].masks.structures.values  # type: ignore[attr-defined]
    labels = {what: _labels(records, values, what) for what, records in masked.items()}
    low, high = float(masked["real"].pixels.min()), float(masked["real"].pixels.max())
    pairs: dict[str, Segmented] = {}
    for what, records in masked.items():
        chosen = np.sort(streams.numpy("pairs", len(pairs)).permutation(len(labels[what]))[:MAX_PAIRS])
        pairs[what] = _pairs(records.pixels[chosen], labels[what][chosen], low, high)
    return [*_worth(pairs, len(values), streams), *_likeness(labels, len(values))], []


def shapes_of(labels: Labels, structures: int) -> Shapes:
    """What is counted of masks ``[n, *sides]``; pieces of volumes have no elongation."""
    from scipy.ndimage import label

    areas, counts, elongations = [], [], []
    for mask in labels:
        for code in range(1, structures + 1):
            inside = mask == code
            pieces, count = label(inside)
            areas.append(float(inside.mean()))
            counts.append(count)
            if count and mask.ndim < _VOLUME:
                elongations += _elongations(pieces, count)
    return Shapes(np.array(areas), np.array(counts, np.float64), np.array(elongations))


def _elongations(pieces: NDArray[np.int32], count: int) -> list[float]:
    """How many times as long as wide each piece of ``MIN_PIXELS`` or more is, by its second moments."""
    rows, columns = np.nonzero(pieces)
    of = pieces[rows, columns]
    sizes = np.bincount(of, minlength=count + 1).clip(1)
    means = [np.bincount(of, at, count + 1) / sizes for at in (rows, columns)]
    away = [at - mean[of] for at, mean in zip((rows, columns), means, strict=True)]
    # 1/12: a pixel is a square, so that a row of them has a width.
    first, second = (np.bincount(of, part**2, count + 1) / sizes + 1 / 12 for part in away)
    both = np.bincount(of, away[0] * away[1], count + 1) / sizes
    spread = np.sqrt(((first - second) / 2) ** 2 + both**2)
    middle = (first + second) / 2
    ratios = np.sqrt((middle + spread) / (middle - spread).clip(1 / 12))
    return [float(ratio) for ratio, size in zip(ratios[1:], sizes[1:], strict=True) if size >= MIN_PIXELS]


def _labels(records: Any, values: tuple[int, ...], what: str) -> Labels:
    """The masks with the codes of the real ones; a single structure is theirs, if they show one alone, whatever its number."""
    own = records.masks.structures.values
    own = values if len(own) == len(values) == 1 else own
    strange = sorted(set(own) - set(values))
    if strange:
        raise DataError(
            f"{what} masks must show structures of the real ones ({', '.join(map(str, values))}), however: {strange[0]}"
        )
    codes = np.array([0, *(values.index(value) + 1 for value in own)], np.uint8)
    return codes[records.masks.labels]


def _pairs(pixels: NDArray[Any], labels: Labels, low: float, high: float) -> Segmented:
    """Images as a U-Net sees them: of volumes the middle slice, of long sides ``MAX_SIDE`` pixels."""
    if labels.ndim > _VOLUME:
        middle = labels.shape[1] // 2
        pixels, labels = pixels[:, middle], labels[:, middle]
    inputs = shrunk((pixels.astype(np.float32) - low) / max(high - low, 1.0), MAX_SIDE)
    sides = inputs.shape[2:]
    places = [
        ((np.arange(side) + 0.5) * old / side).astype(int) for side, old in zip(sides, labels.shape[1:], strict=True)
    ]
    return Segmented(inputs, labels[:, places[0]][:, :, places[1]])


def _worth(pairs: Mapping[str, Segmented], structures: int, streams: Streams) -> list[Score]:
    train, test = pairs["real"], pairs.get("holdout")
    where = "unseen real images"
    if test is None:
        order = streams.numpy("tested pairs").permutation(len(train))
        tested = max(1, round(TEST_SHARE * len(train)))
        train, test = (Segmented(train.inputs[part], train.labels[part]) for part in (order[tested:], order[:tested]))
        where = "a fifth of the real images, which the synthesizer has seen"
    found = {
        side: dice(learn_structures(pairs_of_side, structures, streams), test, structures)
        for side, pairs_of_side in (("real", train), ("synthetic", pairs["synthetic"]))
    }
    return [
        scored(
            f"dice_{side}",
            around(value, error),
            reference=None if side == "real" else found["real"][0],
            goal="maximize",
            reading=f"Dice of a U-Net that learned {side} images and their masks, tested on {where}",
        )
        for side, (value, error) in found.items()
    ]


def _likeness(labels: Mapping[str, Labels], structures: int) -> list[Score]:
    """How far the distributions of areas, counts and shapes lie apart, by the statistic of Kolmogorov and Smirnov."""
    from scipy.stats import ks_2samp

    shapes = {what: shapes_of(own, structures) for what, own in labels.items()}
    what_of = {
        "areas": "the share of an image that a structure takes",
        "counts": "how many pieces of it an image shows",
    }
    what_of["elongations"] = "how many times as long as wide a piece is"
    scores = []
    for name, what in what_of.items():
        real, made = (getattr(shapes[side], name) for side in ("real", "synthetic"))
        unseen = getattr(shapes["holdout"], name) if "holdout" in shapes else np.empty(0)
        if not len(real) or not len(made):
            continue
        scores.append(
            scored(
                f"mask_{name}_ks",
                Estimate(float(ks_2samp(real, made).statistic)),
                reference=float(ks_2samp(real, unseen).statistic) if len(unseen) else None,
                goal="minimize",
                reading=f"largest difference between the distributions of {what} in real and in synthetic masks",
            )
        )
    return scores
