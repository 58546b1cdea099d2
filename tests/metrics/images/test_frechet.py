"""Fréchet and kernel distances: known answers of Gaussians, of the same set, and of sets far apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgan.metrics.images.frechet import frechet_distance, kernel_distance


def _whitened(rng, n, width):
    """Points whose mean is exactly 0 and covariance exactly 1."""
    points = rng.normal(size=(n, width))
    points -= points.mean(axis=0)
    return points @ np.linalg.inv(np.linalg.cholesky(np.cov(points, rowvar=False))).T


def test_gaussians_lie_as_far_apart_as_the_formula_says():
    rng = np.random.default_rng(0)
    points = _whitened(rng, 200, 3)
    scale, shift = np.array([2.0, 0.5, 1.0]), np.array([1.0, -2.0, 0.0])
    # |shift|² + the squared differences of the standard deviations, for covariances that commute.
    assert frechet_distance(points, points * scale + shift) == pytest.approx(5 + 1 + 0.25)


def test_covariances_that_do_not_commute():
    rng = np.random.default_rng(1)
    points, others = _whitened(rng, 300, 2), _whitened(rng, 300, 2)
    one, other = np.array([[2.0, 1.0], [1.0, 1.0]]), np.array([[1.0, -0.5], [-0.5, 3.0]])
    left, right = (cloud @ np.linalg.cholesky(cov).T for cloud, cov in ((points, one), (others, other)))
    roots = np.sqrt(np.linalg.eigvals(one @ other).real).sum()
    assert frechet_distance(left, right) == pytest.approx(np.trace(one + other) - 2 * roots)
    assert frechet_distance(right, left) == pytest.approx(frechet_distance(left, right))


def test_a_set_is_at_no_distance_from_itself_however_few_points_it_has():
    points = np.random.default_rng(2).normal(size=(5, 40))  # a singular covariance
    assert frechet_distance(points, points[::-1]) == pytest.approx(0, abs=1e-9)


@given(st.integers(0, 10**6), st.floats(0, 50))
def test_a_shift_costs_its_square_and_no_distance_is_negative(seed, shift):
    points = np.random.default_rng(seed).normal(size=(30, 4))
    assert frechet_distance(points, points + np.array([shift, 0, 0, 0])) == pytest.approx(shift**2, abs=1e-7)


def test_the_kernel_distance_of_two_draws_is_about_nothing_and_its_interval_holds_that():
    covered = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        found = kernel_distance(rng.normal(size=(200, 4)), rng.normal(size=(200, 4)), rng)
        covered.append(found.low <= 0 <= found.high)
    assert np.mean(covered) >= 0.9


def test_the_kernel_distance_is_unbiased_and_says_how_sure_it_is():
    # With (x·y / 4 + 1)³ in four dimensions, shifted by 1 in each: 1.75 + 12.875 - 2 * 2.5, from the moments of Gaussians.
    truth, found = 9.625, []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        found.append(kernel_distance(rng.normal(size=(150, 4)), rng.normal(size=(150, 4)) + 1, rng))
    assert np.mean([one.value for one in found]) == pytest.approx(truth, abs=1)
    assert np.mean([one.low <= truth <= one.high for one in found]) >= 0.85
    assert all(one.low > 0 for one in found)
    assert kernel_distance(np.zeros((4, 2)), np.zeros((4, 2)), rng).low is None
