"""How large images may be, and what names their classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.errors import DataError, Remedy

if TYPE_CHECKING:
    from collections.abc import Iterable

LABEL = "label"
MASKS = "masks"  # the array, or the folder beside images
MAX_PIXELS_A_SIDE = 1024
MAX_VOXELS_A_SIDE = 64
MAX_SUGGESTED = 256  # pixels a side
MAX_LABEL = 200  # characters; in an array a longer one makes room for as many in all others


def check_size(width: int, height: int, name: object, depth: int | None = None) -> None:
    """Refuse images, or volumes where there is a depth, that are too large to learn.

    Raises:
        DataError: if a side is longer than ``MAX_PIXELS_A_SIDE``, or than ``MAX_VOXELS_A_SIDE`` in a volume.
    """
    if depth is not None:
        if max(width, height, depth) > MAX_VOXELS_A_SIDE:
            raise DataError(
                f"{name} must be at most {MAX_VOXELS_A_SIDE} voxels a side, however: {width} x {height} x {depth}",
                remedy=Remedy.option("resolution", MAX_VOXELS_A_SIDE, "scales all down"),
            )
    elif max(width, height) > MAX_PIXELS_A_SIDE:
        raise DataError(
            f"{name} must be at most {MAX_PIXELS_A_SIDE} pixels a side, however: {width} x {height}",
            remedy=Remedy.option("resolution", MAX_SUGGESTED, "scales all down"),
        )


def label_column(index: object) -> str:
    """What one of several labels that an image has at once is called as a column.

    Example:
        >>> label_column(3)
        'label_3'
    """
    return f"{LABEL}_{index}"


def columns_of_classes(names: Iterable[str]) -> list[str]:
    """Those of some columns that hold the classes where nobody said which: ``label`` or, of several labels at once, all of them.

    Example:
        >>> columns_of_classes(["age", "label"]), columns_of_classes(["label_0", "label_1"]), columns_of_classes(["age"])
        (['label'], ['label_0', 'label_1'], [])
    """
    names = list(names)
    return [LABEL] if LABEL in names else [name for name in names if name.startswith(label_column(""))]


def label_text(value: object) -> str | None:
    """What a value names as a class, by itself; None where it is neither text nor a number, or too long.

    Example:
        >>> [label_text(value) for value in ("ill", 3, True, float("nan"), None, ["ill"])]
        ['ill', '3', 'True', None, None, None]
    """
    if isinstance(value, (str, bool, int, float, np.bool_, np.integer, np.floating)) and value == value:  # noqa: PLR0124 (NaN)
        try:
            text = str(value)
        except ValueError:  # a whole number of thousands of digits
            return None
        return text if len(text) <= MAX_LABEL else None
    return None
