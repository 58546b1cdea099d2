import numpy as np
import pytest

from synthgan.metrics.data.columns import Tables
from synthgan.metrics.fidelity.support import _integrated, support_scores
from synthgan.runtime import Streams

RNG = np.random.default_rng


def _scores(*tables):
    return support_scores(Tables(*tables), Streams(0))


def _plane(columns, rows, seed, spread=1.0):
    return columns(list(spread * RNG(seed).normal(size=(3, rows))))


def test_fresh_rows_score_as_the_holdout(columns):
    precision, recall = _scores(_plane(columns, 1_200, 0), _plane(columns, 600, 1), _plane(columns, 600, 2))
    # Over 20 seeds .964 ± .014 and .970 ± .010: bounds more than five deviations away.
    assert precision.value > 0.88
    assert recall.value > 0.9
    assert precision.value == pytest.approx(precision.reference, abs=0.1)
    assert precision.low < precision.value < precision.high
    assert "never a ground to accept" in recall.reading


def test_rows_around_the_middle_are_precise_nowhere_and_recall_little(columns):
    real, narrow = _plane(columns, 1_200, 0), _plane(columns, 600, 1, spread=0.1)
    precision, recall = _scores(real, narrow)
    # All of them lie in the innermost regions: the curve is 1 from the start, which leaves .065. Recall: .07 ± .02 over 20 seeds.
    assert precision.value == pytest.approx(0.0645, abs=0.002)
    assert recall.value < 0.16


def test_rows_far_from_all_real_ones_score_nothing(columns):
    real = columns([np.r_[RNG(0).normal(size=590), [1e3] * 10]] * 2)
    far = columns([np.full(300, 1e6)] * 2)
    precision, recall = _scores(real, far)
    assert precision.value < 0.1
    assert recall.value < 0.1


def test_the_diagonal_is_worth_one(columns):
    ranks = np.arange(1, 601)[:, None] / 600
    levels = np.arange(1, 31) / 30
    assert _integrated(ranks <= levels + 1e-12, RNG(0)).value == pytest.approx(1)
    assert _integrated(ranks < 0 * levels, RNG(0)).value == pytest.approx(0)


def test_too_few_rows_say_so(columns):
    few = columns([[1.0] * 30])
    for score in _scores(few, few):
        assert score.value is None
        assert "40 real rows" in score.reading
