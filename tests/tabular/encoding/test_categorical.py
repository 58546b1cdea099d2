"""Levels as codes: round trips, rare levels, declared ones."""

from __future__ import annotations

import numpy as np

from synthgan.data.schema import Column, Kind
from synthgan.data.values import Levels
from synthgan.tabular.encoding.categorical import MISSING, LevelEncoder
from synthgan.tabular.encoding.releasing import release

CODES = np.array([0] * 5 + [1] * 4 + [2] * 2 + [-1] * 2, dtype=np.int32)
LEVELS = ("a", "b", "c")


def _fitted(codes: np.ndarray, levels: tuple[str, ...], declared: tuple[str, ...] | None = None) -> LevelEncoder:
    column = Column("x", Kind.CATEGORY, "str", missing="nan", levels=declared, rare="drop")
    return release(column, Levels(codes.astype(np.int32), levels), 3).encoder


def test_rare_levels_get_a_mode_that_is_never_generated() -> None:
    encoder = _fitted(CODES, LEVELS)
    assert encoder.levels == ("a", "b")
    assert encoder.encode(CODES, LEVELS).tolist() == [0] * 5 + [1] * 4 + [2] * 2 + [3] * 2
    assert encoder.emitted.tolist() == [True, True, False, True]


def test_decoding_gives_levels_and_missing_back() -> None:
    encoder = _fitted(CODES, LEVELS)
    assert encoder.decode(np.array([0, 1, 3])).tolist() == [0, 1, -1]


def test_declared_levels_are_released_however_rare() -> None:
    encoder = _fitted(CODES, LEVELS, ("c", "b", "a", "never"))
    assert encoder.levels == ("c", "b", "a", "never")
    assert encoder.encode(CODES, LEVELS)[:6].tolist() == [2, 2, 2, 2, 2, 1]


def test_a_column_without_a_single_value_is_all_missing() -> None:
    encoder = _fitted(np.full(5, -1), ())
    assert encoder.modes == 1
    assert encoder.decode(encoder.encode(np.full(5, -1), ())).tolist() == [-1] * 5


def test_levels_that_are_not_released_go_to_the_first_beginning_then_to_the_placeholder() -> None:
    encoder = LevelEncoder(
        ("a", "K35.*", "K*", "other"), has_rare=False, has_missing=True, prefixes=("K35.", "K"), placeholder="other"
    )
    levels = ("K35.8", "K36", "K35.", "J1", "a")
    assert encoder.encode(np.array([0, 1, 2, 3, 4, -1]), levels).tolist() == [1, 2, 2, 3, 0, 4]


def test_levels_that_are_not_released_can_be_missing_or_the_nearest() -> None:
    missing = LevelEncoder((1, 5), has_rare=False, has_missing=True, others=MISSING)
    assert missing.encode(np.array([0, 1, 2]), (1, 2, 5)).tolist() == [0, 2, 1]
    numbers = LevelEncoder((1, 5), has_rare=False, has_missing=False, others="nearest")
    assert numbers.encode(np.array([0, 1, 2, 3]), (1, 2, 4, 99)).tolist() == [0, 0, 1, 1]
    ordered = LevelEncoder(("poor", "good"), has_rare=False, has_missing=False, ordered=True, others="nearest")
    levels = ("awful", "poor", "fair", "fine", "good")
    assert ordered.encode(np.arange(5), levels).tolist() == [0, 0, 0, 1, 1]


def test_names_of_groups_are_ranked_after_all_levels() -> None:
    encoder = LevelEncoder(("10", "9", "other"), has_rare=False, has_missing=False, placeholder="other")
    assert encoder.ranks.tolist() == [1, 0, 2]
