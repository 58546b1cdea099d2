"""Nearest neighbours: several of them, themselves left out, exact far out, on scales of ranks and of standard deviations."""

from __future__ import annotations

import numpy as np
import pytest

from synthgan.metrics.statistics.neighbours import Embedding, k_nearest, nearest

RNG = np.random.default_rng


@pytest.mark.parametrize("others", [3, 40, 700, 1_001])
def test_several_neighbours_agree_with_brute_force(others):
    points, among = (RNG(seed).normal(size=(rows, 5)).astype(np.float32) for seed, rows in ((0, 300), (1, others)))
    every = ((points[:, None] - among[None]) ** 2).sum(axis=2)
    distances, indices = k_nearest(points, among, 7)
    assert distances.shape == (300, min(7, others))
    np.testing.assert_allclose(distances, np.sort(every, axis=1)[:, :7], atol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(every, indices, axis=1), distances, atol=1e-5)


def test_themselves_are_no_neighbours():
    points = RNG(2).normal(size=(600, 4)).astype(np.float32)
    distances, indices = k_nearest(points, points, 3, themselves=True)
    assert (distances[:, 0] > 0).all()
    assert not (indices == np.arange(600)[:, None]).any()
    assert k_nearest(points[:2], points[:2], 3, themselves=True)[1].tolist() == [[1], [0]]


def test_a_copy_far_out_is_at_distance_zero():
    """By lengths and products alone float32 would lose a distance of .3 here."""
    far = (1e3 + RNG(3).normal(size=(50, 6))).astype(np.float32)
    assert (k_nearest(far, far[::-1], 50)[0][:, 0] == 0).all()


def test_the_first_of_several_is_the_nearest(units):
    embedding = Embedding.of(units(300, 0), "units")
    points, among = embedding.apply(units(400, 1)), embedding.apply(units(500, 2))
    np.testing.assert_allclose(k_nearest(points, among, 4)[0][:, 0], nearest(points, among)[0], atol=1e-4)


def test_units_are_standard_deviations_and_beyond_ten_logarithms(columns):
    known = columns([[-1.0, 1.0, -1.0, 1.0]])
    found = Embedding.of(known, "units").apply(columns([[0.0, 3.0, -10.0, 10 * np.e, np.nan]]))
    np.testing.assert_allclose(found, [[0, 0], [3, 0], [-10, 0], [20, 0], [0, 1]], atol=1e-5)


@pytest.mark.parametrize("known", [[7.0] * 5, [np.nan] * 5, [1e300, -1e300, 1e300, 0, 0]])
def test_units_of_odd_columns_are_finite(columns, known):
    assert np.isfinite(Embedding.of(columns([known]), "units").apply(columns([[7.0, -1e300, np.nan]]))).all()
