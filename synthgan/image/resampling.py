"""Brings images to another size: scaled without aliasing, then padded or cropped around their middle; and back again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthgan.errors import DataError, Remedy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Sides = tuple[int, ...]


@dataclass(frozen=True)
class Target:
    """The size that images are brought to.

    Without a spacing each image is scaled by one factor, so that it just fits the box. With one, each is resampled to it,
    whatever its size. What is then smaller than the box is padded around its middle with the darkest value of its own, and
    what is larger is cropped.

    Attributes:
        resolution: of all sides in pixels, or of each of them (height and width, with the depth before them in a volume);
            None takes the largest size that images come to.
        spacing: millimetres from one pixel to the next, along every side; None asks for none.
    """

    resolution: int | Sequence[int] | None = None
    spacing: float | None = None

    @classmethod
    def of(cls, resolution: int | Sequence[int] | None, spacing: float | None) -> Self | None:
        """The target of these; None where nothing is asked for."""
        return None if resolution is None and spacing is None else cls(resolution, spacing)

    def box(self, count: int) -> Sides | None:
        """The sides that images end with; None where images decide.

        Raises:
            DataError: if there is not a number for each side.
        """
        if self.resolution is None:
            return None
        given = [self.resolution] * count if isinstance(self.resolution, int) else [*self.resolution]
        if len(given) != count:
            raise DataError(
                f"resolution must be one number, or one for each of {count} sides, however: {len(given)} numbers",
                parameter="resolution",
            )
        return tuple(given)

    def scaled(self, sides: Sides, spacing: Sequence[float] | None, name: object) -> Sides:
        """The sides of an image after scaling alone.

        Raises:
            DataError: if a spacing is asked for, and the image does not say its own.
        """
        if self.spacing is not None:
            if spacing is None:
                raise DataError(
                    f"{name} must state its spacing to be brought to {self.spacing:g} mm, however: it states none",
                    remedy=Remedy.option("resolution", max(sides), "in place of the spacing"),
                )
            return tuple(max(1, round(side * own / self.spacing)) for side, own in zip(sides, spacing, strict=True))
        box = self.box(len(sides)) or sides
        factor = min(end / side for end, side in zip(box, sides, strict=True))
        return tuple(min(end, max(1, round(side * factor))) for end, side in zip(box, sides, strict=True))


@dataclass(frozen=True)
class Fit:
    """How images of one size were brought to another.

    Attributes:
        original: the sides they had.
        scaled: these after scaling, before they were padded or cropped.
        held: how many images had exactly these.

    Example:
        >>> fit = Fit((4, 8), (2, 4))
        >>> small = fit.forth(np.arange(32.0).reshape(4, 8, 1), (4, 4))
        >>> small.shape, small[0, 0, 0] == small.min(), fit.back(small).shape
        ((4, 4, 1), True, (4, 8, 1))
    """

    original: Sides
    scaled: Sides
    held: int = field(default=0, compare=False)

    def forth(self, numbers: NDArray[Any], box: Sides, *, darkest_is_highest: bool = False) -> NDArray[Any]:
        """An image ``[*original, channels]`` as ``[*box, channels]``, in its own type."""
        edge = numbers.max() if darkest_is_highest else numbers.min()
        return boxed(scaled_to(numbers, self.scaled), box, edge)

    def back(self, numbers: NDArray[Any]) -> NDArray[Any]:
        """The same the other way round; what was cropped away comes back as the darkest value."""
        return scaled_to(boxed(numbers, self.scaled, numbers.min()), self.original)

    def labels_forth(self, labels: NDArray[Any], box: Sides) -> NDArray[Any]:
        """A mask ``[*original]`` as ``[*box]``: each pixel has the label of the nearest one, what is padded none."""
        return boxed(nearest_to(labels[..., None], self.scaled), box, 0)[..., 0]

    def labels_back(self, labels: NDArray[Any]) -> NDArray[Any]:
        """The same the other way round; what was cropped away comes back without a label."""
        return nearest_to(boxed(labels[..., None], self.scaled, 0), self.original)[..., 0]

    def as_json(self) -> dict[str, list[int]]:
        """Both sizes, as a manifest holds them."""
        return {"original": [*self.original], "scaled": [*self.scaled]}

    @classmethod
    def from_json(cls, state: dict[str, list[int]]) -> Self:
        """What ``as_json`` wrote."""
        return cls(tuple(state["original"]), tuple(state["scaled"]))

    def spaced(self, spacing: tuple[float, ...] | None, *, back: bool = False) -> tuple[float, ...] | None:
        """The spacing after scaling, or before it."""
        if spacing is None:
            return None
        ends = zip(self.scaled, self.original, strict=True) if back else zip(self.original, self.scaled, strict=True)
        return tuple(length * one / other for length, (one, other) in zip(spacing, ends, strict=True))


def boxed(numbers: NDArray[Any], box: Sides, edge: Any) -> NDArray[Any]:
    """An image ``[*sides, channels]`` padded or cropped around its middle to ``[*box, channels]``."""
    result = np.full((*box, numbers.shape[-1]), edge, numbers.dtype)
    inside, taken = [], []
    for side, end in zip(numbers.shape[:-1], box, strict=True):
        kept = min(side, end)
        inside.append(slice((end - kept) // 2, (end - kept) // 2 + kept))
        taken.append(slice((side - kept) // 2, (side - kept) // 2 + kept))
    result[tuple(inside)] = numbers[tuple(taken)]
    return result


def scaled_to(numbers: NDArray[Any], sides: Sides) -> NDArray[Any]:
    """An image ``[*sides, channels]`` scaled, by a triangular filter as wide as what a pixel stands for; rounded in whole numbers.

    One side after the other: PyTorch filters two at once, and volumes have three.
    """
    if numbers.shape[:-1] == tuple(sides):
        return numbers
    import torch
    from torch.nn.functional import interpolate

    result = torch.as_tensor(numbers.astype(np.float64))
    for axis, side in enumerate(sides):
        if result.shape[axis] != side:
            lines = result.movedim(axis, 0).flatten(1)[None, None]
            size = (side, lines.shape[-1])
            lines = interpolate(lines, size=size, mode="bilinear", antialias=True)[0, 0]
            shape = [side, *(other for index, other in enumerate(result.shape) if index != axis)]
            result = lines.reshape(shape).movedim(0, axis)
    scaled = result.contiguous().numpy()
    whole = numbers.dtype.kind in "iu"
    # The filter stays between darkest and brightest, but for rounding.
    return (np.rint(scaled).clip(numbers.min(), numbers.max()) if whole else scaled).astype(numbers.dtype)


def nearest_to(labels: NDArray[Any], sides: Sides) -> NDArray[Any]:
    """Labels of pixels ``[*sides, channels]`` at another size: each is that of the nearest pixel, and none is invented."""
    for axis, side in enumerate(sides):
        old = labels.shape[axis]
        labels = labels.take(((np.arange(side) + 0.5) * old / side).astype(np.int64).clip(0, old - 1), axis=axis)
    return labels
