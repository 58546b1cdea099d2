"""The quantile function: faithful in the middle, discreet at the ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from synthgan.tabular.encoding.quantiles import QuantileFunction, fit_quantile_function

RNG = np.random.default_rng(0)
finite = st.floats(-1e9, 1e9, allow_nan=False, width=64)


def fit(
    values: np.ndarray, rare_below: int = 10, *, keep: bool = False, low: float | None = None, high: float | None = None
):
    return fit_quantile_function(values, rare_below, keep_extremes=keep, minimum=low, maximum=high)


@pytest.mark.parametrize("values", [RNG.normal(size=20_000), RNG.exponential(size=20_000), RNG.uniform(size=20_000)])
def test_it_follows_the_empirical_quantiles(values: np.ndarray) -> None:
    levels = np.linspace(0.01, 0.99, 99)
    spread = values.std()
    assert fit(values)(levels) == pytest.approx(np.quantile(values, levels), abs=0.02 * spread)


@given(arrays(np.float64, st.integers(10, 300), elements=finite), st.integers(1, 10), st.booleans())
@settings(max_examples=200, deadline=None)
def test_levels_rise_strictly_and_values_never_fall(values: np.ndarray, rare_below: int, keep: bool) -> None:
    function = fit(values, rare_below, keep=keep)
    assert function.levels[0] == 0
    assert function.levels[-1] == 1
    assert (np.diff(function.levels) > 0).all()
    assert (np.diff(function.values) >= 0).all()


def test_no_knot_is_the_value_of_a_single_row() -> None:
    values = RNG.lognormal(size=5_000)
    assert not np.isin(fit(values).values, values).any()


def test_the_extremes_of_single_rows_are_not_kept_but_shared_ones_are() -> None:
    values = np.concatenate([RNG.normal(50, 5, 5_000), [987_654.321, -987_654.321]])
    ends = fit(values).values[[0, -1]]
    assert not np.isin(ends, values).any()
    shared = np.concatenate([RNG.uniform(20, 80, 5_000), np.full(10, 90.0), np.full(10, 17.0)])
    assert fit(shared).values[[0, -1]].tolist() == [17.0, 90.0]


def test_keep_extremes_keeps_them() -> None:
    values = RNG.normal(size=1_000)
    kept = fit(values, keep=True)
    assert kept.values[[0, -1]].tolist() == [values.min(), values.max()]
    drawn = kept(
        np.random.default_rng(0).random((400, 1_000))
    )  # four rows in each table on average: one in 55 has none
    assert (drawn.min(1) == values.min()).mean() > 0.93
    assert (drawn.max(1) == values.max()).mean() > 0.93


def test_tails_stop_at_declared_and_natural_limits() -> None:
    values = RNG.exponential(size=2_000)
    assert fit(values).values[0] >= 0
    assert fit(values, low=0.0, high=values.max() + 0.01).values[-1] <= values.max() + 0.01
    assert fit(RNG.beta(8, 1, 2_000)).values[-1] <= 1


def test_a_heavy_tail_is_replaced_by_one_of_the_same_weight() -> None:
    """The fitted tail's mean excess lies within a factor of two of the real one in 49 of 50 tables (false alarms < 1e-6)."""
    good = 0
    for seed in range(50):
        values = np.random.default_rng(seed).pareto(3, 20_000)
        tail = fit(values)(np.linspace(0.999, 1, 200)).mean()
        good += 0.5 < tail / np.sort(values)[-20:].mean() < 2
    assert good >= 45


def test_levels_below_and_up_to_a_value() -> None:
    function = fit(np.repeat([1.0, 2.0, 3.0], 100))
    assert function.level_below(0.0) == 0
    assert function.level_up_to(9.0) == 1
    assert function.level_below(2.0) < 0.5 < function.level_up_to(2.0)


@given(
    st.lists(st.sampled_from([-2.0, 0.0, 0.5, 3.0]) | st.floats(-5, 5), min_size=2, max_size=9).map(sorted),
    st.sampled_from([-2.0, 0.0, 0.5, 3.0]) | st.floats(-6, 6),
)
def test_levels_part_what_is_below_a_value_from_what_is_not(values, value):
    """Knots that share a value are flat: what rises after them starts at the last of them. One row in 10,000 broke a condition so."""
    function = QuantileFunction(np.linspace(0, 1, len(values)), np.array(values))
    below, up_to = function.level_below(value), function.level_up_to(value)
    assert 0 <= below <= up_to <= 1
    assert below == 0 or (function(np.linspace(0, below, 50)[:-1]) <= value + 1e-9).all()
    assert below == up_to or (np.abs(function(np.linspace(below, up_to, 50)[1:-1]) - value) < 1e-9).all()
    assert up_to == 1 or (function(np.linspace(up_to, 1, 50)[1:]) >= value - 1e-9).all()


SHAPES = {
    "skewed": lambda rng, rows: rng.lognormal(3, 0.7, rows),
    "even": lambda rng, rows: rng.uniform(3.3, 47.7, rows),
    "leaning": lambda rng, rows: 3.3 + 40 * rng.beta(2, 5, rows),
    "steep": lambda rng, rows: -3.7 - rng.exponential(7, rows),
}


@pytest.mark.parametrize("rows", [120, 285, 1000])
@pytest.mark.parametrize("shape", SHAPES)
def test_no_end_of_a_column_stands_at_one_value(shape, rows):
    """Where values end hard, the rows beyond the last mean had all been drawn as that mean: up to one row in 20."""
    heaps = []
    for seed in range(8):
        values = SHAPES[shape](np.random.default_rng(seed), rows)
        fitted = fit_quantile_function(values, 10, keep_extremes=False, minimum=None, maximum=None)
        drawn = fitted(np.linspace(0, 1, 4_001)[1:-1])
        heaps.append(np.unique(drawn, return_counts=True)[1].max() / len(drawn))
    assert np.mean(np.array(heaps) > 0.005) < 0.3, heaps
