"""The types of a file widen where a later batch needs it, and its levels grow."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet
import pytest

from synthgan.errors import DataError
from synthgan.io.readers import read_table
from synthgan.io.writers import write_table


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_types_widen_when_a_later_batch_needs_it(tmp_path, ending):
    batches = [
        pd.DataFrame({"note": pd.Series([None, None], dtype=object), "price": [Decimal("0.5"), None], "n": [1, 2]}),
        pd.DataFrame({"note": pd.Series(["a", None], dtype=object), "price": [Decimal("100.25"), None], "n": [3, 4]}),
        pd.DataFrame({"note": pd.Series([None], dtype=object), "price": [Decimal(7)], "n": [5]}),
    ]
    path = tmp_path / f"t.{ending}"
    assert write_table(batches, path) == 5
    assert pa.table(read_table(path)).to_pydict() == {
        "note": [None, None, "a", None, None], "price": [Decimal("0.50"), None, Decimal("100.25"), None, Decimal("7.00")],
        "n": [1, 2, 3, 4, 5],
    }  # fmt: skip
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_the_levels_of_arrow_files_grow(tmp_path):
    batches = [pa.table({"x": pa.array(values).dictionary_encode()}) for values in (["a", "b"], ["c", "a"], ["b"])]
    write_table(batches, tmp_path / "t.arrow")
    assert read_table(tmp_path / "t.arrow")["x"].to_pylist() == ["a", "b", "c", "a", "b"]


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"y": [1]}, r"batches must have the same columns, however: found \['y'\] after \['x'\]"),
        ({"x": [[1]]}, "batches must have types that fit together, however: "),
    ],
)
def test_batches_that_do_not_fit_together_are_refused(tmp_path, second, message):
    with pytest.raises(DataError, match=message):
        write_table([pa.table({"x": [1]}), pa.table(second)], tmp_path / "t.parquet")
    assert not list(tmp_path.iterdir())
