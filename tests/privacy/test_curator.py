"""The curator: noise as wide as charged, one charge for every answer, thresholds and choices that keep their promise."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers.questions import Cells, Given, Levels, Samples, Vectors
from scipy.stats import chi2, norm

from synthgan.errors import PrivacyError
from synthgan.gan.protocols import Batch
from synthgan.privacy.charges import EXPONENTIAL, GAUSSIAN, Charge
from synthgan.privacy.curator import Curator, threshold
from synthgan.privacy.ledger import PrivacyLedger
from synthgan.privacy.queries import Candidate

ALARM = 1e-6
NAMES = {"stage": "columns", "purpose": "test"}


def curator(cells=(), rows_per_unit: int = 1, **records) -> Curator:
    return Curator(Given(np.array(cells, dtype=np.int64), **records), PrivacyLedger(1e-6), rows_per_unit)


@pytest.mark.parametrize("rows_per_unit", [1, 3])
def test_counts_are_as_noisy_as_they_are_charged(rows_per_unit):
    """A chi-squared test of the variance, two-sided at the 1e-6 level; the mean within 5 deviations (6e-7)."""
    size = 20_000
    asked = curator(np.repeat(np.arange(size), 2), rows_per_unit)
    answer = asked.count(Cells(size), noise=5.0, **NAMES)
    (charge,) = asked.ledger.charges
    assert (charge.mechanism, charge.sensitivity, charge.sigma) == (GAUSSIAN, rows_per_unit, 5.0 * rows_per_unit)
    error = answer - 2
    assert abs(error.mean()) < 5 * charge.sigma / np.sqrt(size)
    variance = charge.sigma**2 + 1 / 10
    assert ALARM / 2 < chi2.cdf((error**2).sum() / variance, size) < 1 - ALARM / 2


def test_a_level_of_one_unit_stays_hidden_and_common_ones_show():
    """200 levels of one unit's rows, at delta 1e-9 each: they show with a chance of 2e-7; common ones hide with less than 1e-9."""
    asked = curator(np.concatenate([np.repeat(np.arange(200), 3), np.repeat([200, 201], 500)]), 3)
    shown = asked.find(Levels(202), noise=10.0, delta=1e-9, **NAMES)
    assert shown == ("level 200", "level 201")
    assert asked.ledger.charges[0].delta == 1e-9


