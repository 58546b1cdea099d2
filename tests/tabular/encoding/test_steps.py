"""What every value of a column is a multiple of, the drawn ones are multiples of as well."""

import numpy as np
import pandas as pd
import pytest

from synthgan.data.schema import Schema
from synthgan.tabular.encoding.continuous import COARSE, FINE
from tests.helpers.redrawn import redrawn

RNG = np.random.default_rng(1)
ROWS = 300
DAY = pd.to_datetime(RNG.integers(0, 1_000, ROWS), unit="D", origin="2020-01-01")


def minutes(low: int, high: int, step: int, offset: int = 0):
    return pd.to_timedelta(RNG.integers(low, high, ROWS) * step + offset, unit="min")


TABLE = pd.DataFrame({
    "quarter hours": DAY + minutes(0, 96, 15),
    "five minutes from two on": DAY + minutes(0, 288, 5, 2),
    "multiples of 500": RNG.lognormal(10.5, 0.4, ROWS) // 500 * 500,
    "hundreds plus 50": RNG.integers(-20, 60, ROWS) * 100 + 50,
    "prices": (RNG.integers(1, 200, ROWS) + 0.99).round(2),
    "halves": RNG.integers(160, 480, ROWS) * 0.5,
    "dozens": RNG.integers(0, 50, ROWS) * 12,
    "fahrenheit": (RNG.integers(350, 410, ROWS) * 0.18 + 32).round(2),
    "shifts": pd.Series(minutes(16, 48, 15)),
})  # fmt: skip
HOLD = {
    "quarter hours": lambda v: v.dt.minute % 15 == 0,
    "five minutes from two on": lambda v: v.dt.minute % 5 == 2,
    "multiples of 500": lambda v: v % 500 == 0,
    "hundreds plus 50": lambda v: v % 100 == 50,
    "prices": lambda v: (v % 1).round(2) == 0.99,
    "halves": lambda v: v % 0.5 == 0,
    "dozens": lambda v: v % 12 == 0,
    "fahrenheit": lambda v: (((v - 32) / 0.18) % 1).round(9).isin([0, 1]),
    "shifts": lambda v: v.dt.total_seconds() % 900 == 0,
}


@pytest.mark.parametrize("cut", [COARSE, FINE])
def test_steps_are_kept(cut):
    drawn = redrawn(TABLE, cut=cut)
    assert {name: float((~HOLD[name](drawn[name])).mean()) for name in TABLE} == dict.fromkeys(TABLE, 0.0)
    assert all(drawn[name].nunique() > 30 for name in TABLE)


def test_a_step_that_is_taken_out_is_kept_no_more_and_a_declared_one_is():
    given = Schema.infer(TABLE).to_dict()
    for column in given["columns"]:
        if column["name"] == "multiples of 500":
            del column["step"]
        if column["name"] == "halves":
            column |= {"step": 10, "offset": 5, "minimum": 78, "maximum": 242}
    drawn = redrawn(TABLE, schema=Schema.from_dict(given))
    assert (drawn["multiples of 500"] % 500 != 0).mean() > 0.9
    assert (drawn["halves"] % 10 == 5).all()
    assert drawn["halves"].between(85, 235).all()


def test_common_values_off_the_grid_stay():
    values = np.append(RNG.integers(1, 90, 400) * 500, [999] * 12)
    drawn = redrawn(pd.DataFrame({"paid": values}))["paid"]
    assert set(drawn[drawn % 500 != 0]) == {999}
