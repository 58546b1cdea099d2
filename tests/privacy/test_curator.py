"""The curator: noise as wide as charged, one charge for every answer, thresholds and choices that keep their promise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from synthgan.errors import PrivacyError
from synthgan.privacy.curator import Curator
from synthgan.privacy.ledger import EXPONENTIAL, GAUSSIAN, Charge, PrivacyLedger

ALARM = 1e-6


def curator(rows_per_unit: int = 1) -> Curator:
    return Curator(PrivacyLedger(1e-6), rows_per_unit)


@pytest.mark.parametrize("rows_per_unit", [1, 3])
def test_counts_are_as_noisy_as_they_are_charged(rows_per_unit):
    """A chi-squared test of the variance, two-sided at the 1e-6 level; the mean within 5 deviations (6e-7)."""
    asked, size = curator(rows_per_unit), 20_000
    cells = np.repeat(np.arange(size), 2)
    answer = asked.counts(cells, size, noise=5.0, stage="columns", purpose="test")
    (charge,) = asked.ledger.charges
    assert (charge.mechanism, charge.sensitivity, charge.sigma) == (GAUSSIAN, rows_per_unit, 5.0 * rows_per_unit)
    error = answer - 2
    assert abs(error.mean()) < 5 * charge.sigma / np.sqrt(size)
    variance = charge.sigma**2 + 1 / 12
    assert ALARM / 2 < chi2.cdf((error**2).sum() / variance, size) < 1 - ALARM / 2


def test_a_level_of_one_unit_stays_hidden_and_common_ones_show():
    """200 levels of one unit's rows, at delta 1e-9 each: they show with a chance of 2e-7; common ones hide with less than 1e-9."""
    asked = curator(3)
    codes = np.concatenate([np.repeat(np.arange(200), 3), np.repeat([200, 201], 500)])
    shown = asked.found(codes, 202, noise=10.0, delta=1e-9, stage="columns", purpose="test")
    assert shown[200:].all()
    assert not shown[:200].any()
    assert asked.ledger.charges[0].delta == 1e-9


@pytest.mark.parametrize(("rows_per_unit", "noise"), [(1, 4.0), (3, 2.0), (5, 0.05)])
def test_the_threshold_keeps_every_way_to_spread_a_units_rows_below_delta(rows_per_unit, noise):
    from scipy.stats import norm

    asked, delta = curator(rows_per_unit), 1e-6
    threshold = asked.threshold(noise, delta)
    for held in range(1, rows_per_unit + 1):
        chance = norm.sf((threshold + 0.5 - held) / asked.deviation(noise))
        assert chance * (rows_per_unit // held) <= delta


def test_rows_in_no_cell_are_not_counted():
    asked = curator()
    assert asked.found(np.array([-1] * 5_000), 1, noise=1.0, delta=1e-9, stage="", purpose="").tolist() == [False]


def test_choices_follow_the_exponential_mechanism():
    """Two candidates 2 apart at epsilon 1: odds e; 4,000 choices within 5 deviations (false alarms 6e-7)."""
    asked = curator()
    first = sum(
        asked.chosen(np.array([0.0, 2.0]), sensitivity=1, many=1, epsilon=1.0, stage="", purpose="")[0] == 1
        for _ in range(4_000)
    )
    expected = np.e / (1 + np.e)
    assert abs(first / 4_000 - expected) < 5 * np.sqrt(expected * (1 - expected) / 4_000)
    assert len(asked.ledger.charges) == 4_000


def test_several_choices_are_different_ones_and_charged_each():
    asked = curator(2)
    picked = asked.chosen(np.arange(50) * 1e4, sensitivity=1, many=5, epsilon=0.5, stage="", purpose="")
    assert sorted(picked.tolist()) == [45, 46, 47, 48, 49]
    (charge,) = asked.ledger.charges
    assert (charge.mechanism, charge.steps, charge.sensitivity, charge.replace_sensitivity) == (EXPONENTIAL, 5, 2, 4)


def test_rows_of_a_step_are_sampled_one_by_one_and_charged_before():
    """False alarms: 1e-6 for how often rows take part, as much for how often two of them do together."""
    ledger = PrivacyLedger(1e-6)
    batches = Curator(ledger).sampled(50, noise=2.0, rate=0.2, steps=4_000, stage="game", purpose="test")
    assert ledger.charges == [Charge.of_steps("game", "test", noise=2.0, rate=0.2, steps=4_000)]
    taken = np.zeros((4_000, 50))
    for step, rows in enumerate(batches):
        taken[step, rows] = 1
    alone, together = taken.sum(), (taken[:, ::2] * taken[:, 1::2]).sum()
    assert abs(alone - 0.2 * 200_000) < 4.9 * (200_000 * 0.2 * 0.8) ** 0.5
    assert abs(together - 0.04 * 100_000) < 4.9 * (100_000 * 0.04 * 0.96) ** 0.5
    assert next(batches, None) is None


def test_units_of_several_rows_are_not_sampled_row_by_row():
    with pytest.raises(
        PrivacyError, match="must hold one row where gradients are noised, however: max_rows_per_unit=3"
    ):
        Curator(PrivacyLedger(1e-6), 3).sampled(9, noise=1.0, rate=0.5, steps=1, stage="", purpose="")
