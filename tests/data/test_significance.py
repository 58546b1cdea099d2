"""Significant digits: found where numbers are written in so many, not where it is chance, and kept to the last digit."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgan.data.scale import scale_of
from synthgan.data.schema import Column, Kind, Schema
from synthgan.data.significance import find_significant, last_digit, to_significant
from synthgan.errors import SchemaError

RNG = np.random.default_rng(0)
FINITE = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15).filter(
    lambda number: number == 0 or abs(number) > 1e-10
)


def written(numbers: np.ndarray, digits: int) -> np.ndarray:
    return np.array([float(f"{number:.{digits - 1}e}") for number in numbers])


@given(st.lists(FINITE, min_size=1, max_size=20), st.integers(1, 12))
def test_numbers_are_rounded_as_their_text_is_written(numbers: list[float], digits: int) -> None:
    given_numbers = np.array(numbers)
    found = to_significant(given_numbers, digits)
    text = written(given_numbers, digits)
    half = 0.5 * last_digit(given_numbers, digits)
    tied = np.abs(np.abs(given_numbers - text) - half) <= 1e-6 * half  # half-way either is as near
    assert (found[~tied] == text[~tied]).all()
    assert (to_significant(found, digits) == found).all()
    below, above = to_significant(given_numbers, digits, np.floor), to_significant(given_numbers, digits, np.ceil)
    assert ((below <= given_numbers) & (given_numbers <= above)).all() or digits >= 12
    order = np.argsort(given_numbers)
    assert (np.diff(found[order]) >= 0).all()


def test_what_is_not_finite_stays() -> None:
    found = to_significant(np.array([np.nan, np.inf, -np.inf, 0.0, 1e-300]), 3)
    assert np.array_equal(found, [np.nan, np.inf, -np.inf, 0.0, 1e-300], equal_nan=True)


SKEWED = RNG.lognormal(1, 2, 500)


@pytest.mark.parametrize(
    ("numbers", "base", "wanted"),
    [
        (written(SKEWED, 4), 1e-6, 4),
        (written(SKEWED, 2), 1e-4, 2),
        (written(-SKEWED, 7), 0.0, 7),
        (np.append(written(SKEWED, 3), [12.3456] * 15), 1e-5, 3),  # a value of its own
        (np.append(written(SKEWED, 3), 12.3456), 1e-5, 3),  # a slip
        (written(RNG.lognormal(9, 2, 300), 2), 1.0, 2),
        (np.round(SKEWED, 2), 0.01, None),
        (np.round(RNG.uniform(0, 100, 500), 2), 0.01, None),
        (np.append(written(SKEWED, 3), SKEWED[:60]), 0.0, None),
        (RNG.normal(size=500), 0.0, None),
        (np.arange(1.0, 300), 1.0, None),
        (np.array([1.2, 1.3, 120.0, 130.0]), 0.1, None),  # too few to tell
    ],
)
def test_digits_are_found_where_they_are(numbers: np.ndarray, base: float, wanted: int | None) -> None:
    assert find_significant(numbers, base) == wanted


def test_digits_are_no_chance() -> None:
    """Of 300 columns of random digits none looks as if it had fewer; each has a chance of below 1 in 8,000."""
    for seed in range(300):
        rng = np.random.default_rng(seed)
        numbers = np.round(rng.lognormal(rng.uniform(0, 4), rng.uniform(0.2, 2), 200), 1)
        assert find_significant(numbers, 0.1) is None


def test_a_table_says_in_how_many_digits_its_numbers_are_written() -> None:
    frame = pd.DataFrame(
        {
            "measured": written(SKEWED, 4),
            "single": written(SKEWED, 4).astype("float32"),
            "counted": written(RNG.lognormal(9, 2, 500), 2).astype("int64"),
            "stepped": RNG.integers(1, 20, 500) * 500,
            "plain": np.round(SKEWED, 2),
        }
    )
    schema = Schema.infer(frame)
    assert {column.name: column.significant for column in schema} == {
        "measured": 4,
        "single": 4,
        "counted": 2,
        "stepped": None,
        "plain": None,
    }
    assert schema.column("stepped").step == 500


def test_digits_say_more_than_a_step_that_chance_gives() -> None:
    """One value of the finest decade is even: all are even then, but they are of four digits first."""
    numbers = np.append(written(RNG.uniform(0.01, 0.09, 250), 4), 0.007882)
    column = Schema.infer(pd.DataFrame({"error": numbers})).column("error")
    assert (column.significant, column.step) == (4, None)


def test_a_scale_rounds_to_digits_either_way() -> None:
    scale = scale_of(Column("x", Kind.DECIMAL, "float64", decimals=4, significant=3))
    values = np.array([1.2345, 123.45, 9.999])
    assert scale.rounded(values).tolist() == [1.23, 123.0, 10.0]
    assert scale.below(values).tolist() == [1.23, 123.0, 9.99]
    assert scale.above(values).tolist() == [1.24, 124.0, 10.0]
    assert scale.below(scale.below(values)).tolist() == scale.below(values).tolist()
    plain = scale_of(Column("y", Kind.DECIMAL, "float64", decimals=4))
    assert plain.holds(scale)
    assert not scale.holds(plain)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"significant": 0}, "from 1 to 12"),
        ({"significant": 3.5}, "from 1 to 12"),
        ({"significant": 3, "step": 0.5}, "absent beside a base, an offset, or a step"),
        ({"significant": 3, "base": 5}, "absent beside a base"),
        ({"significant": 3, "kind": Kind.CATEGORY}, "absent elsewhere"),
    ],
)
def test_declared_digits_must_make_sense(more: dict[str, object], words: str) -> None:
    with pytest.raises(SchemaError, match=words):
        Column(**({"name": "x", "kind": Kind.DECIMAL, "dtype": "float64"} | more))


def test_digits_stand_beside_a_step_that_is_a_power_of_ten():
    sales = written(RNG.lognormal(15, 1, 400), 3).round(-3)
    column = Schema.infer(pd.DataFrame({"sales": sales[sales > 1e5]})).column("sales")
    assert (column.significant, column.step) == (3, 1000)
    assert Column.from_dict(column.to_dict()) == column