@pytest.mark.parametrize(("rows_per_unit", "noise"), [(1, 4.0), (3, 2.0), (5, 0.05)])
def test_the_threshold_keeps_every_way_to_spread_a_units_rows_below_delta(rows_per_unit, noise):
    delta = 1e-6
    least = threshold(noise, delta, rows_per_unit)
    for held in range(1, rows_per_unit + 1):
        chance = norm.sf((least + 0.5 - held) / (noise * rows_per_unit))
        assert chance * (rows_per_unit // held) <= delta


def test_rows_in_no_cell_are_not_counted():
    asked = curator([-1] * 5_000)
    assert asked.find(Levels(1), noise=1.0, delta=1e-9, **NAMES) == ()
    assert abs(asked.count(Cells(1), noise=1.0, **NAMES)[0]) < 10


def candidates(*scores):
    """Candidates of these scores, over ten records in one cell."""
    return [Candidate(Cells(1), np.array([10.0]), -score) for score in scores]


def test_choices_follow_the_exponential_mechanism():
    """Two candidates 2 apart at epsilon 1: odds e; 4,000 choices within 5 deviations (false alarms 6e-7)."""
    asked = curator([0] * 10)
    first = sum(asked.choose(candidates(0.0, 2.0), many=1, epsilon=1.0, **NAMES)[0] == 1 for _ in range(4_000))
    expected = np.e / (1 + np.e)
    assert abs(first / 4_000 - expected) < 5 * np.sqrt(expected * (1 - expected) / 4_000)
    assert len(asked.ledger.charges) == 4_000


def test_several_choices_are_different_ones_and_charged_each():
    asked = curator([0] * 10, 2)
    picked = asked.choose(candidates(*(np.arange(50) * 1e4)), many=5, epsilon=0.5, **NAMES)
    assert sorted(picked.tolist()) == [45, 46, 47, 48, 49]
    (charge,) = asked.ledger.charges
    assert (charge.mechanism, charge.steps, charge.sensitivity, charge.replace_sensitivity) == (EXPONENTIAL, 5, 2, 4)


def test_a_score_is_how_far_counts_are_from_what_is_expected():
    records = Given(np.array([0, 0, 1, 2]))
    assert Candidate(Cells(3), np.array([2.0, 3.0, 0.0]), 0.5).score(records) == 2 + 1 - 0.5


def test_rows_of_a_step_are_sampled_one_by_one_and_charged_before():
    """False alarms: 1e-6 for how often rows take part, as much for how often two of them do together."""
    batch = Batch(torch.arange(50.0)[:, None])
    asked = curator([0] * 50, batch=batch)
    gradient = asked.gradient(Samples(), clip=1.0, noise=2.0, rate=0.2, steps=4_000, stage="training", purpose="test")
    assert asked.ledger.charges == [Charge.of_steps("training", "test", noise=2.0, rate=0.2, steps=4_000)]
    taken = np.zeros((4_000, 50))
    for step, real in enumerate(gradient._batches):
        taken[step, real.sample[:, 0].int()] = 1
    alone, together = taken.sum(), (taken[:, ::2] * taken[:, 1::2]).sum()
    assert abs(alone - 0.2 * 200_000) < 4.9 * (200_000 * 0.2 * 0.8) ** 0.5
    assert abs(together - 0.04 * 100_000) < 4.9 * (100_000 * 0.04 * 0.96) ** 0.5
    assert next(gradient._batches, None) is None


def test_units_of_several_rows_are_not_sampled_row_by_row():
    asked = curator([0] * 9, 3)
    with pytest.raises(
        PrivacyError, match="must hold one row where gradients are noised, however: max_rows_per_unit=3"
    ):
        asked.gradient(Samples(), clip=1.0, noise=1.0, rate=0.5, steps=1, **NAMES)
    assert asked.ledger.charges == []


def test_every_question_is_charged_before_a_record_is_looked_at():
    records = Given(np.zeros(3, np.int64), np.zeros((3, 2)), Batch(torch.zeros(3, 1)))

    class Watched(PrivacyLedger):
        def charge(self, charge):
            records.asked.append("charged")
            super().charge(charge)

    asked = Curator(records, Watched(1e-6))
    noisy = {"noise": 1.0, **NAMES}
    asked.count(Cells(1), **noisy)
    asked.find(Levels(1), delta=1e-9, **noisy)
    asked.choose(candidates(1.0), many=1, epsilon=1.0, **NAMES)
    asked.sums(Vectors(2), Cells(1), bound=1.0, **noisy)
    asked.second_moments(Vectors(2), Cells(1), bound=1.0, **noisy)
    asked.gradient(Samples(), clip=1.0, rate=0.5, steps=1, **noisy)
    checks = ["cells", "levels", "cells", "vectors cells", "vectors cells", "samples"]
    assert " ".join(records.asked) == " ".join(f"charged {look}" for look in checks)


class Anything:
    """No question of a known sort, though it has all that one needs."""

    size = width = 1
    expected, penalty = np.zeros(1), 0.0

    def of(self, records):
        raise AssertionError("the records must not be handed to it")

    score = of


@pytest.mark.parametrize(
    ("method", "words", "options"),
    [
        ("count", "CellQuery", {"noise": 1.0}),
        ("find", "LevelQuery", {"noise": 1.0, "delta": 1e-9}),
        ("gradient", "SampleQuery", {"noise": 1.0, "clip": 1.0, "rate": 0.5, "steps": 1}),
    ],
)
def test_questions_of_no_known_sort_are_refused(method, words, options):
    with pytest.raises(PrivacyError, match=f"a question must be a {words}, however: it is a Anything"):
        getattr(curator([0]), method)(Anything(), **options, **NAMES)


def test_no_part_of_a_question_is_of_another_sort():
    options = {"bound": 1.0, "noise": 1.0, **NAMES}
    with pytest.raises(PrivacyError, match="must be a Candidate"):
        curator([0]).choose([Anything()], many=1, epsilon=1.0, **NAMES)
    with pytest.raises(PrivacyError, match="must be a CellQuery"):
        curator([0]).choose([Candidate(Anything(), np.zeros(1))], many=1, epsilon=1.0, **NAMES)
    for ask in ("sums", "second_moments"):
        with pytest.raises(PrivacyError, match="must be a VectorQuery"):
            getattr(curator([0]), ask)(Anything(), Cells(1), **options)
        with pytest.raises(PrivacyError, match="must be a CellQuery"):
            getattr(curator([0], vectors=np.zeros((1, 1))), ask)(Vectors(1), Anything(), **options)


@pytest.mark.parametrize("cells", [[0, 3], [0, -2]])
def test_a_cell_beyond_those_named_is_refused(cells):
    with pytest.raises(PrivacyError, match="must put each record into one of its cells, however: Cells does not"):
        curator(cells).count(Cells(3), noise=1.0, **NAMES)


def test_a_vector_for_each_record_is_wanted():
    asked = curator([0, 0], vectors=np.zeros((1, 2)))
    with pytest.raises(PrivacyError, match="must give each record a vector of its width, however: Vectors does not"):
        asked.sums(Vectors(2), Cells(1), bound=1.0, noise=1.0, **NAMES)
