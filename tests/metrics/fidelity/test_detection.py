import numpy as np
import pytest

from synthgan.metrics.data.columns import Columns, Tables
from synthgan.metrics.fidelity import detection
from synthgan.metrics.fidelity.detection import MAX_GIVEAWAYS, c2st, detection_scores, features_of
from synthgan.runtime import Streams

RNG = np.random.default_rng


def test_two_draws_of_one_population_cannot_be_told_apart(units):
    found = c2st(units(1_500, 0), units(1_500, 1), RNG(0))
    # Over 20 seeds .986 ± .019: the bound is 4.5 deviations away, less than one false alarm in 100,000.
    assert found.value > 0.9
    assert found.low <= found.value <= found.high <= 1


def test_independent_columns_are_found_out(units):
    found = c2st(units(1_500, 0), units(1_500, 1, independent=True), RNG(0))
    # Over 20 seeds .448 ± .026: the bound is six deviations away, less than one false alarm in a million.
    assert found.value < 0.6
    assert found.high < 0.7


def test_the_larger_table_is_cut_to_the_size_of_the_smaller_and_both_to_the_cap(units, monkeypatch):
    shown = []

    def blind(features, labels, folds):
        shown.append((len(features), int(labels.sum()), np.bincount(folds[labels]).tolist()))
        return np.zeros(len(labels)), np.zeros(features.shape[1])

    monkeypatch.setattr(detection, "out_of_fold", blind)
    assert c2st(units(200, 0), units(4_000, 1), RNG(0)).value == 1
    c2st(units(200, 0), units(4_000, 1), RNG(0), rows_at_most=150)
    assert shown == [(400, 200, [67, 67, 66]), (300, 150, [50, 50, 50])]


def test_the_same_seed_gives_the_same_score(units):
    first, second = units(300, 0), units(500, 1)
    assert c2st(first, second, RNG(3)) == c2st(first, second, RNG(3))
    assert c2st(first, second, RNG(3)) != c2st(first, second, RNG(4))


def test_missing_values_alone_give_a_table_away(columns):
    values = RNG(0).normal(size=1_000)
    gaps = np.where(np.arange(1_000) % 2, np.nan, values)
    # Over 20 seeds .647 ± .015: the bound is seven deviations away.
    assert c2st(columns([values]), columns([gaps]), RNG(0)).value < 0.75


def test_stamps_finer_than_float32_are_told_apart(columns):
    start = 1.7e9  # seconds; float32 would keep steps of 128 of them
    even = columns([start + 2 * np.arange(400)])
    features = features_of(even, even)
    assert len(np.unique(features)) == 400
    assert features.dtype == np.float32


def test_missing_levels_and_numbers_stay_missing(columns):
    table = columns([[5.0, np.nan]], [[-1, 0]])
    assert np.isnan(features_of(table, table)).tolist() == [[False, True], [True, False]] * 2


def test_too_few_rows_or_no_columns_have_no_score(columns):
    few, none = columns([[1.0] * 9]), Columns(np.empty((20, 0)), np.empty((20, 0), np.int32), (), (), ())
    assert c2st(few, few, RNG(0)) is None
    assert c2st(none, none, RNG(0)) is None
    score = next(iter(detection_scores(Tables(few, few), Streams(0))))
    assert score.value is None
    assert "at least 10 rows" in score.reading


def test_identical_and_constant_tables_are_indistinguishable(units, columns):
    table = units(300, 0)
    assert c2st(table, table, RNG(0)).value > 0.95
    constant = columns([[1.0] * 50, [np.nan] * 50], [[0] * 50, [-1] * 50])
    assert c2st(constant, constant, RNG(0)).value == 1


def test_scores_stand_beside_real_rows_against_real_rows(units):
    real, synthetic, holdout = units(600, 0), units(400, 1, independent=True), units(300, 2)
    train, unseen = detection_scores(Tables(real, synthetic, holdout), Streams(0))
    assert (train.name, unseen.name) == ("c2st_train", "c2st_holdout")
    assert train.reference == unseen.reference  # both floors are limited by the 300 rows of the holdout
    # Over 20 seeds the gaps are .46 ± .04 and .44 ± .05: the bound is five deviations away.
    assert train.reference > train.value + 0.15
    assert unseen.reference > unseen.value + 0.15
    assert train.goal == "maximize"
    assert "where guessing is right 50% (a score of 1 is indistinguishable); 400 rows of each" in train.reading


def test_a_blind_detector_is_said_to_guess(columns):
    constant = columns([[1.0] * 50], [[0] * 50])
    (train, _) = detection_scores(Tables(constant, constant), Streams(0))
    assert (
        "a detector is right about 50% of the time, as by guessing (a score of 1 is indistinguishable)" in train.reading
    )


def test_without_a_holdout_its_score_says_why(units):
    train, unseen = detection_scores(Tables(units(100, 0), units(100, 1)), Streams(0))
    assert train.reference is None
    assert train.value is not None
    assert unseen.value is None
    assert "holdout" in unseen.reading


@pytest.mark.parametrize("seed", [0, 1])
def test_real_against_real_does_not_depend_on_who_is_first(units, seed):
    first, second = units(400, 10 + seed), units(400, 20 + seed)
    # Over 20 seeds the difference is 0 ± .04: the bound is seven deviations away.
    assert c2st(first, second, RNG(seed)).value == pytest.approx(c2st(second, first, RNG(seed)).value, abs=0.3)


def test_the_column_that_gives_a_table_away_leads(columns):
    numbers = list(RNG(0).normal(size=(4, 600)))
    other = list(RNG(1).normal(size=(4, 600)))
    other[2] = np.round(other[2], 1)
    giveaways = detection_scores(Tables(columns(numbers), columns(other)), Streams(0)).details.giveaways
    assert giveaways[0].name == "n2"
    assert (
        giveaways[0].share > 0.45
    )  # .59 ± .03 over 20 seeds; .25 without the rounding: five deviations on either side
    assert sum(giveaway.share for giveaway in giveaways) == pytest.approx(1)
    assert [giveaway.share for giveaway in giveaways] == sorted((found.share for found in giveaways), reverse=True)


def test_giveaways_are_those_against_unseen_rows_and_a_copy_has_none(units):
    real, unseen = units(400, 0), units(400, 1)
    found = detection_scores(Tables(real, real), Streams(0)).details
    assert (found.giveaways, found.giveaway_rows) == ((), ())
    copied = Tables(unseen, real, units(400, 1, independent=True))  # like the rows learned, unlike the unseen ones
    giveaways = detection_scores(copied, Streams(0)).details.giveaways
    assert {found.name for found in giveaways} == {"n0", "n1", "c0", "c1"}


def test_the_rows_that_give_a_table_away_are_those_of_the_synthetic_table_that_look_made(columns):
    rng = np.random.default_rng(0)
    real, made = rng.normal(size=(2, 400)), rng.normal(size=(2, 600))
    made[0, 450:] = rng.uniform(9, 10, 150)  # where no real row is; the larger table is cut to 400 rows
    rows = detection_scores(Tables(columns(list(real)), columns(list(made))), Streams(0)).details.giveaway_rows
    assert len(set(rows)) == MAX_GIVEAWAYS
    assert min(rows) >= 450
