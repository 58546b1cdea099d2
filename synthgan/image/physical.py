"""What the numbers of a set of images mean: units, spacing, window, modality."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthgan.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_DROPPED_WHERE_RARE = ("spacing", "thickness", "window", "modality", "bits", "frame_ms")


@dataclass(frozen=True)
class Physical:
    """What pixels mean, the same for every image of a set: it describes how they were taken, never a person.

    Attributes:
        spacing: millimetres from one pixel to the next, along each side in the order of the array: height and width, or
            depth, height and width; None where nobody knows.
        thickness: of a slice, in millimetres.
        slope: with ``intercept``, the value of a pixel in the units of its source (Hounsfield units, say):
            ``slope * pixel + intercept``.
        intercept: the value of a pixel of 0.
        window: centre and width of what is to be shown, in the units of the source.
        modality: how the images were taken, as DICOM says it: ``"CT"``, ``"MR"``, ``"DX"``.
        bits: how many bits a pixel needs (DICOM's Bits Stored).
        frame_ms: milliseconds from one frame of a clip to the next.
        held: how many images had exactly this, by name, where it was read from files; see ``common``.

    Raises:
        DataError: if a number is none, or one that must be above 0 is not.

    Example:
        >>> Physical(spacing=(0.7, 0.7), intercept=-1024.0, modality="CT").values(np.array([0, 1064], np.uint16)).tolist()
        [-1024.0, 40.0]
    """

    spacing: tuple[float, ...] | None = None
    thickness: float | None = None
    slope: float = 1.0
    intercept: float = 0.0
    window: tuple[float, float] | None = None
    modality: str | None = None
    bits: int | None = None
    frame_ms: float | None = None
    held: Mapping[str, int] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        """Check every number."""
        above_0 = [
            *(self.spacing or ()),
            *([] if self.thickness is None else [self.thickness]),
            *([] if self.frame_ms is None else [self.frame_ms]),
            *(self.window or ())[1:],
        ]
        numbers = [*above_0, self.slope, self.intercept, *(self.window or ())]
        if not all(math.isfinite(number) for number in numbers) or not self.slope or min(above_0, default=1) <= 0:
            raise DataError(
                f"what pixels mean must be finite numbers, lengths above 0 and no slope of 0, however: spacing "
                f"{self.spacing}, thickness {self.thickness}, frame time {self.frame_ms} ms, slope {self.slope}, "
                f"intercept {self.intercept}, window "
                f"{self.window}"
            )

    def values(self, pixels: NDArray[Any]) -> NDArray[np.float64]:
        """Pixels in the units of their source, float64 of the same shape."""
        return self.slope * pixels.astype(np.float64) + self.intercept

    @property
    def is_lost_in_pictures(self) -> bool:
        """Whether it says what no file of a picture can hold: units, lengths, how images were taken."""
        return (self.slope, self.intercept) != (1, 0) or self.spacing is not None or self.modality is not None

    def common(self, few: int) -> Self:
        """The same without what fewer than ``few`` images had in common, so that it tells of the set alone.

        Slope and intercept stay: they are those of all images, or were chosen by ``synthgan.image.io.scans`` for all.
        """
        rare = {name: None for name in _DROPPED_WHERE_RARE if self.held.get(name, few) < few}
        changes: dict[str, Any] = {**rare, "held": {}}
        return replace(self, **changes)

    def scaled(self, factors: tuple[float, ...]) -> Self:
        """The same after each side was made so many times as long in pixels."""
        if self.spacing is None:
            return self
        return replace(self, spacing=tuple(s / factor for s, factor in zip(self.spacing, factors, strict=True)))

    def as_json(self) -> dict[str, Any]:
        """All of it but ``held``, as a model file holds it."""
        return {name: value for name, value in asdict(self).items() if name != "held"}

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> Self:
        """What ``as_json`` wrote.

        Raises:
            TypeError: if there are other names in it.
            DataError: if it is nothing that pixels can mean.
        """
        pairs = {name: tuple(state[name]) for name in ("spacing", "window") if state.get(name) is not None}
        return cls(**{**state, **pairs})
