import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgan.data.schema import Column
from synthgan.metrics.data.cells import CELLS, merged, range_labels, readable_edges


def _edges(values, owners=None, temporal=None):
    return readable_edges(np.asarray(values, dtype=np.float64), owners, threshold=10, temporal=temporal)


def test_whole_numbers_are_cut_between_whole_numbers_and_others_at_round_ones():
    rng = np.random.default_rng(0)
    assert _edges(rng.integers(18, 30, 500)).tolist() == list(range(18, 30))
    edges = _edges(rng.uniform(0, 1, 500))
    assert len(edges) <= CELLS
    assert np.allclose(np.diff(edges), 0.05)
    assert edges.tolist() == [round(edge, 2) for edge in edges.tolist()]


def test_a_column_that_is_mostly_one_value_is_cut_at_quantiles_and_beside_the_crowd():
    rng = np.random.default_rng(0)
    gains = np.concatenate([np.zeros(900), rng.integers(1_000, 100_000, 100)])
    edges = _edges(gains)
    assert {0.0, 1.0} <= set(edges.tolist())
    assert len(edges) >= 3
    assert not (set(edges.tolist()) - {0.0, 1.0}) & set(gains.tolist())


def test_a_crowd_is_made_of_people_not_of_rows():
    values = np.concatenate([np.full(900, 1234.0), np.random.default_rng(0).integers(5_000, 9_000, 100)])
    one_person = np.concatenate([np.zeros(900, dtype=np.int64), np.arange(1, 101)])
    assert 1234.0 in _edges(values).tolist()
    assert 1234.0 not in _edges(values, one_person).tolist()


@pytest.mark.parametrize("values", [[], [7.0] * 40, [1e300, -1e300] * 20, [5e-324] * 30, [2.0**53, 0.0] * 20])
def test_odd_columns_are_cut_or_left_whole(values):
    edges = _edges(values)
    assert np.isfinite(edges).all()
    assert (np.diff(edges) > 0).all()


def test_moments_are_cut_at_days_or_round_hours():
    day = Column("x", "date", "date32[day]", unit="day")
    days = np.arange(18_000, 18_400, dtype=np.float64)
    assert set(np.diff(_edges(days, temporal=day))) == {28.0}
    stamp = Column("x", "datetime", "timestamp[s]", unit="second")
    assert set(np.diff(_edges(np.arange(86_400.0), temporal=stamp))) == {3600.0}


def test_labels_of_moments_are_read_as_such():
    day = Column("x", "date", "date32[day]", unit="day")
    since = (dt.date(2024, 2, 1) - dt.date(1970, 1, 1)).days
    labels = range_labels(np.array([since, since + 28.0]), whole=True, temporal=day)
    assert labels == ("before 2024-02-01", "2024-02-01 to 2024-02-29", "from 2024-02-29")
    stamp = Column("x", "datetime", "timestamp[ms]", unit="minute")
    assert range_labels(np.array([90.0]), whole=True, temporal=stamp)[0] == "before 1970-01-01 01:30"
    stay = Column("x", "duration", "duration[s]", unit="day")
    assert range_labels(np.array([1.0]), whole=True, temporal=stay) == ("before 1 day", "from 1 day")


def test_a_column_that_is_not_cut_has_one_cell():
    assert range_labels(np.empty(0), whole=True) == ("any value",)


@given(
    st.lists(st.tuples(st.floats(-50, 50), st.integers(0, 25)), min_size=1, max_size=120),
    st.lists(st.floats(-50, 50), unique=True, max_size=20),
)
def test_no_merged_cell_holds_too_few_people_of_any_side(rows, edges):
    values, owners = (np.array(part) for part in zip(*rows, strict=True))
    other = np.arange(-40.0, 40.0)
    left = merged(np.sort(edges), [(values, owners), (other, None)], 10)
    assert set(left.tolist()) <= set(edges)
    cells = np.searchsorted(left, values, side="right")
    if len(left):
        assert min(len(set(owners[cells == cell].tolist())) for cell in range(len(left) + 1)) >= 10
        assert np.bincount(np.searchsorted(left, other, side="right")).min() >= 10


def test_cells_with_enough_people_are_left_alone():
    edges = np.array([1.0, 2.0, 3.0])
    assert merged(edges, [(np.repeat([0.5, 1.5, 2.5, 3.5], 10), None)], 10).tolist() == edges.tolist()


def test_the_largest_numbers_there_are_have_edges_that_are_numbers():
    edges = readable_edges(np.repeat([0.0, 1.5e308], [6, 5]), None, threshold=10)
    assert np.isfinite(edges).all()
