"""Frames to numbers and codes, and back to the very same frame."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from helpers.frame_strategies import arrow_tables, pandas_frames, polars_frames
from helpers.frames import build_frame, conform, read_levels, read_numbers
from hypothesis import given, settings
from polars.testing import assert_frame_equal as assert_polars_equal

from synthgan.data.schema import CODED, NUMBERS, TEMPORAL, Column, Kind, Schema
from synthgan.data.values import Levels
from synthgan.errors import DataError, SchemaError

many = settings(max_examples=100, deadline=None)


def rebuilt(frame, schema):
    values = {}
    for column in schema:
        if column.kind in NUMBERS | TEMPORAL:
            values[column.name] = read_numbers(frame, column)
        elif column.kind in CODED:
            values[column.name] = Levels(*read_levels(frame, column))
    return build_frame(schema, values, len(frame))


def assert_same_objects(built: pd.Series, given: pd.Series) -> None:
    """Equal, of equal Python types, and missing in the same way."""
    for left, right in zip(built, given, strict=True):
        assert type(left) is type(right)
        assert (pd.isna(left) and pd.isna(right)) or left == right


def assert_same_pandas(built: pd.DataFrame, given: pd.DataFrame) -> None:
    pd.testing.assert_index_equal(built.columns, given.columns, exact="equiv")
    assert isinstance(built.index, pd.RangeIndex)
    for name in given:
        assert built[name].dtype == given[name].dtype, (built[name].dtype, given[name].dtype)
        if given[name].dtype == object:
            assert_same_objects(built[name], given[name])
        elif isinstance(given[name].dtype, pd.CategoricalDtype):
            assert_same_objects(built[name].astype(object), given[name].astype(object))
        else:
            pd.testing.assert_series_equal(built[name], given[name], check_exact=True)


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


def integer(name="x", dtype="int64", **given):
    return Column(name, Kind.INTEGER, dtype, **given)


def category(name="x", dtype="object", **given):
    return Column(name, Kind.CATEGORY, dtype, **given)


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
    moment = Column("none", Kind.DATE, "date32[day]", unit="day")
    np.testing.assert_array_equal(read_numbers(table, moment), [np.nan, np.nan])


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


def test_a_category_of_numbers_survives_where_a_user_says_so():
    frame = pd.DataFrame({"x": [1, 2, 2]})
    schema = Schema("pandas", (category(dtype="int64"),))
    schema.validate(frame)
    assert read_levels(frame, schema.column("x"))[1] == (1, 2)
    pd.testing.assert_frame_equal(rebuilt(frame, schema), frame)


def test_numbers_are_rounded_and_kept_inside_the_type():
    small = Schema("pandas", (integer(dtype="int8"), Column("y", Kind.DECIMAL, "float32", decimals=1)))
    frame = build_frame(small, {"x": np.array([1.6, 300, -1e9]), "y": np.array([0.26, np.nan, 1e300])}, 3)
    assert frame["x"].tolist() == [2, 127, -128]
    assert frame["y"].dtype == np.float32
    assert frame["y"][0] == np.float32(0.3)
    assert np.isfinite(frame["y"][2])
    huge = build_frame(Schema("polars", (integer(dtype="UInt64"),)), {"x": np.array([1e30, -5])}, 2)
    assert 2**63 < huge["x"][0] < 2**64
    assert huge["x"][1] == 0


@pytest.mark.parametrize("dtype", ["timestamp[ns]", "date32[day]", "time32[s]", "duration[ms]"])
def test_moments_are_kept_inside_the_type(dtype):
    kind = {"t": Kind.DATETIME, "d": Kind.DATE}[dtype[0]]
    kind = Kind.DURATION if dtype.startswith(("time3", "duration")) else kind
    column = Column("x", kind, dtype, unit="day" if kind is not Kind.DURATION else "second")
    table = build_frame(Schema("pyarrow", (column,)), {"x": np.array([1e30, -1e30, np.nan])}, 3)
    whole = table["x"].cast("int64" if table["x"].type.bit_width == 64 else "int32").to_pylist()
    assert whole[0] > whole[1]
    assert whole[2] is None


def test_decimals_are_exact_and_kept_inside_the_type():
    column = Column("x", Kind.DECIMAL, "decimal128(5, 3)", decimals=2)
    table = build_frame(Schema("pyarrow", (column,)), {"x": np.array([0.1 + 0.2, 1e9, np.nan, -1.005])}, 4)
    assert table["x"].to_pylist() == [Decimal("0.300"), Decimal("99.990"), None, Decimal("-1.000")]


def test_identifiers_constants_and_missing_columns():
    schema = Schema("pandas", (
        Column("id", Kind.IDENTIFIER, "object", pattern="text:P-:3"), Column("number", Kind.IDENTIFIER, "Int32", pattern="int:2"),
        Column("site", Kind.CONSTANT, "category[object]", levels=("north",)), Column("empty", Kind.MISSING, "Int64"),
    ))  # fmt: skip
    frame = build_frame(schema, {"id": np.array(["P-001", "P-002"]), "number": np.array([10, 11])}, 2)
    assert frame.dtypes.astype(str).to_dict() == {
        "id": "object",
        "number": "Int32",
        "site": "category",
        "empty": "Int64",
    }
    assert frame["id"].tolist() == ["P-001", "P-002"]
    assert frame["site"].tolist() == ["north", "north"]
    assert frame["empty"].isna().all()


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        (integer(), None, "values of column 'x' must be an array, however: found NoneType"),
        (category(), np.zeros(2), "values of column 'x' must be Levels, however: found ndarray"),
        (integer(), np.zeros(3), "values of column 'x' must have 2 rows, however: found 3"),
        (category(), Levels(np.zeros(1, np.int32), ("a",)), "values of column 'x' must have 2 rows, however: found 1"),
        (
            category(dtype="int64"),
            Levels(np.zeros(2, np.int32), ("a",)),
            "values of column 'x' must be such as int64 can",
        ),
        (
            Column("x", Kind.IDENTIFIER, "int8"),
            np.array([1, 300]),
            "values of column 'x' must be such as int8 can hold",
        ),
    ],
)
def test_values_that_do_not_fit_are_refused_by_name(column, values, message):
    with pytest.raises(DataError, match=message):
        build_frame(Schema("pandas", (column,)), {} if values is None else {"x": values}, 2)


@settings(max_examples=30, deadline=None)
@given(pandas_frames())
def test_a_frame_conforms_to_its_own_schema_unchanged(frame):
    assert_same_pandas(conform(frame, Schema.infer(frame)), frame)


@settings(max_examples=30, deadline=None)
@given(arrow_tables())
def test_arrow_tables_conform_to_their_own_schema_unchanged(table):
    conformed = conform(table, Schema.infer(table))
    assert conformed.schema == table.schema
    assert str(conformed.to_pylist()) == str(table.to_pylist())


def test_a_frame_is_given_the_form_of_another():
    schema = Schema("pandas", (
        category("code", "category[object]"), integer("age", "Int8"), Column("wait", Kind.DURATION, "timedelta64[s]", unit="second"),
        Column("seen", Kind.DATETIME, "datetime64[us, UTC]", unit="day", timezone="UTC"),
    ))  # fmt: skip
    table = pa.table({
        "more": [0, 0], "age": [30.0, None], "code": pa.array([1.0, None]), "wait": ["PT5S", None],
        "seen": [dt.datetime(2020, 1, 1), None],
    })  # fmt: skip
    frame = conform(table, schema)
    assert list(frame) == ["code", "age", "wait", "seen"]
    assert frame.dtypes.astype(str).tolist() == ["category", "Int8", "timedelta64[s]", "datetime64[us, UTC]"]
    assert frame.iloc[0].tolist() == ["1", 30, pd.Timedelta(seconds=5), pd.Timestamp("2020-01-01", tz="UTC")]
    assert frame.iloc[1].isna().all()
    with pytest.raises(DataError, match="column 'age' must be such as Int8 can hold"):
        conform(table.set_column(1, "age", pa.array([999, 1])), schema)


def test_a_million_rows_take_seconds_not_minutes():
    """The bound is generous: a loop over rows in Python would break it many times over."""
    import time

    rows, rng = 200_000, np.random.default_rng(0)
    schema = Schema(
        "pandas", tuple(category(name, "category[object]") for name in "abcdefghi") + tuple(map(integer, "jklmno"))
    )
    values = {name: Levels(rng.integers(0, 9, rows).astype(np.int32), tuple("abcdefghi")) for name in "abcdefghi"}
    values |= {name: rng.normal(size=rows) for name in "jklmno"}
    start = time.perf_counter()
    frame = build_frame(schema, values, rows)
    assert time.perf_counter() - start < 5
    assert frame.shape == (rows, 15)


def test_zero_and_minus_zero_are_one_level():
    values = pa.DictionaryArray.from_arrays(pa.array([0, 0, 1, None], pa.int8()), pa.array([0.0, -0.0], pa.float32()))
    codes, levels = read_levels(pa.table({"x": values}), Column("x", Kind.CATEGORY, "dictionary"))
    assert codes.tolist() == [0, 0, 0, -1]
    assert [str(level) for level in levels] == ["0.0"]
