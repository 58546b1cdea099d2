import numpy as np
import pytest

from synthgan.metrics.data.columns import Tables
from synthgan.metrics.utility.calibration import expected_error, promises
from synthgan.metrics.utility.task import Task
from synthgan.metrics.utility.usefulness import usefulness
from synthgan.runtime import Streams

RNG = np.random.default_rng


def test_promises_that_come_true_have_no_error_and_others_that_by_which_they_fail():
    promised = np.repeat([0.2, 0.6], 50)
    honest = np.r_[np.arange(50) < 10, np.arange(50) < 30]
    statistics, (mean, share) = expected_error(promised, honest, RNG(0))
    assert statistics[0] == pytest.approx(0)
    assert mean == pytest.approx((0.2, 0.6))
    assert share == pytest.approx((0.2, 0.6))
    bold = np.r_[np.arange(50) < 15, np.arange(50) < 20]  # .3 and .4 come true
    statistics, (_, share) = expected_error(promised, bold, RNG(0))
    assert statistics[0] == pytest.approx((0.1 + 0.2) / 2)
    assert share == pytest.approx((0.3, 0.4))


def test_replicates_are_the_error_without_each_group():
    promised, came_true = RNG(0).random(400), RNG(1).random(400) < 0.5
    statistics, _ = expected_error(promised, came_true, RNG(2))
    dealt = RNG(2).permutation(np.arange(400) % 20)
    edges = np.unique(np.quantile(promised, np.arange(1, 10) / 10))
    cells = np.searchsorted(edges, promised, side="left")
    kept = dealt != 3
    by_hand = sum(abs((promised - came_true)[kept & (cells == cell)].sum()) for cell in range(10)) / kept.sum()
    assert statistics[4] == pytest.approx(by_hand)
    assert len(statistics) == 21


def test_of_two_classes_the_rarer_is_promised_and_of_more_the_likeliest():
    probabilities = np.array([[0.7, 0.3, 0, 0], [0.1, 0.2, 0.7, 0]])
    promised, came_true = promises(Task("y", (4.0, 5.0)), np.array([1.0, 0.0]), probabilities)
    assert (promised.tolist(), came_true.tolist()) == ([0.3, 0.2], [True, False])
    promised, came_true = promises(Task("y", (4.0, 5.0, 6.0)), np.array([1.0, 2.0]), probabilities)
    assert (promised.tolist(), came_true.tolist()) == ([0.7, 0.7], [False, True])


def test_synthetic_rows_that_overstate_risk_break_their_promises(units):
    real, unseen, synthetic = units(1_500, 0), units(1_000, 1), units(1_500, 2)
    synthetic.codes[RNG(0).random(1_500) < 0.5, 0] = 1  # half of everybody is said to be ill, come what may
    found = usefulness(Tables(real, synthetic, unseen), "c0", Streams(0))
    scores = {score.name: score for score in found.scores}
    good, bad = scores["calibration_error_real"], scores["calibration_error_synthetic"]
    # Over 10 seeds .06 ± .01 and .37 ± .02: bounds more than five deviations away.
    assert good.value < 0.15
    assert bad.value > 0.25
    assert bad.reading.startswith("predicted probabilities of the model trained on synthetic rows are off by ")
    assert bad.reference == good.value
    assert bad.low < bad.value < bad.high
    assert [curve.trained_on for curve in found.details.calibrations] == ["real", "synthetic"]
    promised, observed = (
        np.array(found.details.calibrations[1].promised),
        np.array(found.details.calibrations[1].observed),
    )
    assert promised.mean() > observed.mean() + 0.2


@pytest.mark.parametrize(("target", "why"), [("n0", "is a number"), (None, "no target")])
def test_without_classes_the_scores_say_why(units, target, why):
    table = units(100, 0)
    found = usefulness(Tables(table, table), target, Streams(0))
    scores = [score for score in found.scores if score.name.startswith("calibration")]
    assert [score.value for score in scores] == [None, None]
    assert all(why in score.reading for score in scores)
    assert found.details.calibrations == ()
