"""Columns are read as numbers, moments or levels, as their kind asks for."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from helpers.frames import build_frame, category, integer, read_levels, read_numbers

from synthgan.data.schema import Column, Kind, Schema
from synthgan.errors import DataError, SchemaError


def test_numbers_are_float64_with_nan_for_missing():
    table = pa.table({"x": pa.array([3, None, -1], pa.int16())})
    numbers = read_numbers(table, integer(dtype="int16"))
    assert numbers.dtype == np.float64
    assert numbers.tolist()[::2] == [3.0, -1.0]
    assert np.isnan(numbers[1])


def test_stamps_are_whole_units_since_1970_in_utc():
    stamps = pd.Series(pd.to_datetime(["1970-01-01 03:00", "1969-12-31 23:00", None])).dt.tz_localize("Europe/Berlin")
    frame = pd.DataFrame({"x": stamps})
    (column,) = Schema.infer(frame)
    assert (column.kind, column.unit, column.timezone) == (Kind.DATETIME, "hour", "Europe/Berlin")
    np.testing.assert_array_equal(read_numbers(frame, column), [2.0, -2.0, np.nan])


@pytest.mark.parametrize("unit", ["day", "hour", "minute", "second", "millisecond", "microsecond"])
def test_numbers_of_any_unit_are_exact(unit):
    count = 2**33 if unit in {"millisecond", "microsecond"} else 20_000
    column = Column("x", Kind.DATETIME, "timestamp[us]", unit=unit)
    frame = build_frame(Schema("pyarrow", (column,)), {"x": np.array([count, -count, 0.0, np.nan])}, 4)
    np.testing.assert_array_equal(read_numbers(frame, column), [count, -count, 0.0, np.nan])


def test_a_unit_finer_than_the_columns_gives_fractions():
    table = pa.table({"x": pa.array([dt.datetime(1970, 1, 2, 12)])})
    assert read_numbers(table, Column("x", Kind.DATETIME, "timestamp[us]", unit="day")).tolist() == [1.5]


def test_numbers_are_read_from_text_and_booleans_and_nothing():
    table = pa.table({"text": ["1.5", None], "truth": [True, None], "none": pa.nulls(2)})
    decimal = Column("text", Kind.DECIMAL, "double", decimals=1)
    np.testing.assert_array_equal(read_numbers(table, decimal), [1.5, np.nan])
    np.testing.assert_array_equal(read_numbers(table, integer("truth")), [1, np.nan])
    np.testing.assert_array_equal(read_numbers(table, integer("none")), [np.nan, np.nan])
    stamp = Column("none", Kind.DATE, "date32[day]", unit="day")
    np.testing.assert_array_equal(read_numbers(table, stamp), [np.nan, np.nan])


@pytest.mark.parametrize(
    ("texts", "column", "number"),
    [
        (["1970-01-03"], Column("x", Kind.DATE, "date32[day]", unit="day"), 2),
        (["1970-01-01T01:00:00Z"], Column("x", Kind.DATETIME, "timestamp[us, tz=UTC]", unit="minute", timezone="UTC"), 60),
        (["PT1H30M"], Column("x", Kind.DURATION, "duration[s]", unit="minute"), 90),
        (["01:30:00"], Column("x", Kind.DURATION, "time64[us]", unit="minute"), 90),
    ],
)  # fmt: skip
def test_moments_are_read_from_text(texts, column, number):
    assert read_numbers(pa.table({"x": texts}), column).tolist() == [number]


@pytest.mark.parametrize(
    ("values", "column", "message"),
    [
        (["a"], integer(), "'x' must hold values of kind integer"),
        ([dt.date(2020, 1, 1)], integer(), "'x' must hold numbers, however: found type date32"),
        ([1.0, float("inf")], integer(), "'x' must hold finite numbers"),
        ([1], Column("x", Kind.DATE, "date32[day]", unit="day"), "'x' must hold values of kind date, however: found type int64"),
        (["soon"], Column("x", Kind.DATE, "date32[day]", unit="day"), "'x' must hold values of kind date, however"),
        (["soon"], Column("x", Kind.DURATION, "duration[s]", unit="day"), "'x' must hold values of kind duration, however"),
        ([1], integer("y"), "'y' must be in the table once, however: found no such column"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused_by_name(values, column, message):
    with pytest.raises(DataError, match=message):
        read_numbers(pa.table({"x": values}), column)


def test_two_columns_of_one_name_are_refused():
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["x", "x"])
    with pytest.raises(DataError, match="found two columns of that name"):
        read_numbers(table, integer())


def test_levels_are_those_that_occur_sorted():
    frame = pd.DataFrame({"x": pd.Categorical(["b", None, "a", "b"], categories=["c", "b", "a"])})
    codes, levels = read_levels(frame, category())
    assert levels == ("a", "b")
    assert codes.dtype == np.int32
    assert codes.tolist() == [1, -1, 0, 1]


def test_ordered_levels_keep_their_order_and_the_unused():
    frame = pd.DataFrame({"x": pd.Categorical(["high", "low"], categories=["low", "middle", "high"], ordered=True)})
    codes, levels = read_levels(frame, Column("x", Kind.ORDERED, "category[object, ordered]"))
    assert levels == ("low", "middle", "high")
    assert codes.tolist() == [2, 0]


def test_a_dictionary_with_repeats_and_gaps_is_tidied():
    dictionary = pa.array(["b", "a", "b", None, "never"])
    table = pa.table({"x": pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 3, None], pa.uint8()), dictionary)})
    codes, levels = read_levels(table, category())
    assert levels == ("a", "b")
    assert codes.tolist() == [1, 0, 1, -1, -1]


def test_nan_is_no_level():
    table = pa.table({"x": pa.array([1.5, float("nan"), 0.5]).dictionary_encode()})
    codes, levels = read_levels(table, category())
    assert levels == (0.5, 1.5)
    assert codes.tolist() == [1, -1, 0]


def test_levels_are_json_scalars_of_their_type():
    table = pa.table({
        "flag": [True, False], "day": [dt.date(2020, 2, 29), dt.date(1999, 1, 1)], "price": [Decimal("1.50"), Decimal("0.25")],
        "wait": pa.array([90, 0], pa.duration("s")), "none": pa.nulls(2),
    })  # fmt: skip
    levels = {name: read_levels(table, category(name))[1] for name in table.column_names}
    assert levels == {
        "flag": (False, True), "day": ("1999-01-01", "2020-02-29"), "price": ("0.25", "1.50"), "wait": ("PT0S", "PT90S"),
        "none": (),
    }  # fmt: skip


def test_declared_levels_come_in_their_order():
    table = pa.table({"x": ["m", "f", None]})
    codes, levels = read_levels(table, category(levels=("x", "m", "f")))
    assert levels == ("x", "m", "f")
    assert codes.tolist() == [1, 2, -1]
    with pytest.raises(SchemaError, match="'x' must hold only its declared levels, however: found 'f'"):
        read_levels(table, category(levels=("x", "m")))


def test_zero_and_minus_zero_are_one_level():
    values = pa.DictionaryArray.from_arrays(pa.array([0, 0, 1, None], pa.int8()), pa.array([0.0, -0.0], pa.float32()))
    codes, levels = read_levels(pa.table({"x": values}), Column("x", Kind.CATEGORY, "dictionary"))
    assert codes.tolist() == [0, 0, 0, -1]
    assert [str(level) for level in levels] == ["0.0"]
