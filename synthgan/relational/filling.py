"""Foreign keys as values: what stands in the row that each refers to, in the type that the column had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from synthgan.data.keys import ForeignKey
    from synthgan.data.table import Table
    from synthgan.relational.lineage import Lineage
    from synthgan.relational.shape import Shape

    Positions = NDArray[np.int64]


def filled_keys(
    table: Table,
    shape: Shape,
    lineage: Lineage,
    frames: Mapping[str, pd.DataFrame],
    first: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """A table with its keys, all columns in their order.

    Args:
        table: its rows, keys apart.
        shape: of the table.
        lineage: which row each key refers to.
        frames: the tables that are referred to; one that is not there leaves its key missing for now.
        first: bool ``[rows]``: rows that stay, of those that have one primary key; None where it is the first of them.
    """
    own: pd.DataFrame = table.frame()
    columns: dict[str, Any] = {name: own[name] for name in own.columns}
    rows = len(own)
    keys: list[tuple[ForeignKey, Positions | None]] = [
        (one.key, lineage.refers.get((shape.name, one.key.columns))) for one in shape.references
    ]
    if shape.owner is not None:
        keys.append((shape.owner, lineage.owned_by[shape.name]))
    if shape.counter is not None:
        name, start = shape.counter
        columns[name] = as_type(counted(lineage.owned_by[shape.name]) + start, shape.key_dtypes[name])
    for key, positions in keys:
        source = own if key.table == shape.name else frames.get(key.table)
        for column, referred in zip(key.columns, key.referenced, strict=True):
            if positions is None or source is None:
                columns[column] = pd.Series([None] * rows, dtype=object)
                continue
            there = columns[referred] if key.table == shape.name and referred in columns else source[referred]
            values = taken(pd.Series(there).reset_index(drop=True), positions)
            columns[column] = as_type(values, shape.key_dtypes.get(column, str(values.dtype)))
    result = pd.DataFrame({name: columns[name] for name in shape.columns})
    return result if shape.children else without_twins(result, shape.primary_key, first)


def counted(owner: Positions) -> Positions:
    """How many rows of its owner stand before each row."""
    order = np.argsort(owner, kind="stable")
    sorted_owner, position = owner[order], np.empty(len(owner), dtype=np.int64)
    position[order] = np.arange(len(owner)) - np.searchsorted(sorted_owner, sorted_owner)
    return position


def taken(values: pd.Series[Any], positions: Positions) -> pd.Series[Any]:
    """The values at positions; missing where these are -1, a value that is not there where they are less."""
    if (positions < 0).any() and pd.api.types.is_integer_dtype(values.dtype) and isinstance(values.dtype, np.dtype):
        values = values.astype("UInt64" if values.dtype.kind == "u" else "Int64")  # floats do not hold all of them
    found = values.reindex(np.where(positions < 0, -1, positions)).reset_index(drop=True)
    lost = np.flatnonzero(positions < -1)
    if len(lost):
        found = found.astype(object)
        found.iloc[lost] = unknown_keys(values, len(lost))
    return found


def unknown_keys(values: pd.Series[Any], count: int) -> Sequence[Any]:
    """So many keys that no row has."""
    known = values.dropna()
    if pd.api.types.is_numeric_dtype(known.dtype):
        start = int(known.max()) + 1 if len(known) else 1
        return [start + index for index in range(count)]
    return [f"unknown-{index}" for index in range(1, count + 1)]


def as_type(values: Any, dtype: str) -> pd.Series[Any]:
    """Values in the type of a column, or, where that cannot hold what is missing, in the nearest one that can."""
    series = pd.Series(values)
    if series.isna().any() and dtype.startswith(("int", "uint")):
        dtype = "float64"
    if dtype == "object":
        series = series.astype(object)
        return series.where(series.notna(), None)
    try:
        return series.astype(dtype)
    except (TypeError, ValueError):
        return series


def without_twins(
    frame: pd.DataFrame, primary_key: tuple[str, ...], first: NDArray[np.bool_] | None = None
) -> pd.DataFrame:
    """The rows but for those whose primary key stands in one before them, or in one of the rows that come ``first``."""
    if not primary_key or not len(frame):
        return frame
    order = np.arange(len(frame)) if first is None else np.argsort(~first, kind="stable")
    return frame.iloc[np.sort(order[~frame.iloc[order].duplicated(list(primary_key))])].reset_index(drop=True)
