"""Bounded contribution: no unit, a patient say, has more rows in a private fit than was said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from synthgan.data.containers.raw import decoded, raw_column
from synthgan.data.rows import take
from synthgan.privacy.noise import uniform

if TYPE_CHECKING:
    from synthgan.data import Frame


def limit_rows(frame: Frame, unit: str | int, most: int) -> Frame:
    """The frame with at most that many rows of each unit, chosen at random; a row that names no unit is one of its own.

    Raises:
        DataError: if there is no such column.
    """
    values = decoded(raw_column(frame, unit).values)
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    codes = np.asarray(values.dictionary_encode().indices.fill_null(-1)).astype(np.int64)
    nameless = codes < 0
    codes[nameless] = len(codes) + np.arange(nameless.sum())
    order = np.lexsort((uniform(len(codes)), codes))
    ordered = codes[order]
    rank = np.arange(len(codes)) - np.searchsorted(ordered, ordered)
    return take(frame, np.sort(order[rank < most]))
