"""Distances of counts, gaps, lengths and transitions, with their jackknife; rows of people that are detected by person."""

from __future__ import annotations

import numpy as np
import pytest

from synthgan.data.groups import Groups
from synthgan.metrics.data.columns import Columns
from synthgan.metrics.relational.detection import c2st_by_unit
from synthgan.metrics.relational.likeness import (
    GROUPS,
    Sample,
    gaps_of,
    ks_statistics,
    lengths_of,
    level_cells,
    tvd_statistics,
)


def sample(values):
    return Sample(np.asarray(values), np.arange(len(values)))


def test_distances_are_those_of_the_books():
    assert ks_statistics(sample([0.0, 1, 2, 3]), sample([0.0, 1, 2, 3]))[0] == 0
    assert ks_statistics(sample([0.0, 0, 1, 1]), sample([1.0, 1, 1, 1]))[0] == 0.5
    assert tvd_statistics(sample([0, 0, 1, 1]), sample([0, 1, 1, 1]), 2)[0] == 0.25
    assert len(ks_statistics(sample(np.arange(99.0)), sample(np.arange(50.0)))) == 1 + GROUPS


def test_a_jackknife_leaves_people_out_and_not_rows():
    values = np.repeat([0.0, 5.0], [40, 1])
    whose = np.repeat([0, 1], [40, 1])
    left = ks_statistics(Sample(values, whose), Sample(np.zeros(40), np.arange(40)))
    assert left[0] == pytest.approx(1 / 41)
    assert left[2] == 0  # without the second person
    assert left[1] == 1  # without the first


def test_gaps_and_lengths_stay_inside_a_person():
    groups, times = Groups(np.array([3, 0, 1, 2])), np.array([1.0, 4, 9, 100, 7, np.nan])
    gaps = gaps_of(times, groups)
    assert (gaps.values.tolist(), gaps.whose.tolist()) == ([3, 5], [0, 0])
    lengths = lengths_of(times, groups)
    assert (lengths.values.tolist(), lengths.whose.tolist()) == ([8], [0])


def test_levels_that_are_not_followed_share_the_last_place():
    cells, width = level_cells(np.array([4, -1, 2, 9], dtype=np.int32), np.array([4, 2]))
    assert (cells.tolist(), width) == ([0, 2, 1, 2], 3)
    assert level_cells(np.array([1], dtype=np.int32), np.empty(0, dtype=np.int64))[0].tolist() == [0]


def rows_of(people, each, seed):
    """Rows that tell their person, and nothing else."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(people), each)
    values = np.repeat(rng.normal(size=people), each)[:, None]
    return Columns(values, np.zeros((len(owner), 0), np.int32), ("x",), (), ()), owner


def test_a_person_is_not_known_again_by_the_rows_that_others_had():
    """With folds by row a tree would learn the value of each person, and name the side of the rest."""
    found = c2st_by_unit(rows_of(60, 20, 0), rows_of(60, 20, 1), np.random.default_rng(0))
    assert found.value > 0.8
    alone = [(rows, np.full(len(owner), -1)) for rows, owner in (rows_of(60, 20, 0), rows_of(60, 20, 1))]
    assert c2st_by_unit(*alone, np.random.default_rng(0)).value < 0.3


def test_the_interval_counts_people_and_not_rows():
    few = c2st_by_unit(rows_of(60, 20, 0), rows_of(60, 20, 1), np.random.default_rng(0))
    many = c2st_by_unit(rows_of(1200, 1, 0), rows_of(1200, 1, 1), np.random.default_rng(0))
    assert few.value - few.low > 2 * (many.value - many.low)
