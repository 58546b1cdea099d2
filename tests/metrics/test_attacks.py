"""Membership attacks: planted leaks are found, tables without one raise no alarm, and bounds are what they say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from synthgan.metrics.attacks import (
    CANDIDATES_AT_LEAST,
    Candidates,
    attack_scores,
    decide,
    epsilon_bound,
    smallest_leak,
    true_positives,
)
from synthgan.metrics.columns import Tables
from synthgan.metrics.intervals import at_least, at_most
from synthgan.runtime import Streams

MIX = np.random.default_rng(99).normal(size=(6, 6)) / 2


def draw(rows, rng):
    return rng.normal(size=(rows, 6)) @ MIX + rng.normal(size=(rows, 6)) / 2


def planted(columns, leak, seed, rows=2_000):
    """Members, synthetic rows of which that share are copies of members, and others."""
    rng = np.random.default_rng(seed)
    members, others, synthetic = (draw(rows, rng) for _ in range(3))
    copied = int(leak * rows)
    synthetic[:copied] = members[:copied]
    return Tables(*(columns(list(part.T)) for part in (members, synthetic, others)))


def attacked(tables, seed=0):
    rate, bound = attack_scores(tables, Streams(seed))
    return rate, bound


def test_without_a_leak_alarms_are_rare(columns):
    """At most one in twenty is promised; more than 9 of 60 would then come with a chance of .001."""
    alarms = [attacked(planted(columns, 0, seed, 400), seed)[1].value > 0 for seed in range(60)]
    assert sum(alarms) <= 9


@pytest.mark.parametrize(("leak", "rate", "bound"), [(0.0, 0.014, 0.0), (0.01, 0.019, 0.0), (0.05, 0.059, 1.16)])
def test_planted_copies_score_as_they_are_known_to(columns, leak, rate, bound):
    """Means of ten tables of 2,000 members; a rate there has a standard error of .004, the bound one of .1."""
    found = [attacked(planted(columns, leak, seed), seed) for seed in range(10)]
    assert np.mean([score.value for score, _ in found]) == pytest.approx(rate, abs=0.015)
    assert np.mean([score.value for _, score in found]) == pytest.approx(bound, abs=0.4)
    if bound:
        assert all(score.value > 0 for _, score in found)


def test_rows_that_stand_alone_are_found_by_how_near_they_are_for_where_they_are(columns):
    """Nine in ten rows are all alike, and so at distance 0 of a synthetic row: they hide copies of the others from plain distances."""
    rng = np.random.default_rng(0)

    def people():
        codes = rng.integers(0, 30, (2_000, 4))
        codes[rng.random(2_000) < 0.9] = 0
        return codes

    members, others, synthetic = people(), people(), people()
    alone = members[members.any(1)]
    synthetic[: len(alone)] = alone
    tables = Tables(*(columns(codes=list(part.T), levels=[30] * 4) for part in (members, synthetic, others)))
    candidates = decide(tables, np.random.default_rng(0))
    rates = {
        name: true_positives(candidates.members[name], candidates.others[name]).value for name in candidates.members
    }
    assert rates["relative distance"] > 0.07
    assert rates["distance"] == 0


def test_a_perfect_attack_proves_what_so_few_rows_can():
    rows = 200
    candidates = Candidates({"sure": np.ones(rows)}, {"sure": np.zeros(rows)})
    halves = candidates.half(second=False), candidates.half(second=True)
    nobody = 1 - 0.025 ** (1 / 100)
    assert epsilon_bound(*halves) == (pytest.approx(math.log((1 - nobody) / nobody)), "sure")
    found = true_positives(np.ones(rows), np.zeros(rows))
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx(0.025 ** (1 / rows))


def test_the_attack_is_chosen_on_one_half_and_tried_on_the_other():
    """An attack that is right on the first half alone proves nothing."""
    rows = np.arange(400)
    members = np.where(rows % 2 == 0, 1.0, 0.0)
    candidates = Candidates({"luck": members}, {"luck": np.zeros(400)})
    assert epsilon_bound(candidates.half(second=False), candidates.half(second=False))[0] > 1
    assert epsilon_bound(candidates.half(second=False), candidates.half(second=True))[0] == 0


def test_ties_are_no_finds():
    assert true_positives(np.zeros(500), np.zeros(500)).value == 0


def test_of_others_at_most_one_in_a_hundred_is_taken_for_a_member():
    others = np.arange(1_000.0)
    assert true_positives(np.array([988.5, 989.5, 990.5]), others).value == pytest.approx(2 / 3)


def test_rates_are_bounded_on_both_sides():
    ends = np.array([0, 100])
    np.testing.assert_allclose(at_most(ends, 100, 0.025), [1 - 0.025**0.01, 1])
    np.testing.assert_allclose(at_least(ends, 100, 0.025), [0, 0.025**0.01])


def test_the_smallest_leak_is_one_that_the_bound_would_see():
    rows = 1_000
    leak = smallest_leak(rows)
    for hits, seen in ((round(leak * rows), True), (round(leak * rows) - 1, False)):
        members = np.where(np.arange(rows) < hits, 1.0, 0.0)
        side = Candidates({"a": members}, {"a": np.zeros(rows)})
        assert (epsilon_bound(side, side)[0] > 0) is seen


def test_without_enough_rows_nothing_is_claimed(columns):
    few = planted(columns, 1.0, 0, 2 * CANDIDATES_AT_LEAST - 1)
    for tables in (few, Tables(few.real, few.synthetic, None)):
        for score in attack_scores(tables, Streams(0)):
            assert score.value is None
            assert "cannot be known" in score.reading
    assert attack_scores(planted(columns, 1.0, 0, 2 * CANDIDATES_AT_LEAST), Streams(0))[1].value > 0


def test_readings_say_what_was_not_detected_and_how_small_a_leak_would_be(columns):
    rate, bound = attacked(planted(columns, 0, 3))
    assert bound.value == 0
    assert "not detected; 1.8% of members" in bound.reading
    assert "500 others" in rate.reading
    assert "proves that much" in attacked(planted(columns, 0.5, 3))[1].reading
