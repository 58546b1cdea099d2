"""Brings the pixels of several sets of images to one meaning, so that they can be compared."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from synthgan.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_VOLUMES = 5  # dimensions
_MAX_SLICES = 16  # of a volume; thinner ones are averaged
_PLAIN = (1.0, 0.0)


class Records(Protocol):
    """What is taken for images: ``synthgan.ImageRecords``, or whatever has the same attributes; ``physical`` may lack."""

    @property
    def pixels(self) -> NDArray[Any]:
        """Pixels, uint8 or uint16 ``[n, height, width, channels]``, or ``[n, depth, height, width, 1]``."""

    @property
    def columns(self) -> Mapping[str, NDArray[Any]]:
        """What is known of each image, by name, each ``[n]``."""


def is_clips(records: Records) -> bool:
    """Whether images are clips; ``clips`` may lack, too."""
    return bool(getattr(records, "clips", False))


def comparable(sets: Mapping[str, Records]) -> tuple[dict[str, NDArray[Any]], tuple[str, ...]]:
    """The pixels of each set on the grid of the real ones, slices of volumes and frames of clips as channels; what was taken for granted.

    A stored number means nothing without slope and intercept. Where those of all sets are the same, pixels stay as they
    are; otherwise they come as int32 in steps of the real images, and none is clipped. A set that does not say what its numbers
    mean is taken to be on the grid of the real ones.

    Args:
        sets: By name, with ``"real"`` among them.

    Raises:
        DataError: If two sets say that they were taken in different ways.
    """
    meanings = {what: getattr(records, "physical", None) for what, records in sets.items()}
    real, notes = meanings["real"], []
    for what, meaning in meanings.items():
        if meaning and real and meaning.modality and real.modality and meaning.modality != real.modality:
            raise DataError(
                f"{what} images must be of the modality of the real ones ({real.modality}), however: {meaning.modality}; "
                f"judge them apart"
            )
        if meaning is None and real is not None and (real.slope, real.intercept) != _PLAIN:
            notes.append(f"{what} images do not say what their numbers mean: they are taken for those of the real ones")
    grids = {what: _PLAIN if one is None else (one.slope, one.intercept) for what, one in meanings.items()}
    grids = {what: grid if meanings[what] else grids["real"] for what, grid in grids.items()}
    alike = len(set(grids.values())) == len({records.pixels.dtype for records in sets.values()}) == 1
    return {
        what: _flat(records, records.pixels if alike else _onto(records.pixels, grids[what], grids["real"]))
        for what, records in sets.items()
    }, tuple(notes)


def _onto(pixels: NDArray[Any], own: tuple[float, float], real: tuple[float, float]) -> NDArray[np.int32]:
    """Pixels of one slope and intercept in the steps of another."""
    info = np.iinfo(np.int32)
    result = np.empty(pixels.shape, np.int32)
    for index, image in enumerate(pixels):  # one by one: all at once in float64 would take four times the memory
        steps = (image.astype(np.float64) * own[0] + own[1] - real[1]) / real[0]
        result[index] = np.rint(steps).clip(info.min, info.max)
    return result


def _flat(records: Records, pixels: NDArray[Any]) -> NDArray[Any]:
    """Images as they are; of volumes the slices, or means of a few, as channels; of clips all frames."""
    if pixels.ndim < _VOLUMES:
        return pixels
    if is_clips(records):
        moved = np.moveaxis(pixels, 1, -2)
        return moved.reshape(*moved.shape[:-2], -1)
    edges = np.linspace(0, pixels.shape[1], min(_MAX_SLICES, pixels.shape[1]) + 1).round().astype(np.int64)
    parts = [pixels[:, low:high, ..., 0].mean(1) for low, high in pairwise(edges)]
    return np.stack(parts, axis=-1).round().astype(pixels.dtype)
