"""The images to judge as arrays of one kind, checked: real ones, synthetic ones, and real ones that nothing was fitted on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.errors import DataError
from synthgan.metrics.images.units import Records, comparable, is_clips
from synthgan.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Indices = NDArray[np.int64]
    Inputs = NDArray[np.float32]

MAX_SIDE = 64  # pixels; longer sides are averaged down before features are learned
COARSE_SIDE = 32  # ... and before pixels are compared one by one, or learned by a classifier
MIN_IMAGES = 20  # of each set
MAX_IMAGES = 5_000  # of each set, in every comparison
_NAMES_SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False)
class Images:
    """Images and their classes.

    Attributes:
        pixels: uint8, uint16 or int32 ``[n, height, width, channels]``; the slices of volumes are their channels.
        classes: int64 ``[n]``, places in the names of ``ImageSets``.
        masks: uint8 ``[n, height, width]``, 0 for background; None where images have none, or are volumes or clips.
    """

    pixels: NDArray[Any]
    classes: Indices
    masks: NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        """How many there are."""
        return len(self.classes)

    def take(self, indices: Indices) -> Images:
        """Those at these indices, in this order."""
        masks = None if self.masks is None else self.masks[indices]
        return Images(self.pixels[indices], self.classes[indices], masks)

    def keys(self) -> list[bytes]:
        """Every image as bytes: equal where all pixels are."""
        return [image.tobytes() for image in self.pixels]

    def halves(self, rng: np.random.Generator) -> tuple[Images, Images]:
        """Two random halves of each class; of an odd number the second has one more."""
        first, second = [], []
        for indices in by_class(self.classes):
            order = rng.permutation(indices)
            first.append(order[: len(order) // 2])
            second.append(order[len(order) // 2 :])
        return self.take(np.concatenate(first)), self.take(np.concatenate(second))


@dataclass(frozen=True, slots=True, eq=False)
class ImageSets:
    """What there is to compare.

    Attributes:
        real: What the synthesizer learned.
        synthetic: What it made.
        holdout: Real images that nothing was fitted on, without those that are among the learned ones; or None.
        names: What each class is called.
        duplicates: Images of the holdout left out because they equal a learned one.
        top: The largest value of the type of the real images.
        notes: What was taken for granted to compare them.
        frames: Of clips, how many frames of as many channels each the pixels hold; 0 of images and volumes.
    """

    real: Images
    synthetic: Images
    holdout: Images | None
    names: tuple[str, ...]
    duplicates: int = 0
    top: int = 255
    notes: tuple[str, ...] = ()
    frames: int = 0

    @classmethod
    def of(
        cls, real: Records, synthetic: Records, holdout: Records | None = None, label: str | None = "label"
    ) -> ImageSets:
        """Check the images and give their classes numbers.

        Args:
            real: What was learned; its labels are the classes there are.
            synthetic: Images of the same size and mode, of some of these classes.
            holdout: The same of real images that nothing was fitted on, or None.
            label: The column of the classes; None takes all for one class.

        Raises:
            DataError: If a set has fewer than MIN_IMAGES images, another size or mode, no labels, or unknown ones.
        """
        known = sorted(set(_labels(real, label, "real")), key=lambda name: (not name.isdecimal(), len(name), name))
        parts: dict[str, Images] = {}
        for what, records in (("real", real), ("synthetic", synthetic), ("holdout", holdout)):
            if records is not None:
                _check_kind(records, real, what)
                parts[what] = Images(np.asarray(records.pixels), _codes(_labels(records, label, what), known, what))
        given = {"real": real, "synthetic": synthetic, "holdout": holdout}
        pixels, notes = comparable({what: given[what] for what in parts})  # type: ignore[misc]
        parts = {what: Images(pixels[what], images.classes, _flat_masks(given[what])) for what, images in parts.items()}
        unseen, duplicates = parts.get("holdout"), 0
        if unseen is not None:
            learned = set(parts["real"].keys())
            new = np.flatnonzero([key not in learned for key in unseen.keys()])  # noqa: SIM118 (no mapping)
            unseen, duplicates = unseen.take(new), len(unseen) - len(new)
            if len(unseen) < MIN_IMAGES:
                raise DataError(
                    f"holdout must have at least {MIN_IMAGES} images that are not among the real ones, however: "
                    f"{len(unseen)}; hold out images that nothing was fitted on"
                )
        top = int(np.iinfo(real.pixels.dtype).max)
        frames = real.pixels.shape[1] if is_clips(real) else 0
        return cls(parts["real"], parts["synthetic"], unseen, tuple(known), duplicates, top, notes, frames)

    def inputs(self, images: Images, side: int = MAX_SIDE) -> Inputs:
        """Float32 ``[n, channels, height, width]``, so many pixels a side at most; real images' darkest value is 0, their brightest 1."""
        low, high = float(self.real.pixels.min()), float(self.real.pixels.max())
        return shrunk((images.pixels.astype(np.float32) - low) / max(high - low, 1.0), side)

    def coarse(self, images: Images) -> Inputs:
        """The same of COARSE_SIDE pixels a side at most."""
        return self.inputs(images, COARSE_SIDE)


