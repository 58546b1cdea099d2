"""A table is read once and written once, and comes back exactly as it was."""

from __future__ import annotations

import datetime as dt
import sys
import uuid
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from helpers.frame_strategies import arrow_tables, pandas_frames, polars_frames
from helpers.frames import assert_same_pandas, build_frame, category, conform, integer, read_levels, read_numbers
from hypothesis import given, settings
from polars.testing import assert_frame_equal as assert_polars_equal

from synthgan.data.schema import CODED, NUMBERS, TEMPORAL, Column, Kind, Schema
from synthgan.data.values import Levels

many = settings(max_examples=100, deadline=None)


def rebuilt(frame, schema):
    values = {}
    for column in schema:
        if column.kind in NUMBERS | TEMPORAL:
            values[column.name] = read_numbers(frame, column)
        elif column.kind in CODED:
            values[column.name] = Levels(*read_levels(frame, column))
    return build_frame(schema, values, len(frame))


@many
@given(pandas_frames())
def test_pandas_frames_come_back_the_same(frame):
    schema = Schema.infer(frame)
    schema.validate(frame)
    assert_same_pandas(rebuilt(frame, Schema.from_json(schema.to_json())), frame)


@many
@given(polars_frames())
def test_polars_frames_come_back_the_same(frame):
    schema = Schema.infer(frame)
    schema.validate(frame)
    built = rebuilt(frame, Schema.from_json(schema.to_json()))
    for column in schema:
        if column.kind is Kind.MISSING and column.dtype == "Enum":  # nothing is left to say which levels there were
            frame = frame.with_columns(pl.lit(None, pl.Enum([])).alias(column.name))
    assert_polars_equal(built, frame)


@many
@given(arrow_tables())
def test_arrow_tables_come_back_the_same(table):
    schema = Schema.infer(table)
    schema.validate(table)
    built = rebuilt(table, Schema.from_json(schema.to_json()))
    assert built.schema == table.schema
    for left, right in zip(built.columns, table.columns, strict=True):
        assert str(left.to_pylist()) == str(right.to_pylist())  # as text, NaN equals NaN


STAMP = dt.datetime(2020, 2, 29, 12, 30)


KEYS = [uuid.UUID(int=7), uuid.UUID(int=8)]


def objects(*values):
    return pd.Series(values, dtype=object)


def stamps(zone):
    return (
        pd.Series(pd.to_datetime([STAMP, None, dt.datetime(2021, 1, 1)]))
        .dt.as_unit("us")
        .dt.tz_localize("UTC")
        .dt.tz_convert(zone)
    )


@pytest.mark.parametrize(
    "series",
    [
        pd.Series([0.5, np.nan, 2], dtype="float16"),
        pd.Series([300.7, -0.1], dtype="float16"),
        objects(1, None, 2),
        objects(1.5, None, 2.25),
        objects(True, None, False),
        objects(Decimal("1.50"), None, Decimal("2.25")),
        objects(Decimal("1.123456789012"), Decimal(2)),
        objects(dt.date(2020, 2, 29), None, dt.date(2021, 1, 1)),
        objects(STAMP, pd.NaT, dt.datetime(2021, 1, 1)),
        objects(STAMP.replace(tzinfo=dt.UTC), None),
        objects(pd.Timestamp(STAMP), pd.Timestamp("2021-01-01")),
        objects(pd.Timestamp(STAMP, tz="Europe/Berlin"), pd.NaT),
        objects(dt.time(8, 30), None, dt.time(9)),
        objects(dt.timedelta(days=1), pd.NaT, dt.timedelta(hours=1)),
        objects(pd.Timedelta(days=1), pd.Timedelta(hours=1)),
        objects(*KEYS, None),
        objects("a", pd.NA, "b"),
        stamps("+05:30"),
        stamps(ZoneInfo("Europe/Berlin")),
        stamps(dt.timezone(dt.timedelta(hours=-3))),
        pd.Series(pd.Categorical(objects(Decimal("1.5"), Decimal("2.25"), None))),
        pd.Series(pd.Categorical(objects(*KEYS))),
        pd.Series(pd.Categorical(stamps("Europe/Berlin"), ordered=True)),
        pd.Series(pd.Categorical(pd.array(["a", None], "string"))),
        pd.Series([Decimal("1.50"), None], dtype=pd.ArrowDtype(pa.decimal256(50, 4))),
        pd.Series([Decimal("1.50"), None], dtype=pd.ArrowDtype(pa.decimal128(10, 4))).astype("category"),
        pd.Series(["a", None, "b"], dtype=pd.ArrowDtype(pa.large_string())),
    ],
    ids=lambda series: str(series.dtype),
)  # fmt: skip
@pytest.mark.parametrize("rows", [slice(None), slice(1), slice(2)], ids=["all", "one", "two"])
def test_each_type_of_pandas_comes_back(series, rows):
    series = series[rows]
    if isinstance(series.dtype, pd.CategoricalDtype) and not series.dtype.ordered:
        series = series.cat.remove_unused_categories()
    frame = pd.DataFrame({"x": series})
    schema = Schema.infer(frame)
    schema.validate(frame)
    assert_same_pandas(rebuilt(frame, schema), frame)
    assert_same_pandas(conform(frame, schema), frame)
    if schema.columns[0].kind is Kind.CATEGORY:
        assert set(rebuilt(frame, schema)["x"].dropna()) == set(frame["x"].dropna())


