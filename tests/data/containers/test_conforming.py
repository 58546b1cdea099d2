"""A frame is given the types of a schema."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pyarrow as pa
import pytest
from helpers.frame_strategies import arrow_tables, pandas_frames
from helpers.frames import assert_same_pandas, category, conform, integer
from hypothesis import given, settings

from synthgan.data.schema import Column, Kind, Schema
from synthgan.errors import DataError


@settings(max_examples=30, deadline=None)
@given(pandas_frames())
def test_a_frame_conforms_to_its_own_schema_unchanged(frame):
    assert_same_pandas(conform(frame, Schema.infer(frame)), frame)


@settings(max_examples=30, deadline=None)
@given(arrow_tables())
def test_arrow_tables_conform_to_their_own_schema_unchanged(table):
    conformed = conform(table, Schema.infer(table))
    assert conformed.schema == table.schema
    assert str(conformed.to_pylist()) == str(table.to_pylist())


def test_a_frame_is_given_the_form_of_another():
    schema = Schema("pandas", (
        category("code", "category[object]"), integer("age", "Int8"), Column("wait", Kind.DURATION, "timedelta64[s]", unit="second"),
        Column("seen", Kind.DATETIME, "datetime64[us, UTC]", unit="day", timezone="UTC"),
    ))  # fmt: skip
    table = pa.table({
        "more": [0, 0], "age": [30.0, None], "code": pa.array([1.0, None]), "wait": ["PT5S", None],
        "seen": [dt.datetime(2020, 1, 1), None],
    })  # fmt: skip
    frame = conform(table, schema)
    assert list(frame) == ["code", "age", "wait", "seen"]
    assert frame.dtypes.astype(str).tolist() == ["category", "Int8", "timedelta64[s]", "datetime64[us, UTC]"]
    assert frame.iloc[0].tolist() == ["1", 30, pd.Timedelta(seconds=5), pd.Timestamp("2020-01-01", tz="UTC")]
    assert frame.iloc[1].isna().all()
    with pytest.raises(DataError, match="column 'age' must be such as Int8 can hold"):
        conform(table.set_column(1, "age", pa.array([999, 1])), schema)
