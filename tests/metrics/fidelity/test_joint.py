import numpy as np
import pytest

from synthgan.metrics.data.columns import Tables
from synthgan.metrics.fidelity import joint
from synthgan.metrics.fidelity.joint import joint_scores, missingness, triple_distances
from synthgan.metrics.statistics.distances import Sides
from synthgan.runtime import Streams

RNG = np.random.default_rng


def _sides(real, other, groups=0):
    return Sides.deal(real, other, groups, RNG(0))


def test_a_parity_that_no_pair_shows_is_seen_by_triples(columns):
    real = columns(codes=[[0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 0]])  # the third is the parity of the others
    other = columns(codes=[[0, 0, 1, 1], [0, 1, 0, 1], [1, 0, 0, 1]])  # ... and here its opposite
    found = triple_distances(_sides(real, other), RNG(0))
    assert found.statistics.tolist() == [[1.0]]
    assert found.names == (("c0", "c1", "c2"),)
    half = columns(codes=[[0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 0, 1]])  # half the rows are as they should be
    assert triple_distances(_sides(real, half), RNG(0)).statistics.tolist() == [[0.5]]


def test_missing_is_a_level_and_numbers_are_cut_at_deciles(columns):
    real = columns([np.arange(20.0)], [[0] * 20, [-1] * 20], levels=[1, 1])
    other = columns([np.r_[np.arange(10.0), [np.nan] * 10]], [[0] * 20, [-1] * 20], levels=[1, 1])
    assert triple_distances(_sides(real, other), RNG(0)).statistics[0, 0] == pytest.approx(0.5)


def test_many_columns_have_different_triples_drawn_and_said(columns, monkeypatch):
    monkeypatch.setattr(joint, "MAX_TRIPLES", 15)
    table = columns(list(RNG(0).normal(size=(8, 30))))
    names = triple_distances(_sides(table, table), RNG(0)).names
    assert len(set(names)) == len(names) == 15
    assert all(first < second < third for first, second, third in names)
    assert "15 triples drawn at random" in joint_scores(Tables(table, table), Streams(0))[0].reading


def test_value_and_reference_count_equally_many_rows(units):
    triples, _ = joint_scores(Tables(units(1_000, 0), units(4_000, 1), units(500, 2)), Streams(0))
    assert "with 500 rows" in triples.reading
    # Over 30 seeds the ratio of two fresh tables is 1 ± .06; unequal rows would put it at .7: bounds four deviations away.
    assert triples.value / triples.reference == pytest.approx(1, abs=0.24)
    assert triples.low < triples.value < triples.high


def test_patterns_of_gaps_are_compared_jointly(columns):
    nan = np.nan
    together = columns([[1, 1, nan, nan], [1, 1, nan, nan]], [[0, 0, 0, 0]])
    apart = columns([[1, nan, 1, nan], [1, 1, nan, nan]], [[0, 0, 0, 0]])
    swapped = columns([[1, nan, nan, 1], [nan, 1, 1, nan]], [[0, 0, 0, 0]])
    coded = columns([[1, 1, nan, nan], [1, 1, nan, nan]], [[0, 0, 0, -1]])
    assert missingness(_sides(together, together)).tolist() == [0]
    assert missingness(_sides(together, apart)).tolist() == [0.5]
    assert missingness(_sides(together, swapped)).tolist() == [1]  # each column has its two gaps
    assert missingness(_sides(together, coded)).tolist() == [0.25]


def test_tables_without_gaps_say_so(columns):
    table = columns([[1.0, 2.0]])
    triples, gaps = joint_scores(Tables(table, table), Streams(0))
    assert (gaps.value, gaps.reading) == (0, "no table has a gap")
    assert triples.value is None
    assert "fewer than three columns" in triples.reading


def test_more_columns_than_bits_in_a_word(columns):
    numbers = np.ones((70, 4))
    gaps = numbers.copy()
    gaps[69, :2] = np.nan
    assert missingness(_sides(columns(list(numbers)), columns(list(gaps)))).tolist() == [0.5]
