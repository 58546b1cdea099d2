"""Precision, recall, density, coverage: known answers."""

from __future__ import annotations

import numpy as np
import pytest

from synthgan.metrics.images.manifold import manifold
from synthgan.metrics.statistics import neighbours


def test_the_same_set_is_all_ones():
    points = np.random.default_rng(0).normal(size=(700, 6))
    found = manifold(points, points)
    assert (found.precision, found.recall, found.coverage) == (1, 1, 1)
    assert found.density == pytest.approx(1.2, abs=0.05)  # each point lies in its own ball, too


def test_sets_far_apart_are_all_noughts():
    points = np.random.default_rng(0).normal(size=(100, 3))
    assert manifold(points, points + 100) == (0, 0, 0, 0)


def test_two_draws_of_one_cloud_have_density_and_coverage_near_one():
    rng = np.random.default_rng(0)
    found = manifold(rng.normal(size=(2_000, 4)), rng.normal(size=(2_000, 4)))
    assert found.density == pytest.approx(1, abs=0.05)
    # Naeem et al. 2020, equation 8: 1 - (M - 1) ... (M - k) / ((2M - 1) ... (2M - k)), for k = 5 about 1 - 2**-5.
    assert found.coverage == pytest.approx(1 - 2.0**-5, abs=0.02)


def test_one_image_over_and_over_is_precise_and_covers_nothing():
    real = np.random.default_rng(0).normal(size=(300, 4))
    found = manifold(real, np.repeat(real[:1], 300, axis=0))
    assert found.precision == 1
    assert found.recall == pytest.approx(1 / 300)
    assert found.coverage < 0.1


def test_half_of_the_real_cloud_is_half_recalled():
    rng = np.random.default_rng(0)
    real = np.concatenate([rng.normal(size=(200, 3)), rng.normal(size=(200, 3)) + 50])
    found = manifold(real, np.concatenate([real[:200], real[:200] + 1e-3]))
    assert (found.precision, found.recall, found.coverage) == (1, 0.5, 0.5)


def test_by_hand_and_block_by_block(monkeypatch):
    monkeypatch.setattr(neighbours, "_BLOCK_ROWS", 7)
    rng = np.random.default_rng(3)
    real, synthetic = rng.normal(size=(40, 2)), rng.normal(size=(40, 2)) + 0.7

    def radii(points):
        return np.sort(np.linalg.norm(points[:, None] - points, axis=2), axis=1)[:, 5]

    across = np.linalg.norm(synthetic[:, None] - real, axis=2)
    inside = across <= radii(real)
    recall = (radii(synthetic) >= across.T).any(axis=1).mean()
    wanted = inside.any(axis=1).mean(), recall, inside.sum() / (5 * 40), inside.any(axis=0).mean()
    assert manifold(real, synthetic) == pytest.approx(wanted)
