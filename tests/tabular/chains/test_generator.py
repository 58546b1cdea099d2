"""Rows drawn by chains: freely, under conditions, past critics; always as many as asked, always the same."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from helpers.chain_tables import distance, draw, grow, joint, levels_table, only, patients
from scipy.stats import kstest, norm

from synthgan import Chains, Synthesizer
from synthgan.distributed.threads import Threads
from synthgan.runtime import Streams
from synthgan.tabular.chains import criticised as criticised_module
from synthgan.tabular.chains import generator as chains_module
from synthgan.tabular.chains import player
from synthgan.tabular.chains.critics import BoostedCritic
from synthgan.tabular.chains.generator import ChainGenerator
from synthgan.tabular.conditioning.conditions import Evidence
from synthgan.tabular.encoding.layout import Encoded

ENCODED, LAYOUT = patients()
GENERATOR = grow(ENCODED, LAYOUT, chains=8)
FREE = draw(GENERATOR, 400_000, seed=2)
SEX, WARD, TRANSFER, AGE = range(4)
PAIRS = [(one, other) for other in range(4) for one in range(other)]


def from_age(mode: int, index: float) -> Evidence:
    """Evidence that allows only what lies above a place inside a mode of age."""
    evidence, span = only(LAYOUT, age=list(range(mode, 6))), LAYOUT.span("age")
    evidence.lowest[span.start + mode] = index
    return evidence


CONDITIONS = {
    "a level": (only(LAYOUT, ward=[2]), FREE.codes[:, WARD] == 2),
    "a pair": (
        only(LAYOUT, sex=[1], ward=[0, 2]),
        (FREE.codes[:, SEX] == 1) & (FREE.codes[:, WARD] != 1),
    ),
    "a range that cuts a mode": (
        from_age(3, 0.5),
        (FREE.codes[:, AGE] > 3) | ((FREE.codes[:, AGE] == 3) & (FREE.residuals[:, 0] >= 0.5)),
    ),
    "a level of one row in a hundred": (only(LAYOUT, transfer=[1]), FREE.codes[:, TRANSFER] == 1),
    "a level and a range": (
        replace(from_age(4, -0.3), allowed=from_age(4, -0.3).allowed & only(LAYOUT, ward=[0, 1]).allowed),
        (FREE.codes[:, WARD] < 2)
        & ((FREE.codes[:, AGE] > 4) | ((FREE.codes[:, AGE] == 4) & (FREE.residuals[:, 0] >= -0.3))),
    ),
}
named = pytest.mark.parametrize("name", CONDITIONS)


def weighing(layout=LAYOUT, cap=0.0, **weights: dict[int, float]) -> BoostedCritic:
    """A critic without trees: it weighs these codes of these columns, and by nothing else."""
    balance = np.zeros(layout.modes, np.float32)
    for column, of_code in weights.items():
        for code, weight in of_code.items():
            balance[layout.span(column).start + code] = np.log(weight)
    return BoostedCritic((), balance, cap)


def criticised(critic: BoostedCritic) -> ChainGenerator:
    return ChainGenerator(LAYOUT, GENERATOR.mode_features, GENERATOR.chains, critic)


def test_free_rows_are_distributed_as_the_table_is():
    """Of 6,000 real rows a pair of columns has 18 cells at most; chance alone moves them by .01 in all."""
    assert 0.005 < ENCODED.codes[:, TRANSFER].mean() < 0.015
    for pair in PAIRS:
        assert distance(joint(FREE.codes, LAYOUT, *pair), joint(ENCODED.codes, LAYOUT, *pair)) < 0.02, pair
    assert distance(joint(FREE.codes, LAYOUT, SEX, WARD), joint(ENCODED.codes, LAYOUT, SEX, WARD)) < 0.005


@named
def test_conditional_rows_are_the_conditional_distribution_of_the_free_ones(name):
    """Each frequency within six standard errors, a drawn row counted as half a row for its like among the particles.

    Twenty frequencies a condition: false-alarm rate below 1e-7.
    """
    evidence, meets = CONDITIONS[name]
    given = draw(GENERATOR, 20_000, evidence, seed=3)
    for pair in PAIRS:
        expected = joint(FREE.codes[meets], LAYOUT, *pair)
        error = np.sqrt(expected * (1 - expected) * (2 / len(given) + 1 / meets.sum())) + 1 / meets.sum()
        assert (np.abs(joint(given.codes, LAYOUT, *pair) - expected) < 6 * error).all(), pair
    allowed = evidence.allowed.numpy()[given.codes + LAYOUT.starts]
    assert allowed.all()


@named
def test_the_evidence_is_the_share_of_the_free_rows_that_meet_it(name, monkeypatch):
    """The share of 8 times 16,384 pilots, at worst mere hits, has a relative standard error below .03 at one in a hundred."""
    monkeypatch.setattr(chains_module, "PILOT_ROWS", 16_384)
    evidence, meets = CONDITIONS[name]
    assert np.exp(GENERATOR.log_evidence(evidence)) == pytest.approx(meets.mean(), rel=0.15)


def test_places_stay_where_the_condition_cuts_and_are_normal_elsewhere():
    """Kolmogorov–Smirnov at the 1e-4 level, three times: false-alarm rate 3e-4."""
    given = draw(GENERATOR, 20_000, from_age(3, 0.5))
    cut = given.codes[:, AGE] == 3
    assert given.residuals[cut].min() >= 0.5
    assert kstest((norm.cdf(given.residuals[cut, 0]) - norm.cdf(0.5)) / norm.sf(0.5), "uniform").pvalue > 1e-4
    assert kstest(given.residuals[~cut, 0], "norm").pvalue > 1e-4
    assert kstest(FREE.residuals[:20_000, 0], "norm").pvalue > 1e-4
    assert given.residuals.dtype == np.float32


def test_free_places_are_spread_evenly_inside_each_mode():
    drawn = draw(GENERATOR, 5_000)
    for code in set(drawn.codes[:, AGE].tolist()):
        share = np.sort(norm.cdf(drawn.residuals[drawn.codes[:, AGE] == code, 0]))
        middle = (np.arange(len(share)) + 0.5) / len(share)
        if share.any() and len(set(share)) > 1:
            assert np.abs(share - middle).max() <= 0.51 / len(share) + 1e-6


def test_a_mode_without_a_place_has_none():
    encoded, layout = levels_table(x=np.arange(200) % 3)
    assert draw(grow(encoded, layout, chains=1), 20).residuals.shape == (20, 0)


def test_nothing_comes_of_a_mode_cut_down_to_nothing():
    given = draw(GENERATOR, 3_000, from_age(3, 9.0))
    assert set(given.codes[:, AGE]) == {4, 5}


@pytest.mark.parametrize("rows", [1, 3, 1_000])
@pytest.mark.parametrize("condition", [None, "a level of one row in a hundred", "a pair"])
@pytest.mark.parametrize("critic", [None, weighing(sex={0: 0.2}), weighing(cap=1e3)], ids=["no", "a", "a hostile"])
def test_there_are_exactly_as_many_rows_as_asked(rows, condition, critic, monkeypatch):
    monkeypatch.setattr(criticised_module, "MAX_TRIES", 3)  # the hostile one never lets anything pass
    evidence = CONDITIONS[condition][0] if condition else None
    codes = criticised(critic).draw_codes(rows, evidence, Streams(5))
    assert codes.shape == (rows, 4)
    assert codes.dtype == np.int32
    if evidence is not None:
        assert evidence.allowed.numpy()[codes + LAYOUT.starts].all()


@pytest.mark.parametrize("critic", [None, weighing(sex={0: 0.2})], ids=["no critic", "a critic"])
@pytest.mark.parametrize("condition", [None, "a pair"])
def test_the_same_streams_give_the_same_rows_on_any_number_of_threads(critic, condition):
    evidence = CONDITIONS[condition][0] if condition else None
    before = torch.get_num_threads()
    try:
        drawn = []
        for threads in (1, 2, 1):
            torch.set_num_threads(threads)
            drawn.append(draw(criticised(critic), 500, evidence))
    finally:
        torch.set_num_threads(before)
    for other in drawn[1:]:
        np.testing.assert_array_equal(other.codes, drawn[0].codes)
        np.testing.assert_array_equal(other.residuals, drawn[0].residuals)
    assert (draw(criticised(critic), 500, evidence, seed=9).codes != drawn[0].codes).any()


def two_chains() -> ChainGenerator:
    """Two chains that disagree: x = 1 is had by a fifth of the one's rows and by four fifths of the other's; y tells them apart."""
    _, layout = levels_table(x=np.repeat([0, 1], 500), y=np.repeat([0, 1], 500))
    encoded = [np.stack([np.repeat([0, 1], [800, 200]) ^ other, np.full(1_000, other)], 1) for other in (0, 1)]
    parts = [grow(Encoded(codes.astype(np.int32), np.zeros((1_000, 0))), layout, chains=1) for codes in encoded]
    return ChainGenerator(layout, parts[0].mode_features, [part.chains[0] for part in parts])


def test_chains_take_equal_turns_and_come_in_no_order():
    """Of 1,001 rows one chain gives 500 and the other 501, and of two neighbours half are of one chain: 500 ± 16."""
    codes = two_chains().draw_uncriticised(1_001, Streams(0))
    assert sorted(np.bincount(codes[:, 1])) == [500, 501]
    assert 400 < (np.diff(codes[:, 1]) != 0).sum() < 600


def test_chains_have_turns_under_a_condition_by_how_likely_they_meet_it():
    """Four fifths of the rows with x = 1 come from the second chain, up to a thousandth of pilot error."""
    generator = two_chains()
    given = draw(generator, 10_000, only(generator.layout, x=[1]))
    assert (given.codes[:, 0] == 1).all()
    assert given.codes[:, 1].mean() == pytest.approx(0.8, abs=0.001)
    assert np.exp(generator.log_evidence(only(generator.layout, x=[1]))) == pytest.approx(0.5)


def test_rows_that_meet_a_rare_condition_are_hardly_copies_of_each_other():
    """The rare level, drawn last, is had in one town of twenty: of 1,024 begun rows, fifty could go on."""
    rng = np.random.default_rng(0)
    street, town = rng.integers(0, 200, 20_000), rng.integers(0, 20, 20_000)
    encoded, layout = levels_table(
        street=street, town=town, rare=((town == 3) & (rng.random(20_000) < 0.2)).astype(int)
    )
    generators = (grow(encoded, layout, seed=seed, chains=1, leaf_rows=300) for seed in range(20))
    generator = next(generator for generator in generators if generator.chains[0].order[-1] == 2)
    given = draw(generator, 100, only(layout, rare=[1])).codes
    assert (given[:, 1] == 3).all()
    assert len(set(given[:, 0])) > 60  # of 100 independent ones 79 would differ


def test_rows_that_meet_a_condition_are_no_copies_where_as_many_different_ones_were_begun():
    """The town, which follows from the street, is drawn last: one begun row in twelve goes on, twelve times."""
    rng = np.random.default_rng(0)
    street, house, door = (rng.integers(0, size, 20_000) for size in (204, 200, 200))
    encoded, layout = levels_table(street=street, house=house, door=door, town=street % 12)
    generators = (grow(encoded, layout, seed=seed, chains=1, leaf_rows=20) for seed in range(20))
    generator = next(generator for generator in generators if generator.chains[0].order[-1] == 3)
    given = draw(generator, 5_000, only(layout, town=[4])).codes
    free = generator.draw_uncriticised(80_000, Streams(2))
    free = free[free[:, 3] == 4][:5_000]  # some addresses come twice by chance
    assert len(free) == 5_000
    assert len(np.unique(given, axis=0)) > len(np.unique(free, axis=0)) - 100


def test_impossible_evidence_has_no_probability():
    encoded, layout = levels_table(x=np.repeat([0, 1], 300), y=np.repeat([0, 1, 2], 200))
    generator = grow(encoded, layout, chains=3)
    assert generator.log_evidence(only(layout, x=[0], y=[2])) == -np.inf
    assert generator.log_evidence(only(layout, x=[0], y=[0])) == pytest.approx(np.log(1 / 3), abs=0.2)


def test_what_a_few_pilots_miss_is_looked_for_with_more(monkeypatch):
    """Where x is drawn before y, which follows it, one pilot in two hundred comes to where y may be met; one is sent first."""
    monkeypatch.setattr(chains_module, "PILOT_ROWS", 1)
    rare = (np.arange(4_000) % 200 == 0).astype(int)
    encoded, layout = levels_table(x=rare, y=rare)
    found = []
    for index in range(6):
        generator = grow(encoded, layout, seed=index, chains=1)
        found.append((int(generator.chains[0].order[0]), generator.log_evidence(only(layout, y=[1]))))
    assert {first for first, _ in found} == {0, 1}
    assert all(np.isfinite(log) for _, log in found)


def test_a_condition_found_likely_by_luck_can_still_be_drawn(monkeypatch):
    """Eight in ten thousand rows meet it, and 128 pilots find one or none: whoever asks again must hear the same."""
    monkeypatch.setattr(chains_module, "PILOT_ROWS", 128)
    monkeypatch.setattr(chains_module, "MAX_PILOT_ROWS", 128)
    rare = (np.arange(20_000) % 500 == 0).astype(int)
    encoded, layout = levels_table(x=rare, y=rare)
    likely = 0
    for seed in range(8):
        generator, evidence = grow(encoded, layout, seed=seed, chains=1), only(layout, y=[1])
        if np.isfinite(generator.log_evidence(evidence)):
            likely += 1
            for index in range(5):
                assert (draw(generator, 20, evidence, seed=index).codes[:, 1] == 1).all()
    assert likely


def test_pilots_are_sent_once_for_all_batches_of_a_condition(monkeypatch):
    generator, evidence = grow(ENCODED, LAYOUT, chains=2), only(LAYOUT, sex=[1])
    sent, ask = [], generator._ask_pilots
    monkeypatch.setattr(generator, "_ask_pilots", lambda allowed: sent.append(allowed) or ask(allowed))
    generator.batch_rows = 100
    generator.log_evidence(evidence)
    assert (draw(generator, 350, evidence).codes[:, SEX] == 1).all()
    assert len(sent) == 1
    assert (draw(generator, 50, only(LAYOUT, sex=[0])).codes[:, SEX] == 0).all()
    assert len(sent) == 2


def test_a_condition_that_the_critic_hardly_lets_pass_costs_no_more_than_its_tries(monkeypatch):
    """One candidate in a million would pass; those that come nearest are given, women rather than men."""
    generator = criticised(weighing(sex={1: 0.01}, cap=float(np.log(1e6))))
    asked, drawn = [], generator.draw_uncriticised
    monkeypatch.setattr(generator, "draw_uncriticised", lambda rows, *rest: asked.append(rows) or drawn(rows, *rest))
    codes = draw(generator, 200, only(LAYOUT)).codes
    assert len(codes) == 200
    assert sum(asked) <= criticised_module.MAX_TRIES * (2 * 200 + criticised_module.MIN_ROWS)
    assert codes[:, SEX].mean() < 0.1


def test_free_rows_are_balanced_so_that_single_columns_hardly_scatter():
    """Halves of 1,000 rows drawn independently scatter by .0158, itself known from 100 draws to ± .0011."""
    sexes, ages = [], []
    for seed in range(100):
        codes = draw(GENERATOR, 1_000, seed=seed).codes
        sexes.append(codes[:, SEX].mean())
        ages.append((codes[:, AGE] < 3).mean())
    for drawn, real in ((sexes, ENCODED.codes[:, SEX].mean()), (ages, (ENCODED.codes[:, AGE] < 3).mean())):
        assert np.std(drawn) < 0.012
        assert np.mean(drawn) == pytest.approx(real, abs=0.006)


def test_critics_weigh_what_is_drawn():
    """A level's odds fall to a quarter; 40,000 rows, six standard errors are .015."""
    drawn = draw(
        criticised(weighing(sex={1: 0.25})), 40_000, only(LAYOUT)
    )  # a condition, so that no column is balanced
    share = FREE.codes[:, SEX].mean()
    assert drawn.codes[:, SEX].mean() == pytest.approx(0.25 * share / (0.25 * share + 1 - share), abs=0.015)


