"""Random columns and frames of every type and container, for the round trips."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import strategies as st

# Whole microseconds between 1900 and 2100: inside every unit, and exact as float64.
_STAMPS = st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1))
_COARSE_STAMPS = _STAMPS.map(lambda stamp: stamp.replace(microsecond=0))
_DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1))
_LENGTHS = st.timedeltas(dt.timedelta(days=-10_000), dt.timedelta(days=10_000))
_COARSE_LENGTHS = _LENGTHS.map(lambda length: dt.timedelta(seconds=length // dt.timedelta(seconds=1)))
_TIMES = st.times()
_WORDS = st.text(max_size=8)
_DECIMALS = st.decimals(-(10**6), 10**6, places=3)
_FLOATS = st.floats(allow_nan=False, allow_infinity=False)
_PRICES = st.integers(-(10**7), 10**7).map(lambda cents: cents / 100)
_FLOATS32 = st.floats(width=32, allow_nan=False, allow_infinity=False)
_KEYS = st.builds(UUID, int=st.integers(0, 2**128 - 1))
_ZONES = ("UTC", "Europe/Berlin", "+05:30")
_UNITS = ("s", "ms", "us", "ns")


def _whole(text: str):
    limits = np.iinfo(text.lower())
    return st.integers(max(limits.min, -(2**53)), min(limits.max, 2**53))


_SIZES = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
_ARROW_TYPES = {
    **{size: _whole(size) for size in _SIZES},
    "float": _FLOATS32,
    "double": st.one_of(_FLOATS, _PRICES),
    "bool": st.booleans(),
    "string": _WORDS,
    "large_string": _WORDS,
    "date32": _DAYS,
    "date64": _DAYS,
    "time32[s]": _TIMES.map(lambda time: time.replace(microsecond=0)),
    "time64[us]": _TIMES,
    "time64[ns]": _TIMES,
    **{f"timestamp[{unit}]": _COARSE_STAMPS if unit == "s" else _STAMPS for unit in ("s", "us", "ns")},
    "timestamp[ms]": _COARSE_STAMPS,
    **{f"duration[{unit}]": _COARSE_LENGTHS if unit in {"s", "ms"} else _LENGTHS for unit in _UNITS},
}


def _arrow_type(text: str) -> pa.DataType:
    return pa.type_for_alias(text)


def values_of(elements, rows: int, *, missing: bool = True):
    """A list of rows values, some of them None where allowed."""
    return st.lists(st.one_of(elements, st.none()) if missing else elements, min_size=rows, max_size=rows)


@st.composite
def arrow_arrays(draw, rows: int) -> pa.Array:
    """Arrow arrays of every type that we learn."""
    form = draw(st.sampled_from(["plain", "zoned", "decimal", "dictionary", "nan", "null", "uuid"]))
    if form == "null":
        return pa.nulls(rows)
    if form == "uuid":
        keys = [None if key is None else key.bytes for key in draw(values_of(_KEYS, rows))]
        return pa.ExtensionArray.from_storage(pa.uuid(), pa.array(keys, pa.binary(16)))
    if form == "zoned":
        kind = pa.timestamp(draw(st.sampled_from(["us", "ns"])), draw(st.sampled_from(_ZONES)))
        return pa.array(draw(values_of(_STAMPS, rows)), kind)
    if form == "decimal":
        return pa.array(draw(values_of(_DECIMALS, rows)), pa.decimal128(draw(st.integers(10, 30)), 3))
    if form == "nan":
        values = draw(values_of(_FLOATS, rows))
        return pa.array([np.nan if value is None else value for value in values], pa.float64())
    text = draw(st.sampled_from(sorted(_ARROW_TYPES)))
    values = pa.array(draw(values_of(_ARROW_TYPES[text], rows)), _arrow_type(text))
    if form == "plain":
        return values
    coded = values.dictionary_encode()
    index = draw(st.sampled_from([pa.int8(), pa.int32(), pa.int64()]))
    return pa.DictionaryArray.from_arrays(coded.indices.cast(index), coded.dictionary, ordered=draw(st.booleans()))


@st.composite
def arrow_tables(draw) -> pa.Table:
    """Arrow tables of one to four columns and up to 15 rows."""
    rows = draw(st.integers(1, 15))
    arrays = draw(st.lists(arrow_arrays(rows), min_size=1, max_size=4))
    return pa.table(arrays, names=[f"column {index}" for index in range(len(arrays))])


_POLARS_TYPES = {
    pl.Int8: _whole("int8"), pl.Int64: _whole("int64"), pl.UInt16: _whole("uint16"), pl.UInt64: _whole("uint64"),
    pl.Float32: _FLOATS32, pl.Float64: _PRICES, pl.Boolean: st.booleans(),
    pl.String: _WORDS, pl.Categorical: _WORDS, pl.Date: _DAYS, pl.Time: _TIMES,
    pl.Datetime("us"): _STAMPS, pl.Datetime("ns"): _STAMPS, pl.Datetime("ms"): _COARSE_STAMPS,
    pl.Duration("us"): _LENGTHS, pl.Duration("ms"): _COARSE_LENGTHS, pl.Decimal(20, 3): _DECIMALS,
    pl.Datetime("us", "Europe/Berlin"): _STAMPS.map(lambda stamp: stamp.replace(tzinfo=dt.UTC)),
    pl.Enum(["low", "middle", "high", "never"]): st.sampled_from(["low", "middle", "high"]),
    pl.Null: st.none(),
}  # fmt: skip


@st.composite
def polars_frames(draw) -> pl.DataFrame:
    """Polars frames of one to four columns and up to 15 rows."""
    rows = draw(st.integers(1, 15))
    kinds = draw(st.lists(st.sampled_from(sorted(_POLARS_TYPES, key=str)), min_size=1, max_size=4))
    columns = [
        pl.Series(f"column {index}", draw(values_of(_POLARS_TYPES[kind], rows)), dtype=kind)
        for index, kind in enumerate(kinds)
    ]
    if draw(st.booleans()):
        columns = [series.fill_null(float("nan")) if series.dtype.is_float() else series for series in columns]
    return pl.DataFrame(columns)


_OBJECTS = {
    "text": _WORDS,
    "int": st.integers(-(2**53), 2**53),
    "float": _PRICES,
    "bool": st.booleans(),
    "Decimal": _DECIMALS,
    "date": _DAYS,
    "datetime": _STAMPS,
    "zoned": _STAMPS.map(lambda stamp: stamp.replace(tzinfo=dt.timezone(dt.timedelta(hours=2)))),
    "Timestamp": _STAMPS.map(lambda stamp: pd.Timestamp(stamp).as_unit("ns")),
    "time": _TIMES,
    "timedelta": _LENGTHS,
    "Timedelta": _LENGTHS.map(lambda length: pd.Timedelta(length).as_unit("ns")),
    "UUID": _KEYS,
}


def _object_series(values, mark) -> pd.Series:
    objects = np.empty(len(values), object)
    objects[:] = [mark if value is None else value for value in values]
    return pd.Series(objects, dtype=object)


def _suits_pandas(array: pa.Array) -> bool:
    return not (pa.types.is_null(array.type) or isinstance(array.type, pa.BaseExtensionType))


@st.composite
def pandas_series(draw, rows: int) -> pd.Series:
    """Pandas columns: numpy, nullable, text, categories, stamps, objects, Arrow-backed."""
    form = draw(st.sampled_from(["numpy", "nullable", "text", "category", "stamp", "object", "arrow"]))
    if form == "object":
        mark = draw(st.sampled_from([None, np.nan]))
        return _object_series(draw(values_of(draw(st.sampled_from(list(_OBJECTS.values()))), rows)), mark)
    if form == "arrow":
        array = draw(arrow_arrays(rows).filter(_suits_pandas))
        return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([array])))
    if form == "text":
        kinds = ["object", pd.StringDtype("python"), pd.StringDtype("pyarrow"), pd.ArrowDtype(pa.string()), "category"]
        kinds += [pd.StringDtype("pyarrow", na_value=np.nan)] if pd.__version__ >= "2.3" else []
        return pd.Series(draw(values_of(_WORDS, rows)), dtype=draw(st.sampled_from(kinds)))
    if form == "category":
        elements = draw(st.sampled_from([_WORDS, _whole("int64"), _PRICES, st.booleans(), _STAMPS, _DAYS]))
        values = pd.Series(draw(values_of(elements, rows)))
        levels = sorted(values.dropna().unique())
        return pd.Series(pd.Categorical(values, categories=levels, ordered=draw(st.booleans())))
    if form == "stamp":
        unit = draw(st.sampled_from(["us", "ns"]))
        if draw(st.booleans()):
            return pd.Series(pd.Series(draw(values_of(_LENGTHS, rows)), dtype=f"timedelta64[{unit}]"))
        stamps = pd.Series(
            pd.to_datetime(pd.Series(draw(values_of(_STAMPS, rows)), dtype="datetime64[us]"))
        ).dt.as_unit(unit)
        zone = draw(st.sampled_from([None, *_ZONES]))
        return stamps.dt.tz_localize("UTC").dt.tz_convert(zone) if zone else stamps
    if form == "nullable":
        kind = draw(st.sampled_from(["Int8", "Int64", "UInt16", "Float32", "Float64", "boolean"]))
        return pd.Series(draw(values_of(_numbers(kind), rows)), dtype=kind)
    kind = draw(st.sampled_from(["int8", "int64", "uint32", "uint64", "float32", "float64", "bool"]))
    return pd.Series(draw(values_of(_numbers(kind), rows, missing=kind.startswith("float"))), dtype=kind)


def _numbers(kind: str):
    if kind.lower() == "float32":
        return _FLOATS32
    if kind.lower() == "float64":
        return st.one_of(_FLOATS, _PRICES)
    return st.booleans() if kind.startswith("bool") else _whole(kind)


@st.composite
def pandas_frames(draw) -> pd.DataFrame:
    """Pandas frames of one to four columns and up to 15 rows, under names of text or whole numbers."""
    rows = draw(st.integers(1, 15))
    columns = draw(st.lists(pandas_series(rows), min_size=1, max_size=4))
    names = draw(st.sampled_from([list(range(len(columns))), [f"column {index}" for index in range(len(columns))]]))
    return pd.DataFrame(dict(zip(names, columns, strict=True)))