ARROW_VALUES = {
    pa.float16(): [np.float16(1), np.float16(2)],
    pa.date64(): [dt.date(2020, 1, 1), dt.date(2021, 1, 1)],
    pa.time32("ms"): [dt.time(8), dt.time(9)],
    pa.decimal128(20, -2): [Decimal(1500), Decimal(200)],
    pa.string_view(): ["a", "b"],
    pa.uuid(): [key.bytes for key in KEYS],
    pa.uint64(): [1, 2],
    pa.timestamp("s", "-03:00"): [STAMP, dt.datetime(2021, 1, 1)],
}


@pytest.mark.parametrize("kind", ARROW_VALUES, ids=str)
@pytest.mark.parametrize("nullable", [True, False], ids=["nullable", "not null"])
def test_each_type_of_arrow_comes_back(kind, nullable):
    values = [*ARROW_VALUES[kind], None] if nullable else ARROW_VALUES[kind]
    is_key = isinstance(kind, pa.BaseExtensionType)
    array = pa.array(values, kind.storage_type if is_key else kind)
    array = pa.ExtensionArray.from_storage(kind, array) if is_key else array
    table = pa.Table.from_arrays([array], schema=pa.schema([pa.field("x", kind, nullable=nullable)]))
    schema = Schema.infer(table)
    for built in (rebuilt(table, schema), conform(table, schema)):
        assert built.schema == table.schema
        assert built.equals(table)


def test_halves_that_are_not_numbers_come_back():
    table = pa.table({"x": pa.array([np.float16(0.5), np.float16("nan")], pa.float16())})
    built = rebuilt(table, Schema.infer(table))
    assert built.schema == table.schema
    assert [str(float(value)) for value in built["x"].to_pylist()] == ["0.5", "nan"]


def test_keys_of_arrow_come_back():
    schema = Schema("pyarrow", (Column("x", Kind.IDENTIFIER, "extension<arrow.uuid>", pattern="uuid"),))
    assert build_frame(schema, {"x": np.array([str(key) for key in KEYS])}, 2)["x"].to_pylist() == KEYS


def test_a_category_of_numbers_survives_where_a_user_says_so():
    frame = pd.DataFrame({"x": [1, 2, 2]})
    schema = Schema("pandas", (category(dtype="int64"),))
    schema.validate(frame)
    assert read_levels(frame, schema.column("x"))[1] == (1, 2)
    pd.testing.assert_frame_equal(rebuilt(frame, schema), frame)


def test_no_row_is_built_by_itself():
    """Calls are counted, of Python and of C: a loop over rows would make one a row."""
    rows, rng, calls = 20_000, np.random.default_rng(0), 0
    schema = Schema(
        "pandas", tuple(category(name, "category[object]") for name in "abcdefghi") + tuple(map(integer, "jklmno"))
    )
    values = {name: Levels(rng.integers(0, 9, rows).astype(np.int32), tuple("abcdefghi")) for name in "abcdefghi"}
    values |= {name: rng.normal(size=rows) for name in "jklmno"}

    def count(_frame, event, _argument):
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        frame = build_frame(schema, values, rows)
    finally:
        sys.setprofile(None)
    assert frame.shape == (rows, 15)
    assert calls < rows
