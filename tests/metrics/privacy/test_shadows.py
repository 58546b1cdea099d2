"""Shadow attacks: who learns whom, which rows are attacked, and what is made of what was seen."""

from __future__ import annotations

import numpy as np
import pytest

from synthgan.metrics.privacy.shadows import AROUND, Shadows, assign, checks, isolated, shadow_scores, surroundings


def test_each_pair_of_refits_learns_each_target_once():
    members = assign(6, 10, np.random.default_rng(0))
    assert members.shape == (12, 10)
    assert (members[::2] != members[1::2]).all()
    assert (members.sum(axis=1) == 5).all()
    assert len(np.unique(members, axis=0)) > 2


def test_centres_come_from_other_refits_than_those_attacked():
    """A target in whose surroundings many rows lie in any case is told by how many more there are; without centres, by nothing."""
    members = assign(8, 40, np.random.default_rng(0))
    level = np.random.default_rng(1).normal(size=40) * 100
    (auc, *_) = shadow_scores(Shadows(members, {"distance": level + members}))
    assert auc.value == 1
    first, second = Shadows(members, {"distance": level + members}).halves()
    assert len(first.members["distance"]) == len(second.others["distance"]) == 4 * 40
    np.testing.assert_allclose(second.members["distance"], 0.5)
    # Whatever is seen later moves no centre.
    later = np.where(np.arange(16)[:, None] < 8, level + members, 0)
    np.testing.assert_array_equal(Shadows(members, {"d": later}).halves()[0].members["d"], first.members["distance"])


def test_rows_that_stand_alone_come_first(columns):
    values = np.concatenate([np.arange(60.0), np.arange(60.0) + 0.1, [500.0]])
    codes = np.zeros(121, dtype=int)
    codes[[7, 100]] = 1, 2  # alone with their level
    found = isolated(columns([values], [codes], levels=[3]), 2, np.random.default_rng(0))
    assert set(found) == {7, 100}


def test_duplicates_are_not_alone_and_a_row_is_not_its_own_neighbour(columns):
    """Six of a kind have five neighbours at distance 0."""
    values = np.concatenate([np.full(6, 9.0), np.arange(40.0) + 0.5])
    found = isolated(columns([values]), len(values), np.random.default_rng(0))
    assert set(found[-6:]) == set(range(6))


def test_surroundings_and_looks_by_hand(columns):
    """Of a hundred even numbers, the places are a hundredth apart; the targets are no neighbours of each other."""
    real = columns([np.arange(100.0)])
    radii = surroundings(real, np.array([50, 51]))
    # Nearest to 50 are 49, then 48 and 52 (51 is a target), 47 and 53, ... the tenth at distance 5 or 6.
    np.testing.assert_allclose(radii[0], [0.01, 0.06], atol=1e-4)
    assert radii.shape == (2, len(AROUND))
    seen = checks(real, columns([[50.0, 50.0, 47.0, 0.0]]), np.array([50, 99]), np.array([[0.015, 0.06]] * 2))
    np.testing.assert_allclose(seen["distance"], [0, -0.49 / 0.06], atol=1e-3)
    np.testing.assert_allclose(seen["count (1)"], [np.sqrt(2), 0])
    np.testing.assert_allclose(seen["count (10)"], [np.sqrt(3), 0])


def test_an_attack_that_is_right_in_the_first_half_alone_finds_nothing():
    members = assign(8, 40, np.random.default_rng(0))
    lucky = members * (np.arange(16) < 8)[:, None]
    area, rate, bound = shadow_scores(Shadows(members, {"distance": lucky.astype(float)}))
    assert area.value == pytest.approx(0.5)
    assert rate.value == bound.value == 0
    assert "not detected" in bound.reading
