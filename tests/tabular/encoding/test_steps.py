"""What every value of a column is a multiple of, the drawn ones are multiples of as well."""

import numpy as np
import pandas as pd
import pytest

from synthgan import Synthesizer
from synthgan.data.schema import Schema
from synthgan.data.significance import last_digit
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


def written(values, digits):
    return np.array([float(f"{value:.{digits - 1}e}") for value in values])


MEASURED = pd.DataFrame({
    "radius": written(RNG.lognormal(2.5, 0.5, ROWS), 4),
    "error": written(RNG.lognormal(-5, 1, ROWS), 3),
    "visits": written(RNG.lognormal(8, 1.5, ROWS), 2).astype("int64"),
    "single": written(RNG.lognormal(0, 2, ROWS), 4).astype("float32"),
    "sales": written(RNG.lognormal(15, 1.5, ROWS), 3).round(-3),
})  # fmt: skip
DIGITS = {"radius": 4, "error": 3, "visits": 2, "single": 4, "sales": 3}


@pytest.mark.parametrize("cut", [COARSE, FINE])
def test_significant_digits_are_kept(cut):
    drawn = redrawn(MEASURED, cut=cut)
    for name, digits in DIGITS.items():
        assert (written(drawn[name], digits).astype(MEASURED[name].dtype) == drawn[name]).all(), name
        assert drawn[name].nunique() > 30
    assert list(drawn.dtypes) == list(MEASURED.dtypes)
    assert (drawn["sales"] % 1000 == 0).all()


def test_declared_bounds_and_conditions_are_met_in_digits():
    given = Schema.infer(MEASURED).to_dict()
    given["columns"][0] |= {"minimum": 10.005, "maximum": 19.995}
    frame = MEASURED[MEASURED["radius"].between(10.01, 19.99)]
    fitted = Synthesizer(generator="chains", seed=0).fit(frame, schema=Schema.from_dict(given))
    assert fitted.sample(300, seed=0)["radius"].between(10.01, 19.99).all()
    drawn = fitted.sample(200, where="radius>12.3449", seed=1)["radius"]
    assert drawn.min() >= 12.35
    assert (written(drawn, 4) == drawn).all()
    assert (fitted.sample(50, where="visits=1200", seed=2)["visits"] == 1200).all()
    drawn = fitted.sample(50, where=["error>=0.00601", "error<=0.00612"], seed=3)["error"]
    assert drawn.between(0.00601, 0.00612).all()
    with pytest.raises(ValueError, match="error"):
        fitted.sample(5, where=["error>0.006011", "error<0.006019"])


def test_an_order_between_columns_of_other_digits_is_kept():
    low = RNG.lognormal(2, 1, ROWS)
    frame = pd.DataFrame({"least": written(low, 3), "most": written(low * RNG.uniform(1.05, 3, ROWS), 4)})
    drawn = redrawn(frame)
    assert (drawn["least"] <= drawn["most"]).all()
    assert (written(drawn["least"], 3) == drawn["least"]).all()
    assert (written(drawn["most"], 4) == drawn["most"]).all()


def test_formulas_are_rounded_to_significant_digits():
    weight, height = RNG.normal(75, 12, ROWS).round(1), RNG.normal(1.7, 0.1, ROWS).round(2)
    people, area = np.round(RNG.lognormal(8, 1.5, ROWS)), RNG.lognormal(3, 1, ROWS).round(1) + 0.1
    frame = pd.DataFrame({
        "weight": weight, "height": height, "bmi": written(weight / height**2, 3),
        "people": people, "area": area, "density": written(people / area, 4),
        "log": written(np.log(people), 7), "rest": written(weight * 1.5 + area, 3),
    })  # fmt: skip
    fitted = Synthesizer(generator="chains", seed=0).fit(frame)
    drawn = fitted.sample(ROWS, seed=0)
    for name, digits, found in (
        ("bmi", 3, drawn["weight"] / drawn["height"] ** 2),
        ("density", 4, drawn["people"] / drawn["area"]),
        ("log", 7, np.log(drawn["people"])),
        ("rest", 3, drawn["weight"] * 1.5 + drawn["area"]),
    ):
        finest = 10.0 ** -fitted.schema_.column(name).decimals
        half = 0.5 * np.maximum(
            last_digit(found.to_numpy(), digits), finest
        )  # what lies half-way may be rounded either way
        assert (np.abs(drawn[name] - found) <= half * (1 + 1e-6)).all(), name
        assert np.allclose(drawn[name], written(drawn[name], digits), rtol=1e-14), name
