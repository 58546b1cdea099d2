"""Tables of every kind are recognised."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet
import pytest
from helpers.files import FRAME, TABLE

from synthgan.errors import DataError
from synthgan.io.sources import as_frame


@pytest.mark.parametrize("data", [FRAME, pl.from_arrow(TABLE), TABLE])
def test_frames_are_taken_as_they_are(data):
    assert as_frame(data) is data


def test_paths_batches_and_streams_become_frames(tmp_path):
    path = tmp_path / "table.parquet"
    pyarrow.parquet.write_table(TABLE, path)
    assert as_frame(path).equals(TABLE)
    assert as_frame(str(path)).equals(TABLE)
    assert as_frame(TABLE.to_batches()[0]).equals(TABLE)

    class Stream:
        """What any library that speaks Arrow offers (PyCapsule interface)."""

        def __arrow_c_stream__(self, requested_schema=None):
            return TABLE.__arrow_c_stream__(requested_schema)

    assert as_frame(Stream()).equals(TABLE)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (pl.LazyFrame({"x": [1]}), r"found a polars LazyFrame; call \.collect\(\) first"),
        (pl.Series([1]), r"found a Series \(one column\); call \.to_frame\(\) first"),
        (pd.Series([1]), r"found a Series \(one column\); call \.to_frame\(\) first"),
        (np.zeros((2, 2)), r"found a ndarray; wrap it: pandas\.DataFrame"),
        ([[1]], r"found a list; wrap it: pandas\.DataFrame"),
        ({"x": [1]}, r"found a dict; wrap it: pandas\.DataFrame"),
        (pa.array([1]), r"found a pyarrow .*Array \(one column\); wrap it: pyarrow\.table"),
        (7, "found int; pass a DataFrame, a pyarrow.Table or a path"),
        (None, "found NoneType; pass a DataFrame"),
    ],
)
def test_what_is_no_table_is_refused_with_the_remedy(data, message):
    with pytest.raises(
        DataError, match=f"a table must be a pandas, polars or pyarrow one, or a path, however: {message}"
    ):
        as_frame(data)


def test_a_broken_stream_is_refused():
    class Broken:
        def __arrow_c_stream__(self, requested_schema=None):
            raise ValueError("no data")

    with pytest.raises(DataError, match="found Broken"):
        as_frame(Broken())
