"""What a table is: inferred, checked, written as JSON and read again."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from helpers.frame_strategies import arrow_tables, pandas_frames, polars_frames
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgan.data.schema import Column, Kind, Schema
from synthgan.errors import DataError, SchemaError

BERLIN = pd.Series(pd.to_datetime(["2020-01-01 10:00", None, "2020-07-01 10:00"])).dt.tz_localize("Europe/Berlin")


def inferred(values, **arguments):
    (column,) = Schema.infer(pd.DataFrame({"x": values}), **arguments)
    return column


# ---------------------------------------------------------------------------------------------------------- inference


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


def test_keys_are_found_and_named_ones_are_obeyed():
    rows = 30
    frame = pd.DataFrame({"patient_id": np.arange(rows) * 7, "code": [f"P-{n:03d}" for n in range(rows)],
                          "weight": np.arange(rows) * 3 % 17, "ward": ["a", "b"] * 15, "visit": [1.0, 2.0, np.nan] * 10})  # fmt: skip
    schema = Schema.infer(frame, identifiers=["weight", "visit"])
    assert {column.name: column.pattern for column in schema if column.kind is Kind.IDENTIFIER} == {
        "patient_id": "int:3", "code": "text:P-:3", "weight": "int:2", "visit": "int:1",
    }  # fmt: skip


def test_columns_are_dropped_by_name_or_the_text_of_it():
    frame = pd.DataFrame({0: [1, 2], "1": [3, 4]})
    assert Schema.infer(frame, drop=["0"]).names == ("1",)
    assert Schema.infer(frame, drop=[0]).names == ("1",)


def test_names_of_whole_numbers_become_plain_ones():
    schema = Schema.infer(pd.DataFrame(np.array([[1, 2], [3, 4]])))
    assert schema.names == (0, 1)
    assert all(type(name) is int for name in schema.names)


MIXED = pd.Series([1, "a"], dtype=object)
PROSE = [f"the patient came in on day {n}" for n in range(30)]
LISTS = pa.table({"x": [[1], [2]]})


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (
            pd.DataFrame({"x": MIXED}),
            r"column 'x' must hold one type of value, however: found int, str; .*astype\(str\) or drop=\['x'\] \(leave it out\)",
        ),
        (pd.DataFrame({"x": [[1], [2]]}), r"column 'x' must hold single values, however: found list; drop=\['x'\]"),
        (pd.DataFrame({"x": [{"a": 1}, {}]}), r"column 'x' must hold single values, however: found dict; drop=\['x'\]"),
        (pd.DataFrame({"x": [b"1", b"2"]}), "column 'x' must hold single values, however: found bytes"),
        (LISTS, "column 'x' must hold single values, however: found type list<"),
        (pl.from_arrow(LISTS), r"column 'x' must hold single values, however: found type List\(Int64\)"),
        (pa.table({"x": [b"1", b"2"]}), "column 'x' must hold single values, however: found type binary"),
        (pa.table({"x": [{"a": 1}]}), "column 'x' must hold single values, however: found type struct"),
        (
            pl.DataFrame({"x": [1, 2]}, schema={"x": pl.Int128}),
            "'x' must hold single .* found type Int128; cast it to Int64",
        ),
        (pd.DataFrame({"x": pd.period_range("2020", periods=2, freq="M")}), r"found type period\[M\]; .*to_timestamp"),
        (pd.DataFrame({"x": pd.cut([1.0, 2.0], 2)}), "column 'x' .* found type interval.*astype"),
        (pd.DataFrame({"x": pd.arrays.SparseArray([0, 1])}), "found type Sparse.*to_dense"),
        (pd.DataFrame({"x": [1j, 2j]}), "column 'x' must hold single values, however: found type complex128"),
        (pd.DataFrame({"x": [10**30, 1]}, dtype=object), "column 'x' must hold values that Arrow can store"),
        (
            pd.DataFrame(
                {"x": pd.Series([dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 1, tzinfo=dt.UTC)], dtype=object)}
            ),
            "column 'x' must hold values that Arrow can store, however: some stamps have a zone and some have none",
        ),
        (pd.DataFrame({"x": [1.0, np.inf]}), "column 'x' must hold finite numbers, however: found inf"),
        (pd.DataFrame({"x": [1.0, -np.inf]}), "column 'x' must hold finite numbers, however: found -inf"),
        (pd.DataFrame({"x": pd.Categorical([1.0, np.inf])}), "column 'x' must hold finite numbers"),
        (pd.DataFrame({"x": PROSE}), r"column 'x' must be .* found free text; drop=\['x'\] .* or identifiers=\['x'\]"),
        (
            pd.DataFrame({"x": PROSE, "y": PROSE}),
            r"columns 'x', 'y' must be .* found free text; drop=\['x', 'y'\] .* or identifiers=\['x', 'y'\]",
        ),
        (pd.DataFrame([[1, 2]], columns=["x", "x"]), "column names must differ, however: found 'x' twice; rename"),
        (pd.DataFrame([[1, 2]], columns=[1, "1"]), "column names must differ, however: found '1' twice"),
        (
            pd.DataFrame([[1, 2]], columns=[("a", 1), ("a", 2)]),
            "a column's name must be text or a whole number, however",
        ),
        (pd.DataFrame({True: [1], "x": [2]}), "a column's name must be text or a whole number, however: found True"),
        (pd.DataFrame({None: [1]}), "a column's name must be text or a whole number, however: found"),
        (pd.DataFrame(index=range(3)), "a table must have columns, however: found none"),
        (pd.DataFrame({"x": []}), "a table must have rows, however: found none"),
        (pl.DataFrame(), "a table must have columns"),
        ([1, 2], "a table must be a pandas, polars or pyarrow one, however: found list"),
    ],
)
def test_what_cannot_be_learned_is_refused_in_one_line(frame, message):
    with pytest.raises(DataError, match=message) as caught:
        Schema.infer(frame)
    assert "\n" not in str(caught.value)


def test_unknown_names_are_refused_with_the_close_ones():
    frame = pd.DataFrame({"patient_id": [1, 2], "age": [3, 4]})
    with pytest.raises(
        DataError, match="drop must name columns of the table, however: found no 'patient'; did you mean 'patient_id'"
    ):
        Schema.infer(frame, drop=["patient"])
    with pytest.raises(
        DataError, match=r"identifiers must name columns of the table, however: found no 'zzz'; known: patient_id, age$"
    ):
        Schema.infer(frame, identifiers=["zzz"])
    with pytest.raises(DataError, match="found none but dropped ones"):
        Schema.infer(frame, drop=["patient_id", "age"])


@pytest.mark.parametrize("values", [[1.5, 2.5], [True, False], [dt.date(2020, 1, 1), dt.date(2020, 1, 2)]])
def test_what_cannot_be_a_key_is_refused_by_name(values):
    with pytest.raises(
        DataError, match=r"column 'x' must be text or whole numbers to be an identifier, .*drop=\['x'\]"
    ):
        inferred(values, identifiers=["x"])


# --------------------------------------------------------------------------------------------------------------- JSON


@settings(max_examples=60, deadline=None)
@given(st.one_of(pandas_frames(), polars_frames(), arrow_tables()))
def test_a_schema_comes_back_from_json(frame):
    schema = Schema.infer(frame)
    assert Schema.from_json(schema.to_json()) == schema


def test_declarations_come_back_from_json():
    schema = Schema("pandas", (
        Column("grade", Kind.ORDERED, "object", levels=("low", "high")),
        Column("age", Kind.INTEGER, "int64", minimum=0, maximum=120),
        Column("seen", Kind.DATETIME, "datetime64[ns, UTC]", unit="second", timezone="UTC", minimum="1970-01-02T00:00:00Z"),
        Column("wait", Kind.DURATION, "timedelta64[ns]", unit="minute", maximum="PT2H"),
        Column("born", Kind.DATE, "object[date]", unit="day", maximum="1970-01-03", missing="none"),
    ))  # fmt: skip
    again = Schema.from_json(schema.to_json())
    assert again == schema
    assert [column.bounds for column in again] == [(None, None), (0, 120), (86_400, None), (None, 120), (None, 2)]
    assert "ä" in Schema("pandas", (Column("ä", "integer", "int64"),)).to_json()


def column_json(**changes):
    given = {"name": "x", "kind": "integer", "dtype": "int64"} | changes
    return json.dumps(
        {"container": "pandas", "columns": [{key: value for key, value in given.items() if value != "-"}]}
    )


CATEGORY = {"kind": "category", "dtype": "object"}
DATE = {"kind": "date", "dtype": "object[date]", "unit": "day"}
DATETIME = {"kind": "datetime", "dtype": "datetime64[ns]", "unit": "second"}
ZONED = {"kind": "datetime", "dtype": "datetime64[ns, UTC]", "unit": "second", "timezone": "UTC"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a schema must be JSON, however: "),
        ("{", "a schema must be JSON, however: "),
        ("[" * 100_000, "a schema must be JSON, however: "),
        ("[]", "a schema must be a JSON object of container and columns, however: found list"),
        ("{}", "a schema must be a JSON object of container and columns, however: found "),
        ('{"container": "pandas", "columns": [], "more": 1}', "however: found container, columns, more"),
        ('{"container": "pandas", "columns": 1}', "columns must be a list, however: found 1"),
        ('{"container": "pandas", "columns": []}', "a schema must have one column or more, however: found none"),
        ('{"container": "pandas", "columns": [1]}', "a column must be a JSON object, however: found 1"),
        ('{"container": "excel", "columns": [{"name": "x", "kind": "integer", "dtype": "int64"}]}', "container must be one of pandas"),
        ('{"container": [], "columns": [{"name": "x", "kind": "integer", "dtype": "int64"}]}', "container must be one of pandas"),
        (column_json(name="-"), "column None: name, kind and dtype must be given, however: 'name' is lacking"),
        (column_json(dtype="-"), "column 'x': name, kind and dtype must be given, however: 'dtype' is lacking"),
        (column_json(colour="red"), "column 'x': keys must be among name, kind, .*, however: found 'colour'"),
        (column_json(name=1.5), "a column's name must be text or a whole number, however: found 1.5"),
        (column_json(name=True), "a column's name must be text or a whole number, however: found True"),
        (column_json(kind="number"), "column 'x': kind must be one of integer, .*, however: found 'number'"),
        (column_json(kind=["integer"]), "column 'x': kind must be one of"),
        (column_json(dtype="int65"), "column 'x': dtype must be a column type of pandas .* found 'int65'"),
        (column_json(dtype="decimal128(99, 2)[pyarrow]"), "column 'x': dtype must be a column type of pandas"),
        (column_json(dtype=""), "column 'x': dtype must be a column type as text, however: found ''"),
        (column_json(dtype=3), "column 'x': dtype must be a column type as text, however: found 3"),
        (column_json(kind="date"), "column 'x': unit must be given for a date, datetime or duration column"),
        (column_json(**DATE | {"dtype": "int64"}), "column 'x': kind must suit the type 'int64', however: found 'date'"),
        (column_json(dtype="object"), "column 'x': kind must suit the type 'object', however: found 'integer'"),
        (column_json(**CATEGORY | {"dtype": "null[pyarrow]"}), "column 'x': kind must suit the type 'null"),
        (column_json(decimals=2), "column 'x': decimals must be from 0 to 10 for a decimal column, and absent elsewhere"),
        (column_json(kind="decimal", dtype="float64", decimals=11), "column 'x': decimals must be from 0 to 10"),
        (column_json(kind="decimal", dtype="float64", decimals=True), "column 'x': decimals must be from 0 to 10"),
        (column_json(unit="day"), "column 'x': unit must be given for a date, datetime or duration column, and only there"),
        (column_json(**DATE | {"unit": "week"}), "column 'x': unit must be one of day, hour"),
        (column_json(**DATE | {"unit": ["day"]}), "column 'x': unit must be text, or absent"),
        (column_json(timezone="UTC"), "column 'x': timezone must be absent except for a datetime column"),
        (column_json(missing="empty"), "column 'x': missing must be null, nan or none, or absent, however: found 'empty'"),
        (column_json(missing=0), "column 'x': missing must be text, or absent, however: found 0"),
        (column_json(pattern="int:3"), "column 'x': pattern must be absent except for an identifier"),
        (column_json(kind="identifier", pattern="int:"), "column 'x': pattern must be uuid, int:DIGITS or text"),
        (column_json(kind="identifier", pattern="int:0"), "column 'x': pattern must be uuid, int:DIGITS or text"),
        (column_json(levels=[1]), "column 'x': levels must be a list, for a boolean, category"),
        (column_json(**CATEGORY, levels="ab"), "column 'x': levels must be a list, for a boolean, category"),
        (column_json(**CATEGORY, levels=[]), "column 'x': levels must be one or more values of one type"),
        (column_json(**CATEGORY, levels=["a", 1]), "column 'x': levels must be one or more values of one type"),
        (column_json(**CATEGORY, levels=[["a"]]), "column 'x': levels must be one or more values of one type"),
        (column_json(**CATEGORY, levels=[None]), "column 'x': levels must be one or more values of one type"),
        (column_json(**CATEGORY, levels=["a", "a"]), "column 'x': levels must be finite and all different"),
        (column_json(**CATEGORY, levels=[float("inf")]), "column 'x': levels must be finite and all different"),
        (column_json(kind="constant"), "column 'x': levels must be the one value of the constant, as a list, however: found None"),
        (column_json(kind="constant", levels=[1, 2]), "column 'x': levels must be the one value of the constant"),
        (column_json(**CATEGORY, minimum=1), "column 'x': minimum must be absent except for numbers"),
        (column_json(minimum="1"), "column 'x': minimum must be a finite number, however: found '1'"),
        (column_json(maximum=float("nan")), "column 'x': maximum must be a finite number, however: found nan"),
        (column_json(maximum=True), "column 'x': maximum must be a finite number, however: found True"),
        (column_json(minimum=2, maximum=1), "column 'x': minimum must be at most the maximum 1, however: found 2"),
        (column_json(**DATE, minimum="soon"), "column 'x': minimum must be ISO 8601 text such as '2020-02-29', however: found 'soon'"),
        (column_json(**DATE, minimum=7), "column 'x': minimum must be ISO 8601 text"),
        (column_json(**DATE, minimum="2020-01-02", maximum="2020-01-01"), "column 'x': minimum must be at most the maximum"),
        (column_json(**DATETIME, minimum="2020-01-01T00:00:00Z"), "minimum must be ISO 8601 text such as '2020-02-29T12:00:00'"),
        (column_json(**ZONED, minimum="2020-01-01T00:00:00"), r"minimum must be ISO 8601 text such as .*Z' \(with a zone\)"),
        (column_json(kind="duration", dtype="timedelta64[ns]", unit="day", maximum="1 day"), "maximum must be ISO 8601 text"),
    ],
)  # fmt: skip
def test_wrong_json_is_refused_in_one_line(text, message):
    with pytest.raises(SchemaError, match=message) as caught:
        Schema.from_json(text)
    assert "\n" not in str(caught.value)


def test_names_must_differ_and_suit_the_container():
    columns = (Column(1, "integer", "int64"), Column("1", "integer", "int64"))
    with pytest.raises(SchemaError, match="column names must differ, however: found '1' twice"):
        Schema("pandas", columns)
    with pytest.raises(SchemaError, match="column names of pyarrow must be text, however: found 1"):
        Schema("pyarrow", columns[:1])


def test_a_schema_is_a_collection_of_its_columns():
    schema = Schema.infer(pd.DataFrame({"a": [1, 2], "b": [True, False]}))
    assert len(schema) == 2
    assert [column.name for column in schema] == ["a", "b"] == list(schema.names)
    assert schema.column("b").kind is Kind.BOOLEAN
    with pytest.raises(SchemaError, match="a column must be in the schema, however: found no 'c'; known: a, b"):
        schema.column("c")


# --------------------------------------------------------------------------------------------------------- validation


def test_a_table_that_fits_is_accepted_whatever_its_container():
    frame = pd.DataFrame({"age": [30.5, np.nan], "sex": ["m", "f"], "more": [1, 2]})
    schema = Schema.infer(frame, drop=["more"])
    schema.validate(frame)
    schema.validate(pa.Table.from_pandas(frame))
    schema.validate(pl.from_pandas(frame))
    schema.validate(frame.assign(sex=None).astype({"sex": object}).pipe(lambda given: given.assign(sex=["m", "m"])))


@pytest.mark.parametrize(
    ("changes", "frame", "message"),
    [
        ({}, {"y": [1]}, "column 'x' must be in the table once, however: found none of that name"),
        ({}, {"x": ["a"]}, r"column 'x' must hold numbers \(int64\), however: found text"),
        ({}, {"x": [True]}, "column 'x' must hold numbers .* found true and false"),
        ({}, {"x": pd.array([1, None], "Int64")}, "column 'x' must have nothing missing, however: 1 of 2 rows are; add .missing.: .null."),
        ({"minimum": 2}, {"x": [1, 3]}, "column 'x' must be 2 or more, however: found less"),
        ({"maximum": 2}, {"x": [1, 3]}, "column 'x' must be 2 or less, however: found more"),
        (CATEGORY, {"x": [1]}, "column 'x' must hold text .* found numbers"),
        (CATEGORY | {"levels": ("a",)}, {"x": ["a", "b"]}, "'x' must hold only its declared levels, however: found 'b'"),
        ({"kind": "constant", "levels": (1,)}, {"x": [1, 2]}, "'x' must hold only its declared levels, however: found 2"),
        ({"kind": "missing"}, {"x": [1]}, "column 'x' must be missing in every row, however: found values"),
        (DATE, {"x": pd.to_datetime(["2020-01-01"])}, "column 'x' must hold dates .* found stamps"),
        (DATETIME, {"x": pd.to_timedelta([1], unit="s")}, "column 'x' must hold stamps .* found durations"),
        (CATEGORY | {"kind": "text"}, {"x": ["a"]}, "column 'x' must be categories or an identifier, however: its kind is text"),
    ],
)  # fmt: skip
def test_a_table_that_does_not_fit_is_refused_by_name(changes, frame, message):
    column = Column(**{"name": "x", "kind": "integer", "dtype": "int64"} | changes)
    with pytest.raises(SchemaError, match=message):
        Schema("pandas", (column,)).validate(pd.DataFrame(frame))


def test_two_columns_of_one_name_do_not_fit():
    with pytest.raises(SchemaError, match="found two of that name"):
        Schema.infer(pd.DataFrame({"x": [1, 2]})).validate(pd.DataFrame([[1, 2]], columns=["x", "x"]))


def test_bounds_hold_for_moments_and_missing_values_pass():
    column = Column("x", Kind.DATE, "object[date]", unit="day", missing="none", minimum="2020-01-01")
    schema = Schema("pandas", (column,))
    schema.validate(pd.DataFrame({"x": [dt.date(2020, 1, 1), None]}))
    schema.validate(pd.DataFrame({"x": [None, None]}))
    with pytest.raises(SchemaError, match="column 'x' must be '2020-01-01' or more"):
        schema.validate(pd.DataFrame({"x": [dt.date(2019, 12, 31)]}))


def test_a_schema_needs_neither_torch_nor_pandas_nor_polars(package_environment):
    code = (
        "import sys; from synthgan.data.schema import Schema; Schema.from_json(sys.argv[1]);"
        "print([name for name in ('torch', 'pandas', 'polars') if name in sys.modules])"
    )
    text = column_json()
    found = subprocess.run(
        [sys.executable, "-c", code, text], capture_output=True, text=True, check=True, env=package_environment
    )
    assert found.stdout.strip() == "[]"
