"""Boxes of a map: where people are and nowhere else, drawn by enough of them, however few rows there are."""

from __future__ import annotations

import numpy as np
import pytest

from synthgan.tabular.encoding.boxes import MAX_ROWS, grow_boxes

RARE_BELOW = 10
FINE, NONE = np.array([[1e-5, 1e-5], [0, 0]]), np.zeros((2, 2))
CITIES = np.array([[48.85, 2.35], [52.52, 13.4], [41.9, 12.5], [40.42, -3.7], [59.33, 18.07]])


def people(counts, cities=CITIES, seed=0, spread=0.05):
    rng = np.random.default_rng(seed)
    city = np.repeat(np.arange(len(counts)), counts)
    return rng.permutation(np.round(cities[city] + rng.normal(0, spread, (len(city), 2)), 5))


def grow(points, rare_below=RARE_BELOW, most=1_000, grid=FINE):
    return grow_boxes(points, rare_below, most, grid)


def largest(boxes):
    return (boxes[:, 2:] - boxes[:, :2]).max()


def share_inside(boxes, points):
    return ((points[:, None] >= boxes[:, :2]) & (points[:, None] < boxes[:, 2:])).all(2).any(1).mean()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rows", [12, 20, 40, 160, 1_000])
def test_boxes_are_no_larger_than_a_city(rows, seed):
    points = people([rows] * 5, seed=seed)
    boxes = grow(points)
    assert largest(boxes) < 0.35
    middles = (boxes[:, None, :2] + boxes[:, None, 2:]) / 2
    away = np.abs(middles - CITIES).max(2)
    assert away.min(1).max() < 0.25
    assert away.min(0).max() < 0.25
    assert share_inside(boxes, points) > 0.75


def test_a_city_on_a_line_of_the_grid_of_the_globe_is_one_as_any_other():
    points = people([15, 15], np.array([[0.0, 0.0], [45.0, 90.0]]))
    assert len(grow(points)) == 2
    assert largest(grow(points)) < 0.35


def test_a_city_of_fewer_than_may_be_told_gets_no_box_and_makes_none_larger():
    boxes = grow(people([14, 13, 9, 12, 7]))
    assert len(boxes) == 3
    assert largest(boxes) < 0.35
    assert not share_inside(boxes, CITIES[[2, 4]])


def test_lone_people_make_no_box_larger():
    points = np.vstack([people([30, 12]), [[-33.0, 151.0], [52.52, 20.0], [48.85, -60.0]]])
    assert largest(grow(points)) < 0.35


def test_where_all_cities_are_too_small_one_box_holds_them():
    (box,) = grow(people([6, 6, 6]))
    assert box[2] - box[0] > 5
    assert grow(people([4, 5])).shape == (0, 4)


def test_what_is_dense_is_parted_finely_and_nowhere_else():
    rng = np.random.default_rng(0)
    points = np.vstack([rng.uniform([40, 0], [50, 10], (500, 2)), rng.normal([45, 5], 0.01, (2_000, 2))])
    boxes = grow(points, grid=NONE)
    size = (boxes[:, 2:] - boxes[:, :2]).max(1)
    assert (size < 0.1).sum() > 50
    assert share_inside(boxes, points) > 0.9
    even = grow(points[:500], grid=NONE)
    covered = np.prod(even[:, 2:] - even[:, :2], axis=1).sum()
    assert 85 < covered < 110  # of 100: no slits between boxes where people are everywhere


def test_streets_and_single_spots_have_a_little_extent():
    street = np.column_stack([np.full(30, 48.5), np.linspace(11, 11.2, 30)])
    assert ((boxes := grow(street, grid=NONE))[:, :2] < boxes[:, 2:]).all()
    assert (boxes[:, 2] - boxes[:, 0] < 1e-6).all()
    (spot,) = grow(np.full((12, 2), 7.5), grid=np.array([[0.5, 1.0], [0.0, 0.5]]))
    np.testing.assert_allclose(spot, [7.25, 7.0, 7.75, 8.0])


def test_there_are_no_more_boxes_than_asked_for():
    points = people([100] * 5)
    assert len(grow(points, most=3)) <= 3
    assert len(grow(points, most=1)) == 1


def test_of_very_many_places_some_are_enough():
    points = people([MAX_ROWS // 2] * 5)
    boxes = grow(points, most=50)
    assert largest(boxes) < 0.5
    assert share_inside(boxes, points) > 0.9
