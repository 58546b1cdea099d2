"""Attribute inference: copies give columns away, what is true of all people is held against no table."""

from __future__ import annotations

import numpy as np
import pytest

from synthgan.metrics.data.columns import Tables
from synthgan.metrics.privacy.inference import infer, inference_scores, leaving_out
from synthgan.metrics.statistics.neighbours import Embedding, nearest
from synthgan.runtime import Streams


def scored(*tables, seed=0):
    scores, risks = inference_scores(Tables(*tables), Streams(seed))
    return *scores, {risk.about: risk for risk in risks}


def strangers(columns, rows, seed):
    """Three numbers and a level that have nothing to do with each other."""
    rng = np.random.default_rng(seed)
    return columns(list(rng.normal(size=(3, rows))), [rng.integers(0, 5, rows)], levels=[5])


def test_copies_give_every_column_away(columns):
    real = strangers(columns, 500, 0)
    worst, mean, risks = scored(real, real, strangers(columns, 500, 1))
    assert worst.value == mean.value == 1
    assert mean.low > 0.98
    assert {risk.train.value for risk in risks.values()} == {1.0}
    assert all(risk.control.value < 0.4 for risk in risks.values())


def test_a_share_of_copies_is_the_risk(columns):
    real = strangers(columns, 2_000, 0)
    others = strangers(columns, 2_000, 2)
    copied = np.arange(2_000) < 600
    mixed = columns(
        list(np.where(copied[:, None], real.numbers, others.numbers).T),
        [np.where(copied, real.codes[:, 0], others.codes[:, 0])],
        levels=[5],
    )
    worst, mean, _ = scored(real, mixed, strangers(columns, 2_000, 1))
    # Over 10 seeds the mean was .283 to .302, the worst .263 to .325.
    assert mean.value == pytest.approx(0.3, abs=0.05)
    assert worst.value == pytest.approx(0.3, abs=0.1)
    assert worst.low > 0


def test_what_follows_from_the_other_columns_is_no_leak(columns):
    """A level that is a function of two numbers is inferred of everybody, learned or not."""

    def table(rows, seed):
        numbers = np.random.default_rng(seed).uniform(size=(2, rows))
        return columns(list(numbers), [(numbers.sum(axis=0) > 1).astype(int)], levels=[2])

    _, _, risks = scored(table(2_000, 0), table(2_000, 1), table(2_000, 2))
    assert risks["c0"].control.value > 0.95
    assert risks["c0"].baseline < 0.55
    assert risks["c0"].residual.low == 0


def test_without_a_leak_alarms_are_rare(units):
    """An alarm is a low end above 0; one in forty is promised. More than 5 of 100 would then come with a chance of .04; of
    seeds 0 to 299 the worst column alarmed five times, the mean never."""
    alarms = []
    for seed in range(100):
        worst, mean, _ = scored(units(400, 3 * seed), units(400, 3 * seed + 1), units(200, 3 * seed + 2), seed=seed)
        alarms.append((worst.low > 0, mean.low > 0))
    assert np.sum(alarms, axis=0).max() <= 5


def test_a_number_is_right_within_a_twentieth_of_its_span(columns):
    """Dates and years too: a share of the value itself would make every guess of them right."""
    years = 2_000 + np.arange(100.0)  # from the first to the last percentile 98 years: 4.9 of them are near enough
    keys = [range(100)] * 2
    real = columns([years, *keys])
    off_by = {shift: columns([years + shift, *keys]) for shift in (4, 6)}
    rates = {
        shift: next(
            tried for tried in infer(Tables(real, table, real), np.random.default_rng(0)) if tried.about == "n0"
        ).train.mean()
        for shift, table in off_by.items()
    }
    assert rates == {4: 1.0, 6: 0.0}


def test_gaps_are_neither_attacked_nor_guessed(columns):
    values = np.arange(100.0)
    gaps = np.where(np.arange(100) < 50, np.nan, values)
    keys = range(100)
    complete, half = columns([values, keys]), columns([gaps, keys])

    def outcome(real, synthetic):
        found = infer(Tables(real, synthetic, complete), np.random.default_rng(0))
        return next(tried for tried in found if tried.about == "n0").train

    assert np.isnan(outcome(half, complete)).sum() == 50
    assert np.nanmean(outcome(half, complete)) == 1
    # The nearest row of every second is one whose number is missing.
    assert outcome(complete, half).mean() == 0.5
    # Both sides have at least 40 rows with the number, and as many of each count.
    *_, risks = scored(half, complete, complete)
    assert risks["n0"].attacks == 50


def test_guessing_takes_what_is_most_often_right(columns):
    rng = np.random.default_rng(0)
    tables = [columns([rng.normal(size=300)], [rng.random(300) < 0.1], levels=[2]) for _ in range(3)]
    *_, risks = scored(*tables)
    assert risks["c0"].baseline == np.mean(tables[0].codes == 0)
    worst, _, _ = scored(*tables)
    assert "says nothing about risk" in worst.reading


def test_leaving_a_column_out_finds_what_a_search_without_it_finds(units):
    points, among = units(300, 0), units(200, 1)
    parts = [(Embedding.of(among.only([name])), name) for name in among.names]
    sides = [[embedding.apply(side.only([name])) for embedding, name in parts] for side in (points, among)]
    found = leaving_out(*sides, np.array([2, 0]))
    for indices, target in zip(found, (2, 0), strict=True):
        rest = [np.hstack([part for index, part in enumerate(side) if index != target]) for side in sides]
        distances, _ = nearest(*rest)
        reached = ((rest[0] - rest[1][indices]) ** 2).sum(axis=1)
        np.testing.assert_allclose(reached, distances, atol=1e-5)


def test_without_something_to_infer_nothing_is_claimed(columns, units):
    constant = columns([[3.0] * 100], [[0] * 100])
    few = (units(50, 0), units(50, 1), units(39, 2))
    for tables in ((constant,) * 3, few, few[:2], (columns([range(100)]),) * 3):
        worst, mean, risks = scored(*tables)
        assert worst.value is mean.value is None
        assert "cannot be known" in worst.reading
        assert risks == {}


def test_numbers_as_large_as_there_are_do_not_overflow(columns):
    giants = columns([[1.7e308, -1.7e308] * 40, range(80)])
    assert scored(giants, giants, giants)[1].value == 0


@pytest.mark.parametrize("sides", [(0, 1, 2), (0, 0, 0)], ids=["apart", "identical"])
def test_the_same_seed_gives_the_same_scores(units, sides):
    tables = [units(200, side) for side in sides]
    assert scored(*tables)[:2] == scored(*tables)[:2]
