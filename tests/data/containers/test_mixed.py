"""Columns of Python objects that mix text with numbers or moments come back as the objects that they were."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from synthgan.data.schema import Kind
from synthgan.data.table import Table

RNG = np.random.default_rng(0)
FLOATS = RNG.normal(50, 10, 200).round(2).tolist()
WHOLE = RNG.integers(1_000, 9_999, 200).tolist()
DAYS = [dt.date(2020, 1, 1) + dt.timedelta(int(day)) for day in RNG.integers(0, 900, 200)]


@pytest.mark.parametrize(
    ("values", "kind", "dtype", "form"),
    [
        (FLOATS, Kind.DECIMAL, "object[mixed]", "number:0.0#"),
        (WHOLE, Kind.INTEGER, "object[mixed]", "number:0"),
        (DAYS, Kind.DATE, "object[mixed date]", "date:%Y-%m-%d"),
        ([pd.Timestamp(day) for day in DAYS], Kind.DATETIME, "object[mixed Timestamp]", "datetime:%Y-%m-%dT%H:%M:%S"),
        (
            [dt.datetime.combine(day, dt.time(8)) for day in DAYS],
            Kind.DATETIME,
            "object[mixed datetime]",
            "datetime:%Y-%m-%dT%H:%M:%S",
        ),
    ],
)
@pytest.mark.parametrize("mark", ["-", "unknown"])
def test_numbers_and_moments_among_marks(values, kind, dtype, form, mark):
    frame = pd.DataFrame(
        {"x": pd.Series([mark if row % 10 == 0 else one for row, one in enumerate(values)], dtype=object)}
    )
    table = Table.read(frame)
    column = table.schema.column("x")
    assert (column.kind, column.dtype, column.form) == (kind, dtype, form)
    again = table.frame()["x"].tolist()
    assert again == frame["x"].tolist()
    assert list(map(type, again)) == list(map(type, frame["x"]))


def test_levels_of_several_sorts():
    frame = pd.DataFrame({"x": pd.Series([1, "a", None, True] * 25, dtype=object)})
    table = Table.read(frame)
    assert table.schema.column("x").kind is Kind.CATEGORY
    again = table.frame()["x"].tolist()
    assert again == frame["x"].tolist()
    assert list(map(type, again)) == list(map(type, frame["x"]))
