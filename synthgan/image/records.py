"""Images, volumes or clips as arrays, and what is known of each of them in columns beside."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthgan.errors import DataError
from synthgan.image.clips import MAX_FRAMES, check_clip, evenly, folded, time_between, unfolded
from synthgan.image.limits import check_size
from synthgan.image.masks import Masks
from synthgan.image.resampling import Fit, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from synthgan.image.physical import Physical

_IMAGES, _VOLUMES = 4, 5  # dimensions, channels included
_CHANNELS = (1, 3)
_MAX_PLANES = (
    4  # of four dimensions without channels: [n, height, width, 4] and [n, 4, height, width] have transparency
)


@dataclass(frozen=True)
class ImageRecords:
    """Images of one size and kind, grey volumes of one size, or clips: as many images over time.

    **Shape**: ``pixels`` is ``[n, height, width, channels]``, ``[n, depth, height, width, 1]`` or, of clips, ``[n, time, height,
    width, channels]``; each column is ``[n]``.

    Attributes:
        pixels: uint8 or uint16, with one channel (grey) or three (red, green, blue; images only). Grey images may be given
            as ``[n, height, width]``, volumes of at least 5 voxels a side as ``[n, depth, height, width]``, grey clips as ``[n, time,
            height, width]``.
        columns: what is known of each image, by name; ``"label"`` is what images are drawn under by default.
        physical: what the pixels mean, the same for all; None where nobody knows.
        names: what each image is called, text ``[n]``: its file without the ending; None where images have no names.
        notes: what of the source was not taken, a line each.
        fit: how the most of them were brought to the size they have, if they were.
        masks: which structure each pixel shows; may be given as an array ``[n, *sides]`` of numbers, of which each is a
            structure but 0. None where nobody says.
        clips: whether they are clips; then ``physical.frame_ms`` is the time from one frame to the next.

    Raises:
        DataError: if they are no such arrays.

    Example:
        >>> import numpy as np
        >>> records = ImageRecords(np.zeros((2, 28, 28), np.uint8), {"label": np.array(["ill", "well"])})
        >>> records.pixels.shape, len(records)
        ((2, 28, 28, 1), 2)
    """

    pixels: NDArray[Any]
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    physical: Physical | None = None
    names: NDArray[Any] | None = None
    notes: tuple[str, ...] = ()
    fit: Fit | None = None
    masks: Masks | None = None
    clips: bool = False

    def __post_init__(self) -> None:
        """Check every array."""
        pixels = np.asarray(self.pixels)
        pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
        if pixels.dtype not in (np.uint8, np.uint16):
            raise DataError(f"pixels must be uint8 or uint16, however: they are {pixels.dtype}; scale and convert them")
        pixels = _with_channels(pixels, clips=self.clips)
        if not pixels.size:
            raise DataError(f"pixels must hold images, however: their shape is {list(pixels.shape)}")
        sides = pixels.shape[2 if self.clips else 1 : -1]
        if self.physical is not None and len(self.physical.spacing or sides) != len(sides):
            raise DataError(
                f"spacing must be one length for each of {len(sides)} sides, however: it is {self.physical.spacing}"
            )
        columns = {name: np.asarray(column) for name, column in self.columns.items()}
        for name, column in columns.items():
            if column.shape != (len(pixels),):
                raise DataError(
                    f"column {name!r} must hold one value for each of {len(pixels):,} images, however: its shape is "
                    f"{list(column.shape)}"
                )
        masks = _with_masks(self.masks, pixels)
        object.__setattr__(self, "masks", masks)
        object.__setattr__(self, "pixels", pixels)
        object.__setattr__(self, "columns", columns)

    def __len__(self) -> int:
        """How many images there are."""
        return len(self.pixels)

    @property
    def sides(self) -> tuple[int, ...]:
        """Height and width, with the depth before them in volumes."""
        return tuple(int(side) for side in self.pixels.shape[2 if self.clips else 1 : -1])

    @classmethod
    def read(
        cls,
        path: str | Path,
        *,
        resolution: int | Sequence[int] | None = None,
        spacing: float | None = None,
        frames: int | None = None,
    ) -> Self:
        """Read a folder or an ``.npz`` file; see ``synthgan.image.io.reading.read_images``.

        Args:
            path: of images of one size; of any where one of the others is given.
            resolution: of all sides in pixels, or of each of them: height and width, with the depth before them in a volume.
                Each image is scaled until it just fits, without aliasing, and padded around its middle with the
                darkest value of its own.
            spacing: millimetres from one pixel to the next: each image is resampled to it, then padded or cropped around its
                middle to ``resolution`` or, without one, padded to the largest.
            frames: how many of each clip are taken, evenly from the first to the last; None takes as many as the shortest has,
                ``MAX_FRAMES`` at most. One makes images of them.

        Raises:
            DataError: if there is nothing to read, or it cannot be brought to that size.
        """
        from synthgan.image.io.reading import read_images

        target = Target.of(resolution, spacing)
        records = cls(*read_images(path, target, frames)).of_frames(frames)
        return (records if target is None else records.brought(target)).checked()

    def of_frames(self, frames: int | None = None) -> Self:
        """Clips of so many frames, evenly from the first to the last; None takes ``MAX_FRAMES`` of longer ones.

        Raises:
            DataError: if they have fewer.
        """
        had = self.pixels.shape[1]
        taken = min(had, MAX_FRAMES) if frames is None else frames
        if not self.clips or taken == had:
            return self
        if taken > had:
            raise DataError(f"clips must have at least {taken} frames, however: {had}", parameter="frames")
        chosen = evenly(had, taken)
        time = self.physical and replace(self.physical, frame_ms=time_between(self.physical.frame_ms, had, taken))
        note = f"{taken} of {had} frames of each clip are learned, evenly from the first to the last"
        pixels = self.pixels[:, chosen[0]] if taken == 1 else self.pixels[:, chosen]
        masks = self.masks and replace(self.masks, labels=self.masks.labels[:, chosen[0] if taken == 1 else chosen])
        return replace(self, pixels=pixels, physical=time, masks=masks, clips=taken > 1, notes=(*self.notes, note))

    def checked(self) -> Self:
        """The same, where it is not too large to be learned.

        Raises:
            DataError: if it is.
        """
        sides = self.sides
        if self.clips:
            check_clip(sides[1], sides[0], "clips")
            return self
        check_size(sides[-1], sides[-2], "images", depth=sides[0] if len(sides) == _VOLUMES - 2 else None)
        return self

    def brought(self, target: Target) -> Self:
        """The same at another size; itself where it has that.

        Raises:
            DataError: if it cannot be brought there.
        """
        sides = self.sides
        physical = self.physical
        fit = Fit(sides, target.scaled(sides, None if physical is None else physical.spacing, "images"), len(self))
        box = target.box(len(sides)) or fit.scaled
        if fit.scaled == sides == box:
            return self
        spaced = physical and replace(physical, spacing=fit.spaced(physical.spacing))
        negative = physical is not None and physical.slope < 0
        pixels = self._changed(lambda image: fit.forth(image, box, darkest_is_highest=negative))
        masks = self.masks and self.masks.changed(lambda labels: fit.labels_forth(labels, box), clips=self.clips)
        return replace(self, pixels=pixels, physical=spaced, fit=self.fit or fit, masks=masks)

    def restored(self) -> Self:
        """The same at the size that images had before they were brought to this one.

        Raises:
            DataError: if none is known.
        """
        if self.fit is None:
            raise DataError(
                "images must have had another size to get it back, however: none is known that enough of them had; "
                "take them as they are"
            )
        spaced = self.physical and replace(self.physical, spacing=self.fit.spaced(self.physical.spacing, back=True))
        pixels = self._changed(self.fit.back)
        masks = self.masks and self.masks.changed(self.fit.labels_back, clips=self.clips)
        return replace(self, pixels=pixels, physical=spaced, fit=None, masks=masks)

    def _changed(self, change: Callable[[NDArray[Any]], NDArray[Any]]) -> NDArray[Any]:
        """The pixels after each image ``[*sides, channels]`` was changed by itself; all frames of a clip together, as channels."""
        if not self.clips:
            return np.stack([change(image) for image in self.pixels])
        frames = self.pixels.shape[1]
        return np.stack([unfolded(change(folded(clip)), frames) for clip in self.pixels])

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """All images of several records of one kind, in their order."""
        columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns}
        masks = [part.masks for part in parts if part.masks is not None]
        labels = replace(masks[0], labels=np.concatenate([mask.labels for mask in masks])) if masks else None
        return replace(parts[0], pixels=np.concatenate([part.pixels for part in parts]), columns=columns, masks=labels)

    def take(self, indices: NDArray[Any] | slice) -> Self:
        """The images at these indices, in this order."""
        columns = {name: column[indices] for name, column in self.columns.items()}
        names = None if self.names is None else self.names[indices]
        masks = None if self.masks is None else self.masks.take(indices)
        return replace(self, pixels=self.pixels[indices], columns=columns, names=names, masks=masks)

    def describe(self) -> str:
        """What they are, in words.

        Example:
            >>> ImageRecords(np.zeros((2, 28, 32, 3), np.uint16)).describe()
            '2 colour images of 32 x 28 pixels, 16 bits'
        """
        return describe(len(self), self.pixels.shape[1:], self.pixels.dtype, clips=self.clips)


def describe(images: int, shape: tuple[int, ...], dtype: np.dtype[Any] | str, *, clips: bool = False) -> str:
    """A number of images, volumes or clips in words; their shape ends with the channels."""
    return f"{images:,} {describe_kind(shape, dtype, clips=clips)}"


def describe_kind(shape: tuple[int, ...], dtype: np.dtype[Any] | str, *, clips: bool = False) -> str:
    """Images, volumes or clips in words, without their number."""
    colour = "grey" if shape[-1] == 1 else "colour"
    kind, unit = ("images", "pixels") if len(shape) < _IMAGES else ("volumes", "voxels")
    if clips:
        frames, shape = shape[0], shape[1:]
        kind, unit = f"clips of {frames} frames", "pixels"
    size = " x ".join(str(side) for side in shape[-2::-1])
    return f"{colour} {kind} of {size} {unit}, {8 * np.dtype(dtype).itemsize} bits"


def _with_masks(given: Masks | NDArray[Any] | None, pixels: NDArray[Any]) -> Masks | None:
    """A mask for each image.

    Raises:
        DataError: if there is not one of its size for each.
    """
    if given is None:
        return None
    if not isinstance(given, Masks):
        numbers = np.asarray(given)
        given = Masks.of(numbers[..., 0] if numbers.shape == (*pixels.shape[:-1], 1) else numbers)
    if given.labels.shape != pixels.shape[:-1]:
        raise DataError(
            f"masks must be one of its size for each image ({list(pixels.shape[:-1])}), however: their shape is "
            f"{list(given.labels.shape)}; one number for each pixel says which structure it shows"
        )
    return given


def _with_channels(pixels: NDArray[Any], *, clips: bool = False) -> NDArray[Any]:
    """The same with an axis of channels at the end.

    Raises:
        DataError: if these are neither images nor volumes, or no clips where such are meant.
    """
    if clips:
        pixels = pixels[..., None] if pixels.ndim == _VOLUMES - 1 else pixels
        if pixels.ndim != _VOLUMES or pixels.shape[-1] not in _CHANNELS or pixels.shape[1] < 2:  # noqa: PLR2004
            raise DataError(
                f"clips must be [n, time, height, width] or [n, time, height, width, 1 or 3] of two frames or more, however: "
                f"their shape is {list(pixels.shape)}; bring them into that order"
            )
        return pixels
    grey_images = pixels.ndim == _IMAGES - 1
    grey_volumes = pixels.ndim == _IMAGES and pixels.shape[-1] > _MAX_PLANES
    given = pixels
    if grey_volumes and pixels.shape[1] <= _MAX_PLANES:
        raise DataError(
            f"pixels must say whether they are images with the channels first or volumes of {pixels.shape[1]} slices, "
            f"however: their shape is {list(pixels.shape)}; give [n, height, width, channels] or [n, depth, height, width, 1]"
        )
    if grey_images or grey_volumes:
        pixels = pixels[..., None]
    if pixels.ndim not in (_IMAGES, _VOLUMES) or pixels.shape[-1] not in (
        _CHANNELS if pixels.ndim == _IMAGES else (1,)
    ):
        raise DataError(
            f"pixels must be [n, height, width], [n, height, width, 1 or 3] or [n, depth, height, width, 1], however: "
            f"their shape is {list(given.shape)}; bring them into that order, or say clips=True of images over time"
        )
    return pixels