def shrunk(pixels: Inputs, side: int) -> Inputs:
    """Bring ``[n, height, width, channels]`` to ``[n, channels, height, width]`` of so many pixels a side at most, by averaging."""
    import torch
    from torch.nn.functional import interpolate

    images = torch.as_tensor(np.ascontiguousarray(np.moveaxis(pixels, -1, 1)))
    height, width = images.shape[2:]
    scale = side / max(height, width)
    if scale < 1:
        size = max(1, round(height * scale)), max(1, round(width * scale))
        images = interpolate(images, size=size, mode="bilinear", antialias=True)
    result: Inputs = images.numpy()
    return result


def by_class(classes: Indices) -> list[Indices]:
    """The places of each class that occurs, in the order of the classes."""
    return [np.flatnonzero(classes == one) for one in np.unique(classes)]


def drawn(
    sets: Sequence[Images], rng: np.random.Generator, *, at_least: int = 1, at_most: int = MAX_IMAGES
) -> list[Images]:
    """As many images of every class from each set, the class's smallest number, class by class; at random.

    Args:
        sets: To draw from.
        rng: Draws.
        at_least: A class of which a set has fewer is left out of all.
        at_most: Images of each set; beyond, every class gives its share, but not less than ``at_least``.
    """
    classes = range(max(int(images.classes.max(initial=-1)) for images in sets) + 1)
    counts = np.min([np.bincount(images.classes, minlength=len(classes)) for images in sets], axis=0)
    counts[counts < at_least] = 0
    if counts.sum() > at_most:
        counts = np.where(counts, np.maximum(counts * at_most // counts.sum(), at_least), 0)
    result = []
    for images in sets:
        indices = [rng.permutation(np.flatnonzero(images.classes == one))[: counts[one]] for one in classes]
        result.append(images.take(np.concatenate(indices)))
    return result


def _labels(records: Records, label: str | None, what: str) -> list[str]:
    """The class of each image in words."""
    if label is None:
        return ["all"] * len(records.pixels)
    if label not in records.columns:
        found = ", ".join(map(repr, records.columns)) or "none"
        raise DataError(
            f"{what} images must have the column {label!r}, however: found {found}",
            remedy=did_you_mean(label, records.columns) or "label them, or name another",
        )
    column = np.asarray(records.columns[label])
    plain = column.dtype.kind in "iubU" or all(isinstance(value, (str, int, np.integer, np.bool_)) for value in column)
    if not plain or any(value == "" for value in column.tolist()):
        raise DataError(
            f"column {label!r} of the {what} images must be text or whole numbers without gaps, however: it is not; "
            "label every image"
        )
    return [str(value) for value in column.tolist()]


def _codes(labels: list[str], known: list[str], what: str) -> Indices:
    unknown = sorted(set(labels) - set(known))
    if unknown:
        shown = ", ".join(known[:_NAMES_SHOWN]) + ", ..." * (len(known) > _NAMES_SHOWN)
        raise DataError(
            f"labels of the {what} images must be among the real ones ({shown}), however: {unknown[0]!r}",
            remedy=did_you_mean(unknown[0], known),
        )
    index = {name: code for code, name in enumerate(known)}
    return np.array([index[name] for name in labels], dtype=np.int64)


def _check_kind(records: Records, reference: Records, what: str) -> None:
    pixels, real = records.pixels, reference.pixels
    stated = all(getattr(one, "physical", None) is not None for one in (records, reference))
    if len(pixels) < MIN_IMAGES:
        raise DataError(
            f"{what} must have at least {MIN_IMAGES} images to be judged, however: {len(pixels)}; take more"
        )
    alike = is_clips(records) == is_clips(reference)
    if not alike or pixels.shape[1:] != real.shape[1:] or (pixels.dtype != real.dtype and not stated):
        raise DataError(
            f"{what} images must be like the real ones ({_kind(reference)}), however: {_kind(records)}; convert them first"
        )


def _kind(records: Records) -> str:
    *sides, channels = records.pixels.shape[1:]
    clips = is_clips(records)
    size = " x ".join(str(side) for side in reversed(sides[1 if clips else 0 :]))
    over = f", {sides[0]} frames" if clips else ""
    return f"{'grey' if channels == 1 else 'colour'}, {size}{over}, {8 * records.pixels.dtype.itemsize} bits"


def _flat_masks(records: Any) -> NDArray[np.uint8] | None:
    """The masks of images, ``[n, height, width]``; None where there are none, or they are of volumes."""
    masks = getattr(records, "masks", None)
    labels: NDArray[np.uint8] | None = None if masks is None else masks.labels
    return labels if labels is not None and labels.ndim == 3 else None  # noqa: PLR2004
