"""What a page shows of images: the figures of each class, and a few of its synthetic images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.details import ImageClass, ImageDetails
from synthgan.metrics.images.manifold import manifold
from synthgan.metrics.statistics.neighbours import nearest

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from synthgan.metrics.images.collapse import Diversity
    from synthgan.metrics.images.compared import Compared
    from synthgan.metrics.images.sets import Images, ImageSets
    from synthgan.runtime import Streams

    Points = NDArray[np.float64]

SHOWN = 12  # images of each class
SHOWN_CLIPS = 4
SEARCHED_IMAGES = 5_000  # learned images of a class that the nearest is looked for among
_DIGITS = 4


def image_details(sets: ImageSets, compared: Compared, streams: Streams) -> ImageDetails:
    """Return what lies behind the scores: each class by itself."""
    holdout = None if sets.holdout is None else len(sets.holdout)
    classes = tuple(_class(sets, compared, one, streams) for one in range(len(sets.names)))
    return ImageDetails(len(sets.real), len(sets.synthetic), holdout, classes)


def _class(sets: ImageSets, compared: Compared, one: int, streams: Streams) -> ImageClass:
    own = compared.classes == one
    figures: dict[str, float] = {}
    floors: dict[str, float] = {}
    if one in compared.found:
        figures = _figures(compared.real[own], compared.synthetic[own], compared.found[one])
        floors = _figures(compared.real[own], compared.other[own], compared.floor[one])
    rng = streams.numpy("shown", one)
    counts = [int((images.classes == one).sum()) for images in (sets.real, sets.synthetic)]
    learned = set(sets.real.take(np.flatnonzero(sets.real.classes == one)).keys())
    drawn = _drawn(sets.synthetic, one, counts[1], rng)
    # A copy of a learned image is a real image: no page shows one.
    new = [index for index, key in enumerate(drawn.keys()) if key not in learned]
    shown = drawn.take(np.array(new[: SHOWN_CLIPS if sets.frames else SHOWN], dtype=np.int64))
    return ImageClass(
        name=sets.names[one],
        real=counts[0],
        synthetic=counts[1],
        compared=int(own.sum()),
        figures=figures,
        floors=floors,
        verdict="missing" if one in compared.absent else _verdict(compared.found.get(one), sets),
        shown=_flat(shown.pixels, sets.frames),
        neighbours=_neighbours(sets, shown, _drawn(sets.real, one, SEARCHED_IMAGES, rng)),
        columns=sets.frames,
        masks=None if shown.masks is None or sets.frames else shown.masks,
    )


def _flat(pixels: NDArray[Any], frames: int) -> NDArray[Any]:
    """Images as they are; of clips all frames, one clip after the other; of volumes the middle slice."""
    if frames:
        apart = pixels.reshape(*pixels.shape[:-1], frames, pixels.shape[-1] // frames)
        return np.moveaxis(apart, -2, 1).reshape(-1, *pixels.shape[1:-1], pixels.shape[-1] // frames)
    slices = pixels.shape[-1]
    return pixels if slices in (1, 3) else pixels[..., slices // 2 : slices // 2 + 1]


def _figures(real: Points, synthetic: Points, how: Diversity) -> dict[str, float]:
    found = manifold(real, synthetic)._asdict() | {"nearest": how.nearest, "spread": how.spread, "kin": how.kin}
    return {name: round(float(value), _DIGITS) for name, value in found.items()}


def _verdict(how: Diversity | None, sets: ImageSets) -> str:
    if how is None:
        return "too few to judge"
    if how.collapsed:
        return "collapsed"
    return f"looks like {sets.names[how.mostly]!r}" if how.foreign else ""


def _drawn(images: Images, one: int, most: int, rng: np.random.Generator) -> Images:
    return images.take(rng.permutation(np.flatnonzero(images.classes == one))[:most])


def _neighbours(sets: ImageSets, shown: Images, among: Images) -> NDArray[Any]:
    if not len(shown):
        return _flat(shown.pixels, sets.frames)
    points = [sets.coarse(images).reshape(len(images), -1) for images in (shown, among)]
    return _flat(among.pixels[nearest(*points)[1]], sets.frames)
