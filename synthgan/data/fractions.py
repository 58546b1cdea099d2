"""Finds to how many digits after the point numbers are exact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from synthgan.data.column import MAX_DECIMALS

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GLANCE_ROWS: Final = 1_000


def decimals_of(numbers: NDArray[np.floating[Any]]) -> int | None:
    """Finds the fewest digits after the point to which every number is exact, or None.

    Digits beyond the precision of the type say nothing (any float32 equals itself rounded to ten digits), so a
    number of digits counts only where one step of it is still larger than the spacing of the largest number.
    """
    wide = numbers.astype(np.float64)
    greatest = min(float(np.abs(numbers).max()), float(np.finfo(numbers.dtype).max) / 2)
    spacing = float(np.spacing(numbers.dtype.type(greatest)))
    for decimals in range(1, MAX_DECIMALS + 1):
        if 10.0**-decimals <= spacing:
            return None
        # A glance at the first rows spares most full passes.
        parts = (slice(_GLANCE_ROWS), slice(None))
        if all((np.round(wide[part], decimals).astype(numbers.dtype) == numbers[part]).all() for part in parts):
            return decimals
    return None


def decimals_of_decimals(values: pa.Array) -> int | None:
    """Finds the fewest digits after the point that hold every decimal of an Arrow array exactly, or None."""
    scale = max(values.type.scale, 0)
    for decimals in range(min(scale, MAX_DECIMALS + 1)):
        try:
            values.cast(pa.decimal256(76, decimals))
        except pa.ArrowInvalid:  # digits would be lost
            continue
        return decimals
    return scale if scale <= MAX_DECIMALS else None
