"""Text that holds several numbers is told from codes, keys, dates and levels."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from synthgan.data.forms.find_composite import find_composite
from synthgan.data.schema import Schema

ROWS = 300
RNG = np.random.default_rng(0)


def whole(low, high):
    return RNG.integers(low, high, ROWS).tolist()


def real(low, high, digits):
    return [f"{number:.{digits}f}" for number in RNG.uniform(low, high, ROWS)]


def texts(form, *numbers):
    return [form.format(*row) for row in zip(*numbers, strict=True)]


HELD = {
    "{}/{}": texts("{}/{}", whole(90, 180), whole(50, 110)),
    "{}x{} cm": texts("{}x{} cm", whole(1, 30), whole(1, 40)),
    "{} ± {}": texts("{} ± {}", real(5, 20, 1), real(0, 3, 2)),
    "({})": texts("({})", real(0, 9, 1)),
    "1:{}": texts("1:{}", whole(10, 400)),
    "{}-{}": texts("{}-{}", whole(1, 50), whole(50, 99)),
    "{} to {}": texts("{} to {}", whole(-20, 5), whole(5, 30)),
    "{},{}": texts("{},{}", real(40, 60, 4), real(-10, 10, 4)),
    "{} ({}-{})": texts("{} ({}-{})", real(0.5, 2, 2), real(0.1, 0.5, 2), real(2, 5, 2)),
    "{} ({}%)": texts("{} ({}%)", whole(1, 200), real(1, 99, 1)),
    "{{{};{}}}": texts("{{{};{}}}", real(1, 9, 2), whole(1, 200)),
}
CODES = {
    "telephones": texts("030/{}", whole(100_000, 9_999_999)),
    "numbers of one width": texts("{}-{}", whole(100, 999), whole(1_000, 9_999)),
    "addresses": texts("{}.{}.{}.{}", *(whole(1, 255) for _ in range(4))),
    "versions": texts("{}.{}.{}", whole(1, 3), whole(0, 30), whole(0, 20)),
    "cases of a year": texts("{}/{}", whole(2018, 2024), RNG.permutation(ROWS).tolist()),
    "leading zeros": texts("{:02}-{:02}", whole(0, 60), whole(0, 60)),
    "thousands": texts("{:,}", whole(1_000, 999_999)),
    "numbers": real(0, 1, 3),
    "lists": [",".join(map(str, range(1 + row % 4))) for row in range(ROWS)],
    "wells": texts("A{}", whole(1, 300)),
    "prose": texts("came {} days late, after {} calls and more", whole(1, 9), whole(1, 9))[:-5] + ["well"] * 5,
    "few levels": ["1/2", "2/3", "3/4"] * 100,
}


def found(values):
    return find_composite(pa.array(values), is_key=len(set(values)) > 0.95 * len(values))


@pytest.mark.parametrize("form", HELD)
def test_numbers_in_text_are_found(form):
    one = found(HELD[form])
    assert one is not None
    assert one.form == form
    for part, held in zip(one.found, one.texts, strict=True):
        assert part.form.written(part.values).equals(held)


@pytest.mark.parametrize("kind", CODES)
def test_what_names_something_is_not_taken_apart(kind):
    assert found(CODES[kind]) is None


def test_few_marks_stand_among_them_and_no_number_alone():
    values = ["refused", "n/a", None, *HELD["{}/{}"][3:]]
    assert found(values).form == "{}/{}"
    assert found(["refused"] * 10 + values[10:]) is None
    assert found(["129", *values[1:]]) is None


def test_decimal_commas_and_blanks_that_fill_up_are_kept():
    values = [text.replace(".", ",") for text in texts("{}/{}", real(1, 99, 1), real(1, 9, 2))]
    assert [str(part.form) for part in found(values).found] == ["0,0", "0,00"]
    values = texts("{:>3}/{:>2}", whole(1, 200), whole(1, 99))
    assert [str(part.form) for part in found(values).found] == ["??0", "?0"]


@pytest.mark.parametrize(
    "values", [[f"2020-01-0{row % 9 + 1}" for row in range(ROWS)], texts("{}:{:02}", whole(0, 24), whole(0, 60))]
)
def test_dates_and_clock_times_are_what_they_were(values):
    schema = Schema.infer(pa.table({"x": values}))
    assert schema.composites == ()
    assert schema.names == ("x",)
