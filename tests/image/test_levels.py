"""Levels of classes come back in the type of their column, and no file asks for much memory by it."""

from __future__ import annotations

import numpy as np
import pytest

from synthgan.image.levels import levels_from
from synthgan.io.contract import MisfitError


@pytest.mark.parametrize(
    "levels",
    [np.arange(3).astype(str), np.array(["ill", "well"]), np.arange(4, dtype=np.uint8), np.array([False, True])],
    ids=["wide text", "text", "whole numbers", "booleans"],
)
def test_levels_come_back_in_their_type(levels):
    found = levels_from(levels.tolist(), levels.dtype.str)
    assert found.dtype == levels.dtype
    np.testing.assert_array_equal(found, levels)


@pytest.mark.parametrize(
    ("given", "dtype"),
    [
        ([f"{at:04}" for at in range(1_000)], "<U99999"),
        (["ill", "well"], "<U3"),
        ([1, 300], "|u1"),
        (["well", "ill"], "<U4"),
        ([0.5, 1.5], "<f8"),
    ],
    ids=["too wide", "too narrow", "too large", "unsorted", "of no such type"],
)
def test_what_levels_cannot_be_is_refused(given, dtype):
    with pytest.raises(MisfitError):
        levels_from(given, dtype)
