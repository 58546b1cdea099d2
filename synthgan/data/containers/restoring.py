"""Turns an Arrow array into a column of pandas, polars or Arrow, in the exact type that a schema names."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from synthgan.data.column import Kind
from synthgan.data.containers.dtypes import ORDERED, PANDAS_CATEGORY, PANDAS_TZ, STRING_VIEW, UUID, storage_type
from synthgan.data.containers.extensions import extension_storage, to_extension
from synthgan.data.containers.objects import to_objects
from synthgan.data.containers.raw import decoded

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from synthgan.data.column import Column

# Each takes an Arrow array [rows]: a dictionary for levels, else the type that holds the column; nulls are missing.


def to_arrow(values: pa.Array, column: Column, container: str = "pyarrow") -> pa.Array:
    """Gives the array in the column's Arrow type; missing floats are NaN where the column wrote them so."""
    return _to_arrow(values, storage_type(container, column.dtype), column.dtype, column)


def _to_arrow(values: pa.Array, kind: pa.DataType, text: str, column: Column) -> pa.Array:
    if text.startswith(UUID):
        keys = [None if key is None else uuid.UUID(key).bytes for key in decoded(values).to_pylist()]
        return pa.ExtensionArray.from_storage(pa.uuid(), pa.array(keys, pa.binary(16)))
    if text.startswith(STRING_VIEW):
        return decoded(values).cast(pa.string_view())
    if pa.types.is_dictionary(kind):
        made = _to_dictionary(values, kind)
        if f"values={STRING_VIEW}," not in text:
            return made
        return pa.DictionaryArray.from_arrays(
            made.indices, made.dictionary.cast(pa.string_view()), ordered=kind.ordered
        )
    values = decoded(values)
    if values.type != kind:
        values = values.cast(kind)
    if column.missing == "nan" and pa.types.is_floating(kind) and values.null_count:
        return values.fill_null(pa.scalar(np.nan, kind)) if kind.bit_width > 16 else _float16(values)  # noqa: PLR2004
    return values


def _float16(values: pa.Array) -> pa.Array:
    return pa.array(values.to_numpy(zero_copy_only=False))  # Arrow fills no missing float16


def _to_dictionary(values: pa.Array, kind: pa.DataType) -> pa.DictionaryArray:
    if not pa.types.is_dictionary(values.type):
        values = values.dictionary_encode()
    levels = values.dictionary
    if levels.type != kind.value_type:
        levels = levels.cast(kind.value_type)
    return pa.DictionaryArray.from_arrays(values.indices.cast(kind.index_type), levels, ordered=kind.ordered)


def to_polars(values: pa.Array, column: Column) -> pl.Series:
    """Gives the array as a polars Series; the levels of a dictionary become an Enum's categories."""
    import polars as pl

    name = str(column.name)
    if column.dtype == "Categorical":
        return pl.Series(name, decoded(values), dtype=pl.String).cast(pl.Categorical)
    if column.dtype == "Enum":
        levels = values.dictionary if pa.types.is_dictionary(values.type) else values.drop_null().unique()
        return pl.Series(name, decoded(values), dtype=pl.String).cast(pl.Enum(levels.to_pylist()))
    return pl.Series(name, to_arrow(values, column, "polars"))


def to_pandas(values: pa.Array, column: Column) -> Any:
    """Gives the array as a pandas array (or index) of the column's type; levels become its categories exactly."""
    return _to_pandas(values, column.dtype, column)


def _to_pandas(values: pa.Array, text: str, column: Column) -> Any:
    import pandas as pd

    if match := PANDAS_CATEGORY.fullmatch(text):
        return _to_category(values, match[1], column)
    if text.startswith("object"):
        objects = to_objects(values, text, missing=column.missing)
        return pd.Index(objects, dtype=object)  # said aloud, or pandas would find a type of its own
    if text.endswith("[pyarrow]"):
        return pd.arrays.ArrowExtensionArray(
            pa.chunked_array([_to_arrow(values, storage_type("pandas", text), text, column)])
        )
    values = decoded(values)
    if text.startswith(("str", "StringDtype")):
        return _string_dtype(text).__from_arrow__(values.cast(pa.large_string()))
    if extension_storage(text) is not None:
        made = to_extension(values, text)
        return pd.Index(values.to_pylist(), dtype=object) if made is None else made
    values = values.cast(storage_type("pandas", text))
    if match := PANDAS_TZ.fullmatch(text):
        stamps = pd.DatetimeIndex(values.cast(pa.timestamp(match[1])).to_numpy(zero_copy_only=False))
        return stamps.tz_localize("UTC").tz_convert(_zone(match))
    if text[0].isupper() or text == "boolean":
        return pd.api.types.pandas_dtype(text).__from_arrow__(values)
    return values.to_numpy(zero_copy_only=False).astype(text, copy=False)


def _to_category(values: pa.Array, inner: str, column: Column) -> pd.Categorical:
    import pandas as pd

    inner, ordered_mark, _ = inner.partition(ORDERED)
    if not pa.types.is_dictionary(values.type):
        values = values.dictionary_encode()
    codes = np.asarray(values.indices.cast(pa.int32()).fill_null(-1))
    levels = _to_pandas(values.dictionary, inner, column)
    ordered = column.kind is Kind.ORDERED or (bool(ordered_mark) and column.kind is not Kind.CATEGORY)
    return pd.Categorical.from_codes(codes, pd.Index(levels), ordered=ordered)


def _zone(match: Any) -> Any:
    if match[2]:
        from zoneinfo import ZoneInfo

        return ZoneInfo(match[2])
    return match[3]


def _string_dtype(text: str) -> Any:
    import pandas as pd

    storage = "python" if "python" in text else "pyarrow"
    if text.startswith("StringDtype"):
        return pd.StringDtype(storage)
    return pd.StringDtype(storage, na_value=np.nan)
