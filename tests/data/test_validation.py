"""A table is checked against a schema."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from synthgan.data.schema import Column, Kind, Schema
from synthgan.errors import SchemaError

CATEGORY = {"kind": "category", "dtype": "object"}


DATE = {"kind": "date", "dtype": "object[date]", "unit": "day"}


DATETIME = {"kind": "datetime", "dtype": "datetime64[ns]", "unit": "second"}


def test_a_table_that_fits_is_accepted_whatever_its_container():
    frame = pd.DataFrame({"age": [30.5, np.nan], "sex": ["m", "f"], "more": [1, 2]})
    schema = Schema.infer(frame, drop=["more"])
    schema.validate(frame)
    schema.validate(pa.Table.from_pandas(frame))
    schema.validate(pl.from_pandas(frame))
    schema.validate(frame.assign(sex=None).astype({"sex": object}).pipe(lambda given: given.assign(sex=["m", "m"])))


@pytest.mark.parametrize(
    ("changes", "frame", "message"),
    [
        ({}, {"y": [1]}, "column 'x' must be in the table once, however: found none of that name"),
        ({}, {"x": ["a"]}, r"column 'x' must hold numbers \(int64\), however: found text"),
        ({}, {"x": [True]}, "column 'x' must hold numbers .* found true and false"),
        ({}, {"x": pd.array([1, None], "Int64")}, "column 'x' must have nothing missing, however: 1 of 2 rows are; add .missing.: .null."),
        ({"minimum": 2}, {"x": [1, 3]}, "column 'x' must be 2 or more, however: found less; lower or remove minimum in the schema"),
        ({"maximum": 2}, {"x": [1, 3]}, "column 'x' must be 2 or less, however: found more; raise or remove maximum in the schema"),
        (CATEGORY, {"x": [1]}, "column 'x' must hold text .* found numbers"),
        (CATEGORY | {"levels": ("a",)}, {"x": ["a", "b"]}, "'x' must hold only its declared levels, however: found 'b'"),
        ({"kind": "constant", "levels": (1,)}, {"x": [1, 2]}, "'x' must hold only its declared levels, however: found 2"),
        ({"kind": "missing"}, {"x": [1]}, "column 'x' must be missing in every row, however: found values"),
        (DATE, {"x": pd.to_datetime(["2020-01-01"])}, "column 'x' must hold dates .* found stamps"),
        (DATETIME, {"x": pd.to_timedelta([1], unit="s")}, "column 'x' must hold stamps .* found durations"),
    ],
)  # fmt: skip
def test_a_table_that_does_not_fit_is_refused_by_name(changes, frame, message):
    column = Column(**{"name": "x", "kind": "integer", "dtype": "int64"} | changes)
    with pytest.raises(SchemaError, match=message):
        Schema("pandas", (column,)).validate(pd.DataFrame(frame))


def test_two_columns_of_one_name_do_not_fit():
    with pytest.raises(SchemaError, match="found two of that name"):
        Schema.infer(pd.DataFrame({"x": [1, 2]})).validate(pd.DataFrame([[1, 2]], columns=["x", "x"]))


def test_bounds_hold_for_moments_and_missing_values_pass():
    column = Column("x", Kind.DATE, "object[date]", unit="day", missing="none", minimum="2020-01-01")
    schema = Schema("pandas", (column,))
    schema.validate(pd.DataFrame({"x": [dt.date(2020, 1, 1), None]}))
    schema.validate(pd.DataFrame({"x": [None, None]}))
    with pytest.raises(SchemaError, match="column 'x' must be '2020-01-01' or more"):
        schema.validate(pd.DataFrame({"x": [dt.date(2019, 12, 31)]}))
