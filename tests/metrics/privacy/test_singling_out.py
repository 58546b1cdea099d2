"""Singling out: copies are picked out, fresh draws are not, and a small holdout raises no alarm."""

from __future__ import annotations

import numpy as np
import pytest

from synthgan.metrics.data.columns import Tables
from synthgan.metrics.privacy.singling_out import Conjunctions, cells, single_out, singling_out_scores
from synthgan.runtime import Streams


def scored(*tables, seed=0):
    (score,), risks = singling_out_scores(Tables(*tables), Streams(seed))
    return score, {risk.about: risk for risk in risks}


def test_copies_are_singled_out_by_one_column_and_by_several(units):
    """Some people share age, pressure, illness and ward with another, and cannot be singled out: 16 of these 600."""
    real = units(600, 0)
    score, risks = scored(real, real, units(600, 1))
    assert score.value > 0.9
    assert score.low > 0.85
    assert "because rows were learned" in score.reading
    assert risks["one column"].residual.value > 0.7
    assert risks["4 columns"].residual.value > 0.9


def test_without_a_leak_alarms_are_rare_though_the_holdout_is_half_as_large(units):
    """An alarm is a low end above 0; one in forty is promised. More than 5 of 100 would then come with a chance of .04; of seeds
    0 to 299, one alarmed. Tables as they come, of unequal size, fail this test."""
    alarms = 0
    for seed in range(100):
        score, _ = scored(units(400, 3 * seed), units(400, 3 * seed + 1), units(200, 3 * seed + 2), seed=seed)
        alarms += score.low > 0
    assert alarms <= 5


def test_tables_are_of_one_size_before_anything_is_looked_for(units):
    """Were they not, the smaller holdout would have fewer rows that fit, and these be more often alone: a leak that is none."""
    score, risks = scored(units(3_000, 0), units(3_000, 1), units(300, 2))
    assert "learned rows" in score.reading
    assert "one of 300 learned rows" in score.reading
    assert all(risk.residual.low == 0 for risk in risks.values())
    assert risks["4 columns"].train.value == pytest.approx(risks["4 columns"].control.value, abs=0.15)


def test_guessing_is_no_attack(units):
    _, risks = scored(units(600, 0), units(600, 1), units(600, 2))
    assert 0 < risks["4 columns"].baseline < risks["4 columns"].train.value


def test_predicates_fit_exactly_one_row():
    table = np.array([[0.1, 0.2, 0.2, 0.9], [0, 1, 1, 1]], dtype=np.float32)
    columns = np.array([[0, 1]] * 4)
    low = np.array([[0.05, 0], [0.15, 1], [0.5, 0], [0.5, 1]], dtype=np.float32)
    high = low + np.array([[0.5, 0]], dtype=np.float32)
    # One row; two rows; none; one.
    assert Conjunctions(columns, low, high).single_out(table).tolist() == [True, False, False, True]


def test_gaps_and_levels_that_only_one_table_has_are_cells_of_their_own(columns):
    synthetic = columns([[1.0, 2.0, np.nan]], [[0, 1, -1]], levels=[3])
    other = columns([[0.0, np.nan, 9.0]], [[2, -1, 0]], levels=[3])
    np.testing.assert_allclose(cells(other, synthetic), [[0, -9, 1], [2, -9, 0]])


def test_a_single_gap_is_a_description(columns):
    """The only person whose value is missing is singled out by that."""
    gaps = [np.where(np.arange(50) == 7, np.nan, np.arange(50.0)) for _ in range(2)]
    real, holdout = columns([gaps[0]]), columns([np.arange(50.0) + 0.5])
    (tried,) = single_out(Tables(real, columns([gaps[1]]), holdout), np.random.default_rng(0))
    # 49 values, the ends of these, and the gap: each fits one learned row. Of the others, none; two lie beyond the ends.
    assert len(tried.train) == 52
    assert tried.train.sum() == 50
    assert tried.control.sum() == 1


def test_without_enough_rows_nothing_is_claimed(units):
    for tables in ((units(50, 0), units(50, 1)), (units(50, 0), units(50, 1), units(39, 2))):
        score, risks = scored(*tables)
        assert score.value is None
        assert "cannot be known" in score.reading
        assert risks == {}
