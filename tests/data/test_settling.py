"""Marks that enough rows hold come back; others are missing, and somebody says so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synthgan.data.schema import Column, Schema
from synthgan.data.settling import settled
from synthgan.data.table import Table
from synthgan.errors import SchemaError

NUMBERS = [f"{v:.2f}".replace(".", ",") for v in np.random.default_rng(0).normal(50, 10, 400)]


def marked(container=pd.DataFrame, **rows):
    texts = list(NUMBERS)
    start = 0
    for mark, count in rows.items():
        texts[start : start + count] = [{"dash": "-", "na": "n/a", "odd": "odd!"}[mark]] * count
        start += count
    return container({"x": texts}) if container is pd.DataFrame else pa.table({"x": texts})


def test_marks_of_enough_rows_stand_in_the_schema():
    table = settled(Table.read(marked(dash=12, na=20)), 10)
    column = table.schema.column("x")
    assert (column.marks, column.missing) == (("-", "n/a"), None)
    assert table.columns["x"].marks.codes[:32].tolist() == [0] * 12 + [1] * 20
    assert table.frame().equals(marked(dash=12, na=20))


@pytest.mark.parametrize(("container", "missing"), [(pd.DataFrame, "none"), (pa.Table, "null")])
def test_rare_marks_are_missing_and_named(container, missing):
    table = settled(Table.read(marked(container, dash=12, odd=3)), 10)
    (lost,) = table.withheld
    assert lost.line.startswith("column 'x': 1 mark among its values ('odd!'), in 3 rows, held by too few rows each")
    assert (lost.what, lost.why, lost.share, lost.levels, lost.drawn) == ("values", "rare", 0.01, 1, "missing")
    assert "odd" not in str(lost.to_dict())
    column = table.schema.column("x")
    assert (column.marks, column.missing) == (("-",), "nan" if column.dtype == "str" else missing)
    assert "odd!" not in table.schema.to_json()
    back = table.frame()["x"]
    assert (list(back[12:15].isna()) if container is pd.DataFrame else back[12:15].is_null().to_pylist()) == [True] * 3


def test_declared_marks_come_back_however_rare():
    schema = Table.read(marked(dash=2)).schema
    schema = Schema(schema.container, tuple(replace(column, marks=("-", "unknown")) for column in schema))
    table = settled(Table.read(marked(dash=2), schema), 10)
    assert table.schema.column("x").marks == ("-", "unknown")
    assert table.frame().equals(marked(dash=2))
    assert Schema.from_json(schema.to_json()) == schema


def test_a_table_without_marks_is_as_it_was():
    table = Table.read(marked())
    assert settled(table, 10) is table


def test_a_form_that_most_cells_do_not_have_is_refused():
    schema = Schema("pandas", (Column("x", "date", "object", unit="day", form="date:%m/%d/%Y"),))
    with pytest.raises(
        SchemaError, match="'x' must be written as its form 'date:%m/%d/%Y' says, however: found '31/12/2020'"
    ):
        Table.read(pd.DataFrame({"x": ["31/12/2020", "30/11/2020", "01/02/2020"] * 10}), schema)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kind": "decimal", "form": "number:x"}, "form must be such as number:0.00"),
        ({"kind": "decimal", "form": "date:%d.%m.%Y"}, "form must be one of a column of kind decimal"),
        ({"kind": "category", "form": "number:0.00"}, "form must be"),
        ({"kind": "date", "unit": "day", "form": 3}, "form must be text"),
        (
            {"kind": "datetime", "unit": "second", "form": "datetime:%Y-%m-%d %H:%M:%S%z"},
            "timezone must be given where",
        ),
        ({"kind": "decimal", "marks": ["-"]}, "marks must be a list of different texts"),
        ({"kind": "decimal", "form": "number:0.00", "marks": []}, "marks must be a list"),
        ({"kind": "decimal", "form": "number:0.00", "marks": ["-", "-"]}, "marks must be a list"),
    ],
)
def test_a_wrong_form_is_refused_by_name(given, message):
    with pytest.raises(SchemaError, match=f"column 'x': {message}"):
        Column.from_dict({"name": "x", "dtype": "object"} | given)


def test_a_form_needs_text():
    with pytest.raises(SchemaError, match="kind must suit the type 'float64'"):
        Schema("pandas", (Column("x", "decimal", "float64", form="number:0.00"),))
