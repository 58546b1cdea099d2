"""Whole numbers that are clock times or dates: counted evenly and written again, found where they are no chance."""

import datetime as dt
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgan.data.calendars import MOMENTS, counted, exactly_counted, find_moment, reach_of, written
from synthgan.data.coercion import coerced
from synthgan.data.distances import Following, check_distances
from synthgan.data.scale import scale_of
from synthgan.data.schema import Column, Kind, Schema
from synthgan.data.table import Table
from synthgan.data.values import Numbers
from synthgan.errors import SchemaError

RNG = np.random.default_rng(0)
MINUTES = RNG.integers(0, 1440, 200)
CLOCK = MINUTES // 60 * 100 + MINUTES % 60
DATES = pd.to_datetime(RNG.integers(16_000, 19_000, 200), unit="D")
DAYS = DATES.strftime("%Y%m%d").astype(int)
any_moment = pytest.mark.parametrize("moment", MOMENTS)


@any_moment
@given(data=st.data())
def test_every_moment_comes_back(moment: str, data: st.DataObject) -> None:
    low, high = map(int, reach_of(moment))
    counts = np.array(data.draw(st.lists(st.integers(low, high), min_size=1)), dtype=np.float64)
    numbers = written(counts, moment)
    assert (counted(numbers, moment) == counts).all()
    order = np.argsort(counts, kind="stable")
    assert (np.diff(numbers[order]) >= 0).all()
    assert ((np.diff(numbers[order]) == 0) == (np.diff(counts[order]) == 0)).all()


@any_moment
@given(numbers=st.lists(st.integers(-5, 10**14), min_size=2).map(sorted))
def test_what_is_no_moment_lies_between_two(moment: str, numbers: list[int]) -> None:
    held = np.array(numbers, dtype=np.float64)
    counts = counted(held, moment)
    assert (np.diff(counts) >= 0).all()
    right = counts == np.rint(counts)
    assert (written(counts[right], moment) == held[right]).all()
    low, high = reach_of(moment)
    between = ~right & (counts > low) & (counts < high)
    assert (written(counts[between] - 0.5, moment) < held[between]).all()
    assert (written(counts[between] + 0.5, moment) > held[between]).all()
    assert [exactly_counted(Fraction(number), moment) for number in numbers] == counts.tolist()


