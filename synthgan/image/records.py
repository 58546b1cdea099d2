"""Images as arrays, and what is known of each of them in columns beside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthgan.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

LABEL = "label"
MOST_PIXELS_A_SIDE = 1024
_DIMENSIONS, _DIMENSIONS_OF_GREY = 4, 3
_CHANNELS = (1, 3)


@dataclass(frozen=True)
class ImageRecords:
    """Images of one size and kind.

    **Shape**: ``pixels`` is ``[n, height, width, channels]``; each column is ``[n]``.

    Attributes:
        pixels: uint8 or uint16, with one channel (grey) or three (red, green, blue). Grey images may be given as
            ``[n, height, width]``.
        columns: what is known of each image, by name; ``"label"`` is what images are drawn under by default.

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

    def __post_init__(self) -> None:
        """Check every array."""
        pixels = np.asarray(self.pixels)
        if pixels.dtype not in (np.uint8, np.uint16):
            raise DataError(f"pixels must be uint8 or uint16, however: they are {pixels.dtype}; scale and convert them")
        if pixels.ndim == _DIMENSIONS_OF_GREY:
            pixels = pixels[..., None]
        if pixels.ndim != _DIMENSIONS or pixels.shape[-1] not in _CHANNELS:
            raise DataError(
                f"pixels must be [n, height, width] or [n, height, width, 1 or 3], however: their shape is "
                f"{list(pixels.shape)}; bring them into that order"
            )
        if not pixels.size:
            raise DataError(f"pixels must hold images, however: their shape is {list(pixels.shape)}")
        check_size(pixels.shape[2], pixels.shape[1], "images")
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
        """Read a folder or an ``.npz`` file; see ``synthgan.image.reading.read_images``."""
        from synthgan.image.reading import read_images

        return cls(*read_images(path))

    def take(self, places: NDArray[Any]) -> Self:
        """The images at these places, in this order."""
        return type(self)(self.pixels[places], {name: column[places] for name, column in self.columns.items()})

    def describe(self) -> str:
        """What they are, in words.

        Example:
            >>> ImageRecords(np.zeros((2, 28, 32, 3), np.uint16)).describe()
            '2 colour images of 32 x 28 pixels, 16 bits'
        """
        _, height, width, channels = self.pixels.shape
        return describe(len(self), height, width, channels, self.pixels.dtype)


def describe(images: int, height: int, width: int, channels: int, dtype: np.dtype[Any] | str) -> str:
    """A number of images in words."""
    colour = "grey" if channels == 1 else "colour"
    return f"{images:,} {colour} images of {width} x {height} pixels, {8 * np.dtype(dtype).itemsize} bits"


def check_size(width: int, height: int, name: object) -> None:
    """Refuse images that are too large to learn.

    Raises:
        DataError: if a side is longer than ``MOST_PIXELS_A_SIDE``.
    """
    if max(width, height) > MOST_PIXELS_A_SIDE:
        raise DataError(
            f"{name} must be at most {MOST_PIXELS_A_SIDE} pixels a side, however: {width} x {height}; scale down first"
        )
