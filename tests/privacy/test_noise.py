"""Noise has the distribution it says to the last bit, tells no more than the ledger says, and nobody can replay it."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import chi2, chisquare, kstest

from synthgan.errors import PrivacyError
from synthgan.privacy import exact, noise
from synthgan.privacy.charges import Charge
from synthgan.privacy.composition import composed_epsilon
from synthgan.privacy.curator import threshold

COUNT, ALARM = 100_000, 1e-6


def chances(variance, reach=12.0):
    """Of whole numbers from 0 to ``reach`` deviations: the chances of a discrete Gaussian, summed far beyond them."""
    deviation = float(variance) ** 0.5
    weights = np.exp(-(np.arange(math.ceil(40 * deviation) + 40) ** 2) / (2 * float(variance)))
    return (weights / (2 * weights.sum() - 1))[: math.ceil(reach * deviation) + 2]


def tails(variance):
    """Of whole numbers from 0 on: the chance of that number or a larger one, of which the last tell nothing."""
    return chances(variance, 39.0)[::-1].cumsum()[::-1]


def goodness(drawn, variance):
    """The p-value of a G-test of the draws, of whole numbers that are expected ten times each and the two tails."""
    half = chances(variance)
    values = np.arange(-len(half) + 1, len(half))
    expected = np.concatenate([half[:0:-1], half]) * len(drawn)
    edge = int(np.abs(values[expected >= 10]).max(initial=0))
    inside = np.abs(values) <= edge
    rest = (len(drawn) - expected[inside].sum()) / 2
    seen = np.array([(drawn == value).sum() for value in values[inside]])
    seen = np.concatenate([[(drawn < -edge).sum()], seen, [(drawn > edge).sum()]])
    wanted = np.concatenate([[rest], expected[inside], [rest]])
    kept = wanted > 1e-3  # of rarer ones none must be seen
    assert seen[~kept].sum() <= 1  # chance 1e-6
    terms = 2 * np.where(seen > 0, seen * np.log(np.maximum(seen, 1) / np.maximum(wanted, 1e-300)), 0.0)
    return chi2.sf(terms[kept].sum() + 2 * (wanted - seen)[kept].sum(), kept.sum() - 1)


@pytest.mark.parametrize("deviation", [0.05, 0.5, 1.0, 3.0, 10.0, 57.0])
def test_whole_noise_is_a_discrete_gaussian(deviation):
    """A G-test at the 1e-6 level, for each of six deviations."""
    drawn = noise.whole_normal(COUNT, deviation)
    assert drawn.dtype == np.int64
    assert len(drawn) == COUNT
    assert goodness(drawn, noise.whole_variance(deviation)) > ALARM


def test_by_exact_fractions_alone_it_is_the_same(monkeypatch):
    """With every coin decided by fractions. A G-test at the 1e-6 level."""
    monkeypatch.setattr(exact, "_UNSURE", 2.0**33)
    assert goodness(noise.whole_normal(1_000, 2.0), noise.whole_variance(2.0)) > ALARM


@pytest.mark.parametrize("deviation", [2.0**31, 2.0**55])
def test_wide_noise_is_normal_and_leaves_no_number_out(deviation):
    """Two tests at the 1e-6 level: Kolmogorov–Smirnov's, and a chi-squared test of the last four bits."""
    drawn = noise.whole_normal(COUNT, deviation)
    assert kstest(drawn / deviation, "norm").pvalue > ALARM
    assert chisquare(np.bincount(drawn & 15, minlength=16)).pvalue > ALARM


def test_noise_that_does_not_fit_into_64_bits_is_refused():
    with pytest.raises(PrivacyError, match=r"noise must be below 2\*\*56 steps, however: its variance is"):
        noise.whole_normal(1, 2.0**57)
    assert (noise.whole_normal(100, 0.0) == 0).all()
    assert noise.whole_normal(0, 1.0).shape == (0,)


@pytest.mark.parametrize("exponent", [0.0, 1e-9, 0.3, 1.0, 5.0, 21.0, 800.0])
def test_coins_fall_as_exact_fractions_say(exponent, monkeypatch):
    """Words around the chance, where floating point cannot tell, and far from it."""
    edge = int(math.exp(-exponent) * 2**32)
    words = np.array(
        sorted({min(max(edge + at, 0), 2**32 - 1) for at in (-(2**20), -2, -1, 0, 1, 2, 2**20)}), dtype=np.uint32
    )
    sure = [at for at, word in enumerate(words) if abs(int(word) - edge) > 2]

    def asked(unsure):
        with monkeypatch.context() as patch:
            patch.setattr(exact, "_UNSURE", unsure)
            patch.setattr(exact.os, "urandom", lambda size: (words if size == words.nbytes else np.zeros(1)).tobytes())
            return exact.exponential_coins(np.full(len(words), exponent), lambda _: Fraction(exponent))

    np.testing.assert_array_equal(asked(2.0**-13)[sure], asked(2.0**33)[sure])
    np.testing.assert_array_equal(asked(2.0**-13)[sure], words[sure] < math.exp(-exponent) * 2**32)


def test_coins_at_the_edge_draw_further_bits(monkeypatch):
    """exp(-1) is .5E2D58D8 B3BCDF1A... in base 16: of numbers that begin with .5E2D58D8 those below go on with less."""
    words = np.full(2, 0x5E2D58D8, dtype=np.uint32).tobytes()
    for further, heads in ((b"\xb3\xbc\xdf\x1a\0\0\0\0", True), (b"\xb3\xbc\xdf\x1b\0\0\0\0", False)):
        monkeypatch.setattr(
            exact.os, "urandom", lambda size, further=further, first=[words]: first.pop() if first else further
        )
        assert exact.exponential_coins(np.ones(2), lambda _: Fraction(1)).tolist() == [heads, heads]