@given(st.dates(), st.times())
def test_counts_are_those_of_the_calendar(date: dt.date, time: dt.time) -> None:
    day = (date - dt.date(1970, 1, 1)).days
    minute = time.hour * 60 + time.minute
    ymd, hms = int(f"{date.year}{date:%m%d}"), int(f"{time:%H%M%S}")
    wanted = {
        "%Y%m%d": (ymd, day), "%Y%m": (ymd // 100, (date.year - 1970) * 12 + date.month - 1),
        "%H%M": (hms // 100, minute), "%H%M%S": (hms, minute * 60 + time.second),
        "%Y%m%d%H%M": (ymd * 10_000 + hms // 100, day * 1440 + minute),
    }  # fmt: skip
    for moment, (number, count) in wanted.items():
        assert counted(np.array([number]), moment).tolist() == [count]


def test_the_edges() -> None:
    days = [20200229, 20190229, 20200015, 20201301]
    found = [counted(np.array([float(day)]), "%Y%m%d")[0] for day in days]
    assert found == [18321, 17955.5, 18261.5, 18627.5]
    ends = counted(np.array([np.nan, np.inf, -np.inf, 2359.0, 2400.0, 1400.5]), "%H%M")
    assert np.array_equal(ends, [np.nan, np.inf, -np.inf, 1439, 1439.5, 840.5], equal_nan=True)
    assert counted(np.array([2359.0, 2400.0, 2401.0]), "[24]%H%M").tolist() == [1439, 1440, 1440.5]
    out = written(np.array([np.nan, -3.0, 1500.0]), "%H%M")
    assert np.array_equal(out, [np.nan, 0, 2359], equal_nan=True)


@pytest.mark.parametrize(
    ("numbers", "moment"),
    [
        (CLOCK, "%H%M"),
        (np.where(CLOCK == 0, 2400, np.append(CLOCK[1:], 2400)), "[24]%H%M"),
        (RNG.integers(28, 68, 300) // 4 * 100 + RNG.integers(0, 4, 300) * 15, "%H%M"),  # quarters, 7 to 17 o'clock
        (CLOCK * 100 + RNG.integers(0, 60, 200), "%H%M%S"),
        (DAYS, "%Y%m%d"),
        (np.append(DAYS, 99991231), "%Y%m%d"),
        (DAYS // 100, "%Y%m"),
        (DAYS * 10_000 + CLOCK, "%Y%m%d%H%M"),
        (np.minimum(CLOCK, 59), None),  # a few minutes, or a count
        (np.arange(1900, 2024), None),
        (RNG.integers(2000, 2060, 300), None),
        (RNG.integers(1, 24, 300) * 100 + RNG.integers(1, 13, 300), None),  # rooms
        (RNG.integers(1, 24, 300) * 100 + RNG.integers(1, 40, 300), None),  # chapters and numbers
        (RNG.integers(1, 24, 300) * 100 + RNG.choice([0, 20, 50], 300), None),  # prices
        (RNG.integers(0, 47, 300) * 50, None),
        (RNG.integers(0, 2360, 200), None),
        (np.append(CLOCK, 1475), None),
        (20240100 + RNG.integers(1, 32, 99), None),  # whole numbers beside each other, as far as one can see
        (202400000 + RNG.integers(1, 999, 99), None),
        (RNG.poisson(200, 500), None),
    ],
)
def test_moments_are_found_where_they_are_no_chance(numbers: np.ndarray, moment: str | None) -> None:
    assert find_moment(np.asarray(numbers, dtype=np.float64)) == moment


def test_random_whole_numbers_are_no_moments() -> None:
    found = 0
    for _ in range(400):
        top, rows = int(10 ** RNG.uniform(1, 8.5)), int(RNG.integers(30, 300))
        found += find_moment(RNG.integers(0, top, rows).astype(float)) is not None
        found += find_moment(np.rint(RNG.lognormal(6, 1, rows) / 10) * 10) is not None
    assert not found


FORMS = {
    "int": pd.Series(CLOCK, dtype="int16"),
    "float": pd.Series(np.where(RNG.random(200) < 0.2, np.nan, CLOCK)),
    "null": pd.Series(np.where(RNG.random(200) < 0.2, None, DAYS), dtype="Int32"),
    "text": pd.Series([f"{one:04d}" for one in CLOCK]),
    "bare": pd.Series(DAYS // 100).astype(str),
    "arrow": pd.Series(pd.array(DAYS, dtype=pd.ArrowDtype(pa.int64()))),
    "visit_id": pd.Series(RNG.permutation(pd.date_range("2020-01-01", periods=200).strftime("%Y%m%d").astype(int))),
}
FRAME = pd.DataFrame(FORMS)


def test_tables_come_back_in_the_very_form() -> None:
    table = Table.read(FRAME)
    found = [column.moment for column in table.schema]
    assert found == ["%H%M", "%H%M", "%Y%m%d", "%H%M", "%Y%m", "%Y%m%d", None]  # keys stay keys
    pd.testing.assert_frame_equal(table.frame(), FRAME)
    for column in list(table.schema)[:-1]:
        counts = table.float64(column)
        again = Table.of(table.schema.of_columns([column]), {column.name: counts}, len(table))
        pd.testing.assert_series_equal(again.frame()[column.name], FRAME[column.name])


def test_steps_are_those_of_the_calendar() -> None:
    weekly = pd.date_range("2015-01-05", periods=150, freq="7D").strftime("%Y%m%d").astype(int)
    schema = Schema.infer(pd.DataFrame({"quarter": (MINUTES // 15 * 15) // 60 * 100 + MINUTES // 15 * 15 % 60}))
    assert (schema.column("quarter").moment, schema.column("quarter").step) == ("%H%M", 15)
    assert Schema.infer(pd.DataFrame({"x": 0.5, "day": weekly})).column("day").step == 7


def test_a_schema_declares_it_and_says_what_is_wrong() -> None:
    column = Column("t", Kind.INTEGER, "int64", moment="%Y%m%d", minimum=20200101)
    assert column.bounds == (18262, None)
    assert Column.from_dict(column.to_dict()) == column
    assert Column("t", Kind.INTEGER, "int64", moment="%H%M").bounds == (0, 1439)
    with pytest.raises(SchemaError, match="moment must be one of"):
        Column("t", Kind.INTEGER, "int64", moment="%d%m%Y")
    with pytest.raises(SchemaError, match="moment must be one of"):
        Column("t", Kind.DECIMAL, "float64", moment="%H%M")
    with pytest.raises(SchemaError, match="maximum must be written as %H%M says"):
        Column("t", Kind.INTEGER, "int64", moment="%H%M", maximum=1375)
    schema = Schema("pandas", (column,))
    with pytest.raises(SchemaError, match="found 20200230; change or remove moment"):
        Table.read(pd.DataFrame({"t": [20200229, 20200230]}), schema)


def test_moments_are_compared_with_their_like_alone() -> None:
    clock, plain = Column("t", Kind.INTEGER, "int64", moment="%H%M"), Column("n", Kind.INTEGER, "int64")
    day = replace(clock, name="d", moment="%Y%m%d")
    assert len({scale_of(one).kind for one in (clock, plain, day)}) == 3
    check_distances([Following("u", ("t",))], [clock, replace(clock, name="u")])
    for other in (plain, day):
        with pytest.raises(SchemaError, match="a distance must lie between"):
            check_distances([Following(other.name, ("t",))], [clock, other])


def test_private_reading_takes_each_cell_by_itself() -> None:
    column = Column("t", Kind.INTEGER, "int64", missing="null", moment="%H%M", minimum=800, maximum=1700)
    found = coerced("pyarrow", column, pa.table({"t": [730, 815, 875, 1701, None]}))
    assert isinstance(found.held, Numbers)
    assert pa.array(found.held.values).to_pylist() == [800, 815, None, 1700, None]
    assert (found.clipped, found.held.float64()[[0, 1, 3]].tolist()) == (2, [480, 495, 1020])
