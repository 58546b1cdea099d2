"""One file of an image, a volume or a clip, by its header: what its pixels will be and mean, and what decodes them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.image.clips import check_clip, evenly, folded, time_between, unfolded
from synthgan.image.frame import Frame, Scale
from synthgan.image.limits import check_size
from synthgan.image.resampling import Fit
from synthgan.io.memory import check_memory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from synthgan.image.resampling import Target

_OF_IMAGES = 3  # dimensions, channels included
_BYTES_OF_A_PIXEL = 16  # while it is scaled


@dataclass(frozen=True)
class Scan:
    """What the header of a file says of its pixels.

    Attributes:
        path: the file.
        shape: of its pixels: height, width, channels; depth, height, width, 1; or time, height, width, channels.
        dtype: ``"uint8"`` or ``"uint16"`` where ``read`` gives such; None where it gives other numbers.
        read: decodes the pixels, in that shape.
        slope: with ``intercept``, what a number that was read means in the units of the source.
        intercept: what a 0 means.
        spacing: in millimetres, for each side.
        thickness: of a slice, in millimetres.
        window: centre and width, in the units of the source.
        modality: as DICOM says it.
        bits: as many as a pixel needs.
        is_picture: whether numbers are shares of the whole range of their type.
        notes: what of the file is not taken.
        fit: how it was brought to another size, if it was.
        clip: whether the first of four dimensions is time.
        frame_ms: milliseconds from one frame to the next.
        lies: where rows and columns lead in a patient, as DICOM's Patient Orientation says it: ``"LP"``.
    """

    path: Path
    shape: tuple[int, ...]
    dtype: str | None
    read: Callable[[], NDArray[Any]]
    slope: float = 1.0
    intercept: float = 0.0
    spacing: tuple[float, ...] | None = None
    thickness: float | None = None
    window: tuple[float, float] | None = None
    modality: str | None = None
    bits: int | None = None
    is_picture: bool = False
    notes: tuple[str, ...] = ()
    fit: Fit | None = None
    clip: bool = False
    frame_ms: float | None = None
    lies: str | None = None

    @property
    def sides(self) -> tuple[int, ...]:
        """The shape without time and channels."""
        return self.shape[1 if self.clip else 0 : -1]

    def checked(self) -> Scan:
        """The same, where it is not too large to be learned.

        Raises:
            DataError: if it is.
        """
        if self.clip:
            check_clip(self.shape[-2], self.shape[-3], self.path)
        else:
            check_size(
                self.shape[-2], self.shape[-3], self.path, self.shape[0] if len(self.shape) > _OF_IMAGES else None
            )
        return self

    def of_frames(self, taken: int) -> Scan:
        """So many frames of a clip, evenly from the first to the last; one is an image."""
        had = self.shape[0]
        if not self.clip or taken == had:
            return self
        chosen = evenly(had, taken)

        def read() -> NDArray[Any]:
            numbers = self.read()
            return numbers[chosen[0]] if taken == 1 else numbers[chosen]

        shape = self.shape[1:] if taken == 1 else (taken, *self.shape[1:])
        time = time_between(self.frame_ms, had, taken)
        note = f"{taken} of its frames are learned, evenly from the first to the last"
        return replace(self, shape=shape, read=read, clip=taken > 1, frame_ms=time, notes=(*self.notes, note))

    def in_channels(self, channels: int, note: str) -> Scan:
        """The same as grey, of colour whose channels are alike, or as colour; ``note`` says so."""

        def read() -> NDArray[Any]:
            return self.read()[..., :1] if channels == 1 else self.read().repeat(channels, -1)

        return replace(self, shape=(*self.shape[:-1], channels), read=read, notes=(*self.notes, note))

    def brought(self, target: Target, box: tuple[int, ...] | None = None) -> Scan:
        """The same at another size; its own after scaling where neither ``box`` nor the target says one.

        Raises:
            DataError: if it cannot be brought there.
        """
        fit = Fit(self.sides, target.scaled(self.sides, self.spacing, self.path))
        end = box or target.box(len(self.sides)) or fit.scaled
        spacing = fit.spaced(self.spacing) if target.spacing is None else (target.spacing,) * len(self.sides)

        def read() -> NDArray[Any]:
            check_memory(self.path, math.prod(self.shape) * _BYTES_OF_A_PIXEL)
            numbers = folded(self.read()) if self.clip else self.read()
            brought = fit.forth(numbers, end, darkest_is_highest=self.slope < 0)
            return unfolded(brought, self.shape[0]) if self.clip else brought

        time = self.shape[:1] if self.clip else ()
        return replace(self, shape=(*time, *end, self.shape[-1]), read=read, spacing=spacing, fit=fit)

    def frame(self, declared: tuple[float, float] | None) -> Frame:
        """What this image alone says of size and values, where a range of these may be declared."""
        if self.clip:  # which a private fit refuses, whatever it looks like
            return Frame((), None, clip=True)
        own = Scale(self.slope, self.intercept, (1 << self.bits) - 1) if self.dtype and self.bits else None
        return Frame.of(self.shape, own, self.modality, declared)

    def values(self) -> NDArray[np.float64]:
        """The pixels in the units of the source."""
        with np.errstate(all="ignore"):
            return np.asarray(self.read(), dtype=np.float64) * self.slope + self.intercept
