"""Orders are found between kinds and units, with a few wrong rows and in few rows; rows are put right, or left as often."""

from __future__ import annotations

import numpy as np
import pytest

from synthgan.data.scale import Scale
from synthgan.tabular.encoding.constraints import Constraints
from synthgan.tabular.encoding.orders import Order, find_orders, put_in_order

DAYS, MINUTES = Scale(1.0, 0, 1e4, "moment", 1440.0), Scale(1.0, 0, 1e7, "moment", 1.0)


def test_days_compare_with_minutes():
    rng = np.random.default_rng(0)
    day = rng.integers(0, 900, 300).astype(float)
    values = {"day": day, "minute": day * 1440 + rng.integers(0, 10_000, 300)}
    scales = {"day": DAYS, "minute": MINUTES}
    assert find_orders(["day", "minute"], values, scales) == (Order("day", "minute"),)
    drawn = {"day": np.array([5.0, 5]), "minute": np.array([1440.0 * 5, 1440 * 5 - 1])}
    free = {name: np.ones(2, bool) for name in drawn}
    assert put_in_order(drawn, free, Order("day", "minute"), scales)
    assert (drawn["day"].tolist(), drawn["minute"].tolist()) == ([5, 4], [7200, 7200])


def test_columns_of_other_kinds_do_not():
    values = {"day": np.arange(300.0), "length": np.arange(300.0) + 1}
    assert find_orders(list(values), values, {"day": DAYS, "length": Scale(1.0, 0, 1, "number")}) == ()


@pytest.mark.parametrize(("rows", "found"), [(15, 0), (40, 1), (99, 1)])
def test_few_rows_are_enough_where_chance_would_have_broken_it(rows, found):
    rng = np.random.default_rng(0)
    low = rng.normal(size=rows)
    values = {"low": low, "high": low + 0.1}
    scale = Scale(0.0, -9, 9, "number")
    assert len(find_orders(["low", "high"], values, {"low": scale, "high": scale})) == found


@pytest.mark.parametrize("wrong", [1, 5, 30])
def test_what_nearly_always_holds_is_left_broken_as_often(wrong):
    rng = np.random.default_rng(0)
    low, high = (rng.normal(size=5_000) for _ in range(2))
    real = {"low": np.minimum(low, high), "high": np.maximum(low, high)}
    real["low"][:wrong], real["high"][:wrong] = real["high"][:wrong], real["low"][:wrong].copy()
    scales = dict.fromkeys(real, Scale(0.0, -9, 9, "number"))
    (order,) = Constraints.find(real, scales).usual
    assert order == Order("low", "high", wrong / 5_000)
    drawn = {name: rng.permutation(column) for name, column in real.items()}
    left = Order("low", "high", order.left_of(drawn, scales))
    repaired = Constraints(usual=(left,)).repair(drawn, scales)
    assert (repaired["low"] > repaired["high"]).sum() == pytest.approx(wrong, abs=1)
    assert order.left_of(real, scales) == 1  # nothing to put right


def test_one_tied_to_further_columns_does_not_change_places():
    scales = dict.fromkeys("ab", Scale(1.0, 0, 9, "number"))
    for tied, expected in (((), (2, 5)), (("a",), (5, 5)), (("b",), (2, 2)), (("a", "b"), (5, 5))):
        values = {"a": np.array([5.0]), "b": np.array([2.0])}
        put_in_order(values, {name: np.ones(1, bool) for name in "ab"}, Order("a", "b"), scales, tied)
        assert (values["a"][0], values["b"][0]) == expected


def test_usual_orders_come_back_as_they_were():
    constraints = Constraints(usual=(Order("a", 3, 0.25),))
    assert Constraints.from_state(constraints.state()) == constraints
    assert constraints.names == {"a", 3}
