"""What one column means is inferred from its values or its type."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from synthgan.data.schema import Kind, Schema
from synthgan.errors import DataError

BERLIN = pd.Series(pd.to_datetime(["2020-01-01 10:00", None, "2020-07-01 10:00"])).dt.tz_localize("Europe/Berlin")


def inferred(values, **arguments):
    (column,) = Schema.infer(pd.DataFrame({"x": values}), **arguments)
    return column


@pytest.mark.parametrize(
    ("values", "kind", "dtype"),
    [
        ([1, 2, 2], Kind.INTEGER, "int64"),
        (pd.array([1, None, 2], "Int64"), Kind.INTEGER, "Int64"),
        ([1.0, 2.0, np.nan], Kind.INTEGER, "float64"),
        ([True, False, True], Kind.BOOLEAN, "bool"),
        (pd.array([True, None, False], "boolean"), Kind.BOOLEAN, "boolean"),
        (pd.Categorical(["a", "b", None]), Kind.CATEGORY, None),
        (pd.Categorical([1, 2, 1]), Kind.CATEGORY, "category[int64]"),
        (pd.Categorical([1, 2, 1], ordered=True), Kind.ORDERED, "category[int64, ordered]"),
        (pd.Categorical([1, 1, 1], ordered=True), Kind.ORDERED, "category[int64, ordered]"),
        (pd.Series(["250.83", "V45", "V45"], dtype=object), Kind.CATEGORY, "object"),
        (pd.array(["a", "b", None], "string[pyarrow]"), Kind.CATEGORY, "StringDtype('pyarrow')"),
        (pd.Series(["a", None, "b"], dtype=pd.ArrowDtype(pa.string())), Kind.CATEGORY, "string[pyarrow]"),
        (pd.Series([dt.date(2020, 1, 1), None, dt.date(2021, 1, 1)]), Kind.DATE, "object[date]"),
        (pd.to_timedelta([1, 2, None], unit="h").as_unit("us"), Kind.DURATION, "timedelta64[us]"),
        ([dt.time(8), dt.time(9), None], Kind.DURATION, "object[time]"),
        ([None, None, None], Kind.MISSING, "object"),
        (pd.array([None, None, None], "Int8"), Kind.MISSING, "Int8"),
        ([np.nan, np.nan, np.nan], Kind.MISSING, "float64"),
    ],
)
def test_kinds_of_pandas_columns(values, kind, dtype):
    column = inferred(values)
    assert column.kind is kind
    assert dtype in {None, column.dtype}


@pytest.mark.parametrize(
    ("values", "decimals"),
    [
        ([0.5, 1.25, 3], 2),
        ([0.1 + 0.2, 1.0], None),
        (np.array([36.6, 37.1, 98.75], np.float32), 2),
        (np.random.default_rng(0).random(50).astype(np.float32), None),
        (np.random.default_rng(0).random(50), None),
        ([1e-10, 1.0], 10),
        ([1e-11, 1.0], None),
        ([1e15 + 0.5, 1.0], None),
        ([0.5, 1.7e308], None),
        ([Decimal("1.50"), Decimal("2.25"), None], 2),
        ([Decimal("1.00"), Decimal(2)], 0),
        ([Decimal("1.12345678901"), Decimal(2)], None),
    ],
)
def test_decimals_are_counted(values, decimals):
    column = inferred(values)
    assert column.kind is Kind.DECIMAL
    assert column.decimals == decimals


@pytest.mark.parametrize(
    ("stamps", "unit"),
    [
        (["2020-01-01", "2020-01-02"], "day"),
        (["2020-01-01 05:00", "2020-01-02"], "hour"),
        (["2020-01-01 05:07", None, "2020-01-02"], "minute"),
        (["2020-01-01 05:07:09", "2020-01-02"], "second"),
        (["2020-01-01 05:07:09.001", "1960-01-02"], "millisecond"),
        (["2020-01-01 05:07:09.000001", "2020-01-02"], "microsecond"),
        (["2020-01-01 05:07:09.000000001", "2020-01-02"], "nanosecond"),
    ],
)
def test_the_unit_is_the_coarsest_that_fits(stamps, unit):
    column = inferred(pd.to_datetime(pd.Series(stamps), format="ISO8601").astype("datetime64[ns]"))
    assert (column.kind, column.unit, column.timezone) == (Kind.DATETIME, unit, None)


def test_the_zone_of_stamps_is_kept():
    column = inferred(BERLIN.dt.as_unit("us"))
    assert (column.timezone, column.dtype, column.missing) == ("Europe/Berlin", "datetime64[us, Europe/Berlin]", "null")


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ([1.5, np.nan], "nan"),
        ([1.5, 2.5], None),
        (pd.array([1.5, None], "Float64"), "null"),
        (pd.Series(["a", None], dtype=object), "none"),
        (pd.Series(["a", np.nan], dtype=object), "nan"),
        (pd.Series(["a", pd.NA], dtype=object), "null"),
        (pd.Series([dt.datetime(2020, 1, 1), pd.NaT], dtype=object), "null"),
    ],
)
def test_how_a_missing_value_is_written(values, missing):
    assert inferred(values).missing == missing


def test_polars_and_arrow_tell_null_from_nan():
    table = pa.table({"null": [1.5, None], "nan": [1.5, float("nan")], "both": [None, float("nan")]})
    assert [column.missing for column in Schema.infer(table)] == ["null", "nan", "null"]
    assert [column.missing for column in Schema.infer(pl.from_arrow(table))] == ["null", "nan", "null"]


def test_constants_hold_their_value_and_nothing_else_does():
    frame = pd.DataFrame({
        "site": ["north"] * 3, "year": [2020] * 3, "day": [dt.date(2020, 2, 29)] * 3, "half": [0.5, 0.5, np.nan],
        "price": [Decimal("1.50")] * 3, "sex": ["m", "f", "m"], "wait": pd.to_timedelta([90] * 3, unit="s"),
    })  # fmt: skip
    schema = Schema.infer(frame)
    constants = {column.name: column.levels for column in schema if column.kind is Kind.CONSTANT}
    assert constants == {
        "site": ("north",),
        "year": (2020,),
        "day": ("2020-02-29",),
        "price": ("1.50",),
        "wait": ("PT90S",),
    }
    assert schema.column("half").kind is Kind.DECIMAL
    assert schema.column("sex").levels is None


def test_polars_and_arrow_types():
    frame = pl.DataFrame({
        "code": pl.Series(["a", "b"], dtype=pl.Categorical), "grade": pl.Series(["lo", "hi"], dtype=pl.Enum(["lo", "hi"])),
        "stamp": pl.Series([dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 2)]).dt.replace_time_zone("UTC"),
        "time": [dt.time(8), dt.time(9)], "price": pl.Series([Decimal("0.5"), Decimal("0.25")], dtype=pl.Decimal(10, 4)),
    })  # fmt: skip
    described = [(str(column.kind), column.dtype) for column in Schema.infer(frame)]
    assert described == [
        ("category", "Categorical"), ("ordered", "Enum"), ("datetime", "Datetime(time_unit='us', time_zone='UTC')"),
        ("duration", "Time"), ("decimal", "Decimal(precision=10, scale=4)"),
    ]  # fmt: skip
    fields = [
        pa.field("x", pa.int16(), nullable=False),
        pa.field("y", pa.dictionary(pa.int8(), pa.string(), ordered=True)),
    ]
    table = pa.table({"x": [1, 2], "y": ["a", "b"]}).cast(pa.schema(fields))
    assert [column.dtype for column in Schema.infer(table)] == [
        "int16 not null", "dictionary<values=string, indices=int8, ordered=1>",
    ]  # fmt: skip


@pytest.mark.parametrize("values", [[1.5, 2.5], [True, False], [dt.date(2020, 1, 1), dt.date(2020, 1, 2)]])
def test_what_cannot_be_a_key_is_refused_by_name(values):
    with pytest.raises(
        DataError, match=r"column 'x' must be text or whole numbers to be an identifier, .*drop=\['x'\]"
    ):
        inferred(values, identifiers=["x"])
