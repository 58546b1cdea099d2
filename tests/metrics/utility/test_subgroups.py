import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synthgan.metrics.data.alignment import align
from synthgan.metrics.data.columns import Tables
from synthgan.metrics.data.groups import groupings
from synthgan.metrics.utility.subgroups import _by_chance, _Gap, subgroup_scores
from synthgan.metrics.utility.utility import Trial, boosted_predictions

RNG = np.random.default_rng


def _named(table, numbers, codes, labels=()):
    return replace(table, number_names=tuple(numbers), code_names=tuple(codes), labels=labels)


def _ward(columns, shares, rows, seed):
    codes = RNG(seed).choice(len(shares), rows, p=shares)
    labels = (tuple(f"ward {letter}" for letter in "ABCD"),)
    return replace(columns(codes=[codes], levels=[4]), labels=labels)


def _shares(*tables):
    return subgroup_scores(Tables(*tables), None, {})


def test_people_come_before_other_columns_and_age_before_other_numbers(columns):
    rows = 200
    numbers = list(RNG(0).normal(50, 10, (3, rows)))
    codes = [np.arange(rows) % levels for levels in (2, 3, 5, 21, 4, 6, 7)]
    table = _named(
        columns(numbers, codes),
        ["bill", "PatientAge", "weight"],
        ["smoker", "target", "race", "postcode", "ward", "diet", "mood"],
    )
    found = groupings(Tables(table, table), "target")
    assert [grouping.column for grouping in found] == ["race", "PatientAge", "smoker", "ward", "diet", "mood"]
    ages = _named(columns(codes=[np.arange(40) % 10, np.arange(40) % 2]), [], ["age", "smoker"])
    assert [grouping.column for grouping in groupings(Tables(ages, ages), None)] == ["age", "smoker"]
    few = _named(columns(numbers, codes[3:4]), ["bill", "percentage", "weight"], ["postcode"])
    assert [grouping.column for grouping in groupings(Tables(few, few), None)] == ["bill", "percentage"]


def test_numbers_are_banded_at_quartiles_and_whole_codes_are_levels(columns):
    table = columns([np.r_[np.arange(0, 100.0), np.nan], [1.0, 2.0] * 50 + [1.0]])
    levels, bands = groupings(Tables(table, table), None)
    assert bands.labels == ("up to 24", "over 24 up to 49", "over 49 up to 74", "over 74", "missing")
    dear = columns([np.arange(0, 100_000.0, 500)])
    assert groupings(Tables(dear, dear), None)[0].labels[1] == "over 24,500 up to 49,500"
    assert np.bincount(bands.of(table)).tolist() == [25, 25, 25, 25, 1]
    assert levels.labels == ("1", "2", "missing")
    assert levels.of(columns([[0.0], [3.0]])).tolist() == [-1]


def test_a_group_that_is_cut_by_half_is_named_and_sampling_alone_is_not(columns):
    even = [0.25] * 4
    real, unseen = _ward(columns, even, 2_000, 0), _ward(columns, even, 1_000, 1)
    (score, _), listed = _shares(real, _ward(columns, [0.29, 0.29, 0.29, 0.13], 2_000, 2), unseen)
    assert "c0: ward D" in score.reading
    assert "more than chance" in score.reading
    assert score.value == pytest.approx(0.12, abs=0.05)  # a deviation of a difference is .012: four of them
    assert score.low < score.value < score.high
    assert 0 < score.reference < 0.06
    assert [group.level for group in listed] == ["ward A", "ward B", "ward C", "ward D"]
    assert listed[3].rows == round(listed[3].share_real * 2_000)
    (calm, _), _ = _shares(real, _ward(columns, even, 2_000, 3), unseen)
    assert "not detected" in calm.reading


def test_a_group_of_many_rows_and_few_people_is_not_named(columns):
    even = [0.25] * 4
    real, made = _ward(columns, even, 2_000, 0), _ward(columns, [0.29, 0.29, 0.29, 0.13], 2_000, 2)
    owners = np.arange(2_000)
    owners[real.codes[:, 0] == 3] %= 9
    (score, _), listed = _shares(replace(real, units=owners), made)
    assert "a group of fewer than 10 people" in score.reading
    assert [group.rows for group in listed][3] == 9
    assert listed[0].rows == (real.codes[:, 0] == 0).sum()


def test_chance_raises_an_alarm_in_one_run_of_twenty_at_most(columns):
    alarms = 0
    for seed in range(100):
        (score, _), _ = _shares(*(_ward(columns, [0.4, 0.3, 0.2, 0.1], 500, 2 * seed + side) for side in range(2)))
        alarms += "more than chance" in score.reading
    assert alarms <= 12  # of 100 at 5 %: more with a probability of one in 700


