"""Identifiers as files of earlier versions ask for them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.column import Column
    from synthgan.runtime import Streams


def make_identifiers(column: Column, first_row: int, rows: int, streams: Streams) -> NDArray[Any]:
    """Identifiers [rows] in the form of a column: a count of its width behind its constant prefix, or UUIDs."""
    pattern = column.pattern or "int:1"
    if pattern == "uuid":
        random = streams.numpy(f"uuid {column.name}", first_row)
        return np.array([str(uuid.UUID(bytes=random.bytes(16), version=4)) for _ in range(rows)], dtype=object)
    form, _, rest = pattern.partition(":")
    prefix, _, digits = rest.rpartition(":")
    # Counting starts at 10…0 so that every identifier has the width of the original ones.
    numbers = np.arange(first_row, first_row + rows, dtype=np.int64) + 10 ** max(int(digits) - 1, 0)
    if form == "int":
        return numbers
    return np.array([f"{prefix}{number}" for number in numbers], dtype=object)
