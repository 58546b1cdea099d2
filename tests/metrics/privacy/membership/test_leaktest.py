"""One decision for many attacks: exact where nothing leaks, sharp where something does."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import hypergeom

from synthgan.metrics.privacy.membership.leaktest import ALARM, SMALLEST_SET, leak_test, top_sets, urn_tail

RNG = np.random.default_rng


def labels(rows, rng):
    return rng.permutation(np.arange(rows) % 2 == 0)


@pytest.mark.parametrize(("drawn", "members", "rows"), [(8, 40, 80), (30, 10, 60), (50, 45, 60)])
def test_tails_are_those_of_the_hypergeometric_law(drawn, members, rows):
    expected = hypergeom.sf(np.arange(drawn + 1) - 1, rows, members, drawn)
    np.testing.assert_allclose(urn_tail(drawn, members, rows), expected, atol=1e-9)


def test_top_sets_grow_by_root_two_and_take_ties_along():
    sets = top_sets(np.arange(200.0))
    sizes = sorted(int(chosen.sum()) for chosen in sets)
    assert sizes[0] == SMALLEST_SET
    assert all(1.3 < later / earlier < 1.5 for earlier, later in itertools.pairwise(sizes))
    assert all(chosen[-size:].all() for chosen, size in ((one, int(one.sum())) for one in sets))
    tied = np.where(np.arange(200) < 50, 1.0, 0.0)
    (only,) = top_sets(tied)
    assert (only == (tied == 1)).all()


def test_top_sets_among_some_hold_nobody_else():
    among = np.arange(200) < 60
    sets = top_sets(np.arange(200.0), among)
    assert len(sets) > 2
    assert not any((chosen & ~among).any() for chosen in sets)
    assert all(chosen[59] for chosen in sets)


def test_the_p_value_is_exact_however_many_attacks_are_tried():
    """Of 150 leak-free tests some 7 have p of .05 or less; more than 16 or fewer than 1 come once in 500 such runs."""
    rng = RNG(0)
    found = []
    for _ in range(150):
        noise = rng.normal(size=(12, 120))
        noise[6:] = noise[:6].round()  # ties, and attacks that say much the same
        found.append(
            leak_test({str(index): top_sets(row) for index, row in enumerate(noise)}, labels(120, rng), rng).p_value
        )
    assert 1 <= sum(p <= 0.05 for p in found) <= 16


def test_one_good_attack_among_useless_ones_is_seen_and_named():
    rng = RNG(1)
    is_member = labels(1_000, rng)
    scores = {str(index): rng.normal(size=1_000) for index in range(20)}
    scores["sure"] = rng.normal(size=1_000)
    scores["sure"][np.flatnonzero(is_member)[:25]] += 10
    found = leak_test({name: top_sets(of) for name, of in scores.items()}, is_member, rng)
    assert found.alarm
    assert (found.leader, found.p_value) == ("sure", 0.001)
    assert min(p for name, p in found.by_source.items() if name != "sure") > 0.001


def test_too_many_others_are_no_leak():
    rng = RNG(2)
    is_member = labels(400, rng)
    found = leak_test({"wrong": top_sets(np.where(is_member, 0.0, 1.0) + rng.normal(size=400))}, is_member, rng)
    assert found.p_value > 0.9


def test_the_smallest_leak_is_one_that_would_have_been_seen():
    rng = RNG(3)
    is_member = labels(2_000, rng)
    members = np.flatnonzero(is_member)

    def tested(leaked):
        scores = {str(index): RNG(index).normal(size=2_000) for index in range(10)}
        scores["leaky"] = RNG(11).normal(size=2_000)
        scores["leaky"][members[:leaked]] += 10
        return leak_test({name: top_sets(of) for name, of in scores.items()}, is_member, RNG(5))

    least = round(tested(0).smallest_leak * len(members))
    assert 8 <= least <= 25
    assert tested(int(1.5 * least)).p_value <= ALARM
    assert tested(least // 2).p_value > ALARM


def test_without_sets_nothing_is_found():
    found = leak_test({"constant": []}, np.array([True, False]), RNG(0))
    assert (found.p_value, found.by_source, found.smallest_leak) == (1.0, {"constant": 1.0}, 1.0)
