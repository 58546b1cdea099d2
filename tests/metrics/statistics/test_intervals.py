import numpy as np
import pytest
from sklearn.metrics import r2_score, roc_auc_score

from synthgan.metrics.statistics.intervals import around, auc, jackknife, r_squared, share, standard_error


def test_auc_by_hand_with_a_tie():
    # Pairs (positive, negative): (3,1) won, (3,2) won, (2,1) won, (2,2) tied: 3.5 of 4.
    area, _ = auc(np.array([True, True, False, False]), np.array([3.0, 2.0, 1.0, 2.0]))
    assert area == pytest.approx(3.5 / 4)


def test_auc_agrees_with_scikit_learn():
    rng = np.random.default_rng(0)
    positive, scores = rng.random(500) < 0.3, rng.normal(size=500).round(1)
    assert auc(positive, scores)[0] == pytest.approx(roc_auc_score(positive, scores))


def test_delong_variance_is_that_of_its_components():
    rng = np.random.default_rng(1)
    positive, scores = rng.random(60) < 0.4, rng.normal(size=60).round(1)
    _, influence = auc(positive, scores)
    above = scores[positive][:, None] > scores[~positive][None]
    wins = above + 0.5 * (scores[positive][:, None] == scores[~positive][None])
    expected = wins.mean(axis=1).var() / positive.sum() + wins.mean(axis=0).var() / (~positive).sum()
    assert standard_error(influence) ** 2 == pytest.approx(expected)


def test_r_squared_agrees_with_scikit_learn_and_its_influence_with_refitting():
    rng = np.random.default_rng(2)
    truth = rng.normal(size=4_000)
    predicted = truth + rng.normal(size=4_000)
    value, influence = r_squared(truth, predicted)
    assert value == pytest.approx(r2_score(truth, predicted))
    resampled = [r2_score(truth[draw], predicted[draw]) for draw in rng.integers(0, 4_000, (300, 4_000))]
    # The standard deviation of 300 draws is off by more than 20 % about once in a million seeds; the seed is
    # fixed.
    assert standard_error(influence) == pytest.approx(np.std(resampled), rel=0.2)


def test_jackknife_of_a_mean_gives_its_standard_error():
    values = np.random.default_rng(3).random(2_000)
    groups = np.arange(2_000) % 20
    statistics = np.array([values.mean()] + [values[groups != group].mean() for group in range(20)])
    found = jackknife(statistics)
    error = values.std() / np.sqrt(2_000)
    # With 20 groups the estimated error varies by some 16 %: a factor of 2 off is beyond four deviations (1
    # in 30,000).
    assert 0.5 < (found.high - found.low) / (2 * 1.96 * error) < 2
    assert found.value == values.mean()


def test_jackknife_without_replicates_has_no_interval():
    assert jackknife(np.array([0.3])).low is None
    assert jackknife(np.array([0.3, np.nan, 0.3])).high is None


def test_wilson_known_values():
    # Wilson's interval of 0 in 10 ends at z²/(n + z²) = 3.8415/13.8415.
    assert share(0, 10).high == pytest.approx(3.841459 / 13.841459)
    assert share(0, 10).low == 0
    half = share(50, 100)
    assert (half.low, half.high) == pytest.approx((0.40383, 0.59617), abs=1e-5)
    assert share(10, 10).high == 1


def test_intervals_stay_inside_the_range_of_the_measure():
    assert around(0.99, 0.1).high == 1
    assert around(-3.0, 0.1, least=-np.inf).low == pytest.approx(-3.196, abs=1e-3)
    assert around(0.5, None).low is None
