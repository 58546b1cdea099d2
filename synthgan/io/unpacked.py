"""Says how much memory Arrow data take once dictionaries, views and columns of nothing are spelt out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterable

CELL_BYTES: Final = 8  # what a number, a code or an offset takes at most
_VIEW_BYTES, _VIEW_INTEGERS = 16, 4


def spelt_out_bytes(data: pa.Table | pa.RecordBatch) -> int:
    """Adds up what each column would take as plain values, which nothing in a file of little bytes bounds.

    Example:
        >>> levels = pa.array(["a long level" * 100])
        >>> table = pa.table({"x": pa.DictionaryArray.from_arrays(np.zeros(1000, np.int8), levels)})
        >>> spelt_out_bytes(table)
        1208000
    """
    return sum(_of_column(column) for column in data.columns)


def _of_column(column: pa.ChunkedArray | pa.Array) -> int:
    chunks: Iterable[pa.Array] = column.chunks if isinstance(column, pa.ChunkedArray) else (column,)
    return sum(_of_chunk(chunk) for chunk in chunks)


def _of_chunk(chunk: pa.Array) -> int:
    kind, cells = chunk.type, CELL_BYTES * len(chunk)
    if pa.types.is_dictionary(kind):
        return cells + _of_dictionary(chunk)
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
        return cells + _of_views(chunk)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return cells + _of_column(chunk.flatten())
    if pa.types.is_struct(kind):
        return cells + sum(_of_column(part) for part in chunk.flatten())
    return max(cells, chunk.nbytes)


def _of_dictionary(chunk: pa.DictionaryArray) -> int:
    levels = chunk.dictionary
    if not _has_length(levels.type):
        return 0
    lengths = pc.binary_length(levels).cast(pa.int64())
    return pc.sum(lengths.take(chunk.indices)).as_py() or 0


def _of_views(chunk: pa.Array) -> int:
    """A view begins with its length; any number of views may share their text."""
    views = np.frombuffer(chunk.buffers()[1], np.int32, _VIEW_INTEGERS * len(chunk), _VIEW_BYTES * chunk.offset)
    lengths = np.where(np.asarray(chunk.is_valid()), views[::_VIEW_INTEGERS], 0)
    return int(lengths.sum(dtype=np.int64))


def _has_length(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind))
