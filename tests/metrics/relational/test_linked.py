"""Groups of rows as wholes, and what detectors find of them."""

from __future__ import annotations

import numpy as np

from synthgan.data.groups import Groups
from synthgan.metrics.data.columns import Columns
from synthgan.metrics.fidelity.detection import c2st
from synthgan.metrics.relational.detection import accuracy_of, c2st_of_rows
from synthgan.metrics.relational.linked import Linked
from synthgan.metrics.relational.trajectories import commonest, distinct, trajectories, width_of


def walks(groups, seed, drift=0.0, levels=3):
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(groups), rng.integers(1, 6, groups))
    values = rng.normal(size=(len(owner), 1)) + drift * np.arange(len(owner))[:, None] % 7
    codes = rng.integers(0, levels, (len(owner), 1)).astype(np.int32)
    parents = Columns(rng.normal(size=(groups, 1)), np.zeros((groups, 0), np.int32), ("age",), (), ())
    return Linked.of(parents, Columns(values, codes, ("x",), ("ward",), (levels,)), owner, None)


def test_a_trajectory_says_what_a_group_is_like():
    groups = Groups(np.array([3, 0, 1]))
    numbers = np.array([[1.0], [np.nan], [4.0], [7.0]])
    codes = np.array([[0], [0], [1], [-1]])
    found = trajectories(numbers, codes, [np.array([0, 1])], groups)
    assert found.shape == (3, width_of(1, [np.array([0, 1])]))
    mean, spread, least, greatest, first, last, missing = found[0, :7]
    assert (mean, spread, least, greatest, first, last) == (2.5, 1.5, 1, 4, 1, 4)
    assert np.isclose(missing, 1 / 3)
    assert found[0, 11:].tolist() == [2 / 3, 1 / 3, 0, 1, 2, 0.5, 3]
    assert np.isnan(found[1, :7]).all()
    assert found[1, -1] == 0
    assert found[2, 7:11].tolist()[0] is not None
    assert np.isnan(found[2, 7])  # one row makes no step


def test_levels_are_counted_once_and_missing_not_at_all():
    assert distinct(np.array([2, 2, -1, 5]), Groups(np.array([2, 2]))).tolist() == [1, 1]
    assert commonest(np.array([[1], [1], [0], [-1]]))[0][0] == 1


def test_children_are_put_in_order_and_strangers_left_out():
    rows = Columns(np.array([[3.0], [1.0], [9.0], [2.0]]), np.zeros((4, 0), np.int32), ("x",), (), ())
    made = Linked.of(None, rows, np.array([0, 0, -1, 1]), np.array([2.0, 1.0, 0.0, 0.0]))
    assert made.rows.numbers[:, 0].tolist() == [1, 3, 2]
    assert made.aggregates().numbers[:, :2].tolist() == [[2, 2], [1, 2]]


def test_alike_groups_are_not_told_apart_and_others_are():
    real, alike, other = walks(300, 0), walks(300, 1), walks(300, 2, drift=3.0)
    rng = np.random.default_rng(0)

    def seen(side):
        followed = real.followed()
        yield c2st(real.aggregates(), side.aggregates(), rng)
        yield c2st(real.trajectories(followed), side.trajectories(followed), rng)
        yield c2st(real.transitions(rng), side.transitions(rng), rng)
        yield c2st_of_rows(real, side, rng)

    assert min(one.value for one in seen(alike)) > 0.7
    assert max(one.value for one in seen(other)) < 0.5
    assert abs(accuracy_of(real.aggregates(), alike.aggregates(), rng) - 0.5) < 0.1
    assert accuracy_of(real.aggregates(), other.aggregates(), rng) > 0.7


def test_too_little_is_not_judged():
    few = walks(4, 0)
    assert accuracy_of(few.aggregates(), few.aggregates(), np.random.default_rng(0)) is None
    assert c2st_of_rows(few.take(np.arange(1)), few, np.random.default_rng(0)) is None
