"""The suite as a whole: planted leaks are found and named, tables without one raise no alarm, and readings say which."""

from __future__ import annotations

import numpy as np
import pytest

from synthgan.metrics.data.columns import Tables
from synthgan.metrics.privacy.attacks import NAMES, attack_findings
from synthgan.metrics.privacy.membership.candidates import MIN_CANDIDATES
from synthgan.metrics.privacy.membership.leaktest import ALARM
from synthgan.runtime import Streams

MIX = np.random.default_rng(99).normal(size=(6, 6)) / 2


def draw(rows, rng):
    return rng.normal(size=(rows, 6)) @ MIX + rng.normal(size=(rows, 6)) / 2


def tabled(columns, *parts):
    return Tables(*(columns(list(part.T)) for part in parts))


def planted(columns, leak, seed, rows=2_000):
    """Members, synthetic rows the first of which are copies of that share of members, and others."""
    rng = np.random.default_rng(seed)
    members, others, synthetic = (draw(rows, rng) for _ in range(3))
    copied = int(leak * rows)
    synthetic[:copied] = members[:copied]
    return tabled(columns, members, synthetic, others)


def scores_of(found):
    return {score.name: score for score in found.scores}


def test_without_a_leak_alarms_are_rare(columns):
    """One in a hundred is promised; more than 1 of 6 would then come with a chance of 1 in 700."""
    found = [attack_findings(planted(columns, 0, seed, 200), Streams(seed)) for seed in range(6)]
    alarms = [scores_of(one)["membership_p_value"].value <= ALARM for one in found]
    assert sum(alarms) <= 1
    for one, alarm in zip(found, alarms, strict=True):
        if not alarm:
            assert scores_of(one)["epsilon_lower_bound"].value == 0
            assert one.details.exposed == ()


@pytest.mark.parametrize(("leak", "rate", "bound"), [(0.01, 0.019, 0.0), (0.05, 0.059, 2.1)])
def test_planted_copies_are_found_row_by_row(columns, leak, rate, bound):
    copied = int(2_000 * leak)
    found = attack_findings(planted(columns, leak, 0), Streams(0))
    scores = scores_of(found)
    assert scores["membership_p_value"].value <= ALARM
    # The copies, and of the others up to one in a hundred; one standard deviation is .003.
    assert scores["membership_tpr_at_1pct_fpr"].value == pytest.approx(rate, abs=0.01)
    assert scores["epsilon_lower_bound"].value >= bound
    assert scores["exact_members"].value == leak
    assert scores["exact_members"].reference == 0
    assert len(set(found.details.exposed) & set(range(copied))) >= 0.9 * copied


def test_exposed_outliers_do_not_hide_behind_the_average(columns):
    """Forty of 2,000 members stand alone and have a synthetic row beside them: the average is that of no leak at all."""
    rng = np.random.default_rng(3)
    members, others, synthetic = (draw(2_000, rng) for _ in range(3))
    for part in (members, others):
        part[:40] *= 4
    synthetic[:40] = members[:40] + 0.05 * rng.normal(size=(40, 6))
    found = attack_findings(tabled(columns, members, synthetic, others), Streams(0))
    scores = scores_of(found)
    assert scores["membership_tpr_at_1pct_fpr"].value < 0.04
    assert scores["outliers_exposed"].value > 0.8
    assert "leak detected" in scores["outliers_exposed"].reading
    assert (
        "most isolated members that a synthetic row comes nearer to than to 99 % of other people"
        in scores["outliers_exposed"].reading
    )
    assert len(set(found.details.exposed) & set(range(40))) >= 36
    # The same outliers, and synthetic rows that are beside nobody.
    fresh = draw(2_000, rng)
    fresh[:40] *= 4
    clean = scores_of(attack_findings(tabled(columns, members, fresh, others), Streams(0)))
    assert clean["outliers_exposed"].value < 0.2
    assert "not detected" in clean["outliers_exposed"].reading


def test_a_leaking_subgroup_is_named(columns):
    """All sixty members of ward 3 are copied, nobody else."""
    rng = np.random.default_rng(4)
    parts = [draw(2_000, rng) for _ in range(3)]
    wards = [np.where(np.arange(2_000) < 60, 3, rng.integers(0, 3, 2_000)) for _ in range(3)]
    parts[1][:60] = parts[0][:60]
    tables = Tables(*(columns(list(part.T), [ward], levels=[4]) for part, ward in zip(parts, wards, strict=True)))
    found = attack_findings(tables, Streams(0))
    worst = scores_of(found)["worst_subgroup_exposed"]
    assert worst.value > 0.9
    assert "c0 = 3" in worst.reading
    assert "leak detected" in worst.reading
    by_level = {group.level: group for group in found.details.subgroups}
    assert set(by_level) == {"0", "1", "2", "3"}
    assert (by_level["3"].rows, by_level["3"].share_real) == (60, 0.03)
    assert all(by_level[level].exposed.value < 0.05 for level in "012")


def test_readings_say_what_was_not_detected_and_how_small_a_leak_would_be(columns):
    scores = scores_of(attack_findings(planted(columns, 0, 3), Streams(0)))
    reading = scores["epsilon_lower_bound"].reading
    assert "not detected" in reading
    assert "0.80% of the members looked at, fully exposed, would have been" in reading
    assert "2,000 members" in scores["membership_p_value"].reading


def test_without_enough_rows_nothing_is_claimed(columns):
    few = planted(columns, 1.0, 0, MIN_CANDIDATES - 1)
    for tables in (few, Tables(few.real, few.synthetic, None)):
        for name, score in scores_of(attack_findings(tables, Streams(0))).items():
            if name != "exact_members":
                assert score.value is None
                assert "cannot be known" in score.reading
    enough = planted(columns, 1.0, 0, MIN_CANDIDATES)
    assert scores_of(attack_findings(enough, Streams(0)))["epsilon_lower_bound"].value > 0


def test_details_are_curves_that_rise_to_one(columns):
    found = attack_findings(planted(columns, 0.05, 0), Streams(0))
    assert len(found.details.attacks) == 17
    for one in found.details.attacks:
        assert len(one.false_positives) == len(one.true_positives) <= 200
        assert (np.diff(one.false_positives) > 0).all()
        assert (np.diff(one.true_positives) >= 0).all()
        assert (one.false_positives[-1], one.true_positives[-1]) == (1, 1)
        assert len(one.found) == len(NAMES)


def test_the_same_seed_gives_the_same_findings(columns):
    tables = planted(columns, 0.02, 0, 300)
    first, again, other = (attack_findings(tables, Streams(seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other
