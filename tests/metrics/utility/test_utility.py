import numpy as np
import pytest

from synthgan.metrics.data.columns import Tables
from synthgan.metrics.utility.task import Task
from synthgan.metrics.utility.utility import utility_scores
from synthgan.runtime import Streams

RNG = np.random.default_rng


def test_a_two_class_target_is_learned_and_independent_columns_teach_nothing(units):
    real, unseen = units(1_500, 0), units(1_000, 1)
    tables = Tables(real, units(1_500, 2, independent=True), unseen)
    good, bad = utility_scores(tables, "c0", Streams(0))
    # Over 20 seeds .879 ± .009 and .50 ± .07: either bound is more than four deviations away, less than one
    # false alarm in 50,000.
    assert good.value > 0.83
    assert bad.value < 0.8
    assert good.reference is None
    assert bad.reference == good.value
    assert good.low < good.value < good.high


def test_numbers_are_regressed(units):
    tables = Tables(units(1_000, 0), units(1_000, 1), units(500, 2))
    real, synthetic = utility_scores(tables, "n1", Streams(0))
    # Age explains .69 of the variance (144 of 208); trees reach .645 ± .03 over 20 seeds: bounds 4.5
    # deviations away.
    assert 0.5 < synthetic.value < 0.78
    assert real.reading.startswith("R² for n1")
    assert real.high <= 1


def test_more_than_two_classes_are_scored_one_against_the_rest(columns):
    rng = RNG(0)

    def table(seed):
        kind = RNG(seed).integers(0, 3, 600)
        return columns([kind + rng.normal(0, 0.3, 600)], [kind], levels=[3])

    score = utility_scores(Tables(table(1), table(2), table(3)), "c0", Streams(0))[1]
    assert score.value > 0.95  # .987 ± .003 over 20 seeds
    assert "AUC" in score.reading


def test_few_whole_numbers_are_classes_and_many_are_not(columns):
    assert Task.of("n0", columns([[0, 1, 1, np.nan]])).classes == (1.0, 0.0)
    assert Task.of("n0", columns([np.arange(20)])).classes is None
    assert Task.of("n0", columns([[0.5, 1.5]])).classes is None


def test_levels_beyond_the_ten_most_frequent_count_as_one(columns):
    codes = np.repeat(np.arange(15), np.arange(15, 0, -1))
    table = columns([np.arange(len(codes))], [codes])
    task = Task.of("c0", table)
    _, truth = task.split(table)
    assert sorted(set(truth)) == list(range(11))
    assert (truth == 10).sum() == 5 + 4 + 3 + 2 + 1
    score = utility_scores(Tables(table, table, table), "c0", Streams(0))[0]
    assert "beyond 10 count as one" in score.reading
    assert score.value is not None


def test_without_a_holdout_a_fifth_of_the_real_rows_is_used_and_said(units):
    real, synthetic = utility_scores(Tables(units(500, 0), units(500, 1)), "c0", Streams(0))
    assert "trained on 400 real rows" in real.reading
    assert "a fifth of the real rows" in synthetic.reading
    assert synthetic.reference is None


def test_without_a_target_both_scores_say_so(units):
    for score in utility_scores(Tables(units(50, 0), units(50, 1)), None, Streams(0)):
        assert score.value is None
        assert "no target" in score.reading


def test_a_synthetic_table_of_one_class_is_worth_a_coin(columns):
    rng = RNG(0)
    real = columns([rng.normal(size=100)], [rng.integers(0, 2, 100)], levels=[2])
    collapsed = columns([rng.normal(size=100)], [np.zeros(100)], levels=[2])
    assert utility_scores(Tables(real, collapsed, real), "c0", Streams(0))[1].value == 0.5


def test_a_class_with_one_row_and_missing_targets_do_not_crash(columns):
    codes = np.array([0] * 30 + [1] * 30 + [2] + [-1] * 9)
    table = columns([np.arange(70.0)], [codes], levels=[3])
    assert utility_scores(Tables(table, table, table), "c0", Streams(0))[0].value > 0.9


@pytest.mark.parametrize(
    "truth",
    [[0] * 40, [-1] * 40, [0, 1] * 4 + [-1] * 32],
    ids=["one class", "all missing", "few known"],
)
def test_targets_that_cannot_be_scored_say_so(columns, truth):
    table = columns([np.arange(40.0)], [truth], levels=[2])
    score = utility_scores(Tables(table, table, table), "c0", Streams(0))[0]
    assert score.value is None
    assert "not computed" in score.reading


def test_a_target_alone_cannot_be_scored(columns):
    table = columns(codes=[[0, 1] * 20])
    assert utility_scores(Tables(table, table, table), "c0", Streams(0))[0].value is None


def test_the_same_seed_gives_the_same_scores(units):
    tables = Tables(units(300, 0), units(300, 1))
    assert utility_scores(tables, "c0", Streams(1)) == utility_scores(tables, "c0", Streams(1))
    assert utility_scores(tables, "c0", Streams(1)) != utility_scores(tables, "c0", Streams(2))
