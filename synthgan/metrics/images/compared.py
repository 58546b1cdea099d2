"""Real, synthetic and other real images drawn alike, as points: what all measures of a set of images compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.images.collapse import MIN_CLASS, Diversity, diversity
from synthgan.metrics.images.sets import drawn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.images.features import Features
    from synthgan.metrics.images.sets import Images, ImageSets
    from synthgan.runtime import Streams

    Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """As many real, synthetic and other real images of each class, as points, with what became of each class.

    Attributes:
        real: float64 ``[n, features]`` of learned images.
        synthetic: The same of synthetic ones.
        other: The same of other real images, for the floor: of the holdout, or of the other half of the learned ones.
        classes: int64 ``[n]``, the same in all three.
        names: What the distances are called.
        found: How diverse the synthetic images of each class are.
        floor: The same of the other real ones.
        absent: Classes without a synthetic image.
    """

    real: Points
    synthetic: Points
    other: Points
    classes: NDArray[np.int64]
    names: tuple[str, str]
    found: dict[int, Diversity]
    floor: dict[int, Diversity]
    absent: list[int]


def compare(sets: ImageSets, extract: Features, known: Images, streams: Streams) -> Compared:
    """Draw as many of each class from all sets, and see what became of each class.

    Args:
        sets: All images.
        extract: Gives features.
        known: The learned images that it may be asked for.
        streams: Source of randomness.
    """
    other = sets.holdout
    if other is None:
        known, other = known.halves(streams.numpy("floor"))
    present = np.unique(sets.synthetic.classes)
    absent = np.setdiff1d(np.arange(len(sets.names)), present).tolist()
    triple = drawn([known, sets.synthetic, other], streams.numpy("compared"), at_least=MIN_CLASS)
    classes = triple[0].classes
    points = [extract(images) if len(images) else np.empty((0, 1)) for images in triple]
    found, floor = (
        (diversity(points[0], classes, synthetic, classes) for synthetic in points[1:]) if len(classes) else ({}, {})
    )
    return Compared(points[0], points[1], points[2], classes, extract.names, found, floor, absent)
