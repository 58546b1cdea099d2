"""Turns values (the levels of a category, say) into JSON scalars, and back into Arrow."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from synthgan.data.stamps import from_text, is_temporal, to_counts, to_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synthgan.data.column import Scalar


def to_scalars(values: pa.Array) -> tuple[Scalar, ...]:
    """Writes values as JSON scalars: text, numbers and booleans as they are, decimals as text, moments as ISO 8601.

    Args:
        values: Arrow array [levels] without missing values.
    """
    if is_temporal(values.type):
        return tuple(to_text(count, values.type) for count in to_counts(values).tolist())
    if pa.types.is_decimal(values.type):
        return tuple(map(str, values.to_pylist()))
    return tuple(values.to_pylist())


def from_scalars(levels: Iterable[Scalar], kind: pa.DataType | None) -> pa.Array:
    """Reads JSON scalars as Arrow values [levels] of a type (None: decimals, of the scale they need).

    Raises:
        ValueError: a level cannot be a value of that type (pyarrow's errors included).
    """
    if kind is None:
        return pa.array([Decimal(str(level)) for level in levels])
    if is_temporal(kind):
        counts = [from_text(str(level), kind) for level in levels]
        return pa.array(counts, type=pa.int64()).cast(f"int{kind.bit_width}").cast(kind)
    if pa.types.is_decimal(kind):
        return pa.array([Decimal(str(level)) for level in levels], type=kind)
    if pa.types.is_floating(kind):
        return pa.array(np.array(list(levels), kind.to_pandas_dtype()))
    return pa.array(levels, type=kind)


def parse_durations(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Reads text as durations ("PT90S", or the clock's "00:01:30") or times of day ("08:30:00", or "PT8H30M").

    Args:
        values: Arrow array [rows] of text.
        kind: a duration or time type.

    Raises:
        ValueError: some text is neither.
    """
    coded = values.dictionary_encode()
    return from_scalars(coded.dictionary.to_pylist(), kind).take(coded.indices)
