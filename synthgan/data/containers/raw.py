"""Hands out one column of any frame as an Arrow array, whatever the frame's kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import narwhals.stable.v1.dependencies as known
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.data.containers.dtypes import NOT_NULL, ORDERED, UUID, is_text
from synthgan.data.containers.extensions import from_extension
from synthgan.data.containers.objects import resolve_objects
from synthgan.data.stamps import is_temporal
from synthgan.errors import DataError, Remedy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd
    import polars as pl

    Frame: TypeAlias = pd.DataFrame | pl.DataFrame | pa.Table
else:
    Frame = Any


@dataclass(frozen=True, slots=True)
class RawColumn:
    """A column as it stands in a frame.

    Attributes:
        values: Arrow array [rows]; every missing value is null, floats are never NaN.
        dtype: the column's type in its container's words (see `synthgan.data.containers.dtypes.storage_type`).
        missing: how a missing value is written: "null", "nan", "none", or None where none is missing.
    """

    values: pa.Array
    dtype: str
    missing: str | None


def container_of(frame: object) -> str | None:
    """Names the container of a frame: "pandas", "polars", "pyarrow", or None for anything else."""
    if known.is_pandas_dataframe(frame):
        return "pandas"
    if known.is_polars_dataframe(frame):
        return "polars"
    return "pyarrow" if isinstance(frame, pa.Table) else None


def names_of(frame: Frame) -> list[Any]:
    """Lists the column names of a frame in order, as they stand (pandas names may be anything); named levels of an index go first."""
    return list(frame.column_names if isinstance(frame, pa.Table) else [*index_names(frame), *frame.columns])


def index_names(frame: Any) -> list[str | int]:
    """Lists the levels of a pandas index that are columns: those with a name of text or a whole number that no column has."""
    if container_of(frame) != "pandas" or frame.columns.nlevels > 1:
        return []
    named = [name for name in frame.index.names if isinstance(name, (str, int)) and not isinstance(name, bool)]
    return [name for name in named if name not in frame.columns and named.count(name) == 1]


def pandas_series(frame: pd.DataFrame, name: str | int) -> pd.Series[Any]:
    """Gives a column of a pandas frame, or the named level of its index."""
    if name in frame.columns or name not in index_names(frame):
        return frame[name]
    return frame.index.get_level_values(frame.index.names.index(name)).to_series(index=range(len(frame)))


def first_repeated(names: Iterable[Any]) -> Any:
    """Finds the first name that was there before; None where all differ."""
    seen = set()
    return next((name for name in names if name in seen or seen.add(name)), None)  # type: ignore[func-returns-value]


def times_named(frame: Frame, name: str | int) -> int:
    """Counts the columns of a name as 0, 1 or 2 (more), in a time that does not grow with the width of the frame."""
    if isinstance(frame, pa.Table):
        return min(2, len(frame.schema.get_all_field_indices(name))) if isinstance(name, str) else 0
    if known.is_polars_dataframe(frame):
        return _times_in_polars(frame, name) if isinstance(name, str) else 0
    if frame.columns.nlevels > 1:
        return 0
    try:
        return 1 if isinstance(frame.columns.get_loc(name), int) else 2
    except (KeyError, TypeError):
        return int(name in index_names(frame))


def with_levels(frame: pd.DataFrame, values: Mapping[str | int, pd.Series[Any]]) -> pd.DataFrame:
    """Gives a pandas frame with these values [rows] in named levels of its index."""
    import pandas as pd

    if not values:
        return frame
    old = [frame.index.get_level_values(at) for at in range(frame.index.nlevels)]
    new = [pd.Index(values.get(name, level), name=name) for name, level in zip(frame.index.names, old, strict=True)]
    return frame.set_axis(new[0] if len(new) == 1 else pd.MultiIndex.from_arrays(new), axis=0)


def _times_in_polars(frame: pl.DataFrame, name: str) -> int:
    from polars.exceptions import ColumnNotFoundError

    try:
        frame.get_column_index(name)
    except ColumnNotFoundError:
        return 0
    return 1


def raw_column(frame: Frame, name: str | int) -> RawColumn:
    """Reads one column of a frame.

    Args:
        frame: a pandas or polars DataFrame, or a pyarrow Table.
        name: the column's name; it must be there exactly once.

    Raises:
        DataError: the column is not there, or its type is one that synthgan cannot learn.
    """
    count = times_named(frame, name)
    if count != 1:
        found = "two columns of that name" if count else "no such column"
        raise DataError(f"column {name!r} must be in the table once, however: found {found}")
    readers = {"pandas": _from_pandas, "polars": _from_polars, "pyarrow": _from_arrow}
    return readers[str(container_of(frame))](frame, name)


def _from_arrow(frame: pa.Table, name: str | int) -> RawColumn:
    field = frame.schema.field(name)
    dtype = str(field.type) + ("" if field.nullable else NOT_NULL)
    return _resolved(_combined(frame.column(name)), dtype, name)


def _from_polars(frame: pl.DataFrame, name: str | int) -> RawColumn:
    series = frame.get_column(str(name))
    dtype = str(series.dtype)
    if dtype.startswith(("Enum(", "Categorical(ordering")):  # neither levels nor an older polars' order are kept
        dtype = dtype.partition("(")[0]
    if dtype.startswith(("Int128", "UInt128", "Object", "List", "Array", "Struct", "Categorical(")):
        raise _refused(name, dtype)
    if dtype == "Enum":  # older polars forget in Arrow that it is ordered
        kind: Any = series.dtype
        codes, levels = series.to_physical().to_arrow(), kind.categories.to_arrow()
        values = pa.DictionaryArray.from_arrays(codes, _combined(levels), ordered=True)
        return RawColumn(values, dtype, "null" if values.null_count else None)
    return _resolved(_combined(series.to_arrow()), dtype, name)


def _from_pandas(frame: pd.DataFrame, name: str | int) -> RawColumn:
    import pandas as pd

    series = pandas_series(frame, name)
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        levels, element, _ = _pandas_values(dtype.categories.to_series(index=range(len(dtype.categories))), name)
        codes = pa.array(series.cat.codes.to_numpy(), mask=series.isna().to_numpy(), type=pa.int32())
        values = pa.DictionaryArray.from_arrays(codes, levels, ordered=bool(dtype.ordered))
        return RawColumn(
            values, f"category[{element}{ORDERED if dtype.ordered else ''}]", "null" if values.null_count else None
        )
    if isinstance(dtype, pd.IntervalDtype):
        raise _refused(name, str(dtype))
    values, text, missing = _pandas_values(series, name)
    if isinstance(dtype, pd.ArrowDtype):
        return _resolved(values, text, name)
    return RawColumn(values, text, missing)


def _pandas_values(series: pd.Series[Any], name: str | int) -> tuple[pa.Array, str, str | None]:
    import pandas as pd

    dtype = series.dtype
    if pd.api.types.is_object_dtype(dtype):
        return resolve_objects(series.to_numpy(), name)
    if isinstance(dtype, pd.ArrowDtype):
        return _combined(pa.chunked_array(pa.array(series))), f"{dtype.pyarrow_dtype}[pyarrow]", None
    extension = from_extension(series)
    if extension is not None:
        return extension, str(dtype), ("nan" if "float" in str(dtype) else "null") if extension.null_count else None
    if isinstance(dtype, (pd.PeriodDtype, pd.IntervalDtype, pd.SparseDtype)) or dtype.kind in "cVSU":
        raise _refused(name, str(dtype))
    if dtype.kind == "f" and dtype.itemsize > np.dtype(np.float64).itemsize:  # Arrow has no longer one
        raise _refused(name, str(dtype))
    values = _combined(pa.array(series, from_pandas=True))
    missing = "nan" if str(dtype).startswith(("float", "str")) else "null"
    text = str(dtype)
    if isinstance(dtype, pd.StringDtype):
        text = _string_text(dtype)
        values = values.cast(pa.large_string())
    elif isinstance(dtype, pd.DatetimeTZDtype):
        text = _zone_text(dtype, values.type.tz)
    return values, text, missing if values.null_count else None


def _string_text(dtype: pd.StringDtype) -> str:
    if dtype.na_value is not getattr(type(dtype), "_libs_na", None) and str(dtype) == "str":
        return "str" if dtype.storage == "pyarrow" else "str[python]"
    return f"StringDtype('{dtype.storage}')"


def _zone_text(dtype: pd.DatetimeTZDtype, zone: str) -> str:
    """Writes the zone as its name; pandas 2 means pytz by a name, so a zoneinfo zone is written out there."""
    import pandas as pd

    if pd.DatetimeTZDtype(dtype.unit, zone) == dtype or type(dtype.tz).__name__ != "ZoneInfo":
        return f"datetime64[{dtype.unit}, {zone}]"
    return f"datetime64[{dtype.unit}, {dtype.tz!r}]"


def decoded(values: pa.Array) -> pa.Array:
    """Spells out a dictionary; any other array is given as it is."""
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


def _combined(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    if isinstance(values, pa.ChunkedArray):
        if pa.types.is_dictionary(values.type):
            values = values.unify_dictionaries()
        values = pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], values.type)
    kind = values.type
    if pa.types.is_dictionary(kind) and _computable(kind.value_type) != kind.value_type:
        levels = values.dictionary.cast(_computable(kind.value_type))
        return pa.DictionaryArray.from_arrays(values.indices, levels, ordered=kind.ordered)
    return values if _computable(kind) == kind else values.cast(_computable(kind))


def _computable(kind: pa.DataType) -> pa.DataType:
    """The type that holds the same values and that Arrow can compute with."""
    if pa.types.is_float16(kind):
        return pa.float32()
    if pa.types.is_decimal32(kind) or pa.types.is_decimal64(kind):
        return pa.decimal128(kind.precision, kind.scale)
    return pa.large_string() if pa.types.is_string_view(kind) else kind


def _resolved(values: pa.Array, dtype: str, name: str | int) -> RawColumn:
    """Turns NaN into null, remembering which of the two the column used (null, where it used both)."""
    kind = values.type
    if str(kind) == UUID:
        values = pa.array([None if key is None else str(key) for key in values.to_pylist()], pa.large_string())
        return RawColumn(values, dtype, "null" if values.null_count else None)
    if not _can_be_learned(kind.value_type if pa.types.is_dictionary(kind) else kind):
        raise _refused(name, str(kind))
    if pa.types.is_dictionary(kind) and pa.types.is_null(kind.value_type):  # whose entries are missing
        values = pa.DictionaryArray.from_arrays(pa.nulls(len(values), kind.index_type), values.dictionary)
    missing = "null" if values.null_count else None
    if pa.types.is_floating(kind):
        is_nan = pc.is_nan(values)
        if pc.any(is_nan).as_py():
            values = pc.if_else(is_nan, pa.scalar(None, values.type), values)
            missing = missing or "nan"
    return RawColumn(values, dtype, missing)


def _can_be_learned(kind: pa.DataType) -> bool:
    """Whether a type is one of single values that mean something: no bytes, intervals, lists, structs or unions."""
    types = pa.types
    known = (
        types.is_integer,
        types.is_floating,
        types.is_decimal,
        types.is_boolean,
        types.is_null,
        is_text,
        is_temporal,
    )
    return any(is_one(kind) for is_one in known) and not isinstance(kind, pa.BaseExtensionType)


def _refused(name: str | int, found: str) -> DataError:
    casts = {
        "Sparse": f"df[{name!r}] = df[{name!r}].sparse.to_dense()",
        "period": f"df[{name!r}] = df[{name!r}].dt.to_timestamp()",
        "interval": f"df[{name!r}] = df[{name!r}].astype(str)",
        "Int128": "cast it to Int64 or to String",
        "UInt128": "cast it to Int64 or to String",
        "Categorical(": "cast it to polars.Categorical",
    }
    cast = next((text for start, text in casts.items() if found.startswith(start)), "")
    return DataError(
        f"column {name!r} must hold single values, however: found type {found}",
        remedy=cast | Remedy.option("drop", [name], "leave it out"),
    )
