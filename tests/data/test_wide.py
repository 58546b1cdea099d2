"""The time to read a table grows with its columns, not with their square."""

from __future__ import annotations

import time

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from synthgan.data.containers.raw import first_repeated, times_named
from synthgan.data.schema import Schema
from synthgan.io.csvfile import read_csv

WIDE = 40_000


def frame(container, columns):
    table = pa.table({f"c{index}": [1] for index in range(columns)})
    return {"pyarrow": lambda: table, "pandas": table.to_pandas, "polars": lambda: pl.from_arrow(table)}[container]()


@pytest.mark.parametrize("container", ["pyarrow", "pandas", "polars"])
def test_finding_a_column_takes_no_longer_in_a_wide_table(container):
    wide = frame(container, WIDE)
    times_named(wide, "c0")  # builds the index of the names, once
    started = time.process_time()
    assert all(times_named(wide, f"c{index}") == 1 for index in range(0, WIDE, 20))
    # One list of all names for each of 2,000 columns would take 4 seconds at the least.
    assert time.process_time() - started < 2


def test_names_are_counted_as_they_stand():
    twins = pa.Table.from_arrays([pa.array([1]), pa.array([2]), pa.array([3])], names=["x", "x", "y"])
    for table in (twins, pd.DataFrame([[1, 2, 3]], columns=["x", "x", "y"])):
        assert [times_named(table, name) for name in ("x", "y", "z", 0)] == [2, 1, 0, 0]
    numbered = pd.DataFrame([[1, 2]])
    assert [times_named(numbered, name) for name in (0, 1, 2, "0")] == [1, 1, 0, 0]
    assert times_named(pl.DataFrame({"x": [1]}), 0) == 0
    assert times_named(pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])), "a") == 0
    assert [first_repeated(names) for names in (["a", "b"], ["a", "b", "b", "a"], [])] == [None, "b", None]


def test_a_wide_csv_file_is_read_in_few_pieces(tmp_path):
    names = [f"c{index}" for index in range(5_000)]
    rows = [",".join(str(row % 7) for _ in names) for row in range(300)]
    (tmp_path / "t.csv").write_text("\n".join([",".join(names), *rows]) + "\n")
    table = read_csv(tmp_path / "t.csv")
    assert max(column.num_chunks for column in table.columns) <= 3
    assert len(Schema.infer(table.select(names[:10]))) == 10
