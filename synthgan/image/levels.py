"""Reads the levels of images' classes from a model file, in the type that their column had."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.io.contract import require

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DTYPE = re.compile(r"[<|]([iu][1248]|b1|U\d{1,5})")
MAX_BYTES = 4_096  # of a level; whole numbers that numpy made text take 84, however short they are
MAX_ALL_BYTES = 1 << 26  # of all of them


def levels_from(given: list[Any], dtype: str) -> NDArray[Any]:
    """Levels in the type of their column, which is one that levels can have: text may be wider there than any level is.

    Raises:
        MisfitError: if it is not, or levels are not sorted.
    """
    natural = np.array(given)
    require(_DTYPE.fullmatch(dtype), "levels_dtype", "text, whole numbers or booleans")
    typed = np.dtype(dtype)
    require(typed.kind == natural.dtype.kind or {typed.kind, natural.dtype.kind} == {"i", "u"}, "levels", f"{dtype}")
    is_wide = typed.itemsize > max(natural.dtype.itemsize, MAX_BYTES) or typed.itemsize * len(given) > MAX_ALL_BYTES
    levels = natural if is_wide else natural.astype(typed)
    require(levels.dtype == typed and (levels == natural).all(), "levels", f"{dtype}")
    require(np.array_equal(levels, np.unique(levels)), "levels", "sorted and different")
    return levels
