import numpy as np
import pandas as pd
import pytest

from synthgan.metrics.statistics.contingency import Groups
from synthgan.metrics.statistics.correlation import correlations


def gappy(rows=200, seed=0):
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(rows, 4)) @ rng.normal(size=(4, 4)) * [1, 1e-6, 1e9, 1] + [0, 5, 1e12, -3]
    numbers[rng.random(numbers.shape) < 0.2] = np.nan
    return numbers


def test_gaps_are_treated_pair_by_pair_as_pandas_does():
    numbers = gappy()
    found = correlations(numbers, Groups.deal(200, 0, np.random.default_rng(0)))
    assert found.shape == (1, 4, 4)
    assert found[0] == pytest.approx(pd.DataFrame(numbers).corr().to_numpy(), abs=1e-9)


def test_replicates_are_what_deleting_a_group_gives():
    numbers = gappy(seed=1)
    groups = Groups.deal(200, 5, np.random.default_rng(0))
    found = correlations(numbers, groups)
    for group in range(5):
        expected = pd.DataFrame(numbers[groups.ids != group]).corr().to_numpy()
        assert found[1 + group] == pytest.approx(expected, abs=1e-9)


def test_undefined_correlations_are_nan_and_the_others_survive():
    rng = np.random.default_rng(0)
    both = rng.normal(size=30)
    never_together = np.full((30, 2), np.nan)
    never_together[:15, 0], never_together[15:, 1] = rng.normal(size=15), rng.normal(size=15)
    numbers = np.column_stack([both, 2 * both, np.full(30, 0.1), np.full(30, np.nan), never_together])
    found = correlations(numbers, Groups.deal(30, 0, rng))[0]
    assert found[0, 1] == pytest.approx(1)
    assert np.isnan(found[0, 2:4]).all()
    assert np.isnan(found[4, 5])
    assert np.isfinite(found[0, 4])


def test_huge_numbers_do_not_overflow():
    numbers = np.column_stack([[1e300, -1e300, 5e299], [1.0, -1.0, 0.5]])
    assert correlations(numbers, Groups.deal(3, 0, np.random.default_rng(0)))[0, 0, 1] == pytest.approx(1)
