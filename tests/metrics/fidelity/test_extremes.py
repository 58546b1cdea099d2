import numpy as np
import pytest

from synthgan.metrics.data.columns import Tables
from synthgan.metrics.fidelity.extremes import extreme_scores, lost, outside, tail_distances
from synthgan.metrics.statistics.distances import Sides
from synthgan.runtime import Streams

RNG = np.random.default_rng


def _scores(*tables):
    return {score.name: score for score in extreme_scores(Tables(*tables), Streams(0))}


def test_tails_that_are_cut_or_too_heavy_are_measured(columns):
    values = np.arange(1_000.0)
    cut = np.clip(values, 9, 989)  # the 1 % and 99 % points themselves
    heavy = np.r_[values[:960], [2_000.0] * 40]

    def error(other):
        return tail_distances(Sides.deal(columns([values]), columns([other]), 0, RNG(0))).statistics[0, 0]

    assert error(values) == 0
    assert error(cut) == pytest.approx(0.009 + 0.01)
    assert error(heavy) == pytest.approx(0.03)
    assert np.isnan(error(np.full(1_000, np.nan)))


def test_both_tails_count_though_they_cancel(columns):
    values = np.arange(1_000.0)
    shifted = np.r_[values[9:], [2_000.0] * 9]  # nine rows fewer below, nine more above
    found = tail_distances(Sides.deal(columns([values]), columns([shifted]), 0, RNG(0)))
    assert found.statistics[0, 0] == pytest.approx(0.018)


def test_levels_of_ten_rows_count_as_lost_and_rarer_ones_do_not(columns):
    real = columns(codes=[[0] * 50 + [1] * 10 + [2] * 9], levels=[4])
    other = columns(codes=[[0] * 60 + [3] * 9], levels=[4])
    missed, total, by_chance = lost(real, other)
    assert (missed, total) == (1, 2)
    assert by_chance == pytest.approx((1 - 10 / 69) ** 69 + (1 - 50 / 69) ** 69)
    score = _scores(real, other, real)["levels_lost"]
    assert (score.value, score.reference) == (0.5, 0)
    assert "1 of 2 levels" in score.reading


def test_numbers_out_of_range_and_unknown_levels_are_counted_by_row(columns):
    real = columns([[1.0, 5.0, np.nan, 2.0]], [[0, 0, 1, -1]], levels=[3])
    other = columns([[0.9, 5.0, np.nan, 5.1]], [[0, 2, -1, 2]], levels=[3])
    marks, rows = outside(real, other)
    assert marks.tolist() == [[True, False], [False, True], [False, False], [True, True]]
    assert rows.tolist() == [True, True, False, True]
    score = _scores(real, other, real)["out_of_range"]
    assert (score.value, score.reference) == (0.75, 0)
    assert score.low < 0.75 < score.high
    assert "n0" in score.reading


def test_a_table_equals_itself_and_tables_without_numbers_or_levels_say_why(columns, units):
    real = units(200, 0)
    assert [score.value for score in _scores(real, real, real).values()] == [0, 0, 0]
    codes = columns(codes=[[0, 1, 2]])
    found = _scores(codes, codes)
    assert found["tail_error"].value is None
    assert found["levels_lost"].value is None
    assert "10 real rows" in found["levels_lost"].reading
    assert found["out_of_range"].value == 0