def test_a_group_of_fewer_than_ten_people_is_never_named(columns):
    real = replace(columns(codes=[[0] * 500 + [1] * 9], levels=[2]), labels=(("many", "Smith"),))
    other = replace(columns(codes=[[0] * 300 + [1] * 300], levels=[2]), labels=(("many", "Smith"),))
    swollen = replace(columns(codes=[[0] * 4 + [1] * 300 + [-1] * 300], levels=[2]), labels=(("many", "Smith"),))
    for table in (other, swollen):
        (score, _), _ = _shares(real, table)
        assert "Smith" not in score.reading


def test_a_group_served_badly_is_found(columns):
    def table(seed, turned=0):
        group, x = RNG(seed).integers(0, 2, 2_000), RNG(seed + 1).normal(size=2_000)
        y = np.where((group == 1) & bool(turned), -x, x) + RNG(seed + 2).normal(0, 0.5, 2_000)
        return _named(
            columns([x], [group, (y > 0).astype(int)], levels=[2, 2]),
            ["x"],
            ["sex", "ill"],
            (("f", "m"), ("no", "yes")),
        )

    tables = Tables(table(0), table(10, turned=1), table(20))
    trial = Trial.of(tables, "ill", RNG(0))
    (_, gap), listed = subgroup_scores(tables, trial, boosted_predictions(trial, RNG(0)))
    found = {(group.column, group.level): group for group in listed}
    # Men are told from the wrong side: an AUC of .93 becomes .07; over 10 seeds the loss is .854 ± .011.
    assert gap.value == pytest.approx(0.854, abs=0.06)
    assert "sex: m" in gap.reading
    assert "more than chance" in gap.reading
    assert found["sex", "m"].utility_synthetic < 0.2
    assert found["sex", "m"].utility_real > 0.8
    assert abs(found["sex", "f"].utility_real - found["sex", "f"].utility_synthetic) < 0.05
    assert gap.low < gap.value < gap.high


def test_the_gap_of_numbers_is_counted_in_the_variance_of_all(columns):
    group = np.repeat([0, 1], 100)
    truth = np.tile([-1.0, 1.0], 100) * 1.5
    table = _named(columns([truth, np.arange(200.0)], [group]), ["y", "x"], ["sex"], (("f", "m"),))
    tables = Tables(table, table, table)
    trial = Trial.of(tables, "y", RNG(0))
    predicted = {"real": truth, "synthetic": np.where(group == 1, 0.0, truth)}
    (_, gap), _ = subgroup_scores(tables, trial, predicted)
    assert gap.value == pytest.approx(1)  # for men the error is the whole variance
    assert "sex: m" in gap.reading


def test_small_groups_of_the_test_rows_do_not_count_and_their_absence_is_said(units):
    tables = Tables(units(500, 0), units(500, 1), units(60, 2))
    trial = Trial.of(tables, "c0", RNG(0))
    (_, gap), listed = subgroup_scores(tables, trial, boosted_predictions(trial, RNG(0)))
    assert gap.value is None
    assert "no group has 50 test rows" in gap.reading
    assert all(group.utility_real is None for group in listed)


def test_without_groups_or_a_target_the_scores_say_why(columns):
    constant = columns([[1.0] * 60])
    scores, listed = _shares(constant, constant)
    assert [score.value for score in scores] == [None, None]
    assert "no column" in scores[0].reading
    assert "no target" in scores[1].reading
    assert listed == ()


def test_a_worst_gap_that_may_be_chance_does_not_hide_a_sure_one():
    worst, sure, small = _Gap(0.03, 0.02, "few"), _Gap(0.02, 0.002, "many"), _Gap(0.001, 0.002, "most")
    said = _by_chance(worst, [worst, sure, small], ".3f")
    assert "that may be chance, but of many 0.020 is more" in said
    assert "(up to 0.005)" in said  # 2.39 standard errors: 5 % over three groups
    assert "not detected beyond chance, which might leave 0.045" in _by_chance(worst, [worst, small], ".3f")


def test_bands_of_dates_are_named_as_dates():
    days = pd.date_range("1980-01-01", periods=200, freq="40D")
    tables, _ = align(pd.DataFrame({"born": days}), pd.DataFrame({"born": days}))
    (grouping,) = groupings(tables, None)
    assert all(
        re.fullmatch(r"(up to |over )\d{4}-\d\d-\d\d( up to \d{4}-\d\d-\d\d)?|missing", label)
        for label in grouping.labels
    )
