"""Rows are found by their keys, whatever the types on both sides."""

from __future__ import annotations

import datetime as dt
import uuid

import numpy as np
import pandas as pd
import pytest

from synthgan.data.links import link

KEYS = [uuid.UUID(int=at) for at in range(3)]
TYPES = {
    "floats refer to whole numbers": (pd.Series([1.0, 3.0, np.nan, 9.0]), pd.Series([1, 2, 3])),
    "Int64 with NA": (pd.Series([1, 3, None, 9], dtype="Int64"), pd.Series([1, 2, 3], dtype="int32")),
    "text": (pd.Series(["a", "c", None, "z"]), pd.Series(["a", "b", "c"], dtype="string")),
    "categories": (pd.Series(["a", "c", None, "z"], dtype="category"), pd.Series(["a", "b", "c"])),
    "moments": (
        pd.to_datetime(pd.Series(["2020-01-01", "2022-01-01", None, "2030-01-01"])),
        pd.to_datetime(pd.Series(["2020-01-01", "2021-01-01", "2022-01-01"])).dt.as_unit("s"),
    ),
    "dates": (
        pd.Series([dt.date(2020, 1, 1), dt.date(2022, 1, 1), None, dt.date(2030, 1, 1)]),
        pd.Series([dt.date(2020, 1, 1), dt.date(2021, 1, 1), dt.date(2022, 1, 1)]),
    ),
    "UUIDs": (pd.Series([KEYS[0], KEYS[2], None, uuid.UUID(int=9)]), pd.Series(KEYS)),
    "fractions": (pd.Series([0.5, 2.5, None, 9.5]), pd.Series([0.5, 1.5, 2.5])),
    "objects": (pd.Series([1, 3, None, 9], dtype=object), pd.Series([1, 2, 3])),
    "Arrow's own": (pd.Series([1, 3, None, 9], dtype="int64[pyarrow]"), pd.Series([1, 2, 3])),
}


@pytest.mark.parametrize(("child", "parent"), TYPES.values(), ids=TYPES)
def test_keys_are_found(child, parent):
    found = link(pd.DataFrame({"k": child}), ["k"], pd.DataFrame({"id": parent}), ["id"])
    assert found.tolist() == [0, 2, -1, -2]
    assert found.dtype == np.int64


def test_keys_of_several_columns_are_found():
    child = pd.DataFrame({"a": [1, 1, 2, None], "b": ["x", "y", "x", "x"]})
    parent = pd.DataFrame({"a": [1, 2], "b": ["y", "x"]})
    assert link(child, ["a", "b"], parent, ["a", "b"]).tolist() == [-2, 0, 1, -1]


def test_of_rows_with_one_key_the_first_counts_and_missing_keys_never():
    parent = pd.DataFrame({"id": [None, 5.0, 5.0, 0.0]})
    assert link(pd.DataFrame({"k": [5, 0]}), ["k"], parent, ["id"]).tolist() == [1, 3]


def test_nothing_is_found_in_an_empty_table():
    child = pd.DataFrame({"k": [5.0, None]})
    assert link(child, ["k"], pd.DataFrame({"id": pd.Series([], dtype="int64")}), ["id"]).tolist() == [-2, -1]
    assert link(child.iloc[:0], ["k"], pd.DataFrame({"id": [5]}), ["id"]).tolist() == []


def test_large_whole_numbers_stay_apart():
    parent = pd.DataFrame({"id": [2**53, 2**53 + 1]})
    assert link(pd.DataFrame({"k": [2**53 + 1, 2**53]}), ["k"], parent, ["id"]).tolist() == [1, 0]


def test_booleans_are_keys_too():
    parent = pd.DataFrame({"id": [False, True]})
    assert link(pd.DataFrame({"k": [True, False]}), ["k"], parent, ["id"]).tolist() == [1, 0]
