"""What the synthetic table names in place of rare levels is no giveaway."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgan.data.values import Levels
from synthgan.metrics.data.alignment import align
from synthgan.metrics.data.grouping import grouped

COMMON = ["flu"] * 20


def levels_of(values):
    codes, levels = pd.factorize(pd.Series(values, dtype=object))
    return Levels(codes.astype(np.int32), tuple(levels))


def words(column):
    return [None if code < 0 else column.levels[code] for code in column.codes]


def read(real, synthetic, holdout=()):
    sides = {"real": levels_of(real), "synthetic": levels_of(synthetic), "holdout": levels_of(holdout)}
    found, count = grouped(sides)
    return {side: words(column) for side, column in found.items()}, count


def test_rare_levels_are_read_as_their_group_in_every_real_table():
    found, count = read([*COMMON, "250.1", "250.3", "V45"], [*COMMON, "250.*", "other"], ["flu", "250.9", "E1", None])
    assert count == 3
    assert found["real"][20:] == ["250.*", "250.*", "other"]
    assert found["holdout"] == ["flu", "250.*", "other", None]
    assert found["synthetic"][20:] == ["250.*", "other"]


def test_the_longest_beginning_counts():
    found, _ = read([*COMMON, "250.1", "251"], [*COMMON, "25*", "250.*"])
    assert found["real"][20:] == ["250.*", "25*"]


def test_a_level_of_many_rows_must_be_there_by_its_own_name():
    found, count = read([*COMMON, *["250.1"] * 10], [*COMMON, "250.*", "other"])
    assert (found["real"][20:], count) == (["250.1"] * 10, 0)


def test_a_level_that_the_synthetic_table_has_stays():
    found, count = read([*COMMON, "250.1"], [*COMMON, "250.1", "250.*"])
    assert (found["real"][20:], count) == (["250.1"], 0)


@pytest.mark.parametrize("word", ["other", "250.*"])
def test_a_word_that_real_rows_have_is_no_group(word):
    found, count = read([*COMMON, "250.1", word], [*COMMON, word])
    assert (found["real"][20:], count) == (["250.1", word], 0)


def test_a_label_that_no_real_level_fits_stays_a_giveaway():
    found, count = read([*COMMON, "250.1"], [*COMMON, "9*"])
    assert (found["real"][20:], found["synthetic"][20:], count) == (["250.1"], ["9*"], 0)


@given(
    st.lists(st.sampled_from(["a1", "a2", "b", "b*", "other", None]), min_size=1),
    st.lists(st.sampled_from(["a*", "other", "b", "a1"])),
)
def test_rows_stay_and_only_levels_the_synthetic_table_lacks_change(real, synthetic):
    found, _ = read(real, synthetic)
    assert len(found["real"]) == len(real)
    assert found["synthetic"] == list(synthetic)
    for before, after in zip(real, found["real"], strict=True):
        assert before == after or (before not in synthetic and after in synthetic)


def test_the_report_says_which_columns_are_read_so():
    real = pd.DataFrame({"diagnosis": [*COMMON, "250.1", "250.3"], "age": range(22)})
    synthetic = pd.DataFrame({"diagnosis": [*COMMON, "250.*", "250.*"], "age": range(22)})
    tables, notes = align(real, synthetic)
    assert set(tables.real.labels[0]) == {"flu", "250.*"}
    assert notes[-1] == "levels of few real rows read as the groups that the synthetic table names: diagnosis (2)"
