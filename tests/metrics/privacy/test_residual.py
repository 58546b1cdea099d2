"""Residual risk: the rates, the interval, the choice of the worst and what a reading says."""

from __future__ import annotations

import math

import numpy as np
import pytest

from synthgan.metrics.data.columns import Columns
from synthgan.metrics.privacy.residual import Trials, residual, risk_of, risk_score, smallest_leak, worst


def trials(train, control, attacks=1_000, about="x", baseline=0.0):
    """So many successes on either side, evenly spread."""
    sides = []
    for successes in (train, control):
        side = np.zeros(attacks)
        side[np.linspace(0, attacks - 1, successes).astype(int)] = 1
        sides.append(side)
    return Trials(about, *sides, baseline)


def test_what_anybody_could_find_is_taken_off():
    """Of the 80 % that control attacks leave, the attacks on learned rows find a half."""
    assert residual(600, 200, 1_000).value == pytest.approx(0.5)
    assert residual(200, 200, 1_000).value == 0
    assert residual(1_000, 200, 1_000).value == 1
    assert residual(100, 200, 1_000).value == pytest.approx(-0.125)


def test_where_all_others_are_found_nothing_is_known():
    assert residual(1_000, 1_000, 1_000) == residual(3, 1_000, 1_000)
    assert (residual(3, 1_000, 1_000).low, residual(3, 1_000, 1_000).high) == (-math.inf, 1)


@pytest.mark.parametrize("control", [0.01, 0.3, 0.9])
@pytest.mark.parametrize("risk", [0.0, 0.05, 0.6])
def test_intervals_cover_what_is_true(control, risk):
    """Of 2,000 intervals 95 % are promised; 94.4 % to 96.6 % were found in these nine settings, with a standard error of .5 %."""
    rng = np.random.default_rng(0)
    learned, others = rng.binomial(400, control + risk * (1 - control), 2_000), rng.binomial(400, control, 2_000)
    found = [residual(*pair, 400) for pair in zip(learned.tolist(), others.tolist(), strict=True)]
    assert np.mean([estimate.low <= risk + 1e-9 and risk <= estimate.high + 1e-9 for estimate in found]) > 0.925
    # A false alarm: a low end above the truth. One in forty is promised.
    assert np.mean([estimate.low > risk + 1e-9 for estimate in found]) < 0.04


def test_the_smallest_leak_is_one_that_would_just_be_seen():
    for control in (0.0, 0.013, 0.3, 0.97):
        leak = smallest_leak(control, 1_000)
        successes = round(1_000 * (control + leak * (1 - control)))
        assert residual(successes, 1_000 * control, 1_000).low > 0
        assert residual(successes - 1, 1_000 * control, 1_000).low <= 0
    assert smallest_leak(0.0, 1_000) == pytest.approx(0.005)
    assert smallest_leak(1.0, 1_000) is None
    assert smallest_leak(0.999, 1_000) is None


def test_the_worst_is_chosen_on_one_half_and_judged_on_the_other():
    """A column that leaks in the first half alone is taken for the worst, and then found to be harmless."""
    lucky = Trials("lucky", np.tile([1.0, 0.0], 200), np.zeros(400), 0.0)
    quiet = Trials("quiet", np.tile([0.0, 1.0], 200), np.zeros(400), 0.0)
    chosen = worst([quiet, lucky])
    assert chosen.about == "lucky"
    assert risk_of("a", chosen).residual.value == 0
    assert worst([quiet]) is quiet


def test_readings_tell_leaks_from_what_was_not_detected_and_from_attacks_that_say_nothing():
    words = {"found": "{train} of {attacks} against {control}", "why_not": "cannot be known"}
    leak = risk_score("r", risk_of("a", trials(300, 100)), **words)
    assert leak.reading.startswith("at least 18.")
    assert leak.reading.endswith("30.00% of 1,000 against 10.00%")
    assert (leak.goal, leak.reference) == ("minimize", 0)
    quiet = risk_score("r", risk_of("a", trials(101, 100)), **words)
    assert quiet.reading.startswith(f"not detected; a leak of {smallest_leak(0.1, 1_000):.2%} would be")
    weak = risk_score("r", risk_of("a", trials(101, 100, baseline=0.2)), **words)
    assert weak.reading.startswith("says nothing about risk, as guessing does no worse (20.00%)")
    blind = risk_score("r", risk_of("a", trials(1_000, 1_000)), **words)
    assert blind.reading.startswith("says nothing about risk, as others are found as well")
    # A leak that was seen is one, however well guessing does.
    assert risk_score("r", risk_of("a", trials(300, 100, baseline=0.5)), **words).reading == leak.reading
    assert risk_score("r", None, **words).value is None
    assert risk_score("r", None, **words).reading == "cannot be known"


def test_scores_stay_between_0_and_1():
    risk = risk_of("a", trials(100, 300))
    assert (risk.residual.value, risk.residual.low, risk.residual.high) == (0, 0, 0)
    assert (risk.train.value, risk.control.value) == (0.1, 0.3)
    assert risk_of("a", trials(1_000, 1_000)).residual.high == 1


def test_a_table_of_some_columns_keeps_what_belongs_to_them():
    table = Columns(
        np.array([[1.0, 2.0]]), np.array([[3, 4]], np.int32), ("a", "b"), ("c", "d"), (5, 6), (("u",) * 5, ("v",) * 6)
    )
    part = table.only(["d", "a"])
    assert part.names == ("a", "d")
    assert part.matrix().tolist() == [[1, 4]]
    assert (part.levels, part.labels) == ((6,), (("v",) * 6,))
    assert Columns(table.numbers, table.codes, ("a", "b"), ("c", "d"), (5, 6)).only(["c"]).labels == ()
