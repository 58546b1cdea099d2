import numpy as np
import pytest
from scipy.stats import ks_2samp

from synthgan.metrics.statistics import contingency
from synthgan.metrics.statistics.contingency import Groups, Sample, kolmogorov_smirnov, total_variation


def sample(cells, groups=0, seed=0):
    cells = np.asarray(cells, dtype=np.int64)
    return Sample(cells, Groups.deal(len(cells), groups, np.random.default_rng(seed)))


def brute(first, second, cells):
    left, right = np.bincount(first, minlength=cells), np.bincount(second, minlength=cells)
    return 0.5 * np.abs(left / left.sum() - right / right.sum()).sum()


def test_total_variation_by_hand():
    # Shares (1/2, 1/2, 0) against (1/4, 1/2, 1/4): half of 1/4 + 0 + 1/4.
    assert total_variation(sample([0, 0, 1, 1]), sample([0, 1, 1, 2]), 3).tolist() == [0.25]
    assert total_variation(sample([0, 0]), sample([1, 1]), 2).tolist() == [1.0]
    assert total_variation(sample([0, 1]), sample([1, 0]), 2).tolist() == [0.0]


def test_kolmogorov_smirnov_agrees_with_scipy():
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 50, 300), rng.integers(5, 60, 200)
    found = kolmogorov_smirnov(sample(first), sample(second), 60)
    assert found[0] == pytest.approx(ks_2samp(first, second).statistic)


@pytest.mark.parametrize("block", [4_000_000, 100, 1])
def test_replicates_are_what_deleting_a_group_gives(monkeypatch, block):
    monkeypatch.setattr(contingency, "_BLOCK_CELLS", block)
    rng = np.random.default_rng(1)
    first, second = sample(rng.integers(0, 30, 200), 7, 2), sample(rng.integers(0, 30, 90), 7, 3)
    expected = [brute(first.cells, second.cells, 30)]
    for group in range(7):
        left, right = first.cells[first.groups.ids != group], second.cells[second.groups.ids != group]
        expected.append(brute(left, right, 30))
    assert total_variation(first, second, 30) == pytest.approx(expected)


def test_far_more_cells_than_rows_need_no_memory():
    first, second = sample([0, 10**12, 10**12], 2), sample([0, 10**12, 5], 2)
    assert total_variation(first, second, 10**13)[0] == pytest.approx(1 / 3)


def test_an_empty_side_is_undefined():
    assert np.isnan(total_variation(sample([]), sample([0, 1]), 2)).all()
    assert np.isnan(total_variation(sample([]), sample([]), 0)).all()


def test_groups_are_dealt_evenly_and_by_the_generator():
    groups = Groups.deal(10, 4, np.random.default_rng(0))
    assert sorted(np.bincount(groups.ids).tolist()) == [2, 2, 3, 3]
    assert (groups.ids == Groups.deal(10, 4, np.random.default_rng(0)).ids).all()
    assert (groups.ids != np.arange(10) % 4).any()