@pytest.mark.parametrize("rate", [0.3, 0.004, 1.0, 0.0])
def test_coins_of_a_rate_show_heads_as_often(rate):
    """Within five deviations: false alarms 6e-7 each."""
    heads = exact.coins(COUNT, rate).mean()
    assert abs(heads - rate) <= 5 * (rate * (1 - rate) / COUNT) ** 0.5


def test_choices_are_drawn_one_after_the_other_by_their_weights():
    """A chi-squared test of the six orders of two of three, at the 1e-6 level; fewer candidates than choices are all chosen."""
    weights, draws = np.array([1.0, 2.0, 4.0]), 2_000
    orders = list(itertools.permutations(range(3), 2))
    seen = [tuple(exact.weighted_choices(np.log(weights) + 50.0, 2).tolist()) for _ in range(draws)]
    chance = [weights[a] / 7 * weights[b] / (7 - weights[a]) for a, b in orders]
    assert chisquare([seen.count(order) for order in orders], np.array(chance) * draws).pvalue > ALARM
    assert sorted(exact.weighted_choices(np.zeros(3), 5).tolist()) == [0, 1, 2]
    assert exact.weighted_choices(np.zeros(0), 5).shape == (0,)
    assert exact.weighted_choices(np.array([0.0, -1e6, 0.0]), 2).tolist() != [1, 0]


def growth(deviation, variance):
    """How much the normal quantile of the distribution function grows at most from a whole number to the next, times deviation."""
    above = tails(variance)
    quantiles = -ndtri(above[: np.searchsorted(-above, -1e-280)])
    return max(2 * quantiles[1], np.diff(quantiles[1:]).max(initial=0.0)) * deviation


@pytest.mark.parametrize("deviation", [*np.geomspace(0.02, 300, 30)])
def test_no_deviation_tells_more_than_the_gaussian_of_the_ledger(deviation):
    """See ``whole_variance``; without what it adds, each of these deviations from .4 on would tell more."""
    assert growth(deviation, noise.whole_variance(deviation)) <= 1
    if 0.4 < deviation < 100:
        assert growth(deviation, deviation**2 + 1 / 12) > 1


@pytest.mark.parametrize(("deviation", "moved"), [(0.6, 1), (1.0, 2), (3.0, 7), (20.0, 1)])
def test_delta_of_an_answer_is_what_the_ledger_says_at_most(deviation, moved):
    """By summation over all whole numbers, at the epsilon that the ledger gives for each of three deltas."""
    half = chances(noise.whole_variance(deviation), 38.0)
    without = np.concatenate([half[:0:-1], half, np.zeros(moved)])
    with_unit = np.concatenate([np.zeros(moved), half[:0:-1], half])
    for delta in (1e-2, 1e-5, 1e-9):
        charge = Charge.of_counts("", "", rows=moved, noise=deviation / moved)
        epsilon = composed_epsilon([charge], delta)
        for one, other in ((without, with_unit), (with_unit, without)):
            assert np.maximum(one - math.exp(min(epsilon, 700.0)) * other, 0).sum() <= delta * (1 + 1e-9)


@pytest.mark.parametrize(("rows_per_unit", "deviation"), [(1, 0.7), (1, 4.0), (3, 2.0), (5, 0.05)])
@pytest.mark.parametrize("delta", [1e-2, 1e-6, 1e-10])
def test_the_threshold_holds_for_exact_tails(rows_per_unit, deviation, delta):
    above = tails(noise.whole_variance(deviation * rows_per_unit))
    least = threshold(deviation, delta, rows_per_unit)
    for held in range(1, rows_per_unit + 1):
        assert above[least + 1 - held] * (rows_per_unit // held) <= delta


def test_normal_noise_has_its_distribution_and_tails_without_an_end(monkeypatch):
    """A Kolmogorov–Smirnov test at the 1e-6 level, and one of how often uniform numbers are halved."""
    assert kstest(noise.normal(COUNT), "norm").pvalue > ALARM
    halved = np.minimum(-np.frexp(noise.uniform(COUNT))[1], 10)
    expected = COUNT * 0.5 ** np.array([*range(1, 11), 10])
    assert chisquare(np.bincount(halved, minlength=11), expected).pvalue > ALARM
    monkeypatch.setattr(noise, "_zeros", lambda count: np.full(count, 900))
    assert (np.abs(noise.normal(100)) > 35).all()


def test_words_of_zeros_are_not_the_last_ones(monkeypatch):
    words = [b"\1\0\0\0" * 2, b"\0\0\0\0" + b"\0\0\0\x80" + b"\0\0\0\0"]
    monkeypatch.setattr(noise.os, "urandom", lambda size: words.pop())
    assert noise._zeros(3).tolist() == [32 + 31, 0, 32 + 31]


def test_no_seed_makes_noise_repeat():
    np.random.seed(0)  # noqa: NPY002 (the very thing that must not matter)
    first, whole = noise.uniform(8), noise.whole_normal(8, 1e9)
    np.random.seed(0)  # noqa: NPY002
    assert (noise.uniform(8) != first).all()
    assert (noise.whole_normal(8, 1e9) != whole).any()
    assert ((first > 0) & (first < 1)).all()


def test_variances_are_never_less_than_charged():
    for deviation in (0.1, 3.0, 1e8 / 3, 1e15):
        assert noise.whole_variance(deviation) >= Fraction(math.nextafter(deviation, math.inf)) ** 2
