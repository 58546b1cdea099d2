"""Finds the row that each key refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NULL: Final = -1  # no key
ORPHAN: Final = -2  # a key that no row has


def link(
    child: pd.DataFrame, columns: Sequence[str], parent: pd.DataFrame, referenced: Sequence[str]
) -> NDArray[np.int64]:
    """Gives for each row of a child the position of the row it refers to: int64 [rows].

    Args:
        child: the table that has the key.
        columns: of the key.
        parent: the table that is referred to.
        referenced: its columns; where several rows have one key, the first counts.

    Returns:
        Positions from 0 on; `NULL` (-1) where a part of the key is missing, `ORPHAN` (-2) where no row has it.
    """
    missing = child[list(columns)].isna().any(axis=1).to_numpy()
    there = np.flatnonzero(parent[list(referenced)].notna().all(axis=1).to_numpy())
    known, asked = key_index(parent, referenced)[there], key_index(child, columns)
    is_first = ~known.duplicated()
    first, at = there[is_first], known[is_first].get_indexer(asked)
    rows = np.append(first, ORPHAN)[at]  # -1, where there is none, is the last
    return np.where(missing, NULL, rows).astype(np.int64)


def tells_apart(frame: pd.DataFrame, columns: Sequence[str]) -> bool:
    """Whether columns are there, are never missing, and have other values in every row."""
    if not set(columns) <= set(frame.columns):
        return False
    part = frame[list(columns)]
    return not (part.duplicated().any() or part.isna().any(axis=None))


def key_index(frame: pd.DataFrame, columns: Sequence[str]) -> pd.Index:
    """The values of a key as an index that is alike for numbers of any type, and for text of any type."""
    plain = [plain_values(frame[name]) for name in columns]
    return pd.Index(plain[0]) if len(plain) == 1 else pd.MultiIndex.from_arrays(plain)


def plain_values(series: pd.Series[Any]) -> NDArray[Any]:
    """The values of one column of a key [rows]: int64 where all are whole numbers (0 where missing), else float64 or objects."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(series.dtype.categories.dtype)
    if series.dtype == object and pd.api.types.infer_dtype(series, skipna=True) == "integer":
        series = series.astype("Int64")
    if pd.api.types.is_bool_dtype(series.dtype):
        series = series.astype("Int8")
    if pd.api.types.is_integer_dtype(series.dtype):
        return _whole(series)
    if pd.api.types.is_float_dtype(series.dtype):
        values = series.to_numpy(np.float64, na_value=np.nan)
        whole = np.isnan(values) | (np.abs(values) < 2**53) & (np.floor(values) == values)
        return np.where(np.isnan(values), 0, values).astype(np.int64) if whole.all() else values
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        return series.to_numpy("datetime64[ns]", na_value=np.datetime64("NaT")).astype(np.int64)
    values = series.to_numpy(object, copy=True)
    values[series.isna().to_numpy()] = None
    return values


def _whole(series: pd.Series[Any]) -> NDArray[np.int64]:
    if series.hasnans:
        return series.fillna(0).to_numpy(np.int64)
    return series.to_numpy(np.int64)
