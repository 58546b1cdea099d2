"""Rows set aside: every row is on one side, and all rows of a unit on the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from synthgan.data.splitting import split_rows
from synthgan.errors import ConfigError, DataError

TABLE = pd.DataFrame({"row": range(100), "patient": np.repeat(np.arange(25), 4)})


@pytest.mark.parametrize("make", [lambda frame: frame, pl.from_pandas, pa.Table.from_pandas])
def test_rows_stay_in_order_and_none_is_lost(make):
    parts = split_rows(make(TABLE), 0.3, seed=1)
    assert [len(part) for part in parts] == [70, 30]
    rows = [list(part["row"].to_pylist() if isinstance(part, pa.Table) else part["row"]) for part in parts]
    assert all(part == sorted(part) for part in rows)
    assert sorted(rows[0] + rows[1]) == list(range(100))


def test_a_unit_is_on_one_side_and_a_missing_one_is_a_unit_of_its_own():
    table = TABLE.assign(patient=TABLE.patient.where(TABLE.index % 4 > 0))
    train, holdout = split_rows(table, 0.4, unit="patient")
    known = [set(part.patient.dropna()) for part in (train, holdout)]
    assert known[0].isdisjoint(known[1])
    assert len(known[0]) + len(known[1]) == 25
    assert train.patient.isna().any()
    assert holdout.patient.isna().any()


def test_the_seed_decides():
    first, again, other = (split_rows(TABLE, 0.2, seed=seed)[1].row.tolist() for seed in (3, 3, 4))
    assert first == again != other


@pytest.mark.parametrize("share", [0, 1, -0.1, 2])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ConfigError, match="share must be between 0 and 1"):
        split_rows(TABLE, share)


def test_too_few_units_and_a_column_that_is_not_there_are_refused():
    with pytest.raises(DataError, match=r"for both parts, however: 1 at a share of 0.5"):
        split_rows(TABLE.iloc[:4], 0.5, unit="patient")
    with pytest.raises(DataError, match="did you mean 'patient'"):
        split_rows(TABLE, 0.5, unit="patien")
