"""Steps and offsets of numbers: found where they are, not where they are chance, and met to the last digit."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from synthgan.data.column import Column
from synthgan.data.grids import Grid, find_grid
from synthgan.data.schema import Schema
from synthgan.errors import SchemaError

RNG = np.random.default_rng(0)
ROWS = 400


def many(low: int, high: int) -> np.ndarray:
    return RNG.integers(low, high, ROWS).astype(float)


@pytest.mark.parametrize(
    ("numbers", "base", "wanted"),
    [
        (many(0, 96_000) * 15, 1, (15, 0)),
        (many(0, 96_000) * 5 + 2, 1, (5, 2)),
        (many(1, 90) * 500, 1, (500, 0)),
        (many(0, 40) * 250 + 100, 1, (250, 100)),
        (many(0, 40) * 100 - 1950, 1, (100, 50)),
        (many(20, 60) * 2, 1, (2, 0)),
        (many(0, 40) * 12, 1, (12, 0)),
        (many(0, 90) + 0.99, 0.01, (1, 0.99)),
        (many(0, 90) / 2 + 0.49, 0.01, (0.5, 0.49)),
        (many(160, 480) / 4, 0.01, (0.25, 0)),
        (np.round(many(350, 410) * 0.18 + 32, 2), 0.01, (0.18, 0.14)),
        (many(350, 410) / 10 * 1.8 + 32, 0, (0.18, 0.14)),
        (many(0, 300) / 12, 0, (1 / 12, 0)),
        (many(-40, 40) * 2.20462262, 0, (2.20462262, 0)),
        (many(0, 96)[:30] * 15, 1, (15, 0)),
    ],
)
def test_a_step_is_found_with_its_offset(numbers, base, wanted):
    found = find_grid(numbers, base)
    assert found == pytest.approx(wanted, rel=1e-12)
    np.testing.assert_allclose(found.snap(numbers + 0.3 * found.step), numbers, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("numbers", "base"),
    [
        (many(0, 1_000), 1),
        (many(0, 9_000) / 100, 0.01),
        (RNG.normal(size=ROWS), 0),
        (RNG.normal(size=ROWS).astype("f4").astype("f8"), 0),
        (np.repeat([2.0, 4, 8, 16, 32], 80), 1),  # too few values to tell
        (np.array([2.0, 4, 6, 10, 12, 18, 20]), 1),
        (np.append(many(1, 90) * 500, many(0, 40_000)[:8]), 1),  # 2 % are off it
        (many(0, 90) * 2 + 2.0**54, 1),
    ],
)
def test_no_step_is_found_where_there_is_none_or_chance_makes_one(numbers, base):
    assert find_grid(numbers, base) is None


def test_values_that_many_share_and_a_few_others_may_lie_off_the_grid():
    numbers = np.concatenate([np.tile(many(1, 90) * 500, 3), np.full(12, 999.0), [1_234.0, 777.0]])
    assert find_grid(numbers, 1) == (500, 0)
    others = np.repeat(many(0, 40_000)[:8], 20)
    assert find_grid(np.concatenate([numbers, others]), 1) is None  # so many common ones make the step no rule


def test_ratios_come_back_to_the_last_bit():
    twelfths = many(0, 3_000) / 12
    np.testing.assert_array_equal(Grid(1 / 12, 0).snap(twelfths + 0.01), twelfths)
    cents = np.round(many(0, 3_000) + 0.99, 2)
    np.testing.assert_array_equal(Grid(1, 0.99).snap(cents - 0.3), cents)


def test_a_schema_states_the_step():
    day = pd.Timestamp("2020-01-01") + pd.to_timedelta(many(0, 900), unit="D")
    table = pd.DataFrame({
        "at": day + pd.to_timedelta(many(0, 96) * 15, unit="min"),
        "price": (many(1, 200) + 0.99).round(2),
        "shift": pd.to_timedelta(many(16, 48) * 15, unit="min"),
        "weekly": [dt.date(2020, 1, 6) + dt.timedelta(days=7 * int(week)) for week in many(0, 100)],
        "half": many(0, 100) / 2,
        "age": many(0, 100),
    })  # fmt: skip
    schema = Schema.infer(table)
    found = {column.name: (column.unit, column.step, column.offset) for column in schema}
    assert found == {
        "at": ("minute", 15, None),
        "price": (None, 1, 0.99),
        "shift": ("minute", 15, None),
        "weekly": ("day", 7, 4),
        "half": (None, 0.5, None),
        "age": (None, None, None),
    }
    assert Schema.from_json(schema.to_json()) == schema
    assert all(column.step is None for column in Schema.infer(table, types_only=True))


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"step": 0}, "step must be a finite number above 0"),
        ({"step": "15"}, "step must be a finite number above 0"),
        ({"step": 5, "offset": -1}, "offset must be a finite number from 0 on"),
        ({"step": 5, "offset": 5}, "offset must be below the step"),
        ({"offset": 5}, "offset must be below the step"),
        ({"kind": "category", "dtype": "string", "step": 5}, "step must be absent except for numbers"),
    ],
)
def test_a_wrong_step_is_refused(attributes, message):
    with pytest.raises(SchemaError, match=message):
        Column.from_dict({"name": "x", "kind": "integer", "dtype": "int64"} | attributes)
