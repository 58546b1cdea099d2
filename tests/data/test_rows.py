"""Rows and columns of frames are taken, selected and joined."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet
import pytest

from synthgan.data.rows import concat, number_of_rows, select, take
from synthgan.errors import DataError

FRAME = pd.DataFrame({
    "age": pd.array([30, None, 50], "Int64"), "sex": pd.Categorical(["m", "f", None]), "score": [0.5, 1.5, np.nan],
    "seen": pd.to_datetime(["2020-01-01 10:00", None, "2021-01-01 11:00"]).as_unit("us").tz_localize("UTC"),
})  # fmt: skip


TABLE = pa.table({"age": [30, None, 50], "code": ["00123", "7", None]})


@pytest.mark.parametrize(
    "frame", [FRAME, pl.from_pandas(FRAME), pa.Table.from_pandas(FRAME)], ids=["pandas", "polars", "pyarrow"]
)
def test_rows_and_columns_are_taken_and_joined(frame):
    assert number_of_rows(frame) == 3
    chosen = select(frame, ["score", "age"])
    assert list(getattr(chosen, "column_names", None) or chosen.columns) == ["score", "age"]
    again = take(frame, [2, 0, 0])
    assert type(again) is type(frame)
    assert pa.table(again)["age"].to_pylist() == [50, 30, 30]
    both = concat([frame, again])
    assert pa.table(both)["age"].to_pylist() == [30, None, 50, 50, 30, 30]
    if isinstance(frame, pd.DataFrame):
        assert both.dtypes.equals(frame.dtypes)
        assert list(both.index) == list(range(6))
    with pytest.raises(DataError, match="column 'height' must be in the table, however: found 'age', 'sex'"):
        select(frame, ["height"])


def test_only_frames_of_one_container_are_joined():
    with pytest.raises(DataError, match="found pandas, pyarrow"):
        concat([FRAME, TABLE])
    with pytest.raises(DataError, match="found none"):
        concat([])
