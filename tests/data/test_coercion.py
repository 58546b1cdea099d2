"""Reading a column as declared: each cell by itself, never a refusal, and never another type."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgan.data.coercion import cast_cells, coerced
from synthgan.data.column import Column, Kind
from synthgan.data.containers.cells import cells_of, gaps_in, typed_column, unit_codes
from synthgan.data.schema import Schema
from synthgan.data.table import Table
from synthgan.data.values import Levels
from synthgan.errors import DataError, SchemaError

COLUMNS = {
    "integer": Column("a", Kind.INTEGER, "int64", minimum=0, maximum=99),
    "whole float": Column("a", Kind.INTEGER, "float64"),
    "decimal": Column("a", Kind.DECIMAL, "float64", decimals=1),
    "Decimal": Column("a", Kind.DECIMAL, "object[Decimal]"),
    "latitude": Column("a", Kind.LATITUDE, "float64"),
    "boolean": Column("a", Kind.BOOLEAN, "bool", levels=(False, True)),
    "category": Column("a", Kind.CATEGORY, "object", levels=("x", "y")),
    "numbers as levels": Column("a", Kind.CATEGORY, "int64"),
    "Decimals as levels": Column("a", Kind.CATEGORY, "object[Decimal]"),
    "ordered": Column("a", Kind.ORDERED, "category[object, ordered]", levels=("low", "high")),
    "date": Column("a", Kind.DATE, "object[date]", unit="day", minimum="2000-01-01", maximum="2030-12-31"),
    "datetime": Column("a", Kind.DATETIME, "datetime64[ns]", unit="second", maximum="2030-12-31"),
    "nanoseconds": Column("a", Kind.DATETIME, "datetime64[ns]", unit="nanosecond"),
    "zone": Column("a", Kind.DATETIME, "datetime64[us, UTC]", unit="second", timezone="UTC"),
    "duration": Column("a", Kind.DURATION, "timedelta64[ns]", unit="second", minimum="PT0S"),
    "time": Column("a", Kind.DURATION, "object[time]", unit="minute"),
}
CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.text(st.characters(codec=None), max_size=20),
    st.sampled_from(
        ["43.5", "007", "unknown", "x", "TRUE", "2020-01-01", "2020-01-01T10:00:00Z", "PT90S", "08:30", "1e400"]
    ),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.just(dt.UTC)),
    st.timedeltas(),
    st.times(),
    st.uuids(),
    st.binary(max_size=3),
    st.lists(st.integers(), max_size=2),
    st.sampled_from(
        [pd.NA, pd.NaT, np.nan, 1j, np.float32(0.1), np.int8(3), np.datetime64("2020-01-01"), pd.Timestamp(5)]
    ),
)


def objects(cells):
    column = np.empty(len(cells), dtype=object)
    column[:] = cells
    return pd.DataFrame({"a": pd.Series(column, dtype=object)})


def held(column, frame):
    values = coerced("pandas", column, frame).held
    if isinstance(values, Levels):
        return "levels", [None if code < 0 else values.levels[code] for code in values.codes]
    return str(type(values)), values.float64().tolist()


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(list(COLUMNS)), st.lists(CELLS, max_size=6))
def test_any_cells_are_read_one_by_one_as_any_declared_kind(name, cells):
    column = COLUMNS[name]
    sort, together = held(column, objects(cells))
    alone = [held(column, objects([cell])) for cell in cells]
    assert {sort} >= {kind for kind, _ in alone}
    assert list(map(str, together)) == [str(one) for _, (one,) in alone]
    if sort != "levels":
        numbers, (low, high) = np.array(together, dtype=float), column.bounds
        assert not np.isinf(numbers).any()
        if name != "latitude":  # coordinates are looked at in pairs
            assert not (numbers < (-np.inf if low is None else low)).any()
            assert not (numbers > (np.inf if high is None else high)).any()


@settings(deadline=None, max_examples=60)
@given(st.lists(CELLS, max_size=6))
def test_any_cells_leave_the_type_of_a_column_as_it_is(cells):
    frame = objects(cells)
    (column,) = Schema.infer(frame, types_only=True)
    assert (column.kind, column.dtype, column.missing, column.levels) == (Kind.CATEGORY, "object", None, None)
    assert cells_of(frame, "a").type == pa.large_string()
    assert len(unit_codes(frame, "a")) == len(cells)
    assert gaps_in(frame, "a") <= cells_of(frame, "a").null_count


@pytest.mark.parametrize(
    ("name", "cell", "found"),
    [
        ("integer", 43.5, np.nan), ("integer", "43", 43), ("integer", "43.0", 43), ("integer", 1_000, 99), ("integer", "-1", 0),
        ("integer", "007", 7), ("integer", "unknown", np.nan), ("integer", True, np.nan), ("whole float", 1.5, np.nan),
        ("decimal", " 1.25 ", 1.25), ("decimal", np.inf, np.nan), ("Decimal", Decimal("1.12345678"), 1.12345678),
        ("boolean", "maybe", None), ("boolean", "TRUE", True), ("boolean", 1, True), ("boolean", 5, None),
        ("category", "z", "z"), ("category", b"x", None), ("category", 410, "410"), ("category", " x", " x"),
        ("numbers as levels", "007", 7), ("numbers as levels", 1.5, None), ("Decimals as levels", Decimal("1.20"), "1.20"),
        ("date", dt.datetime(2020, 1, 1, 10), np.nan), ("date", dt.date(2020, 1, 1), 18262), ("date", "0001-01-01", 10957),
        ("datetime", "2020-01-01T10:00:00", 1577872800), ("datetime", "2020-01-01T10:00:00Z", np.nan), ("datetime", 5, np.nan),
        ("datetime", "9999-12-31", 1924905600), ("nanoseconds", "9999-12-31", np.nan), ("zone", "2020-01-01T10:00:00", np.nan),
        ("zone", dt.datetime(2020, 1, 1, 10, tzinfo=dt.timezone(dt.timedelta(hours=2))), 1577865600),
        ("duration", "PT90S", 90), ("duration", dt.timedelta(minutes=1), 60), ("duration", "-PT5S", 0), ("time", dt.time(8, 30), 510),
        ("latitude", "91.5", 91.5),
    ],
)  # fmt: skip
def test_what_becomes_of_a_cell(name, cell, found):
    _, (read,) = held(COLUMNS[name], objects([cell]))
    assert read == found or (read is not None and found is not None and np.isnan(read) and np.isnan(found))


def test_what_does_not_fit_is_counted():
    frame = objects(["43", "43.5", None, "-5", "x", b"x", 120])
    read = coerced("pandas", COLUMNS["integer"], frame)
    assert (read.held.missing.sum() - gaps_in(frame, "a"), read.clipped, read.other) == (3, 2, 0)
    read = coerced("pandas", COLUMNS["category"], objects(["x", "z", None, "y", "z"]))
    assert (read.clipped, read.other) == (0, 2)
    assert coerced("pandas", COLUMNS["latitude"], objects([91.5])).clipped == 1


def test_cells_of_text_are_read_as_cells_of_objects_are():
    cells = ["43", "43.5", "", "x", "2020-01-01", "TRUE", None]
    for name, column in COLUMNS.items():
        assert str(held(column, objects(cells))) == str(held(column, pa.table({"a": pa.array(cells)}))), name


def test_numbers_too_large_for_a_float_are_not_lost():
    values = coerced("pyarrow", Column("a", Kind.DECIMAL, "double"), pa.table({"a": pa.array([2**62, None])})).held
    assert values.float64()[0] == 2**62


def test_columns_are_found_by_their_text_and_their_sort_is_that_of_their_type():
    table = pa.table({"3": pa.array([1, None]), "day": pa.array([dt.date(2020, 1, 1)] * 2)})
    schema = Schema(
        "pandas", (Column(3, Kind.INTEGER, "int64"), Column("key", Kind.IDENTIFIER, "object", pattern="uuid"))
    )
    assert Table.coerce(table, schema).columns[3].float64()[0] == 1
    for column, message in (
        (
            Column("4", Kind.INTEGER, "int64"),
            "must be in the table once, however: found none of that name",
        ),
        (Column("day", Kind.INTEGER, "int64"), r"must hold numbers \(int64\), however: found dates"),
        (
            Column("3", Kind.DATE, "date32[day]", unit="day"),
            r"must hold dates \(date32\[day\]\), however: found numbers",
        ),
    ):
        with pytest.raises(SchemaError, match=message):
            coerced("pyarrow", column, table)
    twice = pd.DataFrame([[1, 2]], columns=["a", "a"])
    with pytest.raises(SchemaError, match="found two of one name"):
        coerced("pandas", COLUMNS["integer"], twice)
    with pytest.raises(DataError, match="must hold single values, however: found type list"):
        typed_column(pa.table({"a": [[1]]}), "a")


def test_ordered_categories_keep_the_order_of_their_type():
    series = pd.Series(pd.Categorical(["low", "high"], categories=["low", "mid", "high"], ordered=True))
    read = coerced("pandas", Column("a", Kind.ORDERED, "category[object, ordered]"), series.to_frame("a")).held
    assert (read.levels, read.codes.tolist()) == (("low", "mid", "high"), [0, 2])


def test_units_are_told_apart_by_what_their_cells_say():
    assert unit_codes(objects(["7", 7, b"7", [7], [7], None, np.nan]), "a").tolist() == [0, 0, 1, 2, 2, -1, -1]
    assert unit_codes(pl.DataFrame({"a": [None, None]}), "a").tolist() == [-1, -1]
    assert unit_codes(pa.table({"a": ["x", None, "x"]}), "a").tolist() == [0, -1, 0]


class Unwritable:
    """An object that cannot be written."""

    def __repr__(self):
        raise RuntimeError


def test_units_that_cannot_be_written_are_one():
    assert unit_codes(objects([Unwritable(), Unwritable(), "a"]), "a").tolist() == [0, 0, 1]


def test_casting_goes_on_where_a_value_does_not_fit():
    texts = pa.array([str(number) for number in range(50)] + ["x", None, "1.5"])
    assert cast_cells(texts, pa.int8()).to_pylist() == [*range(50), None, None, None]
    assert cast_cells(pa.array([], pa.string()), pa.int8()).to_pylist() == []
    assert cast_cells(pa.array([str(uuid.UUID(int=5))]), pa.timestamp("us")).to_pylist() == [None]
