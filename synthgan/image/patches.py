"""Pieces of images and of the same images shrunk: from such pairs it is learned how small images are enlarged."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synthgan.image.masks import Masks
from synthgan.image.records import ImageRecords
from synthgan.image.resampling import nearest_to
from synthgan.image.sources import shrunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.runtime import Streams

    Sides = tuple[int, ...]

_COVER = 2  # times that pieces cover each image
MAX_PIXELS = 1 << 27  # of all pieces


class Patches(NamedTuple):
    """Pieces and what they are made from.

    Attributes:
        large: the pieces.
        small: the same pieces of the shrunk images.
        owners: the image that each is of, int64 ``[n]``.
    """

    large: ImageRecords
    small: ImageRecords
    owners: NDArray[np.int64]


def padded(records: ImageRecords, sides: Sides) -> ImageRecords:
    """Images continued at their last edges, with their masks, to sides that are no shorter."""
    missing = [(0, 0), *((0, side - own) for side, own in zip(sides, records.sides, strict=True))]
    if not any(end for _, end in missing):
        return records
    masks = records.masks and replace(records.masks, labels=np.pad(records.masks.labels, missing, mode="edge"))
    pixels = np.pad(records.pixels, [*missing, (0, 0)], mode="edge")
    return replace(records, pixels=pixels, masks=masks, fit=None)


def smaller(records: ImageRecords, factor: int) -> ImageRecords:
    """Images whose sides are shorter by a factor that divides them, with their masks: each pixel has the label of its middle."""
    few = shrunk(records, factor)

    def nearest(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return nearest_to(labels[..., None], few.sides)[..., 0]

    return replace(few, masks=records.masks and records.masks.changed(nearest))


def cut(large: ImageRecords, small: ImageRecords, factor: int, tile: Sides, streams: Streams) -> Patches:
    """Pieces from anywhere, edges as often as all else, of as many images as there is room for.

    Args:
        large: images.
        small: the same, their sides shorter by a factor.
        factor: by how much.
        tile: sides of the pieces of large ones.
        streams: randomness of the places.
    """
    each = _COVER * math.ceil(math.prod(large.sides) / math.prod(tile))
    count = max(1, min(each * len(large), MAX_PIXELS // math.prod(tile)))
    rng = streams.numpy("pieces")
    owners = np.concatenate([rng.permutation(len(large)) for _ in range(math.ceil(count / len(large)))])[:count]
    sizes = [length // factor for length in tile]
    spans = [side - size for side, size in zip(small.sides, sizes, strict=True)]
    # Places beyond the edges are brought back to them: tiles of whole images lie there, too.
    axes = zip(spans, sizes, strict=True)
    places = np.stack([rng.integers(-(size // 2), span + size // 2 + 1, count).clip(0, span) for span, size in axes], 1)
    return Patches(_taken(large, owners, places * factor, tile), _taken(small, owners, places, tuple(sizes)), owners)


def piece(records: ImageRecords, place: Sides, sides: Sides) -> ImageRecords:
    """The same piece of all images."""
    at = (slice(None), *(slice(first, first + side) for first, side in zip(place, sides, strict=True)))
    masks = records.masks and replace(records.masks, labels=records.masks.labels[at])
    return replace(records, pixels=records.pixels[at], masks=masks)


def _taken(records: ImageRecords, owners: NDArray[np.int64], places: NDArray[np.int64], sides: Sides) -> ImageRecords:
    """Pieces of images, each of its own place."""
    pixels = np.empty((len(owners), *sides, records.pixels.shape[-1]), records.pixels.dtype)
    labels = None if records.masks is None else np.empty((len(owners), *sides), np.uint8)
    for index, (owner, place) in enumerate(zip(owners, places, strict=True)):
        at = (owner, *(slice(first, first + side) for first, side in zip(place, sides, strict=True)))
        pixels[index] = records.pixels[at]
        if labels is not None and records.masks is not None:
            labels[index] = records.masks.labels[at]
    columns = {name: column[owners] for name, column in records.columns.items()}
    masks = None if labels is None or records.masks is None else Masks(labels, records.masks.structures)
    return ImageRecords(pixels, columns, records.physical, masks=masks)
