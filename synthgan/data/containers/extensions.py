"""pandas' types of its own: periods, sparse arrays, and intervals as the levels of a category."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    import pandas as pd

PERIOD: Final = re.compile(r"period\[(?!ns\])(.+)\]")
SPARSE: Final = re.compile(r"Sparse\[(bool|u?int(?:8|16|32|64)|float(?:32|64)), (.+)\]")
INTERVAL: Final = re.compile(r"interval\[(u?int64|float64|datetime64\[(?:s|ms|us|ns)\]), (right|left|both|neither)\]")
_LIMITS: Final = re.compile(r"[\[(](.+), (.+)[\])]")


def extension_storage(text: str) -> pa.DataType | None:
    """The Arrow type that holds such a column: of a period its beginning, of an interval its text; None for other types."""
    if PERIOD.fullmatch(text):
        return pa.timestamp("us")
    if match := SPARSE.fullmatch(text):
        return pa.from_numpy_dtype(match[1])
    return pa.large_string() if INTERVAL.fullmatch(text) else None


def from_extension(series: pd.Series[Any]) -> pa.Array | None:
    """The values of such a column in that type; None for other types."""
    text, values = str(series.dtype), series.array
    if PERIOD.fullmatch(text):
        return pa.array(values.to_timestamp().astype("datetime64[us]"), from_pandas=True)
    if SPARSE.fullmatch(text):
        return pa.array(np.asarray(values), from_pandas=True)
    if INTERVAL.fullmatch(text):
        return pa.array([None if one is None else str(one) for one in series.astype(object)], pa.large_string())
    return None


def to_extension(values: pa.Array, text: str) -> Any:
    """Arrow values of that type as a pandas array of a type; None for other types, and where a text is no interval."""
    import pandas as pd

    if match := PERIOD.fullmatch(text):
        stamps = values.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False)
        return pd.PeriodIndex(stamps, freq=match[1]).array
    if match := SPARSE.fullmatch(text):
        kind = np.dtype(match[1])
        fill = match[2] == "True" if kind.kind == "b" else kind.type(match[2]).item()
        dense = values.cast(pa.from_numpy_dtype(kind)).to_numpy(zero_copy_only=False)
        return pd.arrays.SparseArray(dense.astype(kind), dtype=pd.SparseDtype(kind, fill))
    if match := INTERVAL.fullmatch(text):
        return _to_intervals(values.to_pylist(), *match.groups())
    return None


def _to_intervals(texts: list[str], kind: str, closed: str) -> Any:
    import pandas as pd

    found = [_LIMITS.fullmatch(text) for text in texts]
    if not all(found):  # a word that stands for rare ones
        return None
    read = pd.Timestamp if kind.startswith("datetime64") else (int if "int" in kind else float)
    limits = [(read(one[1]), read(one[2])) for one in found if one is not None]
    return pd.arrays.IntervalArray.from_tuples(limits, closed=closed, dtype=pd.IntervalDtype(kind, closed))
