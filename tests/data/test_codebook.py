"""A schema of a head and a codebook: what is said is taken, and nothing else is known."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

from synthgan.data.codebook import public_schema
from synthgan.data.column import Kind
from synthgan.data.schema import Schema
from synthgan.data.table import Table
from synthgan.errors import DataError, SchemaError

TEXT = pa.schema([(name, pa.string()) for name in "abc"])
TYPED = pa.schema(
    [
        ("a", pa.int64()),
        ("b", pa.timestamp("ns")),
        ("c", pa.dictionary(pa.int8(), pa.string())),
        ("d", pa.decimal128(9, 3)),
        ("e", pa.null()),
    ]
)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({}, {"kind": "category", "dtype": "string"}),
        (
            {"kind": "integer", "minimum": "0", "maximum": "9.5"},
            {"kind": "integer", "dtype": "int64", "minimum": 0, "maximum": 9.5},
        ),
        ({"kind": "decimal", "decimals": "2"}, {"kind": "decimal", "dtype": "double", "decimals": 2}),
        ({"kind": "boolean"}, {"kind": "boolean", "dtype": "bool"}),
        ({"levels": "F| M"}, {"kind": "category", "dtype": "string", "levels": ["F", "M"]}),
        ({"kind": "ordered", "levels": ["lo", "hi"]}, {"kind": "ordered", "dtype": "string", "levels": ["lo", "hi"]}),
        (
            {"kind": "date", "minimum": "2020-01-01"},
            {"kind": "date", "dtype": "date32[day]", "unit": "day", "minimum": "2020-01-01"},
        ),
        ({"kind": "datetime"}, {"kind": "datetime", "dtype": "timestamp[us]", "unit": "microsecond"}),
        ({"kind": "datetime", "unit": "day"}, {"kind": "datetime", "dtype": "timestamp[us]", "unit": "day"}),
        (
            {"kind": "datetime", "unit": "nanosecond"},
            {"kind": "datetime", "dtype": "timestamp[ns]", "unit": "nanosecond"},
        ),
        (
            {"kind": "datetime", "timezone": "UTC"},
            {"kind": "datetime", "dtype": "timestamp[us, tz=UTC]", "unit": "microsecond", "timezone": "UTC"},
        ),
        ({"kind": "duration"}, {"kind": "duration", "dtype": "duration[us]", "unit": "microsecond"}),
        ({"kind": "identifier"}, {"kind": "identifier", "dtype": "string", "pattern": "uuid"}),
        (
            {"kind": "identifier", "repeats": "True"},
            {"kind": "identifier", "dtype": "string", "pattern": "uuid", "repeats": True},
        ),
        ({"kind": "identifier", "pattern": "int:6"}, {"kind": "identifier", "dtype": "int64", "pattern": "int:6"}),
        ({"kind": "integer", "dtype": "int16", "unit": ""}, {"kind": "integer", "dtype": "int16"}),
        ({"kind": "latitude"}, {"kind": "latitude", "dtype": "double"}),
    ],
)
def test_columns_of_text_are_what_the_codebook_says(said, found):
    schema = public_schema(TEXT, [{"name": "b", **said}], typed=False)
    assert schema.column("b").to_dict() == {"name": "b"} | found
    assert schema.column("a").to_dict() == {"name": "a", "kind": "category", "dtype": "string"}
    assert Schema.from_json(schema.to_json()) == schema


def test_typed_columns_keep_their_types():
    schema = public_schema(TYPED, [{"name": "a", "kind": "category", "levels": "1|2"}, {"name": "b", "unit": "day"}])
    assert schema.column("a").levels == (1, 2)
    assert schema.column("b").to_dict() == {"name": "b", "kind": "datetime", "dtype": "timestamp[ns]", "unit": "day"}
    assert [str(column.dtype) for column in schema] == [str(kind) for kind in TYPED.types]
    assert schema.column("e").kind is Kind.MISSING


@pytest.mark.parametrize(
    ("codebook", "message"),
    [
        ([{"name": "A"}], "must name each column of the table at most once, however: found 'A'; did you mean 'a'?"),
        ([{"name": "a"}, {"name": "a"}], "found 'a' twice"),
        ([{"name": "a", "kind": "categry"}], "kind must be one of .* found 'categry'; did you mean 'category'"),
        ([{"name": "a", "lvels": "x"}], "keys must be among .* found 'lvels'; did you mean 'levels'"),
        ([{"name": "a", "kind": "category", "levels": "x"}], "levels must be such as int64 can hold"),
        ([{"name": "a", "maximum": "many"}], "maximum must be a number, however: found 'many'"),
        ([{"name": "a", "kind": "date"}], "kind must suit the type 'int64'"),
        ([{"kind": "date"}], "found 'None'"),
    ],
)
def test_a_codebook_that_contradicts_the_head_is_refused(codebook, message):
    with pytest.raises(SchemaError, match=message):
        public_schema(TYPED, codebook)


def test_columns_are_named_and_dropped_as_for_a_fit():
    schema = public_schema(TEXT, typed=False, identifiers=["a"], drop=["b"])
    assert [(column.name, str(column.kind)) for column in schema] == [("a", "identifier"), ("c", "category")]
    with pytest.raises(DataError, match="drop must name columns"):
        public_schema(TEXT, drop=["z"])


def test_a_codebook_says_forms_and_marks():
    head = pa.schema([("cost", pa.string()), ("day", pa.string()), ("seen", pa.string())])
    book = [
        {"name": "cost", "kind": "decimal", "decimals": "2", "form": "number:#.##0,00 €", "marks": "-|n/a"},
        {"name": "day", "kind": "date", "form": "date:%d.%m.%Y"},
        {"name": "seen", "kind": "datetime", "form": "datetime:%Y-%m-%d %H:%M:%S%z", "timezone": "Europe/Berlin"},
    ]
    cost, day, seen = public_schema(head, book, typed=False)
    assert (cost.dtype, cost.form, cost.marks) == ("string", "number:#.##0,00 €", ("-", "n/a"))
    assert (day.dtype, day.unit, seen.dtype, seen.unit) == ("string", "day", "string", "second")


def test_a_declared_form_is_read_cell_by_cell():
    head = pa.schema([("cost", pa.string()), ("day", pa.string())])
    book = [
        {
            "name": "cost",
            "kind": "decimal",
            "decimals": "2",
            "form": "number:#.##0,00 €",
            "marks": "-",
            "maximum": "2000",
        },
        {"name": "day", "kind": "date", "form": "date:%d.%m.%Y"},
    ]
    rows = {
        "cost": ["1.500,25 €", "-", "x", "9.000,00 €", None],
        "day": ["31.12.2020", "31/12/2020", "0", None, "30.02.2020"],
    }
    table = Table.coerce(pa.table(rows), public_schema(head, book, typed=False))
    assert table.columns["cost"].values.to_pylist() == [1500.25, None, None, 2000.0, None]
    assert table.columns["day"].values.to_pylist() == [dt.date(2020, 12, 31), None, None, None, None]
