"""Rows that belong together, put side by side."""

from __future__ import annotations

import numpy as np

from synthgan.data.groups import Groups, arranged


def test_rows_of_a_group_stand_side_by_side_in_their_order():
    codes = np.array([1, 0, 1, 0, -1, 1])
    order = np.array([3.0, 2.0, 1.0, 1.0, 0.0, np.nan])
    rows, groups = arranged(codes, order)
    assert rows.tolist() == [3, 1, 2, 0, 5]
    assert groups.counts.tolist() == [2, 3]
    assert groups.owner.tolist() == [0, 0, 1, 1, 1]
    assert groups.position.tolist() == [0, 1, 0, 1, 2]


def test_without_an_order_rows_stay_as_they_stand():
    assert arranged(np.array([1, 0, 1, 0]), None)[0].tolist() == [1, 3, 0, 2]


def test_empty_groups_have_no_rows_and_nothing_in_total():
    groups = Groups(np.array([0, 2, 0, 1, 0]))
    assert groups.first.tolist() == [0, 2]
    assert groups.last.tolist() == [1, 2]
    assert groups.totals(np.array([1.0, 2.0, 4.0])).tolist() == [0, 3, 0, 4, 0]
    assert groups.rows_of(np.array([3, 0, 1])).tolist() == [2, 0, 1]
    assert groups.rows == 3


def test_constant_in_a_group_may_differ_between_groups_and_missing_is_a_value():
    groups = Groups(np.array([2, 2]))
    assert groups.are_constant(np.array([1.0, 1.0, 2.0, 2.0]))
    assert groups.are_constant(np.array([np.nan, np.nan, 2.0, 2.0]))
    assert not groups.are_constant(np.array([np.nan, 1.0, 2.0, 2.0]))
    assert Groups(np.array([1])).are_constant(np.array([np.nan]))