def test_a_critic_and_a_condition_go_together():
    """As free rows that meet the condition, weighed: within six standard errors, as above."""
    evidence, meets = CONDITIONS["a range that cuts a mode"]
    given = draw(criticised(weighing(ward={0: 0.3, 2: 0.6})), 20_000, evidence, seed=3)
    weights = np.array([0.3, 1, 0.6])[FREE.codes[meets, WARD]]
    for code in range(3):
        expected = weights[FREE.codes[meets, WARD] == code].sum() / weights.sum()
        assert (given.codes[:, WARD] == code).mean() == pytest.approx(expected, abs=0.03)


def test_above_the_cap_every_candidate_passes():
    features, modes = GENERATOR.features(FREE.codes[:1_000]), FREE.codes[:1_000] + LAYOUT.starts
    chances = weighing(sex={1: 4.0}, cap=float(np.log(2))).chances(features, modes)
    np.testing.assert_allclose(chances, np.where(FREE.codes[:1_000, SEX] == 1, 1, 0.5), rtol=1e-6)


def test_batches_shrink_with_the_width_of_the_table():
    wide, layout = levels_table(**{f"c{index}": np.arange(60) % 3 for index in range(300)})
    generator = grow(wide, layout, chains=1)
    assert generator.mode_features.widths.sum() * generator.batch_rows <= criticised_module.BATCH_FEATURES
    assert GENERATOR.batch_rows > 4 * generator.batch_rows


def test_chains_draw_the_same_rows_on_an_executor():
    generator = criticised(weighing(sex={0: 0.2}))
    alone = [generator.draw_codes(3_000, condition, Streams(3)) for condition in (None, from_age(3, 0.5))]
    generator.executor = Threads(3)
    sent = pickle.loads(pickle.dumps(generator))  # noqa: S301 (our own)
    for one in (generator, sent):
        for condition, found in zip((None, from_age(3, 0.5)), alone, strict=True):
            np.testing.assert_array_equal(one.draw_codes(3_000, condition, Streams(3)), found)


def test_candidates_of_critics_are_drawn_where_chains_are_grown(monkeypatch):
    seen = []

    def play(generator, *_):
        seen.append(generator.executor)
        return iter(())

    monkeypatch.setattr(player, "play", play)
    table = pd.DataFrame({"sex": list("fm") * 60})
    fitted = Synthesizer(generator=Chains(chains=2), check=False, executor=Threads(2)).fit(table)
    assert seen == [Threads(2)]
    assert fitted.model_.generator.sampler_.executor is None
