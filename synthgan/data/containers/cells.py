"""Hands out the cells of a column one by one: its type without any row, and its cells without a refusal."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import numbers
import uuid
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from synthgan.data.containers.dtypes import ORDERED
from synthgan.data.containers.raw import RawColumn, container_of, decoded, pandas_series, raw_column
from synthgan.data.stamps import to_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synthgan.data.containers.raw import Frame

_MISSING = {"NoneType", "NAType", "NaTType"}
_LENGTH = pa.duration("ns")


def typed_column(frame: Frame, name: str | int) -> RawColumn:
    """Gives a column's type and none of its rows: a column without rows, as `raw_column` would give it.

    A pandas object column, and a category of objects, has no type of its own: it is taken as text.

    Raises:
        DataError: as `raw_column` does, because of names and types alone.

    Example:
        >>> import pandas as pd
        >>> typed_column(pd.DataFrame({"a": pd.Series([1, "x"], dtype=object)}), "a").dtype
        'object'
    """
    if is_objects(frame, name):
        return RawColumn(pa.nulls(0, pa.large_string()), "object", None)
    if _is_category_of_objects(frame, name):
        ordered = bool(pandas_series(frame, name).cat.ordered)
        values = pa.DictionaryArray.from_arrays(
            pa.array([], pa.int32()), pa.array([], pa.large_string()), ordered=ordered
        )
        return RawColumn(values, f"category[object{ORDERED if ordered else ''}]", None)
    return raw_column(_without_rows(frame), name)


def cells_of(frame: Frame, name: str | int) -> pa.Array:
    """Gives the cells of a column, Arrow array [rows] in the column's own type; nothing about a cell is refused.

    Of a pandas object column, and of a category of objects, the cells come as text (`as_text`).

    Raises:
        DataError: as `raw_column` does, because of names and types alone.

    Example:
        >>> import pandas as pd
        >>> cells_of(pd.DataFrame({"a": pd.Series([1, "x", [2]], dtype=object)}), "a").to_pylist()
        ['1', 'x', None]
    """
    if is_objects(frame, name):
        return texts_of(pandas_series(frame, name).to_numpy())
    if _is_category_of_objects(frame, name):
        series = pandas_series(frame, name)
        codes = series.cat.codes.to_numpy()
        levels = texts_of(series.cat.categories.to_numpy())
        indices = pa.array(codes, pa.int32(), mask=codes < 0)
        return pa.DictionaryArray.from_arrays(indices, levels, ordered=bool(series.cat.ordered))
    try:
        return raw_column(frame, name).values
    except (ValueError, pa.ArrowException):  # text that is none (a lone surrogate); a type is refused again here
        typed_column(frame, name)
        return texts_of(pandas_series(frame, name).to_numpy(dtype=object))


def gaps_in(frame: Frame, name: str | int) -> int:
    """Counts the cells of a column that are missing as they stand, before any is read."""
    if is_objects(frame, name):
        return sum(map(_is_gone, pandas_series(frame, name)))
    return (
        int(raw_column(frame, name).values.null_count)
        if container_of(frame) != "pandas"
        else int(pandas_series(frame, name).isna().sum())
    )


def is_objects(frame: Frame, name: str | int) -> bool:
    """Says whether a column is a pandas one of Python objects, which has no type but that of its rows."""
    return container_of(frame) == "pandas" and bool(pandas_series(frame, name).dtype == object)


def texts_of(objects: Iterable[Any]) -> pa.Array:
    """Writes Python objects as text, one by one; Arrow array [objects]."""
    return pa.array([as_text(value) for value in objects], pa.large_string())


def as_text(value: Any) -> str | None:
    """Writes one Python object as text, as a CSV file would hold it; None where it is missing or has no such text.

    Example:
        >>> as_text(1.0), as_text("007"), as_text(True), as_text(dt.timedelta(seconds=90)), as_text(b"x"), as_text([1])
        ('1.0', '007', 'True', 'PT90S', None, None)
    """
    try:
        text = _text(value)
        (text or "").encode()
    except (ValueError, ArithmeticError):  # a number of 5,000 digits, a lone surrogate
        return None
    return text


def _is_gone(value: Any) -> bool:
    return type(value).__name__ in _MISSING or (isinstance(value, float) and math.isnan(value))


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return str(value)
    if _is_gone(value):
        return None
    if isinstance(value, (bool, np.bool_, numbers.Integral, uuid.UUID, dt.date, dt.time)):
        return value.isoformat() if isinstance(value, (dt.date, dt.time)) else str(value)
    if isinstance(value, decimal.Decimal):
        return str(value) if value.is_finite() else None
    if isinstance(value, numbers.Real):
        return repr(float(value)) if math.isfinite(value) else None
    if isinstance(value, dt.timedelta):
        nanoseconds = getattr(value, "value", None)  # pandas' own are finer than Python's
        return to_text((value // dt.timedelta(microseconds=1)) * 1000 if nanoseconds is None else nanoseconds, _LENGTH)
    return None


def _is_category_of_objects(frame: Frame, name: str | int) -> bool:
    if container_of(frame) != "pandas":
        return False
    categories = getattr(pandas_series(frame, name).dtype, "categories", None)
    # pandas 3 makes text of categories that are all text, and objects of them where one cell is something else.
    return categories is not None and str(categories.dtype) in {"object", "str"}


def _without_rows(frame: Any) -> Frame:
    container = container_of(frame)
    if container == "pandas":
        return frame.iloc[:0]
    return frame.head(0) if container == "polars" else frame.slice(0, 0)


def unit_codes(frame: Frame, name: str | int) -> np.ndarray:
    """Tells apart what the rows of a column name: whole numbers [rows], equal where they name the same, -1 for nothing.

    What is no text and no number (bytes, a list) is told apart as Python writes it.

    Example:
        >>> import pandas as pd
        >>> unit_codes(pd.DataFrame({"a": pd.Series([7, "7", b"7", b"7", None], dtype=object)}), "a").tolist()
        [0, 0, 1, 1, -1]
    """
    values = pa.array([_key(value) for value in pandas_series(frame, name)]) if is_objects(frame, name) else None
    if values is None:
        values = decoded(cells_of(frame, name))
    indices = (
        values.dictionary_encode().indices if not pa.types.is_null(values.type) else pa.nulls(len(values), "int32")
    )
    return np.asarray(indices.cast(pa.int64()).fill_null(-1))


def _key(value: Any) -> str | None:
    text = as_text(value)
    if text is not None or _is_gone(value):
        return text
    try:
        return repr(value).encode("utf-8", "backslashreplace").decode()
    except Exception:  # noqa: BLE001 (an object that cannot be written: all such are one)
        return "?"
