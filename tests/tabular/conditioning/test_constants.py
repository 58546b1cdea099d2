"""Conditions on columns that are the same in every row: all rows meet them, or none can."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from synthgan import Synthesizer
from synthgan.errors import DataError

ROWS = 60
FRAME = pd.DataFrame({
    "sex": ["F", "M"] * (ROWS // 2), "site": "Bonn", "k": 3, "f": 2.5, "flag": True, "empty": np.nan,
    "stamp": pd.Timestamp("2020-01-01"), "day": [dt.date(2020, 1, 1)] * ROWS, "wait": pd.Timedelta("90min"),
})  # fmt: skip


@pytest.fixture(scope="module")
def fitted() -> Synthesizer:
    return Synthesizer(generator="chains", seed=0).fit(FRAME)


@pytest.mark.parametrize(
    "where",
    [
        "site=Bonn", "site!=Berlin", "site=Bonn|Berlin", {"site": ["Bonn"]}, "k=3", "k=3.0", "k>=3", "k<4", "k!=4", "k>2",
        {"k": 3}, {"k": (3, 5)}, "f<=2.5", "flag=true", {"flag": True}, {"empty": None}, "empty=", "stamp=2020-01-01",
        "stamp>2019-12-31", "day<=2020-01-01", {"day": dt.date(2020, 1, 1)}, "wait>=PT1H", ["site=Bonn", "sex=F"],
    ],
)  # fmt: skip
def test_conditions_that_all_rows_meet_are_no_conditions(fitted: Synthesizer, where: object) -> None:
    drawn = fitted.sample(8, where=where, seed=1)
    assert list(drawn.dtypes) == list(FRAME.dtypes)
    assert len(drawn.drop(columns="sex").drop_duplicates()) == 1
    assert set(drawn["sex"]) == ({"F"} if isinstance(where, list) else {"F", "M"})


@pytest.mark.parametrize(
    "where",
    ["site=Berlin", "site!=Bonn", "k=4", "k>3", "k!=3", "f<2.5", "flag=false", "site=", "empty=3", "empty>3", "stamp<2020-01-01",
     "day>2020-01-01"],
)  # fmt: skip
def test_conditions_that_no_row_meets_are_refused_in_a_line(fitted: Synthesizer, where: str) -> None:
    with pytest.raises(DataError, match=r"cannot be met; '.*' is .* in every row") as refused:
        fitted.sample(5, where=where)
    assert "\n" not in str(refused.value)


def test_what_cannot_be_read_is_refused(fitted: Synthesizer) -> None:
    with pytest.raises(DataError, match="must name a level"):
        fitted.sample(5, where="site>=Bonn")
    with pytest.raises(DataError, match="must be a number"):
        fitted.sample(5, where="k>=many")
