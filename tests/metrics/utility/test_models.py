import numpy as np
import pytest

from synthgan.metrics.data.columns import Tables
from synthgan.metrics.utility.models import MAX_LEVELS, boosted, linear
from synthgan.metrics.utility.task import Task
from synthgan.metrics.utility.utility import Trial, linear_predictions, model_scores, utility_scores
from synthgan.runtime import Streams

RNG = np.random.default_rng


def _linear_scores(tables, target):
    trial = Trial.of(tables, target, RNG(0))
    return model_scores("utility_linear", trial, linear_predictions(trial, RNG(0)))


def test_a_linear_model_finds_slopes_of_numbers_and_levels_and_none_in_shuffled_rows(columns):
    def table(seed, rows=600):
        x, kind = RNG(seed).normal(size=rows), RNG(seed).integers(0, 3, rows)
        return columns([x, 2 * x + np.array([0, 5, -5])[kind] + RNG(seed + 50).normal(size=rows)], [kind], levels=[3])

    shuffled = table(2)
    shuffled.numbers[:, 1] = RNG(9).permutation(shuffled.numbers[:, 1])
    real, synthetic = _linear_scores(Tables(table(0), shuffled, table(1)), "n1")
    # The noise is 1 of a variance of 1 + 4 + 16.7: R² is .954; over 20 seeds .954 ± .003. Shuffled, .00 ± .06.
    assert real.value == pytest.approx(0.954, abs=0.015)
    assert synthetic.value < 0.25
    assert synthetic.reference == real.value
    assert "linear model trained on 600 real rows" in real.reading


def test_a_linear_model_cannot_see_a_parity_that_trees_see(columns):
    def table(seed):
        x, y = RNG(seed).normal(size=(2, 800))
        return columns([x, y], [(x * y > 0).astype(int)], levels=[2])

    tables = Tables(*map(table, range(3)))
    assert utility_scores(tables, "c0", Streams(0))[1].value > 0.95
    assert _linear_scores(tables, "c0")[1].value == pytest.approx(0.5, abs=0.09)  # .50 ± .02 over 20 seeds


def test_a_missing_number_tells_as_much_as_its_value(columns):
    gone = RNG(0).random(500) < 0.5
    table = columns(
        [np.where(gone, np.nan, 1 + RNG(1).normal(size=500)), np.zeros(500)], [gone.astype(int)], levels=[2]
    )
    assert _linear_scores(Tables(table, table, table), "c0")[0].value > 0.999


def test_rare_levels_are_pooled_and_unknown_ones_do_not_crash():
    features = RNG(0).integers(0, 500, (3_000, 1)).astype(float)
    predict = linear(Task("y", None), features, features[:, 0], 0)
    predicted = predict(np.array([[7.0], [8.0], [9_999.0], [np.nan]]))
    assert np.isfinite(predicted).all()
    assert len(np.unique(predict(np.arange(500.0)[:, None]).round(6))) == MAX_LEVELS


def test_giants_in_unseen_rows_are_cut(columns):
    known = RNG(0).normal(size=(200, 1))
    predict = linear(Task("y", None), known, known[:, 0], 1)
    assert predict(np.array([[1e300]]))[0] == pytest.approx(10, abs=0.5)


def test_three_classes_and_a_single_one(columns):
    def table(seed, classes):
        kind = RNG(seed).integers(0, classes, 300)
        return columns([kind + RNG(seed + 9).normal(0, 0.3, 300)], [kind], levels=[3])

    real, synthetic = _linear_scores(Tables(table(0, 3), table(1, 1), table(2, 3)), "c0")
    # Every class against the rest; the middle one is no slope of the number alone, but of three classes' odds it is.
    assert real.value > 0.95
    assert synthetic.value == 0.5


@pytest.mark.parametrize("missing", [(1,), (0, 1)])
@pytest.mark.parametrize("classes", [None, (0.0, 1.0)])
def test_a_column_without_a_value_in_the_training_rows_changes_nothing(missing, classes):
    rng = np.random.default_rng(0)
    features = rng.normal(size=(200, 2))
    target = (features[:, 0] > 0).astype(float)
    unseen = features.copy()
    features[:, missing] = np.nan
    task = Task("ill", classes)
    found = boosted(task, features, target)(unseen)
    rest = np.zeros((200, 1)) if len(missing) > 1 else features[:, :1]
    assert np.array_equal(found, boosted(task, rest, target)(unseen[:, :1] if len(missing) == 1 else rest))
