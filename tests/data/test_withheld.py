"""Columns that cannot be learned never stop a fit: they are withheld, and named."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from synthgan import Schema
from synthgan.data.column import Column, Kind
from synthgan.data.table import Table
from synthgan.data.withheld import announce, declared_text, told_of
from synthgan.errors import DataError, DataWarning, SchemaError

ROWS = 40
NOTES = [f"came in with a cough number {n} and went home again" for n in range(ROWS)]
ODD = {
    "free text": pd.DataFrame({"x": NOTES}),
    "mixed types": pd.DataFrame({"x": pd.Series([1, b"a", 2.5, "b"] * 10, dtype=object)}),
    "lists": pa.table({"x": [[1, 2]] * ROWS}),
    "lists of polars": pl.DataFrame({"x": [[1, 2]] * ROWS}),
    "binary": pa.table({"x": [b"a"] * ROWS}),
    "complex numbers": pd.DataFrame({"x": [1j] * ROWS}),
    "intervals": pd.DataFrame({"x": pd.interval_range(0, ROWS)}),
    "numbers too large": pd.DataFrame({"x": pd.Series([10**30, 1] * 20, dtype=object)}),
    "stamps with and without zone": pd.DataFrame(
        {"x": pd.Series([dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 1, tzinfo=dt.UTC)] * 20, dtype=object)}
    ),
    "dictionaries": pd.DataFrame({"x": pd.Series([{"a": 1}] * ROWS, dtype=object)}),
}


@pytest.mark.parametrize("frame", ODD.values(), ids=ODD.keys())
def test_what_cannot_be_learned_is_text_and_comes_back_in_its_place(frame):
    table = Table.read(frame)
    (column,) = table.schema
    assert column.kind is Kind.TEXT
    (told,) = table.withheld
    assert told.what == "column"
    assert told.line.startswith("column 'x' must ")
    assert "it is withheld, and comes back as 'withheld'" in told.line
    drawn = Table.of(table.schema, {}, 3).frame()
    assert list(drawn["x"].to_pylist() if isinstance(drawn, pa.Table) else drawn["x"]) == ["withheld"] * 3
    with pytest.raises(DataError):
        Table.read(frame, strict=True)


def test_where_text_is_missing_is_known():
    notes = [None if n % 4 == 0 else text for n, text in enumerate(NOTES)]
    table = Table.read(pd.DataFrame({"x": pd.Series(notes, dtype=object)}))
    assert table.schema.column("x").missing == "none"
    levels = table.levels(table.schema.column("x"))
    assert levels.levels == ("withheld",)
    assert levels.missing.sum() == ROWS / 4


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"x": [np.inf, -np.inf, 1.5, np.nan] * 10}),
        pd.DataFrame({"x": pd.Categorical([np.inf, -np.inf, 1.5, np.nan] * 10)}),
        pa.table({"x": [np.inf, -np.inf, 1.5, None] * 10}),
        pl.DataFrame({"x": [np.inf, -np.inf, 1.5, None] * 10}),
    ],
    ids=["pandas", "category", "arrow", "polars"],
)
def test_infinite_numbers_are_missing_and_counted(frame):
    table = Table.read(frame)
    assert table.columns["x"].missing.sum() == 30
    assert table.schema.column("x").missing
    (told,) = table.withheld
    assert "20 of 40 are infinite; they are learned as missing" in told.line
    assert told.to_dict() == {
        "name": "x",
        "what": "values",
        "why": "infinite",
        "share": 0.5,
        "levels": 0,
        "drawn": "missing",
    }
    again = Table.read(frame, table.schema)
    assert again.columns["x"].missing.sum() == 30


def test_a_column_named_as_identifier_is_still_refused_where_it_is_none():
    with pytest.raises(DataError, match="column 'x' must hold single values"):
        Schema.infer(ODD["lists"], identifiers=["x"])


def test_a_schema_may_declare_text_unless_it_is_to_be_strict():
    frame = pd.DataFrame({"x": NOTES, "y": range(ROWS)})
    schema = Schema.infer(frame)
    assert Schema.from_json(schema.to_json()) == schema
    schema.validate(frame)
    assert not Table.read(frame, schema).withheld
    with pytest.raises(SchemaError, match="column 'x' must be categories or an identifier, however: its kind is text"):
        Table.read(frame, schema, strict=True)


def test_a_schema_shows_what_becomes_of_many_rare_levels():
    frame = pd.DataFrame({
        "code": [f"K{30 + n % 20}.{n % 7}" for n in range(200)],
        "job": [f"the {n % 50}th" for n in range(200)],
        "sex": ["F", "M"] * 100,
        "grade": pd.Categorical([n % 50 if n % 2 else 7 for n in range(200)], ordered=True),
    })  # fmt: skip
    assert [column.rare for column in Schema.infer(frame)] == ["prefix", "other", None, "nearest"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rare": "sometimes"}, "column 'x': rare must be one of drop, other, prefix, nearest for a boolean, category"),
        ({"rare": "other", "kind": "integer", "dtype": "int64"}, "column 'x': rare must be one of"),
        ({"rare": 3}, "column 'x': rare must be text, or absent, however: found 3"),
    ],
)
def test_a_wrong_choice_is_refused(changes, message):
    with pytest.raises(SchemaError, match=message):
        Column(**{"name": "x", "kind": "category", "dtype": "object"} | changes)


def test_a_warning_a_column_has_the_remedy():
    told = Table.read(pd.DataFrame({"x": NOTES, "y": NOTES})).withheld
    with pytest.warns(DataWarning) as caught:
        announce([*told, declared_text("z")])
    lines = [str(one.message) for one in caught]
    assert len(lines) == 2
    assert lines[0].endswith("drop=['x'] (leave it out) or identifiers=['x'] (regenerate it)")


def test_what_a_file_knows_is_told_in_words():
    given = {"name": "x", "what": "levels", "why": "rare", "share": 0.01, "levels": 1, "drawn": "nothing"}
    assert told_of(given) == ("1 level of too few rows (1% of the values)", "nothing")
    assert told_of(declared_text("x").to_dict()) == ("free text (all of it)", "'withheld'")


@pytest.mark.parametrize("index", [NOTES, [b"a"] * ROWS], ids=["free text", "binary"])
def test_what_cannot_be_learned_may_be_an_index(index):
    frame = pd.DataFrame({"age": range(ROWS)}, index=pd.Index(index, name="note", dtype=object))
    table = Table.read(frame)
    assert [told.name for told in table.withheld] == ["note"]
    assert not Table.read(frame, table.schema).levels(table.schema.column("note")).missing.any()
