"""What was drawn is given the form of its column, inside its type."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from helpers.frames import build_frame, category, integer

from synthgan.data.schema import Column, Kind, Schema
from synthgan.data.values import Levels
from synthgan.errors import DataError


def test_numbers_are_rounded_and_kept_inside_the_type():
    small = Schema("pandas", (integer(dtype="int8"), Column("y", Kind.DECIMAL, "float32", decimals=1)))
    frame = build_frame(small, {"x": np.array([1.6, 300, -1e9]), "y": np.array([0.26, np.nan, 1e300])}, 3)
    assert frame["x"].tolist() == [2, 127, -128]
    assert frame["y"].dtype == np.float32
    assert frame["y"][0] == np.float32(0.3)
    assert np.isfinite(frame["y"][2])
    huge = build_frame(Schema("polars", (integer(dtype="UInt64"),)), {"x": np.array([1e30, -5])}, 2)
    assert 2**63 < huge["x"][0] < 2**64
    assert huge["x"][1] == 0


@pytest.mark.parametrize("dtype", ["timestamp[ns]", "date32[day]", "time32[s]", "duration[ms]"])
def test_moments_are_kept_inside_the_type(dtype):
    kind = {"t": Kind.DATETIME, "d": Kind.DATE}[dtype[0]]
    kind = Kind.DURATION if dtype.startswith(("time3", "duration")) else kind
    column = Column("x", kind, dtype, unit="day" if kind is not Kind.DURATION else "second")
    table = build_frame(Schema("pyarrow", (column,)), {"x": np.array([1e30, -1e30, np.nan])}, 3)
    whole = table["x"].cast("int64" if table["x"].type.bit_width == 64 else "int32").to_pylist()
    assert whole[0] > whole[1]
    assert whole[2] is None


def test_decimals_are_exact_and_kept_inside_the_type():
    column = Column("x", Kind.DECIMAL, "decimal128(5, 3)", decimals=2)
    table = build_frame(Schema("pyarrow", (column,)), {"x": np.array([0.1 + 0.2, 1e9, np.nan, -1.005])}, 4)
    assert table["x"].to_pylist() == [Decimal("0.300"), Decimal("99.990"), None, Decimal("-1.000")]


def test_identifiers_constants_and_missing_columns():
    schema = Schema("pandas", (
        Column("id", Kind.IDENTIFIER, "object", pattern="text:P-:3"), Column("number", Kind.IDENTIFIER, "Int32", pattern="int:2"),
        Column("site", Kind.CONSTANT, "category[object]", levels=("north",)), Column("empty", Kind.MISSING, "Int64"),
    ))  # fmt: skip
    frame = build_frame(schema, {"id": np.array(["P-001", "P-002"]), "number": np.array([10, 11])}, 2)
    assert frame.dtypes.astype(str).to_dict() == {
        "id": "object",
        "number": "Int32",
        "site": "category",
        "empty": "Int64",
    }
    assert frame["id"].tolist() == ["P-001", "P-002"]
    assert frame["site"].tolist() == ["north", "north"]
    assert frame["empty"].isna().all()


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        (integer(), None, "values of column 'x' must be an array, however: found NoneType"),
        (category(), np.zeros(2), "values of column 'x' must be Levels, however: found ndarray"),
        (integer(), np.zeros(3), "values of column 'x' must have 2 rows, however: found 3"),
        (category(), Levels(np.zeros(1, np.int32), ("a",)), "values of column 'x' must have 2 rows, however: found 1"),
        (
            category(dtype="int64"),
            Levels(np.zeros(2, np.int32), ("a",)),
            "values of column 'x' must be such as int64 can",
        ),
        (
            Column("x", Kind.IDENTIFIER, "int8"),
            np.array([1, 300]),
            "values of column 'x' must be such as int8 can hold",
        ),
    ],
)
def test_values_that_do_not_fit_are_refused_by_name(column, values, message):
    with pytest.raises(DataError, match=message):
        build_frame(Schema("pandas", (column,)), {} if values is None else {"x": values}, 2)
