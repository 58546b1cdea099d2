"""Levels as codes: round trips, rare levels, declared ones."""

from __future__ import annotations

import numpy as np
import pytest

from synthgan.config import EncodingConfig
from synthgan.errors import DataError
from synthgan.tabular.encoding.categorical import LevelEncoder

CONFIG = EncodingConfig(rare_below=3)
CODES = np.array([0] * 5 + [1] * 4 + [2] * 2 + [-1] * 2, dtype=np.int32)
LEVELS = ("a", "b", "c")


def test_rare_levels_get_a_mode_that_is_never_generated() -> None:
    encoder = LevelEncoder.fit("x", CODES, LEVELS, None, CONFIG)
    assert encoder.levels == ("a", "b")
    assert encoder.encode(CODES, LEVELS).tolist() == [0] * 5 + [1] * 4 + [2] * 2 + [3] * 2
    assert encoder.emitted.tolist() == [True, True, False, True]


def test_decoding_gives_levels_and_missing_back() -> None:
    encoder = LevelEncoder.fit("x", CODES, LEVELS, None, CONFIG)
    assert encoder.decode(np.array([0, 1, 3])).tolist() == [0, 1, -1]


def test_declared_levels_are_released_however_rare() -> None:
    encoder = LevelEncoder.fit("x", CODES, LEVELS, ("c", "b", "a", "never"), CONFIG)
    assert encoder.levels == ("c", "b", "a", "never")
    assert encoder.encode(CODES, LEVELS)[:6].tolist() == [2, 2, 2, 2, 2, 1]


def test_a_column_of_rare_levels_only_is_refused_with_the_remedies() -> None:
    with pytest.raises(DataError, match=r"column 'city'.*at least 3 rows.*drop=\['city'\].*identifiers=\['city'\]"):
        LevelEncoder.fit("city", np.array([0, 1, 2], dtype=np.int32), LEVELS, None, CONFIG)


def test_a_column_without_a_single_value_is_all_missing() -> None:
    encoder = LevelEncoder.fit("x", np.full(5, -1, dtype=np.int32), (), None, CONFIG)
    assert encoder.modes == 1
    assert encoder.decode(encoder.encode(np.full(5, -1), ())).tolist() == [-1] * 5
