"""A look-up read backwards: which key has a value."""

from __future__ import annotations

import numpy as np

from synthgan.data.formulas.lookups import Lookup
from synthgan.data.values import Levels

AGES = Lookup(((1.0,), (2.0,), (3.0,), (4.0,)), ("young", "young", "old", "old"))
CODES = Lookup((("a",), ("b",), ("c",)), (1.0, 2.0, 2.0))


def test_a_present_key_stays_where_it_has_the_value_and_others_take_turns():
    wanted = Levels(np.array([0, 0, 0, 1, 1, -1], np.int32), ("young", "old", "nobody"))
    keys = AGES.key_of(wanted, np.array([2.0, 3.0, np.nan, 4.0, 1.0, 1.0]))
    np.testing.assert_array_equal(keys, [2.0, 2.0, 1.0, 4.0, 4.0, np.nan])


def test_a_value_that_no_key_has_has_none():
    keys = CODES.key_of(np.array([1.0, 2.0, 3.0]), Levels(np.array([1, 2, 0], np.int32), ("a", "b", "c")))
    assert isinstance(keys, Levels)
    assert [None if code < 0 else keys.levels[code] for code in keys.codes] == ["a", "c", None]
