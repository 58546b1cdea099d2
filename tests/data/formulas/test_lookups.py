"""A look-up read backwards: which key has a value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthgan.data.formulas.find import find_formulas
from synthgan.data.formulas.lookups import Lookup
from synthgan.data.table import Table
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


def test_looked_up_numbers_come_back_as_they_stand():
    """8.09 in four bytes is 8.09000015258789 in eight; rounded to nine digits it is a value that nobody has."""
    rng = np.random.default_rng(0)
    region = rng.choice(list("abcdefgh"), 400)
    paid = np.array([8.09, 8.09, 9.1, 9.1, 10.03, 10.03, 11.2, 12.31], np.float32).astype(np.float64)
    wages = dict(zip("abcdefgh", paid.tolist(), strict=True))
    table = Table.read(
        pd.DataFrame({"region": region, "wage": [wages[one] for one in region], "age": rng.integers(0, 90, 400)})
    )
    (formula,) = find_formulas(table)
    assert str(formula.target) == "wage"
    assert set(formula.lookup.values) == set(wages.values())


def test_a_look_up_whose_keys_are_mostly_rare_says_what_is_known_of_the_others():
    """Of 1,218 rows most have towns of four; the others are looked up all the same."""
    rng = np.random.default_rng(0)
    town = np.concatenate([np.repeat(np.arange(30), 15), np.repeat(np.arange(30, 222), 4)])
    tax = rng.integers(200, 240, 222)[town]
    (formula,) = find_formulas(Table.read(pd.DataFrame({"town": town.astype(str), "tax": tax})))
    assert len(formula.lookup.keys) == 30


def test_between_two_keys_lies_what_their_line_says_where_all_differ():
    found = Lookup(((4.0,), (1.0,), (2.0,)), (8.0, 1.0, 3.0))
    given = np.array([1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 0.5, np.nan])
    np.testing.assert_array_equal(found.between(given), [1, 2, 3, 5.5, 8, 13, 0, np.nan])


@pytest.mark.parametrize(
    ("keys", "values"),
    [
        (("a", "b"), (1.0, 2.0)),
        ((1.0, 2.0), ("a", "b")),
        ((1.0, 2.0), (3.0, 3.0)),
        ((1.0,), (2.0,)),
        ((1.0, 2.0), (True, False)),
    ],
)
def test_levels_values_that_repeat_and_single_keys_have_no_line(keys, values):
    assert Lookup(tuple((key,) for key in keys), values).line is None
