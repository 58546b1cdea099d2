"""Masks: which structure each pixel of an image shows, as exact labels, as smooth fields that networks learn, and back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthgan.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch
    from numpy.typing import NDArray

MASK = "mask"  # what the only structure is called where nobody named it
MAX_STRUCTURES = 16
MAX_NAME = 200  # characters
DTYPES = ("bool", "uint8", "uint16", "int16", "int32", "uint32", "int64")
REACH = 3  # pixels from an edge at which a field is at its end
STEPS = 127  # of a field, on either side of an edge


@dataclass(frozen=True)
class Structures:
    """The structures that masks show.

    Attributes:
        names: what each is called.
        values: the number that stands for each in files and arrays; 0 is background.
        dtype: the type of those.
    """

    names: tuple[str, ...]
    values: tuple[int, ...]
    dtype: str = "uint8"

    def __len__(self) -> int:
        """How many there are."""
        return len(self.names)

    def called(self, names: Sequence[str] | None) -> Self:
        """The same under other names, in the order of their numbers; themselves where there are none.

        Raises:
            DataError: if there is not one for each.
        """
        if names is None:
            return self
        if len(names) != len(self):
            raise DataError(
                f"structures must be one name for each of {', '.join(map(str, self.values))}, however: {', '.join(names)}",
                parameter="structures",
            )
        return replace(self, names=tuple(names))

    def values_of(self, labels: NDArray[Any]) -> NDArray[Any]:
        """The numbers of files for codes 0 (background), 1, 2, …, in the type that they had."""
        return np.array([0, *self.values], dtype=self.dtype)[labels]

    def plain_of(self, labels: NDArray[Any]) -> NDArray[Any]:
        """The numbers of files in the smallest of uint8, uint16 and int32 that holds all; 255 and 0 where they were booleans.

        Raises:
            DataError: if there are larger ones.
        """
        if self.dtype == "bool":
            return np.where(labels > 0, 255, 0).astype(np.uint8)
        for dtype in ("uint8", "uint16", "int32"):
            if np.iinfo(dtype).min <= min(self.values) and max(self.values) <= np.iinfo(dtype).max:
                return self.values_of(labels).astype(dtype)
        raise DataError(
            f"masks must have numbers of 32 bits to be written in files, however: {max(self.values)}; write an .npz"
        )

    def as_json(self) -> dict[str, Any]:
        """All of it, as a manifest holds it."""
        return {"names": [*self.names], "values": [*self.values], "dtype": self.dtype}

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> Self:
        """What ``as_json`` wrote."""
        return cls(tuple(state["names"]), tuple(state["values"]), state["dtype"])


@dataclass(frozen=True)
class Masks:
    """A mask for each image.

    **Shape**: ``labels`` is ``[n, height, width]`` or ``[n, depth, height, width]``.

    Attributes:
        labels: uint8; 0 is background, ``k`` the ``k``-th structure.
        structures: what they are.

    Example:
        >>> masks = Masks.of(np.array([[[0, 255], [0, 0]], [[7, 255], [0, 7]]], np.uint8))
        >>> masks.structures.values, masks.areas().tolist()
        ((7, 255), [[0.0, 0.25], [0.5, 0.25]])
    """

    labels: NDArray[np.uint8]
    structures: Structures

    @classmethod
    def of(cls, given: NDArray[Any], names: Sequence[str] | None = None) -> Self:
        """Masks of an array of numbers, each of which is a structure but 0.

        Args:
            given: booleans or whole numbers ``[n, *sides]``, or ``[n, *sides, 1]``.
            names: what structures are called, in the order of their numbers; None calls the only one ``mask``, and several by
                their numbers.

        Raises:
            DataError: if there are no structures, more than ``MAX_STRUCTURES``, or numbers that stand for none.
        """
        numbers = np.asarray(given)
        if numbers.dtype.kind == "f" and (numbers == np.rint(numbers)).all():
            numbers = numbers.astype(np.int32)
        if str(numbers.dtype) not in DTYPES:
            raise DataError(
                f"masks must be booleans or whole numbers, however: they are {numbers.dtype}; give each structure a number"
            )
        is_plain = numbers.dtype == bool  # whose only structure is known before any is seen
        values = (1,) if is_plain else tuple(int(value) for value in np.unique(numbers) if value)
        if not values:
            raise DataError("masks must show a structure, however: all are background; leave them out")
        if len(values) > MAX_STRUCTURES:
            raise DataError(
                f"masks must have at most {MAX_STRUCTURES} structures, however: {len(values)} numbers; where each stands for one "
                f"instance, give all of a structure one number"
            )
        called = (MASK,) if len(values) == 1 else tuple(map(str, values))
        structures = Structures(called, values, str(numbers.dtype)).called(names)
        labels = np.zeros(numbers.shape, np.uint8)
        for code, value in enumerate(values, 1):
            labels[numbers == value] = code
        return cls(labels, structures)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.labels)

    def take(self, indices: NDArray[Any] | slice) -> Self:
        """The masks at these indices."""
        return replace(self, labels=self.labels[indices])

    def changed(self, change: Callable[[NDArray[Any]], NDArray[Any]], *, clips: bool = False) -> Self:
        """The same after each mask, of clips that of each frame, was changed by itself."""
        flat = self.labels.reshape(-1, *self.labels.shape[2:]) if clips else self.labels
        labels = np.stack([change(mask) for mask in flat])
        return replace(self, labels=labels.reshape(*self.labels.shape[:2], *labels.shape[1:]) if clips else labels)

    def values(self) -> NDArray[Any]:
        """The masks as they stand in files."""
        return self.structures.values_of(self.labels)

    def areas(self) -> NDArray[np.float64]:
        """The share of each image that each structure takes, float64 ``[n, structures]``."""
        flat = self.labels.reshape(len(self), -1)
        return np.stack([(flat == code + 1).mean(1) for code in range(len(self.structures))], axis=1)

    def fields(self, *, clips: bool = False) -> NDArray[np.int8]:
        """How far inside or outside of each structure each pixel lies, int8 ``[n, *sides, structures]``; see ``field_of``.

        Of clips each frame is looked at by itself.
        """
        codes = range(1, len(self.structures) + 1)
        flat = self.labels.reshape(-1, *self.labels.shape[2:]) if clips else self.labels
        found = np.stack([np.stack([field_of(mask == code) for code in codes], axis=-1) for mask in flat])
        return found.reshape(*self.labels.shape, len(codes))

    def as_learned(self, structures: Structures) -> Self:
        """The same with the codes of structures that were learned before; where both have one alone, it is that, whatever its number.

        Raises:
            DataError: if they show others.
        """
        if len(self.structures) == len(structures) == 1:
            return type(self)(self.labels, structures)
        strange = [value for value in self.structures.values if value not in structures.values]
        if strange:
            raise DataError(
                f"masks must show structures that were learned ({', '.join(map(str, structures.values))}), however: {strange[0]}"
            )
        codes = [0, *(structures.values.index(value) + 1 for value in self.structures.values)]
        return type(self)(np.array(codes, np.uint8)[self.labels], structures)

    def without_rare(self, few: int) -> tuple[Self | None, list[str]]:
        """The same without structures that fewer than ``few`` images show, and the names of those; None where none is left."""
        shown = [(self.labels.reshape(len(self), -1) == code + 1).any(1).sum() for code in range(len(self.structures))]
        kept = [code for code, count in enumerate(shown) if count >= few]
        rare = [name for code, name in enumerate(self.structures.names) if code not in kept]
        if not rare:
            return self, []
        new = np.zeros(len(self.structures) + 1, np.uint8)
        new[[code + 1 for code in kept]] = np.arange(1, len(kept) + 1)
        names = tuple(self.structures.names[code] for code in kept)
        values = tuple(self.structures.values[code] for code in kept)
        left = replace(self, labels=new[self.labels], structures=Structures(names, values, self.structures.dtype))
        return (left if kept else None), rare


def field_of(inside: NDArray[np.bool_]) -> NDArray[np.int8]:
    """The signed distance of each pixel from the edge of a structure, in steps of a ``STEPS``-th of ``REACH`` pixels; int8.

    It is above 0 inside and below it outside, so that its sign is the mask to the pixel. A critic that sees hard edges
    from one side and soft ones from the other learns nothing else; of these both sides are smooth.

    Example:
        >>> field_of(np.array([False, False, True, True])).tolist()
        [-64, -21, 21, 64]
    """
    from scipy.ndimage import distance_transform_edt

    if inside.all() or not inside.any():
        return np.full(inside.shape, STEPS if inside.any() else -STEPS, np.int8)
    distance = np.where(inside, distance_transform_edt(inside) - 0.5, 0.5 - distance_transform_edt(~inside))
    field: NDArray[np.int8] = np.rint(STEPS * np.clip(distance / REACH, -1, 1)).astype(np.int8)
    return field


def labels_of(fields: torch.Tensor) -> NDArray[np.uint8]:
    """The labels of pixels by fields ``[n, structures, *sides]``: the structure that a pixel lies deepest in, if in any."""
    deepest, code = fields.max(1)
    labels: NDArray[np.uint8] = ((code + 1) * (deepest > 0)).to(device="cpu").numpy().astype(np.uint8)
    return labels
