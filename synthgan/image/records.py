"""Images or volumes as arrays, and what is known of each of them in columns beside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthgan.errors import DataError
from synthgan.image.limits import check_size

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from synthgan.image.physical import Physical

_IMAGES, _VOLUMES = 4, 5  # dimensions, channels included
_CHANNELS = (1, 3)
_MIN_VOXELS_IN_A_ROW = 5  # of four dimensions without channels: [n, height, width, 4] are images with transparency


@dataclass(frozen=True)
class ImageRecords:
    """Images of one size and kind, or grey volumes of one size.

    **Shape**: ``pixels`` is ``[n, height, width, channels]``, or ``[n, depth, height, width, 1]``; each column is ``[n]``.

    Attributes:
        pixels: uint8 or uint16, with one channel (grey) or three (red, green, blue; images only). Grey images may be given
            as ``[n, height, width]``, volumes of a width of at least 5 as ``[n, depth, height, width]``.
        columns: what is known of each image, by name; ``"label"`` is what images are drawn under by default.
        physical: what the pixels mean, the same for all; None where nobody knows.

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

    def __post_init__(self) -> None:
        """Check every array."""
        pixels = np.asarray(self.pixels)
        if pixels.dtype not in (np.uint8, np.uint16):
            raise DataError(f"pixels must be uint8 or uint16, however: they are {pixels.dtype}; scale and convert them")
        pixels = _with_channels(pixels)
        if not pixels.size:
            raise DataError(f"pixels must hold images, however: their shape is {list(pixels.shape)}")
        sides = pixels.shape[1:-1]
        check_size(sides[-1], sides[-2], "images", depth=sides[0] if pixels.ndim == _VOLUMES else None)
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
        object.__setattr__(self, "pixels", pixels)
        object.__setattr__(self, "columns", columns)

    def __len__(self) -> int:
        """How many images there are."""
        return len(self.pixels)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a folder or an ``.npz`` file; see ``synthgan.image.io.reading.read_images``."""
        from synthgan.image.io.reading import read_images

        return cls(*read_images(path))

    def take(self, indices: NDArray[Any] | slice) -> Self:
        """The images at these indices, in this order."""
        columns = {name: column[indices] for name, column in self.columns.items()}
        return type(self)(self.pixels[indices], columns, self.physical)

    def describe(self) -> str:
        """What they are, in words.

        Example:
            >>> ImageRecords(np.zeros((2, 28, 32, 3), np.uint16)).describe()
            '2 colour images of 32 x 28 pixels, 16 bits'
        """
        return describe(len(self), self.pixels.shape[1:], self.pixels.dtype)


def describe(images: int, shape: tuple[int, ...], dtype: np.dtype[Any] | str) -> str:
    """A number of images or volumes in words; their shape ends with the channels."""
    return f"{images:,} {describe_kind(shape, dtype)}"


def describe_kind(shape: tuple[int, ...], dtype: np.dtype[Any] | str) -> str:
    """Images or volumes in words, without their number."""
    colour = "grey" if shape[-1] == 1 else "colour"
    kind, unit = ("images", "pixels") if len(shape) < _IMAGES else ("volumes", "voxels")
    size = " x ".join(str(side) for side in shape[-2::-1])
    return f"{colour} {kind} of {size} {unit}, {8 * np.dtype(dtype).itemsize} bits"


def _with_channels(pixels: NDArray[Any]) -> NDArray[Any]:
    """The same with an axis of channels at the end.

    Raises:
        DataError: if these are neither images nor volumes.
    """
    grey_images = pixels.ndim == _IMAGES - 1
    grey_volumes = (
        pixels.ndim == _IMAGES and pixels.shape[-1] not in _CHANNELS and pixels.shape[-1] >= _MIN_VOXELS_IN_A_ROW
    )
    given = pixels
    if grey_images or grey_volumes:
        pixels = pixels[..., None]
    if pixels.ndim not in (_IMAGES, _VOLUMES) or pixels.shape[-1] not in (
        _CHANNELS if pixels.ndim == _IMAGES else (1,)
    ):
        raise DataError(
            f"pixels must be [n, height, width], [n, height, width, 1 or 3] or [n, depth, height, width, 1], however: "
            f"their shape is {list(given.shape)}; bring them into that order"
        )
    return pixels
