import numpy as np
import pytest

from synthgan.metrics.data.columns import Tables
from synthgan.metrics.utility.importances import agreement, importance_scores, permutation_importances
from synthgan.metrics.utility.utility import Trial
from synthgan.runtime import Streams

RNG = np.random.default_rng


def _table(columns, slopes, seed, rows=600):
    x = RNG(seed).normal(size=(len(slopes), rows))
    return columns([*x, slopes @ x + RNG(seed + 100).normal(0, 0.3, rows)])


def _scored(tables, target="n4"):
    return importance_scores(None if target is None else Trial.of(tables, target, RNG(0)), Streams(0))


def test_models_that_go_by_the_same_columns_agree_and_by_others_do_not(columns):
    slopes = np.array([3.0, 2.0, 1.0, 0.5])
    real, unseen = _table(columns, slopes, 0), _table(columns, slopes, 1)
    (same,), listed = _scored(Tables(real, _table(columns, slopes, 2), unseen))
    (turned,), _ = _scored(Tables(real, _table(columns, slopes[::-1], 3), unseen))
    assert same.value == same.reference == 1  # in 20 of 20 seeds
    assert turned.value < 0.9  # -.4 ± .5, and never above .4
    assert [importance.name for importance in listed] == ["n0", "n1", "n2", "n3"]
    assert listed[0].real > listed[1].real > listed[2].real > 0
    assert "n0" in same.reading


def test_the_importance_of_a_column_is_what_shuffling_it_costs():
    features = RNG(0).normal(size=(300, 3))
    orders = np.stack([[RNG(index).permutation(300)] for index in range(3)])
    found = permutation_importances(
        lambda table: 2 * table[:, 0],
        features,
        lambda predicted: -((predicted - 2 * features[:, 0]) ** 2).mean(),
        np.arange(3),
        orders,
    )
    assert found[0] == pytest.approx((4 * (features[orders[0, 0], 0] - features[:, 0]) ** 2).mean())
    assert found[1:].tolist() == [0, 0]


def test_ranks_alone_count_and_equal_ones_say_nothing():
    assert agreement(np.array([1.0, 2.0, 30.0]), np.array([0.1, 0.2, 0.3])) == pytest.approx(1)
    assert agreement(np.array([1.0, 2.0, 3.0]), np.array([2.0, 1.0, 3.0])) == pytest.approx(0.5)
    assert agreement(np.zeros(3), np.arange(3.0)) is None


def test_without_a_holdout_there_is_no_reference(columns):
    table = _table(columns, np.array([3.0, 2.0, 1.0, 0.5]), 0)
    (score,), _ = _scored(Tables(table, table))
    assert score.reference is None
    assert score.value > 0.5


@pytest.mark.parametrize("case", ["no target", "few rows", "few columns", "nothing matters"])
def test_what_cannot_be_compared_says_why(columns, case):
    noise = _table(columns, np.array([1.0, 1.0, 0.0, 0.0]), 0)
    constant = columns([[1.0] * 200] * 4 + [list(range(200))])
    table, target, why = {
        "no target": (noise, None, "no target"),
        "few rows": (noise.take(np.arange(60)), "n4", "50 rows to train on"),
        "few columns": (columns([[1.0, 2.5] * 80] * 3), "n2", "3 other columns"),
        "nothing matters": (constant, "n4", "equally little"),
    }[case]
    (score,), listed = _scored(Tables(table, table), target)
    assert (score.value, listed) == (None, ())
    assert why in score.reading
