"""What images of a private fit have in common: size, kind, and the fixed grid that the values of each are brought to by itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthgan.errors import DataError
from synthgan.image.physical import Physical

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Of values whose range is known by how they were taken: Hounsfield units in 12 bits (DICOM PS3.3 C.8.2.1).
RANGES = {"CT": (-1024.0, 3071.0)}
_TOP = int(np.iinfo(np.uint16).max)
_MIN_WHOLE_STEPS = 255


@dataclass(frozen=True)
class Scale:
    """A grid of values: a pixel stands for ``slope * pixel + intercept``.

    Attributes:
        slope: from one step to the next, in the units of the source.
        intercept: what a pixel of 0 stands for.
        top: the highest pixel; the lowest is 0.

    Raises:
        DataError: if slope or intercept is not finite, or the slope is 0.

    Example:
        >>> Scale.of_range(-1024, 3071)
        Scale(slope=1.0, intercept=-1024.0, top=4095)
        >>> Scale.of_range(-1024, 3071).onto(np.array([np.nan, -2000.0, 40.2, 1e6])).tolist()
        [0, 0, 1064, 4095]
    """

    slope: float
    intercept: float
    top: int

    def __post_init__(self) -> None:
        """Check both numbers."""
        if not (math.isfinite(self.slope) and math.isfinite(self.intercept) and self.slope):
            raise DataError(
                f"values must lie on a finite grid, however: its step is {self.slope} and its start {self.intercept}"
            )

    @classmethod
    def of_range(cls, low: float, high: float) -> Self:
        """The grid of a range: in steps of 1 if both ends are whole and 255 to 65,535 apart, else in 65,535 steps."""
        whole = float(low).is_integer() and float(high).is_integer() and _MIN_WHOLE_STEPS <= high - low <= _TOP
        top = round(high - low) if whole else _TOP
        return cls(1.0 if whole else (high - low) / _TOP, float(low), top)

    @property
    def dtype(self) -> str:
        """The type of its pixels: ``"uint8"`` or ``"uint16"``."""
        return "uint8" if self.top <= np.iinfo(np.uint8).max else "uint16"

    def onto(self, values: NDArray[Any]) -> NDArray[Any]:
        """Values in the units of the source as pixels; what lies outside is clipped, what is no number becomes 0."""
        with np.errstate(all="ignore"):
            steps = np.rint((np.asarray(values, dtype=np.float64) - self.intercept) / self.slope)
            return np.nan_to_num(steps.clip(0, self.top), nan=0.0).astype(self.dtype)


# The whole range of a type.
PLAIN = {name: Scale(1.0, 0.0, int(np.iinfo(name).max)) for name in ("uint8", "uint16")}


@dataclass(frozen=True)
class Frame:
    """What is public of the images of a private fit: declared, fixed, typed at the source, or found by a noisy threshold.

    Attributes:
        shape: height, width and channels; or depth, height, width and 1.
        scale: the grid of their values; None where these have none (floating point, wide numbers) and no range was declared.
        modality: as DICOM says it.
        clip: whether the first side is time.
    """

    shape: tuple[int, ...]
    scale: Scale | None
    modality: str | None = None
    clip: bool = False

    @classmethod
    def of(
        cls, shape: tuple[int, ...], own: Scale | None, modality: str | None, declared: tuple[float, float] | None
    ) -> Self:
        """The frame of one image: its own grid counts only where neither a range was declared nor its modality has one."""
        bounds = declared or RANGES.get(modality or "")
        return cls(shape, own if bounds is None else Scale.of_range(*bounds), modality)

    @property
    def physical(self) -> Physical | None:
        """What pixels mean; None where they are plain numbers of 8 or 16 bits."""
        if self.scale is None or (self.scale in PLAIN.values() and self.modality is None):
            return None
        return Physical(slope=self.scale.slope, intercept=self.scale.intercept, modality=self.modality)
