"""Raking: columns come out as learned, under weights or by choice of rows, and are left alone where they are right."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.chain_tables import distance, levels_table, patients
from hypothesis import given
from hypothesis import strategies as st

from synthgan.config import EncodingConfig
from synthgan.tabular.chains.features import ModeFeatures
from synthgan.tabular.chains.raking import GROUPS, MAX_STEP, Margins, spread_evenly
from synthgan.tabular.encoding.continuous import FINE, ModeSpecificNormalizer
from synthgan.tabular.encoding.layout import Encoded, make_layout

ENCODED, LAYOUT = patients()
MARGINS = Margins.of(LAYOUT, ModeFeatures.fit(ENCODED, LAYOUT, np.random.default_rng(0)))
MODES = ENCODED.codes + LAYOUT.starts
WANTED = np.bincount(MODES.ravel(), minlength=LAYOUT.modes) / len(MODES)
OPINION = np.random.default_rng(1).normal(0, 0.7, LAYOUT.modes)  # of what a mode should weigh, and a wrong one


def shares(modes, weights):
    """The share of each mode under the weights."""
    each = np.repeat(weights, modes.shape[1])
    return np.bincount(modes.ravel(), weights=each, minlength=LAYOUT.modes) / weights.sum()


def furthest(found):
    """How far the worst of the columns is from what is wanted."""
    parts = [slice(span.start, span.stop) for span in LAYOUT.spans]
    return max(distance(found[part], WANTED[part]) for part in parts)


def wrongly_drawn(rows, seed=0, strength=1.0):
    """Real rows, drawn by how much the opinion weighs them."""
    odds = np.exp(strength * OPINION[MODES].sum(1))
    return MODES[np.random.default_rng(seed).choice(len(MODES), rows, p=odds / odds.sum())]


def test_columns_come_out_as_wanted_however_wrong_the_weights_were():
    before = np.exp(OPINION[MODES].sum(1))
    after, factors = MARGINS.rake(MODES, before, passes=12)
    assert furthest(shares(MODES, before)) > 0.2
    assert furthest(shares(MODES, after)) < 0.005
    np.testing.assert_allclose(after, before * factors[MODES].prod(1))


def test_more_passes_come_nearer():
    weights = np.exp(OPINION[MODES].sum(1))
    far = [furthest(shares(MODES, MARGINS.rake(MODES, weights, passes)[0])) for passes in (0, 1, 8)]
    assert far[0] > 3 * far[1] > 9 * far[2]


def test_columns_that_are_right_are_left_alone():
    weights, factors = MARGINS.rake(MODES, np.full(len(MODES), 3.0), passes=3)
    np.testing.assert_allclose(factors, 1)
    np.testing.assert_allclose(weights, 3)


def test_what_was_never_drawn_gets_no_boundless_weight():
    _, factors = MARGINS.rake(MODES[ENCODED.codes[:, 1] != 2], np.ones((ENCODED.codes[:, 1] != 2).sum()), passes=3)
    assert MAX_STEP < factors[LAYOUT.span("ward").start + 2] <= MAX_STEP**3


def test_levels_are_gathered_with_their_neighbours():
    rng = np.random.default_rng(0)
    encoded, layout = levels_table(few=rng.integers(0, 3, 5_000), many=rng.integers(0, 500, 5_000))
    mode_features = ModeFeatures.fit(encoded, layout, rng)
    margins = Margins.of(layout, mode_features)
    assert len(set(margins.groups[:3])) == 3
    assert margins.groups[:3].max() < GROUPS <= margins.groups[3:].min()
    of_many = margins.groups[3:][np.argsort(mode_features.table[3:, 0])]
    assert (np.diff(of_many) >= 0).all()
    assert len(margins.wanted) == 2 * GROUPS


def test_a_common_number_is_gathered_with_the_numbers_beside_it():
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(size=4_000), np.zeros(40)])
    config = EncodingConfig(max_modes=200)
    encoder = ModeSpecificNormalizer.fit(values, config, step=0, minimum=None, maximum=None, cut=FINE, rng=rng)
    encoded = Encoded(encoder.encode(values, rng).codes[:, None], np.zeros((len(values), 1)))
    layout = make_layout({"x": encoder})
    assert encoder.spikes.tolist() == [0]
    groups = Margins.of(layout, ModeFeatures.fit(encoded, layout, rng)).groups
    assert groups[0] == pytest.approx(GROUPS / 2, abs=2)
    assert (np.diff(groups[1:]) >= 0).all()


def test_groups_are_of_equal_mass():
    rng = np.random.default_rng(0)
    encoded, layout = levels_table(few=rng.integers(0, 3, 5_000), many=rng.integers(0, 500, 5_000))
    margins = Margins.of(layout, ModeFeatures.fit(encoded, layout, rng))
    np.testing.assert_allclose(margins.wanted[GROUPS:], 1 / GROUPS, atol=0.005)


def test_what_is_never_generated_is_not_wanted():
    x = np.concatenate([np.repeat([0, 1], [600, 200]), 2 + np.arange(200)])
    encoded, layout = levels_table(x=x, y=np.arange(1_000) % 2, rare_below=50)
    margins = Margins.of(layout, ModeFeatures.fit(encoded, layout, np.random.default_rng(0)))
    assert margins.wanted[margins.groups[:2]] == pytest.approx([0.75, 0.25])
    assert margins.wanted[:GROUPS].sum() == pytest.approx(1)


@given(st.integers(1, 400), st.one_of(st.just(1), st.floats(1, 2)), st.integers(0, 2**31), st.floats(0, 5))
def test_exactly_as_many_different_rows_are_chosen_as_are_wanted(rows, spare, seed, strength):
    modes = wrongly_drawn(int(rows * spare), seed, strength)
    chosen = MARGINS.choose(modes, rows, np.random.default_rng(seed))
    assert len(chosen) == len(set(chosen.tolist())) == rows
    assert 0 <= chosen.min() <= chosen.max() < len(modes)


def test_chosen_rows_have_columns_nearer_to_what_is_wanted_than_chance_brings_them():
    chance, choice = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        drawn = MODES[rng.integers(len(MODES), size=2_300)]
        chance.append(furthest(shares(drawn[:2_000], np.ones(2_000))))
        choice.append(furthest(shares(drawn[MARGINS.choose(drawn, 2_000, rng)], np.ones(2_000))))
    assert np.mean(choice) < 0.75 * np.mean(chance)


def test_rows_that_were_wrongly_drawn_are_chosen_right_where_there_are_enough():
    drawn = wrongly_drawn(20_000)
    chosen = drawn[MARGINS.choose(drawn, 5_000, np.random.default_rng(0))]
    assert furthest(shares(chosen, np.ones(5_000))) < furthest(shares(drawn, np.ones(20_000))) / 4


@pytest.mark.parametrize(("rows", "zero", "one"), [(150, 75 / 200, 75 / 100), (280, 180 / 200, 1)])
def test_every_row_has_a_chance_by_its_weight(rows, zero, one):
    """Of 300 rows 200 have x = 0 where half are wanted; none is kept twice. 1,000 choices: six standard errors are .09."""
    encoded, layout = levels_table(x=np.arange(400) % 2)
    margins = Margins.of(layout, ModeFeatures.fit(encoded, layout, np.random.default_rng(0)))
    drawn = np.repeat([0, 1], [200, 100])[:, None]
    times = np.zeros(300)
    for seed in range(1_000):
        times[margins.choose(drawn, rows, np.random.default_rng(seed))] += 1 / 1_000
    np.testing.assert_allclose(times[:200], zero, atol=0.09)
    np.testing.assert_allclose(times[200:], one, atol=0.09)


@given(st.integers(1, 300), st.integers(1, 7), st.integers(0, 2**31))
def test_of_the_rows_with_one_code_one_falls_in_each_of_as_many_equal_parts(rows, size, seed):
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, size, rows).astype(np.int32)
    share = spread_evenly(codes, size, rng)
    for code in set(codes.tolist()):
        own = share[codes == code]
        assert sorted(np.floor(own * len(own)).astype(int).tolist()) == list(range(len(own)))


def test_where_a_row_stands_and_what_another_column_drew_say_nothing_of_its_share():
    """10,000 rows: a correlation of independent numbers has a standard error of .01."""
    rng = np.random.default_rng(0)
    codes = np.zeros(10_000, dtype=np.int32)
    one, other = spread_evenly(codes, 1, rng), spread_evenly(codes, 1, rng)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.06
    assert abs(np.corrcoef(one, np.arange(10_000))[0, 1]) < 0.06
