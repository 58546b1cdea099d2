"""Draws from what is allowed, and rows drawn anew by their weights."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import torch
from helpers.chain_tables import patients
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from synthgan.tabular.conditioning.conditions import Evidence
from synthgan.tabular.conditioning.particles import Allowed, draw_allowed, resample

SEEDS = st.integers(0, 2**31)
SHARES = st.one_of(st.just(0.0), st.just(1.0), st.floats(1e-3, 1))


@st.composite
def leaves(draw):
    """Entries leaf by leaf, the leaf that each of some rows fell to, and what is allowed of each code."""
    counts = draw(st.lists(st.integers(1, 12), min_size=1, max_size=6))
    entries = np.concatenate([sorted(draw(st.lists(st.integers(0, 5), min_size=n, max_size=n))) for n in counts])
    leaf = np.array(draw(st.lists(st.integers(0, len(counts) - 1), min_size=1, max_size=30)))
    start = np.cumsum([0, *counts[:-1]]).astype(np.int32)[leaf]
    return entries, start, np.array(counts, np.int32)[leaf], draw(arrays(np.float64, 6, elements=SHARES))


@given(leaves(), SEEDS)
def test_only_what_is_allowed_of_the_own_leaf_is_drawn(given_leaves, seed):
    entries, start, count, shares = given_leaves
    drawn, weights = draw_allowed(entries, start, count, shares, np.random.default_rng(seed))
    own = [entries[first : first + many] for first, many in zip(start, count, strict=True)]
    assert all(code in codes for code, codes in zip(drawn, own, strict=True))
    np.testing.assert_allclose(weights, [shares[codes].mean() for codes in own], atol=1e-12)
    barren = np.array([not shares[codes].any() for codes in own])
    assert (weights[barren] == 0).all()
    assert (shares[drawn[~barren]] > 0).all()


def test_rounding_never_draws_what_is_not_allowed():
    """(.1 + .2) times the largest number below 1 rounds up to .3, where the code that is not allowed begins."""
    highest = SimpleNamespace(random=lambda rows: np.full(rows, np.nextafter(1, 0)))
    for share in np.linspace(0.01, 1, 1_000):
        shares = np.array([share, 0.0])
        drawn, weights = draw_allowed(np.array([0, 0, 0, 1]), np.zeros(1, int), np.array([4]), shares, highest)
        assert weights[0] > 0
        assert shares[drawn[0]] > 0


def test_codes_are_drawn_by_their_shares():
    """40,000 draws from one leaf of two: each frequency within six standard errors, .015; false-alarm rate below 1e-8."""
    entries = np.array([0, 1, 3, 0, 0, 1, 2, 2, 2, 3])
    shares = np.array([0.5, 1.0, 0.1, 0.0])
    start, count = np.full(40_000, 3, np.int32), np.full(40_000, 7, np.int32)
    drawn, weights = draw_allowed(entries, start, count, shares, np.random.default_rng(0))
    mass = np.array([2 * 0.5, 1 * 1.0, 3 * 0.1, 0.0])
    np.testing.assert_allclose(np.bincount(drawn, minlength=4) / 40_000, mass / mass.sum(), atol=0.015)
    np.testing.assert_allclose(weights, mass.sum() / 7)


@given(
    arrays(np.float64, st.integers(1, 60), elements=SHARES).filter(lambda weights: weights.any()),
    st.one_of(st.sampled_from([0.0, np.nextafter(1, 0)]), st.floats(0, 1, exclude_max=True)),
)
def test_every_row_is_drawn_anew_as_often_as_its_weight_says_up_to_one(weights, uniform):
    chosen = resample(weights, SimpleNamespace(random=lambda: uniform))
    assert len(chosen) == len(weights)
    times = np.bincount(chosen, minlength=len(weights))
    expected = len(weights) * weights / weights.sum()
    assert (times >= np.floor(expected - 1e-9)).all()
    assert (times <= np.ceil(expected + 1e-9)).all()
    assert (times[weights == 0] == 0).all()


def test_resampling_favours_no_row():
    """Each row is drawn one time more or less; the mean of 400 is within six standard errors, .15."""
    weights = np.tile([0.5, 0.5, 1.0], 4)
    times = np.mean([np.bincount(resample(weights, np.random.default_rng(s)), minlength=12) for s in range(400)], 0)
    np.testing.assert_allclose(times, weights * 1.5, atol=0.15)


def test_evidence_becomes_shares_of_the_columns_it_speaks_of():
    _, layout = patients(500)
    ward, age = layout.span("ward"), layout.span("age")
    allowed = torch.ones(layout.modes, dtype=torch.bool)
    lowest, highest = torch.full((layout.modes, 1), -torch.inf), torch.full((layout.modes, 1), torch.inf)
    allowed[ward.start] = False
    lowest[age.start + 1], highest[age.start + 2] = 0.0, 1.0
    allowed[age.start + 3] = False
    found = Allowed.of(Evidence(allowed, lowest, highest), layout).shares
    assert found.keys() == {1, 3}
    np.testing.assert_allclose(found[1], [0, 1, 1])
    np.testing.assert_allclose(found[3], [1, 0.5, 0.8413447, 0, 1, 1], atol=1e-6)
