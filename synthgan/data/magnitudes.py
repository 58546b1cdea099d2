"""Finds what numbers too large for float64 can be counted from, so that none of them is confused with another."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.data.column import Kind
from synthgan.data.containers.decimals import to_whole

MAX_EXACT: Final = 2**53  # floats tell whole numbers apart up to here
_MAX_LEVELS, _MIN_SHARE = 1_000, 10


def magnified(values: pa.Array, found: dict[str, Any]) -> dict[str, Any]:
    """Adds to what was found of whole numbers or decimals how they stay apart where float64 has too few digits.

    Large numbers that are alike get a ``base``, a round number below all of them, from which they are counted. Few large
    numbers that are not alike are levels. Of many, the first 15 digits or so are learned.

    Args:
        values: Arrow array [rows] of integers or decimals, of which one or more are there.
        found: kind and decimals.

    Example:
        >>> magnified(pa.array([10**17 + 3, 10**17 + 40]), {"kind": Kind.INTEGER})["base"]
        100000000000000000
    """
    decimals = found.get("decimals") or 0
    if found["kind"] not in {Kind.INTEGER, Kind.DECIMAL} or ("decimals" in found and found["decimals"] is None):
        return found
    size = float(np.nanmax(np.abs(np.asarray(values.drop_null().cast(pa.float64(), safe=False)))))
    if size * 10**decimals < MAX_EXACT:
        return found
    scale = values.type.scale if pa.types.is_decimal(values.type) else 0
    whole = [one for one in to_whole(values) if one is not None]
    unit, times = 10 ** max(scale, 0), 10 ** max(-scale, 0)
    low, high = min(whole) * times, max(whole) * times
    coarse = 10 ** len(str((high - low) // unit))
    base = low // unit // coarse * coarse
    if (high - base * unit) * 10**decimals // unit < MAX_EXACT:
        return {**found, "base": base} if base else found
    distinct = pc.count_distinct(values).as_py() if scale >= 0 else len(set(whole))
    if distinct <= min(_MAX_LEVELS, len(whole) // _MIN_SHARE):
        return {"kind": Kind.CATEGORY}
    return found
