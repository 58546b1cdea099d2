"""The columns of a table are inferred one by one; what cannot be learned is refused."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from synthgan.data.schema import Kind, Schema
from synthgan.errors import DataError


def test_keys_are_found_and_named_ones_are_obeyed():
    rows = 30
    frame = pd.DataFrame({"patient_id": np.arange(rows) * 7, "code": [f"P-{n:03d}" for n in range(rows)],
                          "weight": np.arange(rows) * 3 % 17, "ward": ["a", "b"] * 15, "visit": [1.0, 2.0, np.nan] * 10})  # fmt: skip
    schema = Schema.infer(frame, identifiers=["weight", "visit"])
    assert {column.name: column.pattern for column in schema if column.kind is Kind.IDENTIFIER} == {
        "patient_id": "like:[1-9][0-9]{2+}", "code": "like:P-[0-9]{3+}", "weight": "like:[0-9]{1+}", "visit": "like:[1-9]{1+}",
    }  # fmt: skip


def test_columns_are_dropped_by_name_or_the_text_of_it():
    frame = pd.DataFrame({0: [1, 2], "1": [3, 4]})
    assert Schema.infer(frame, drop=["0"]).names == ("1",)
    assert Schema.infer(frame, drop=[0]).names == ("1",)


def test_names_of_whole_numbers_become_plain_ones():
    schema = Schema.infer(pd.DataFrame(np.array([[1, 2], [3, 4]])))
    assert schema.names == (0, 1)
    assert all(type(name) is int for name in schema.names)


MIXED = pd.Series([dt.time(8), "a"], dtype=object)


PROSE = [f"the patient came in on day {n}" for n in range(30)]


LISTS = pa.table({"x": [[1], [2]]})


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (
            pd.DataFrame({"x": MIXED}),
            r"column 'x' must hold one type of value, however: found str, time; .*astype\('string'\) or drop=\['x'\] \(leave it out\)",
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
        (
            pd.DataFrame({"x": pd.period_range("2020", periods=2, freq="ns")}),
            r"found type period\[ns\]; .*to_timestamp",
        ),
        (pd.DataFrame({"x": pd.interval_range(0, 2)}), "column 'x' .* found type interval.*astype"),
        (pd.DataFrame({"x": pd.arrays.SparseArray([1j, 0])}), "found type Sparse.*to_dense"),
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
        Schema.infer(frame, strict=True)
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
