"""Attack by density: a density that sums to one, a generator that copies is found, unseen rows tell nothing."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from synthgan.metrics.privacy.membership import density
from synthgan.metrics.privacy.membership.density import Grid, cells_of, density_attack, log_density
from synthgan.metrics.privacy.membership.rates import true_positives
from synthgan.metrics.statistics.intervals import auc

RNG = np.random.default_rng
ROWS = 400


def people(rows, rng):
    """Numbers that go together, and a level that goes with the first."""
    first = rng.normal(size=rows)
    return np.column_stack([first, first + rng.normal(size=rows), rng.normal(size=rows)]), (first > 0).astype(int)


def tabled(columns, numbers, codes):
    return columns(list(numbers.T), [codes], levels=[2])


@pytest.fixture
def case(columns):
    """The pool, who in it is a member, and synthetic rows: members a little changed, or others."""

    def made(copies, seed):
        rng = RNG(seed)
        (members, member_codes), (others, other_codes) = people(ROWS, rng), people(ROWS, rng)
        pool = tabled(columns, np.vstack([members, others]), np.concatenate([member_codes, other_codes]))
        picked = rng.integers(0, ROWS, 4 * ROWS)
        numbers, codes = (members[picked], member_codes[picked]) if copies else people(4 * ROWS, rng)
        numbers = numbers + 0.01 * rng.normal(size=numbers.shape)
        return pool, np.arange(2 * ROWS) < ROWS, tabled(columns, numbers, codes)

    return made


def test_the_density_sums_to_one_over_all_cells():
    grid = Grid((3, 4, 3), (True, False, True))
    rng = RNG(0)
    known = np.column_stack([rng.integers(0, size, 60) for size in grid.sizes])
    known[:, 2] = known[:, 0]
    everything = np.array(list(product(*map(range, grid.sizes))))
    found = log_density(known, everything, grid, RNG(1))
    assert np.exp(found).sum() == pytest.approx(1)
    alike = everything[:, 0] == everything[:, 2]
    assert found[alike].min() > found[~alike].max()


def test_a_generator_that_copies_is_found(case):
    pool, is_member, synthetic = case(copies=True, seed=2)
    scores = density_attack(pool, synthetic, RNG(3))
    assert auc(is_member, scores)[0] > 0.9
    assert true_positives(scores[is_member], scores[~is_member], 0.01).value > 0.1


def test_unseen_rows_tell_nothing(case):
    """One standard error of an area of .5 of 400 against 400 is .0204: beyond four of them is one run in 16,000."""
    pool, is_member, synthetic = case(copies=False, seed=4)
    scores = density_attack(pool, synthetic, RNG(5))
    assert auc(is_member, scores)[0] == pytest.approx(0.5, abs=0.082)


def test_gaps_giants_and_levels_that_nobody_has_are_cells_like_others(columns):
    numbers = np.array([1e300, -1e300, np.nan, 0.0, np.nan, 2.0] * 20)
    codes = np.array([0, 1, -1, 0, 1, -1] * 20)
    pool = columns([numbers, np.full(120, np.nan)], [codes], levels=[3])
    synthetic = columns([numbers[::-1], np.arange(120.0)], [np.full(120, 2)], levels=[3])
    asked, known, grid = cells_of(pool, synthetic)
    assert (grid.sizes[-1], grid.ordered) == (4, (True, True, False))
    for table in (asked, known):
        assert ((table >= 0) & (table < np.array(grid.sizes))).all()
    assert np.isfinite(density_attack(pool, synthetic, RNG(0))).all()


def test_of_long_and_of_wide_tables_no_more_is_used_than_is_said(columns, monkeypatch):
    seen = []
    monkeypatch.setattr(
        density, "log_density", lambda known, asked, *_: seen.append(len(known)) or np.zeros(len(asked))
    )
    pool, rng = columns([np.arange(80.0)]), RNG(0)
    density_attack(pool, columns([np.arange(40_000.0)]), rng)
    wide = columns([np.arange(80.0)] * 100)
    density_attack(wide, columns([np.arange(16_000.0)] * 100), rng)
    assert [seen[0], seen[3]] == [30_000, 15_000]
