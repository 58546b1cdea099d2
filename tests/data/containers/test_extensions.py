"""Types that pandas alone has: periods, sparse arrays and categories of intervals come back as they are."""

import numpy as np
import pandas as pd
import pytest

from synthgan import Synthesizer
from synthgan.data.containers.extensions import to_extension
from synthgan.data.schema import Schema
from synthgan.data.table import Table

RNG = np.random.default_rng(0)
ROWS = 200
NUMBERS = RNG.normal(50, 10, ROWS).round(1)
MONTHS = pd.period_range("2019-01", "2023-12", freq="M")


def gappy(values):
    return pd.Series(values).where(pd.Series(RNG.random(ROWS) > 0.2))


COLUMNS = {
    "month": pd.Series(MONTHS[RNG.integers(0, len(MONTHS), ROWS)]),
    "month with gaps": gappy(MONTHS[RNG.integers(0, len(MONTHS), ROWS)]),
    "quarter": pd.Series(pd.PeriodIndex(MONTHS[RNG.integers(0, len(MONTHS), ROWS)].asfreq("Q"))),
    "week": pd.Series(pd.PeriodIndex(MONTHS[RNG.integers(0, len(MONTHS), ROWS)].asfreq("W-SUN"))),
    "hour": pd.Series(pd.period_range("2020-01-01", periods=ROWS, freq="h")),
    "counts": pd.Series(pd.arrays.SparseArray(RNG.poisson(0.5, ROWS))),
    "ones": pd.Series(pd.arrays.SparseArray(RNG.integers(0, 3, ROWS), fill_value=1)),
    "sparse numbers": pd.Series(pd.arrays.SparseArray(gappy(NUMBERS).to_numpy())),
    "flags": pd.Series(pd.arrays.SparseArray(RNG.random(ROWS) < 0.3)),
    "cut": pd.Series(pd.cut(NUMBERS, [0, 40, 50, 60.5, 120])),
    "cut with gaps": pd.Series(pd.cut(NUMBERS, [35, 50, 65])),
    "whole": pd.Series(pd.cut(RNG.integers(0, 90, ROWS), pd.interval_range(0, 90, freq=30, closed="left"))),
    "dates": pd.Series(pd.cut(pd.to_datetime("2020-01-01") + pd.to_timedelta(RNG.integers(0, 99, ROWS), "D"), 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", COLUMNS)
def test_values_come_back_exactly(name):
    frame = pd.DataFrame({"x": COLUMNS[name]})
    schema = Schema.infer(frame)
    again = Schema.from_dict(schema.to_dict())
    back = Table.coerce(frame, again).frame()
    assert str(back["x"].dtype) == str(frame["x"].dtype)
    assert back["x"].astype(object).equals(frame["x"].astype(object)), (back, frame)


def test_drawn_columns_are_of_the_same_types_and_conditions_are_met():
    frame = pd.DataFrame(COLUMNS)
    fitted = Synthesizer(generator="chains", seed=0).fit(frame)
    drawn = fitted.sample(100, seed=0)
    assert [str(kind) for kind in drawn.dtypes] == [str(kind) for kind in frame.dtypes]
    assert drawn["month"].isin(MONTHS).all()
    assert set(drawn["cut"].cat.categories) <= set(frame["cut"].cat.categories)
    some = fitted.sample(20, where={"cut": "(40.0, 50.0]", "month": ("2020-01-01", "2020-12-31")}, seed=1)
    assert (some["cut"].astype(str) == "(40.0, 50.0]").all()
    assert (some["month"].dt.year == 2020).all()


def test_a_word_among_intervals_is_text():
    found = Schema.infer(pd.DataFrame({"x": COLUMNS["cut"]})).column("x")
    assert found.dtype == "category[interval[float64, right], ordered]"
    import pyarrow as pa

    assert to_extension(pa.array(["(0.0, 40.0]", "other"]), "interval[float64, right]") is None
