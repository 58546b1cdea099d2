"""Attacks by proximity, each on a case worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from synthgan.metrics.privacy.membership.proximity import (
    DENSITY_AT,
    NEIGHBOURS,
    Surroundings,
    isolation,
    proximity_attacks,
)

RNG = np.random.default_rng
FAR = np.arange(1, NEIGHBOURS + 1, dtype=float)


def surroundings(real, synthetic, back=None, which=None):
    real, synthetic = np.array(real, dtype=float), np.array(synthetic, dtype=float)
    rows, near = synthetic.shape
    which = np.zeros((rows, near), dtype=int) if which is None else np.array(which)
    back = np.ones((int(which.max()) + 1, 1)) if back is None else np.array(back, dtype=float)
    return Surroundings(real, synthetic, which, back)


def test_distances_and_ratios_by_hand():
    found = proximity_attacks(surroundings([FAR, 2 * FAR], [FAR / 2, 3 * FAR]))
    np.testing.assert_allclose(found["distance"], [-0.5, -3])
    np.testing.assert_allclose(found["relative distance"], [0.5, -1])
    np.testing.assert_allclose(found["distance ratio"], np.log([2, 2 / 3]), atol=0.002)
    np.testing.assert_allclose(found["density ratio"], np.log([2, 2 / 3]), atol=0.002)


def test_the_density_ratio_looks_at_the_fifth_neighbours():
    near = FAR.copy()
    near[: DENSITY_AT - 1] = 0  # four copies move the ratio of distances, but not this one
    found = proximity_attacks(surroundings([FAR], [near]))
    np.testing.assert_allclose(found["density ratio"], 0, atol=1e-9)
    assert found["distance ratio"] > 5


def test_the_neighbourhood_counts_synthetic_rows_nearer_than_the_third_real_row():
    found = proximity_attacks(surroundings([FAR, FAR], [FAR / 2, FAR + 5]))
    # Real rows at 1, 2, 3: within 3 lie the synthetic ones at .5, 1, 1.5, 2 and 2.5; beyond, none.
    np.testing.assert_allclose(found["neighbourhood"].round(), [5, 0])


def test_the_likelihood_ratio_by_hand():
    """One synthetic row, 1 from the candidate and 2 from another known row: kernels as wide as half of 2."""
    found = proximity_attacks(surroundings([[2.5]], [[1.0]], back=[[1.0, 2.0]]))
    own, other = np.exp(-0.5), np.exp(-2.0)
    np.testing.assert_allclose(found["likelihood ratio"], np.log((own + other) / other), rtol=0.01)


def test_the_likelihood_ratio_is_larger_for_whom_nobody_else_explains():
    back = [
        [0.1, 0.2, 2.0],
        [0.1, 1.9, 2.0],
    ]  # around the first synthetic row is another person, around the second none
    found = proximity_attacks(surroundings([FAR[:1], FAR[:1]], [[0.1], [0.1]], back=back, which=[[0], [1]]))
    assert found["likelihood ratio"][1] > 1.5 * found["likelihood ratio"][0]


@pytest.mark.parametrize("scale", ["ranks", "units"])
def test_surroundings_are_of_other_candidates_and_of_synthetic_rows(columns, scale):
    pool, synthetic = columns([[0.0, 1.0, 2.0, 10.0]]), columns([[2.0, 9.0]])
    around = Surroundings.of(pool, synthetic, scale)
    assert (around.real[:, 0] > 0).all()  # nobody is a neighbour of himself
    assert around.synthetic[2, 0] == pytest.approx(0, abs=1e-3)
    assert around.which[:, 0].tolist() == [0, 0, 0, 1]
    assert around.back.shape == (2, 4)
    assert isolation(around).argmax() in {0, 3}


def test_rows_that_stand_alone_are_found_by_how_near_they_are_for_where_they_are(columns):
    """Nine in ten rows are all alike, and so at distance 0 of a synthetic row: they hide copies of the others from plain distances."""
    rng = RNG(0)

    def units():
        codes = rng.integers(0, 30, (1_000, 4))
        codes[rng.random(1_000) < 0.9] = 0
        return codes

    members, others, synthetic = units(), units(), units()
    alone = members.any(1)
    synthetic[: alone.sum()] = members[alone]
    pool, made = (columns(codes=list(part.T), levels=[30] * 4) for part in (np.vstack([members, others]), synthetic))
    found = proximity_attacks(Surroundings.of(pool, made, "ranks"))
    is_member = np.arange(2_000) < 1_000
    for name, rate in (("distance", 0), ("relative distance", 0.8), ("distance ratio", 0.8)):
        cut = np.sort(found[name][~is_member])[-10]
        share = (found[name][np.flatnonzero(alone)] > cut).mean()
        assert share == 0 if rate == 0 else share > rate
