"""Linkability: the halves of copies are joined, those of fresh draws are not, and ties hide nothing."""

from __future__ import annotations

import numpy as np
import pytest

from synthgan.metrics.data.columns import Tables
from synthgan.metrics.privacy.linkability import SPLITS, _linked, link, linkability_scores
from synthgan.runtime import Streams


def scored(*tables, seed=0):
    (score,), risks = linkability_scores(Tables(*tables), Streams(seed))
    return score, {str(risk.about): risk for risk in risks}


def numbers(columns, rows, seed):
    return columns(list(np.random.default_rng(seed).normal(size=(6, rows))))


def test_halves_of_copies_are_linked(columns):
    real = numbers(columns, 500, 0)
    score, risks = scored(real, real, numbers(columns, 500, 1))
    assert score.value == 1
    assert score.low > 0.98
    assert "because rows were learned" in score.reading
    assert risks["nearest synthetic row"].control.value < 0.05


def test_a_share_of_copies_is_the_risk(columns):
    """A fifth of the synthetic rows are copies of a fifth of the rows; the others are linked as often as rows that were not learned."""
    real = numbers(columns, 2_000, 0)
    mixed = np.vstack([real.numbers[:400], numbers(columns, 1_600, 2).numbers])
    score, _ = scored(real, columns(list(mixed.T)), numbers(columns, 2_000, 1))
    assert score.value == pytest.approx(0.2, abs=0.05)


def test_ties_hide_no_copies(columns):
    """In two columns of four levels, hundreds of rows are the nearest: all of them count, so a copy is among them in both halves."""
    rng = np.random.default_rng(0)
    real, holdout = (columns(codes=list(rng.integers(0, 4, (4, 400))), levels=[4] * 4) for _ in range(2))
    _, risks = scored(real, real, holdout)
    assert risks["nearest synthetic row"].train.value == 1


def test_without_a_leak_alarms_are_rare(units):
    """An alarm is a low end above 0; one in forty is promised. More than 3 of 60 would then come with a chance of .06, and of seeds
    0 to 299 one alarmed: the mean over splits varies less than its interval takes for granted."""
    alarms = 0
    for seed in range(60):
        score, _ = scored(units(400, 3 * seed), units(400, 3 * seed + 1), units(200, 3 * seed + 2), seed=seed)
        alarms += score.low > 0
    assert alarms <= 3


def test_links_by_hand():
    # Nearest to both halves of the first is row 1 of the others; to those of the second, row 2 and row 0, then row 0 and row 1.
    first = np.array([[0.0], [1.0]], dtype=np.float32), np.array([[0.4], [0.1], [0.9]], dtype=np.float32)
    second = np.array([[0.5], [0.0]], dtype=np.float32), np.array([[0.1], [0.6], [0.8]], dtype=np.float32)
    assert _linked(first, second, [1, 2]).tolist() == [[True, True], [False, True]]


@pytest.mark.parametrize("second", [[[0.0], [9.0]], [[9.0], [0.0]]], ids=["first", "second"])
def test_rounding_parts_no_ties(second):
    """Both others are at .13 of the first half, on either side of it."""
    first = np.array([[0.3]], dtype=np.float32), np.array([[0.17], [0.43]], dtype=np.float32)
    assert _linked(first, (np.zeros((1, 1), np.float32), np.array(second, np.float32)), [1]).all()


def test_guessing_is_drawing_rows_at_random(columns):
    (tried, *_) = link(Tables(*(numbers(columns, 100, seed) for seed in range(3))), np.random.default_rng(0))
    assert tried.baseline == pytest.approx(1 / 100)
    assert set(np.round(tried.train * SPLITS, 6)) <= set(range(SPLITS + 1))


def test_without_two_columns_or_enough_rows_nothing_is_claimed(columns, units):
    one = columns([range(100)])
    for tables in ((one, one, one), (units(50, 0), units(50, 1)), (units(50, 0), units(50, 1), units(39, 2))):
        score, risks = scored(*tables)
        assert score.value is None
        assert "cannot be known" in score.reading
        assert risks == {}
