"""What a table is: checked, written as JSON and read again."""

from __future__ import annotations

import json
import subprocess
import sys

import pandas as pd
import pytest
from helpers.frame_strategies import arrow_tables, pandas_frames, polars_frames
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgan.data.schema import Column, Kind, Schema
from synthgan.errors import SchemaError


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
        (
            column_json(**ZONED | {"dtype": "datetime64[ns, Europe/B rlin]", "timezone": "Europe/B rlin"}),
            "column 'x': dtype must name a known time zone, however: found 'Europe/B rlin'",
        ),
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
        (column_json(kind="identifier", pattern="int:"), "column 'x': pattern must be uuid, int:DIGITS, text:PREFIX:DIGITS, or like"),
        (column_json(kind="identifier", pattern="int:0"), "column 'x': pattern must be uuid, int:DIGITS, text"),
        (column_json(kind="identifier", pattern="like:[0-9"), "column 'x': pattern must be a backslash before"),
        (column_json(repeats=True), "column 'x': repeats must be absent except for an identifier"),
        (column_json(kind="identifier", repeats="yes"), "column 'x': repeats must be true or false, or absent"),
        (column_json(kind="identifier", form="nane"), r"column 'x': form must be one of name, .*; did you mean 'name'\?"),
        (column_json(kind="identifier", locale="de_DE"), "column 'x': locale must be absent except beside a form"),
        (column_json(why=3), "column 'x': why must be text, or absent"),
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


def test_what_was_found_is_cut_where_it_is_long():
    with pytest.raises(SchemaError) as caught:
        Column("site", Kind.CONSTANT, "str", levels=("north",) * 5_000)
    assert len(str(caught.value)) < 600
    assert str(caught.value).endswith("…")
