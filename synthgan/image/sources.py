"""The images that others are made from: given beside them, or themselves shrunk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch

from synthgan.errors import ConfigError, DataError
from synthgan.image.config import SOURCES
from synthgan.image.prior import resize
from synthgan.image.records import ImageRecords

if TYPE_CHECKING:
    from synthgan.image.config import ImageConfig


@dataclass(frozen=True)
class Sources:
    """What source images look like.

    Attributes:
        shape: sides and channels.
        dtype: ``"uint8"`` or ``"uint16"``.
    """

    shape: tuple[int, ...]
    dtype: str

    @classmethod
    def of(cls, records: ImageRecords) -> Self:
        """What these look like."""
        return cls(tuple(int(side) for side in records.pixels.shape[1:]), str(records.pixels.dtype))

    def encode(self, records: ImageRecords, shape: tuple[int, ...]) -> torch.Tensor:
        """Guides, float32 ``[n, channels, *sides]`` in [-1, 1], for images of a shape (sides and channels).

        The whole range of the type is used. Where channels differ, their mean stands for each.

        Raises:
            DataError: if the images are of another size or type than those learned from.
        """
        found = self.of(records)
        if found != self:
            raise DataError(
                f"sources must be {list(self.shape)} of {self.dtype} like those learned from, however: {list(found.shape)} "
                f"of {found.dtype}; bring them to that"
            )
        *sides, channels = shape
        pixels = torch.as_tensor(records.pixels.astype(np.float32) / np.iinfo(self.dtype).max * 2 - 1).movedim(-1, 1)
        if pixels.shape[1] != channels:
            pixels = pixels.mean(1, keepdim=True).expand(-1, channels, *pixels.shape[2:])
        return resize(pixels, tuple(sides)).contiguous()

    def as_json(self) -> dict[str, Any]:
        """Both, as the manifest holds them."""
        return {"shape": list(self.shape), "dtype": self.dtype}

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> Self:
        """What ``as_json`` wrote."""
        return cls(tuple(state["shape"]), str(state["dtype"]))


def sources_of(records: ImageRecords, given: ImageRecords | None, config: ImageConfig) -> ImageRecords | None:
    """The source of each image that is to be learned; None where images are made from noise alone.

    Raises:
        ConfigError: if sources were given and are not asked for, or the other way round.
        DataError: if there is not one for each image, or they cannot be shrunk evenly.
    """
    if (given is not None) != (config.condition_image == SOURCES):
        asked = "sources must be given" if given is None else "sources must not be given"
        raise ConfigError(f"{asked} with this condition_image, however: condition_image={config.condition_image!r}")
    if isinstance(config.condition_image, int):
        return shrunk(records, config.condition_image)
    if given is not None and len(given) != len(records):
        raise DataError(f"sources must be one for each of {len(records):,} images, however: {len(given):,}")
    return given


def shrunk(records: ImageRecords, factor: int) -> ImageRecords:
    """Images whose sides are shorter by a factor: each pixel is the mean of those it stands for.

    Raises:
        DataError: if a side is no multiple of the factor.
    """
    sides = records.pixels.shape[1:-1]
    if any(side % factor for side in sides):
        raise DataError(
            f"images must have sides that are multiples of {factor}, however: {list(sides)}; crop them first"
        )
    images = torch.as_tensor(records.pixels.astype(np.float32)).movedim(-1, 1)
    small = resize(images, tuple(side // factor for side in sides)).movedim(1, -1)
    return ImageRecords(small.round().numpy().astype(records.pixels.dtype), records.columns)
