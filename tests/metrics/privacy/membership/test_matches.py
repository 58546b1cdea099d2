"""Matches in all columns and in all but one, and hashes that tell columns apart."""

from __future__ import annotations

import numpy as np

from synthgan.metrics.privacy.membership.matches import found_in, match_attacks, row_hashes

NAN = np.nan


def test_matches_count_the_less_the_more_people_share_them(columns):
    pool = columns([[1, 1, 2, 3], [1, 1, 2, 3], [1, 1, 2, NAN]])
    synthetic = columns([[1, 3], [1, 3], [1, NAN]])
    np.testing.assert_allclose(match_attacks(pool, synthetic)["exact match"], [0.5, 0.5, 0, 1])


def test_near_matches_differ_in_one_column(columns):
    pool = columns([[1, 2, 3, 4], [1, 2, 3, 4]], [[0, 1, 2, 3]])
    synthetic = columns([[1, 2, 3], [1, 2, 9]], [[0, 3, 3]], levels=[4])
    found = match_attacks(pool, synthetic)
    # Row 0 is a copy, row 1 has another level, row 2 differs in two columns, of row 3 only the level is there.
    np.testing.assert_allclose(found["near match"], [1, 1, 0, 0])
    np.testing.assert_allclose(found["exact match"], [1, 0, 0, 0])


def test_of_one_or_two_columns_there_are_no_near_matches(columns):
    assert list(match_attacks(columns([[1, 2], [1, 2]]), columns([[1], [1]]))) == ["exact match"]


def test_hashes_tell_equal_columns_apart(columns):
    """An exclusive or of equal cells is nothing: rows of twins would all be alike but for the salt of each column."""
    assert len(set(row_hashes(columns([[1, 2, 3], [1, 2, 3]])).tolist())) == 3


def test_rows_are_found_in_another_table(columns):
    assert found_in(columns([[1, 2, 2, 3]]), columns([[2, 3, 9]])) == 3
