"""Text that a spreadsheet would run is written so that it is text, and read as it was."""

from __future__ import annotations

import io

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgan.io.readers import read_table
from synthgan.io.spreadsheet import guarded, unguarded
from synthgan.io.writers import write_csv, write_table

RUN = ["=1+1", "=cmd|' /C calc'!A0", "+SUM(A1)", "-2+3+cmd", "@SUM(A1)", "\tx", "\rx", "'=1", "''@x"]
HARMLESS = [
    "-5",
    "-48,91",
    "+49 170 1234567",
    "-1.048,91 €",
    "-5 %",
    "-",
    "--",
    "+++",
    "a=b",
    "'tis",
    "1-2",
    "",
    "x@y.z",
    "-1e-05",
]


@pytest.mark.parametrize("cell", RUN)
def test_what_would_be_run_stands_behind_an_apostrophe(tmp_path, cell):
    table = pa.table({"x": [cell, None, "plain"], cell: pa.array(["a", cell, cell]).dictionary_encode()})
    stream = io.BytesIO()
    write_csv(table, stream)
    assert f'"\'{cell}"'.encode() in stream.getvalue()
    assert all(not one.startswith(tuple("=+-@\t\r")) for one in stream.getvalue().decode().split('"'))
    write_table(table, tmp_path / "t.csv")
    again = read_table(tmp_path / "t.csv")
    assert again.column_names == table.column_names
    assert again["x"].to_pylist() == table["x"].to_pylist()


@pytest.mark.parametrize("cell", HARMLESS)
def test_numbers_dashes_and_plain_text_stay_as_they_are(cell):
    assert guarded(pa.array([cell])).to_pylist() == [cell]
    assert unguarded(pa.array([cell])).to_pylist() == [cell]


def test_numbers_are_never_text():
    stream = io.BytesIO()
    write_csv(pa.table({"x": [-5, 3], "y": [-0.5, 1e-9]}), stream)
    assert stream.getvalue().splitlines()[1:] == [b"-5,-0.5", b"3,1e-9"]


@given(st.lists(st.one_of(st.none(), st.text(alphabet="'=+-@\t\r\nab1,. €", max_size=6))))
def test_any_text_comes_back(cells):
    column = pa.array(cells, pa.string())
    assert unguarded(guarded(column)).to_pylist() == cells
