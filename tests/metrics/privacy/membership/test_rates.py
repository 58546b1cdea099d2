"""Rates and bounds: what an attack finds, chosen on some candidates and tried on others."""

from __future__ import annotations

import math

import numpy as np
import pytest

from synthgan.metrics.privacy.membership.rates import curve, epsilon_bound, found_by_best, true_positives
from synthgan.metrics.statistics.intervals import at_least, at_most

RNG = np.random.default_rng


def dealt(rows, rng):
    order = rng.permutation(rows)
    return order % 2 == 0, order % 4 < 2  # who is a member, and in which half


def test_a_perfect_attack_proves_what_so_few_rows_can():
    is_member, halves = dealt(400, RNG(0))
    nobody = 1 - 0.025 ** (1 / 200)
    bound, names = epsilon_bound({"sure": is_member.astype(float)}, is_member, halves)
    assert bound == pytest.approx(math.log((1 - nobody) / nobody))
    assert names == ("sure",)
    found = true_positives(np.ones(200), np.zeros(200), 0.01)
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx(0.025 ** (1 / 200))


def test_an_attack_that_is_right_by_luck_proves_nothing():
    """Each of two attacks is right on one half and wrong on the other: chosen on one, it fails on the other."""
    is_member, halves = dealt(400, RNG(1))
    right = is_member.astype(float)
    scores = {"first": np.where(halves, right, 1 - right), "second": np.where(halves, 1 - right, right)}
    assert epsilon_bound(scores, is_member, halves)[0] == 0
    taken, names = found_by_best(scores, is_member, halves, 0.01)
    assert not (taken & is_member).any()
    assert set(names) == {"first", "second"}


@pytest.mark.parametrize("epsilon", [0.5, 2.0])
def test_bounds_exceed_the_epsilon_of_the_mechanism_in_one_run_of_twenty_at_most(epsilon):
    """Randomised response: a label is told truly with odds of e^epsilon. Of 60 runs more than 7 come with a chance of 1 in 50."""
    rng, bounds = RNG(2), []
    for _ in range(60):
        is_member, halves = dealt(1_000, rng)
        told = is_member ^ (rng.random(1_000) < 1 / (1 + math.exp(epsilon)))
        noise = rng.normal(size=1_000)
        bounds.append(epsilon_bound({"told": told.astype(float), "noise": noise}, is_member, halves)[0])
    assert sum(bound > epsilon for bound in bounds) <= 7
    assert np.mean(bounds) > 0.4 * epsilon


def test_the_best_attack_finds_what_it_should_on_both_halves():
    is_member, halves = dealt(2_000, RNG(3))
    scores = {"noise": RNG(4).normal(size=2_000), "good": RNG(5).normal(size=2_000)}
    exposed = is_member & (np.arange(2_000) % 5 == 0)
    scores["good"][exposed] += 20
    taken, names = found_by_best(scores, is_member, halves, 0.01)
    assert names == ("good",)
    assert (taken & exposed).sum() == exposed.sum()
    assert (taken & ~is_member).sum() <= 0.01 * 1_000


def test_ties_are_no_finds():
    assert true_positives(np.zeros(500), np.zeros(500), 0.01).value == 0


def test_of_others_at_most_one_in_a_hundred_is_taken_for_a_member():
    others = np.arange(1_000.0)
    assert true_positives(np.array([988.5, 989.5, 990.5]), others, 0.01).value == pytest.approx(2 / 3)


def test_curves_agree_with_the_rates_stated():
    rng = RNG(6)
    is_member = np.arange(4_000) % 2 == 0
    scores = rng.normal(size=4_000) + is_member
    made = curve("a", scores, is_member)
    for rate, found in zip((0.001, 0.01, 0.1), made.found, strict=True):
        assert np.interp(rate, made.false_positives, made.true_positives) == pytest.approx(found.value, abs=0.02)
    # Normal scores one deviation apart: at 10 % false positives Phi(1 - 1.2816) = .389; one standard error is .015.
    assert made.found[2].value == pytest.approx(0.389, abs=0.05)


def test_rates_are_bounded_on_both_sides():
    ends = np.array([0, 100])
    np.testing.assert_allclose(at_most(ends, 100, 0.025), [1 - 0.025**0.01, 1])
    np.testing.assert_allclose(at_least(ends, 100, 0.025), [0, 0.025**0.01])
