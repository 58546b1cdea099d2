"""How large images may be, and what names their classes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from synthgan.errors import DataError, Remedy

if TYPE_CHECKING:
    from collections.abc import Iterable

LABEL = "label"
MASKS = "masks"  # the array, or the folder beside images
MAX_SIDE = 1024  # pixels or voxels
MAX_PIXELS = 1 << 27  # of one image or volume: beyond it a model file could make any machine run out of memory
SUGGESTED_PIXELS, SUGGESTED_VOXELS = 256, 64  # a side
MAX_LABEL = 200  # characters; in an array a longer one makes room for as many in all others


def check_size(width: int, height: int, name: object, depth: int | None = None) -> None:
    """Refuse images, or volumes where there is a depth, that no model file may hold; memory alone bounds those below.

    Raises:
        DataError: if a side is longer than ``MAX_SIDE``, or there are more than ``MAX_PIXELS``.
    """
    sides = (width, height) if depth is None else (width, height, depth)
    what, size = ("pixels", SUGGESTED_PIXELS) if depth is None else ("voxels", SUGGESTED_VOXELS)
    if max(sides) > MAX_SIDE or math.prod(sides) > MAX_PIXELS:
        most = f"{MAX_SIDE} {what} a side" if max(sides) > MAX_SIDE else f"{MAX_PIXELS:,} {what} in all"
        raise DataError(
            f"{name} must be at most {most}, however: {' x '.join(map(str, sides))}",
            remedy=Remedy.option("resolution", size, "scales all down"),
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
