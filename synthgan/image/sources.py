"""The images that others are made from: given beside them, or themselves shrunk."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch

from synthgan.errors import ConfigError, DataError, Remedy
from synthgan.image.config import SOURCES
from synthgan.image.limits import MASKS
from synthgan.image.masks import STEPS, Masks, Structures
from synthgan.image.physical import Physical
from synthgan.image.prior import resize
from synthgan.image.records import ImageRecords

if TYPE_CHECKING:
    from synthgan.image.config import ImageConfig

_BRIGHTEST = 255
_AT_ONCE = 64  # images that are shrunk together


@dataclass(frozen=True)
class Sources:
    """What source images look like.

    Attributes:
        shape: sides and channels.
        dtype: ``"uint8"`` or ``"uint16"``.
        low: the pixel that -1 stands for.
        high: the pixel that 1 stands for.
        slope: with ``intercept``, what a pixel means in the units of the source.
        intercept: what a pixel of 0 means.
        structures: what they show, where they are masks; None where they are images.
    """

    shape: tuple[int, ...]
    dtype: str
    low: float
    high: float
    slope: float = 1.0
    intercept: float = 0.0
    structures: Structures | None = None

    @classmethod
    def of(cls, records: ImageRecords, few: int = 1) -> Self:
        """What these look like: from the darkest to the brightest pixel that at least ``few`` of them hold."""
        physical = records.physical or Physical()
        flat = records.pixels.reshape(len(records), -1)
        at = min(few, len(records)) - 1
        low, high = float(np.sort(flat.min(axis=1))[at]), float(np.sort(flat.max(axis=1))[::-1][at])
        shape = tuple(int(side) for side in records.pixels.shape[1:])
        high = high if low < high else low + 1
        structures = None if records.masks is None else records.masks.structures
        return cls(shape, str(records.pixels.dtype), low, high, physical.slope, physical.intercept, structures)

    def as_sources(self, records: ImageRecords) -> ImageRecords:
        """Images as sources: themselves or, where masks were learned from, their masks or the numbers of their pixels as such.

        Raises:
            DataError: if they show structures that were never learned.
        """
        if self.structures is None:
            return replace(records, masks=None)
        masks = records.masks or Masks.of(records.pixels[..., 0])
        return shown(replace(records, masks=masks.as_learned(self.structures)))

    def encode(self, records: ImageRecords, shape: tuple[int, ...], masked: int = 0) -> torch.Tensor:
        """Guides, float32 ``[n, channels and structures, *sides]`` in [-1, 1], for images of a shape (sides and channels).

        Where masks are learned of so many structures, the fields of the sources' own masks stand after their channels.

        Pixels are brought to the units of those learned from, where files state theirs. Where channels differ, their mean
        stands for each.

        Raises:
            DataError: if the images are of another size or type than those learned from.
        """
        found, dtype = records.pixels.shape[1:], str(records.pixels.dtype)
        own = records.physical or Physical(slope=self.slope, intercept=self.intercept)
        same = (own.slope, own.intercept) == (self.slope, self.intercept)
        if found != self.shape or (same and dtype != self.dtype):
            raise DataError(
                f"sources must be {list(self.shape)} of {self.dtype} like those learned from, however: {list(found)} "
                f"of {dtype}; bring them to that"
            )
        *sides, channels = shape
        numbers = records.pixels if same else (own.values(records.pixels) - self.intercept) / self.slope
        shares = (numbers.astype(np.float32) - self.low) / (self.high - self.low)
        pixels = torch.as_tensor((shares * 2 - 1).clip(-1, 1)).movedim(-1, 1)
        if pixels.shape[1] != channels:
            pixels = pixels.mean(1, keepdim=True).expand(-1, channels, *pixels.shape[2:])
        if masked and records.masks is not None:
            fields = torch.as_tensor(records.masks.fields().astype(np.float32) / STEPS).movedim(-1, 1)
            pixels = torch.cat([pixels, fields], 1)
        return resize(pixels, tuple(sides)).contiguous()

    def as_json(self) -> dict[str, Any]:
        """All of it, as the manifest holds it."""
        structures = None if self.structures is None else self.structures.as_json()
        return asdict(self) | {"shape": list(self.shape), "structures": structures}

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> Self:
        """What ``as_json`` wrote."""
        whole = {"low": 0.0, "high": float(np.iinfo(state["dtype"]).max)}  # as earlier versions had it
        structures = None if state.get("structures") is None else Structures.from_json(state["structures"])
        return cls(**{**whole, **state, "shape": tuple(state["shape"]), "structures": structures})


def sources_of(records: ImageRecords, given: ImageRecords | None, config: ImageConfig) -> ImageRecords | None:
    """The source of each image that is to be learned; None where images are made from noise alone.

    Raises:
        ConfigError: if sources were given and are not asked for, or the other way round.
        DataError: if there is not one for each image, or they cannot be shrunk evenly.
    """
    if (given is not None) != (config.condition_image == SOURCES):
        asked = "sources must be given" if given is None else "sources must not be given"
        raise ConfigError(f"{asked} with this condition_image, however: condition_image={config.condition_image!r}")
    if config.condition_image == MASKS:
        if records.masks is None:
            raise DataError(
                "images must have masks to be made from them, however: they have none; give an array or folder masks"
            )
        return shown(records)
    if isinstance(config.condition_image, int):
        return shrunk(records, config.condition_image)
    if given is None:
        return None
    if len(given) != len(records):
        raise DataError(f"sources must be one for each of {len(records):,} images, however: {len(given):,}")
    return _paired(records, given, next(iter(config.columns), None))


def _paired(records: ImageRecords, given: ImageRecords, condition: str | None) -> ImageRecords:
    """The source of each image: the one of its name or, where no name is shared, the one at its place.

    Raises:
        DataError: if only some names are shared, or pairs are of different classes.
    """
    notes: tuple[str, ...] = ()
    if records.names is not None and given.names is not None:
        at = {name: index for index, name in enumerate(given.names.tolist())}
        alone = [name for name in records.names.tolist() if name not in at]
        if not alone and len(at) == len(given):
            given = given.take(np.array([at[name] for name in records.names.tolist()]))
        elif len(alone) < len(records):
            raise DataError(
                f"sources must be called like the images that are made from them, however: {alone[0]!r} has none "
                f"({len(alone):,} of {len(records):,} have none); rename them, or list both in metadata.csv"
                if alone
                else "sources must have names of their own, however: two are called alike; rename one"
            )
        else:
            notes = ("images and sources share no name: they are paired in the order of their names",)
    if condition is not None and condition in records.columns and condition in given.columns:
        both = zip(records.columns[condition], given.columns[condition], strict=True)
        differ = [index for index, (one, other) in enumerate(both) if str(one) != str(other)]
        if differ:
            raise DataError(
                f"sources must be of the {condition} of the images that are made from them, however: {len(differ):,} of "
                f"{len(records):,} pairs differ, first image {differ[0] + 1:,}; bring both into one order"
            )
    return replace(given, notes=given.notes + notes)


def shown(records: ImageRecords) -> ImageRecords:
    """Masks as grey images, each structure as bright as its place among all says."""
    assert records.masks is not None  # noqa: S101 (callers look)
    grey = records.masks.labels * np.uint8(_BRIGHTEST // len(records.masks.structures))
    return replace(records, pixels=grey[..., None], physical=None, notes=(), fit=None)


def shrunk(records: ImageRecords, factor: int) -> ImageRecords:
    """Images whose sides are shorter by a factor: each pixel is the mean of those it stands for.

    Raises:
        DataError: if a side is no multiple of the factor.
    """
    sides = records.pixels.shape[1:-1]
    if any(side % factor for side in sides):
        raise DataError(
            f"images must have sides that are multiples of {factor}, however: {list(sides)}",
            remedy=Remedy.option("resolution", max(factor * 4, max(sides) // factor * factor), "scales all"),
        )
    small = tuple(side // factor for side in sides)
    pixels = np.empty((len(records), *small, records.pixels.shape[-1]), records.pixels.dtype)
    for first in range(0, len(records), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        images = torch.as_tensor(records.pixels[part].astype(np.float32)).movedim(-1, 1)
        pixels[part] = resize(images, small).movedim(1, -1).round().numpy()
    physical = records.physical and records.physical.scaled((1 / factor,) * len(sides))
    return ImageRecords(pixels, records.columns, physical)
