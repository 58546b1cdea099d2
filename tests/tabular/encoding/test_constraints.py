"""Sums and orders that hold in every row are found, kept, and bend no column."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgan import Chains, Synthesizer
from synthgan.data.scale import Scale
from synthgan.tabular.encoding.constraints import MIN_ROWS, Constraints, Sum

SEEDS = st.integers(0, 2**31)


def scales(values: dict[str, np.ndarray], step: float = 0.0, **steps: float) -> dict[str, Scale]:
    return {
        name: Scale(steps.get(name, step), float(np.nanmin(column)), float(np.nanmax(column)), "number")
        for name, column in values.items()
    }


def numbers(seed: int, columns: int, rows: int = 500, decimals: int = 2) -> dict[str, np.ndarray]:
    """Independent columns of different spread and place, so that none is in order with another."""
    rng = np.random.default_rng(seed)
    return {f"x{at}": (rng.normal(size=rows) * (1 + at) + rng.normal()).round(decimals) for at in range(columns)}


@given(SEEDS, st.integers(1, 6))
def test_columns_of_chance_have_no_relation(seed, columns):
    values = numbers(seed, columns)
    assert Constraints.find(values, scales(values, step=0.01)).sums == ()
    assert Constraints.find(values, scales(values, step=0.01)).orders == ()


@given(
    SEEDS,
    st.lists(st.sampled_from([-3.0, -1.0, 0.5, 1.0, 2.0]), min_size=1, max_size=5),
    st.integers(-20, 20),
    st.integers(0, 3),
)
def test_a_weighted_sum_is_found_and_holds_in_other_rows(seed, weights, constant, strangers):
    values = numbers(seed, len(weights) + strangers)
    names = list(values)[: len(weights)]
    values["sum"] = np.sum([weight * values[name] for name, weight in zip(names, weights, strict=True)], 0) + constant
    (found,) = Constraints.find(values, scales(values, x0=0.01, sum=0.005)).sums
    assert set(found.names) == {"sum", *names}
    others = numbers(seed + 1, len(weights) + strangers)
    others["sum"] = np.zeros(500)
    wide = {name: Scale(scale.step, -1e9, 1e9) for name, scale in scales(values, x0=0.01, sum=0.005).items()}
    repaired = Constraints(sums=(found,)).repair(others, wide)
    total = np.sum([weight * repaired[name] for name, weight in zip(names, weights, strict=True)], 0) + constant
    step = wide[found.target].step
    weight = next((w for n, w in zip(names, weights, strict=True) if n == found.target), 1.0)
    np.testing.assert_allclose(repaired["sum"], total, atol=abs(weight) * step / 2 + 1e-6)


def test_weights_are_as_short_as_they_can_be_although_the_sum_is_rounded():
    celsius = np.random.default_rng(0).normal(37, 0.8, 2_000).round(2)
    values = {"celsius": celsius, "fahrenheit": (1.8 * celsius + 32).round(1)}
    (found,) = Constraints.find(values, scales(values, celsius=0.01, fahrenheit=0.1)).sums
    assert found == Sum("fahrenheit", (("celsius", 1.8),), 32.0)


def test_a_stay_is_as_long_as_it_says_although_days_are_rounded_coarsely():
    """Seconds on a clock beside days to four decimals, 8.64 seconds each."""
    rng = np.random.default_rng(0)
    came = rng.integers(4_000_000_000, 5_000_000_000, 500).astype(float)
    went = came + rng.integers(3_000, 2_000_000, 500)
    values = {"came": came, "went": went, "days": ((went - came) / 86_400).round(4)}
    (found,) = Constraints.find(values, scales(values, came=1.0, went=1.0, days=1e-4)).sums
    assert set(found.names) == set(values)
    assert found.target != "days"
    assert abs(dict(found.parts)["days"]) == 86_400
    assert found.constant == 0


def test_whole_numbers_that_are_nearly_a_sum_are_none():
    values = numbers(0, 2, decimals=0)
    values = {name: 100 * column for name, column in values.items()}
    values["sum"] = values["x0"] + values["x1"] + np.random.default_rng(1).integers(0, 2, 500)
    assert Constraints.find(values, scales(values, step=1.0)).sums == ()


def test_of_equal_columns_each_follows_the_first():
    x = np.random.default_rng(0).normal(size=500)
    values = {"x": x, "again": x.copy(), "once more": x.copy()}
    found = Constraints.find(values, scales(values)).sums
    assert {part for constraint in found for part, _ in constraint.parts} == {"x"}
    assert len(found) == 2


def test_a_sum_holds_only_if_it_does_in_every_row():
    values = numbers(0, 2)
    values["sum"] = values["x0"] + values["x1"]
    values["sum"][77] += 0.5
    assert Constraints.find(values, scales(values)).sums == ()


def test_what_a_tree_could_tell_of_two_values_is_no_sum():
    x = np.random.default_rng(0).normal(size=1_000)
    values = {"x": x, "positive": (x > 0).astype(float)}
    assert Constraints.find(values, scales(values, positive=1.0)).sums == ()


def test_numbers_too_large_to_be_squared_and_columns_of_nothing_have_no_relation():
    values = numbers(0, 2) | {"huge": np.repeat([0, 1e200], 250), "nothing": np.full(500, np.nan)}
    assert Constraints.find(values, scales(values | {"nothing": np.zeros(1)})) == Constraints()


@pytest.mark.parametrize("rows", [MIN_ROWS - 1, MIN_ROWS])
def test_few_rows_prove_nothing(rows):
    values = numbers(0, 2, rows=rows)
    values["sum"] = values["x0"] + values["x1"]
    assert len(Constraints.find(values, scales(values)).sums) == (rows == MIN_ROWS)


def test_columns_that_are_missing_in_the_same_rows_are_related_there():
    values = numbers(0, 3)
    values["sum"] = values["x0"] + values["x1"]
    for name in ("x0", "x1", "sum"):
        values[name][::7] = np.nan
    constraints = Constraints.find(values, scales(values))
    assert set(constraints.sums[0].names) == {"x0", "x1", "sum"}
    repaired = constraints.repair(values, scales(values))
    assert np.isnan(repaired["sum"]).sum() == np.isnan(values["sum"]).sum()


@given(SEEDS, st.one_of(st.just(0.0), st.floats(0.01, 3)))
def test_an_order_is_found_where_strangers_would_break_it(seed, gap):
    rng = np.random.default_rng(seed)
    low = rng.normal(size=2_000)
    values = {"low": low, "high": low + gap * rng.exponential(size=2_000), "far": low + 50}
    orders = Constraints.find({name: values[name] for name in ("low", "high")}, scales(values)).orders
    assert orders == ((("low", "high"),) if gap > 0 else ())
    assert all("far" not in pair for pair in Constraints.find(values, scales(values)).orders)


@given(SEEDS)
def test_mended_rows_are_in_order_and_have_the_same_values(seed):
    rng = np.random.default_rng(seed)
    values = {name: rng.integers(0, 9, 60).astype(float) for name in "abc"}
    constraints = Constraints(orders=(("a", "b"), ("b", "c"), ("a", "c")))
    repaired = constraints.repair(values, scales(values, step=1.0))
    assert (repaired["a"] <= repaired["b"]).all()
    assert (repaired["b"] <= repaired["c"]).all()
    before, after = (np.sort(np.stack(list(table.values())), 0) for table in (values, repaired))
    np.testing.assert_array_equal(before, after)


@given(SEEDS, st.sampled_from("ab"))
def test_what_is_fixed_stays_and_the_other_comes_to_it(seed, fixed):
    rng = np.random.default_rng(seed)
    values = {name: rng.integers(0, 9, 60).astype(float) for name in "ab"}
    repaired = Constraints(orders=(("a", "b"),)).repair(values, scales(values, step=1.0), {fixed: np.ones(60, bool)})
    np.testing.assert_array_equal(repaired[fixed], values[fixed])
    assert (repaired["a"] <= repaired["b"]).all()


def test_a_fixed_sum_moves_a_part_and_one_that_is_wholly_fixed_stays_broken():
    values = {"a": np.array([1.0, 1, 1]), "b": np.array([2.0, 2, 2]), "sum": np.array([9.0, 9, 9])}
    yes, no, both = np.array([True] * 3), np.array([False] * 3), np.array([True, True, False])
    constraints = Constraints(sums=(Sum("sum", (("a", 1.0), ("b", 1.0)), 0.0),))
    wide = {name: Scale(1.0, 0, 10) for name in values}
    assert constraints.repair(values, wide)["sum"].tolist() == [3, 3, 3]
    held = constraints.repair(values, wide, {"sum": yes, "a": yes, "b": no})
    assert (held["a"].tolist(), held["b"].tolist(), held["sum"].tolist()) == ([1] * 3, [8] * 3, [9] * 3)
    stuck = constraints.repair(values, wide, {"sum": yes, "a": yes, "b": both})
    assert stuck["b"].tolist() == [2, 2, 8]


def test_no_value_leaves_the_range_of_its_column():
    values = {"a": np.array([6.0, 1]), "b": np.array([6.0, 1]), "sum": np.array([9.0, 9])}
    constraints = Constraints(sums=(Sum("sum", (("a", 1.0), ("b", 1.0)), 0.0),))
    repaired = constraints.repair(values, {name: Scale(1.0, 1, 10) for name in values})
    assert repaired["sum"].tolist() == [9, 2]
    assert repaired["a"].tolist() == [3, 1]  # the sum cannot be 12, so a part gives way


def test_a_sum_that_would_bend_its_column_is_not_kept():
    """The sum is always a whole number; parts that were drawn apart from it are not."""
    rng = np.random.default_rng(0)
    real = {"a": rng.random(5_000), "total": rng.integers(5, 9, 5_000).astype(float)}
    real["b"] = real["total"] - real["a"]
    constraints = Constraints(sums=(Sum("total", (("a", 1.0), ("b", 1.0)), 0.0),), orders=(("a", "b"),))
    drawn = {name: rng.permutation(column) for name, column in real.items()}
    assert constraints.repairable(drawn, real, scales(real)) == Constraints(orders=(("a", "b"),))
    assert constraints.repairable(real, real, scales(real)) == constraints


def test_relations_come_back_as_they_were():
    constraints = Constraints((Sum("s", (("a", 1.5), (3, -1.0)), 2.0),), (("a", 3),))
    assert Constraints.from_state(json.loads(json.dumps(constraints.state()))) == constraints


@pytest.fixture(scope="module")
def stay() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    admitted = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, 1_500), unit="D")
    days = rng.geometric(0.1, 1_500)
    drugs, room = rng.gamma(2, 100, 1_500).round(2), (50 * days * rng.uniform(0.8, 1.2, 1_500)).round(2)
    return pd.DataFrame(
        {
            "admitted": admitted,
            "discharged": admitted + pd.to_timedelta(days, unit="D"),
            "drugs": drugs,
            "room": room,
            "bill": (drugs + room).round(2),
            "ward": rng.choice(["A", "B"], 1_500),
        }
    )


@pytest.fixture(scope="module")
def fitted(stay: pd.DataFrame) -> Synthesizer:
    return Synthesizer(generator=Chains(chains=4), seed=0).fit(stay)


def broken(table: pd.DataFrame) -> pd.Series:
    return (table.bill - table.drugs - table.room).abs() > 0.005


@pytest.mark.parametrize("reloaded", [False, True])
def test_a_bill_is_the_sum_of_its_items_and_nobody_leaves_before_coming(fitted, tmp_path, reloaded):
    if reloaded:
        fitted.save(tmp_path / "m")
        fitted = Synthesizer.load(tmp_path / "m")
    made = fitted.sample(3_000)
    assert broken(made).mean() < 0.01  # those whose sum would leave the range of bills
    assert (made.admitted <= made.discharged).all()


def test_a_condition_on_the_sum_holds_and_so_does_the_sum(fitted):
    made = fitted.sample(500, where={"bill": (1_000, 1_200)})
    assert made.bill.between(1_000, 1_200).all()
    assert broken(made).mean() < 0.05


def test_gaps_are_filled_so_that_sums_hold(fitted, stay):
    holed = stay.copy()
    holed.loc[:99, "bill"] = np.nan
    holed.loc[100:199, "drugs"] = np.nan
    filled = fitted.impute(holed)
    pd.testing.assert_frame_equal(filled.iloc[200:], stay.iloc[200:])
    assert broken(filled).mean() < 0.01
    np.testing.assert_allclose(filled.drugs[100:200], stay.drugs[100:200], atol=0.005)


def test_a_file_that_relates_what_is_no_number_is_refused(fitted, tmp_path):
    from synthgan.errors import ModelFileError
    from synthgan.io import modelfile

    fitted.save(tmp_path / "m")
    manifest, tensors = modelfile.read(tmp_path / "m")
    manifest["encoding"]["constraints"]["orders"] = [["ward", "bill"]]
    modelfile.write(tmp_path / "forged", manifest, tensors)
    with pytest.raises(ModelFileError, match="constraints must be of numeric columns"):
        Synthesizer.load(tmp_path / "forged")
