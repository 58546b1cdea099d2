"""Single columns of frames read, and frames written by way of a table."""

from __future__ import annotations

import pandas as pd

from synthgan.data.column import Column, Kind
from synthgan.data.containers.raw import raw_column
from synthgan.data.containers.reading import read_values
from synthgan.data.table import Table


def _values(frame, column):
    """What a column of a frame holds."""
    return read_values(raw_column(frame, column.name).values, column)


def read_numbers(frame, column):
    """A column as float64 ``[rows]``, NaN for missing."""
    return _values(frame, column).float64()


def read_levels(frame, column):
    """A column as codes ``[rows]`` and levels."""
    found = _values(frame, column)
    return found.codes, found.levels


def build_frame(schema, values, rows):
    """A frame of a schema's form."""
    return Table.of(schema, values, rows).frame()


def conform(frame, schema):
    """A frame given the form of a schema."""
    return Table.conform(frame, schema).frame()


def integer(name="x", dtype="int64", **given):
    """A column of whole numbers."""
    return Column(name, Kind.INTEGER, dtype, **given)


def category(name="x", dtype="object", **given):
    """A column of levels."""
    return Column(name, Kind.CATEGORY, dtype, **given)


def assert_same_objects(built: pd.Series, given: pd.Series) -> None:
    """Equal, of equal Python types, and missing in the same way."""
    for left, right in zip(built, given, strict=True):
        assert type(left) is type(right)
        assert (pd.isna(left) and pd.isna(right)) or left == right


def assert_same_pandas(built: pd.DataFrame, given: pd.DataFrame) -> None:
    """Equal columns, dtypes and values."""
    pd.testing.assert_index_equal(built.columns, given.columns, exact="equiv")
    assert isinstance(built.index, pd.RangeIndex)
    for name in given:
        assert built[name].dtype == given[name].dtype, (built[name].dtype, given[name].dtype)
        if given[name].dtype == object:
            assert_same_objects(built[name], given[name])
        elif isinstance(given[name].dtype, pd.CategoricalDtype):
            assert_same_objects(built[name].astype(object), given[name].astype(object))
        else:
            pd.testing.assert_series_equal(built[name], given[name], check_exact=True)
