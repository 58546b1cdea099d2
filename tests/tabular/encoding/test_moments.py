"""Hours, weekdays, days of the month and local midnights are kept."""

import numpy as np
import pandas as pd
import pytest

from synthgan.config import EncodingConfig
from synthgan.data.clauses import read_where
from synthgan.data.table import Table
from synthgan.io.contract import MisfitError
from synthgan.runtime import Streams
from synthgan.tabular.encoding.continuous import COARSE, FINE
from synthgan.tabular.encoding.moments import MomentCodec
from synthgan.tabular.encoding.table import TableTransform
from tests.helpers.redrawn import redrawn

RNG = np.random.default_rng(1)
ROWS = 500
DAY = pd.Series(pd.to_datetime(RNG.integers(0, 1_000, ROWS), unit="D", origin="2020-01-01"))
OTHER = pd.Series(pd.to_datetime(RNG.integers(0, 1_000, ROWS), unit="D", origin="2020-01-01"))
MONTHS = np.datetime64("2000-01", "M") + RNG.integers(0, 240, ROWS)


def minutes(low: int, high: int, step: int = 1):
    return pd.to_timedelta(RNG.integers(low, high, ROWS) * step, unit="min")


TABLE = pd.DataFrame({
    "office": DAY + minutes(8 * 60, 18 * 60),
    "office quarters": DAY + minutes(8 * 4, 18 * 4, 15),
    "night": DAY + pd.to_timedelta((RNG.integers(22 * 60, 30 * 60, ROWS) % 1440), unit="min"),
    "firsts": MONTHS.astype("M8[ns]"),
    "ends": ((MONTHS + 1).astype("M8[D]") - 1).astype("M8[ns]"),
    "fifteenths at noon": MONTHS.astype("M8[ns]") + pd.Timedelta(days=14, hours=12),
    "quarters": (np.datetime64("1990-01", "M") + 3 * RNG.integers(0, 120, ROWS)).astype("M8[ns]"),
    "working days": np.busday_offset("2015-01-01", RNG.integers(0, 2_000, ROWS), roll="forward").astype("M8[ns]"),
    "berlin": OTHER.dt.tz_localize("Europe/Berlin"),
    "eight o'clock in New York": (DAY + pd.Timedelta(hours=8)).dt.tz_localize("America/New_York"),
})  # fmt: skip
HOLD = {
    "office": lambda v: v.dt.hour.between(8, 17),
    "office quarters": lambda v: v.dt.hour.between(8, 17) & (v.dt.minute % 15 == 0),
    "night": lambda v: (v.dt.hour >= 22) | (v.dt.hour < 6),
    "firsts": lambda v: v.dt.is_month_start,
    "ends": lambda v: v.dt.is_month_end,
    "fifteenths at noon": lambda v: (v.dt.day == 15) & (v.dt.hour == 12),
    "quarters": lambda v: v.dt.is_quarter_start,
    "working days": lambda v: v.dt.day_of_week < 5,
    "berlin": lambda v: v == v.dt.normalize(),
    "eight o'clock in New York": lambda v: v == v.dt.normalize() + pd.Timedelta(hours=8),
}


@pytest.mark.parametrize("cut", [COARSE, FINE])
def test_calendars_are_kept(cut):
    drawn = {
        name: redrawn(TABLE[[name]], cut=cut)[name] for name in TABLE
    }  # by themselves: none keeps a distance from another
    names = [name for name in TABLE if name != "eight o'clock in New York"]
    assert {name: float((~HOLD[name](drawn[name])).mean()) for name in names} == dict.fromkeys(names, 0.0)
    hours = drawn["eight o'clock in New York"].dt.hour
    assert (hours == 8).mean() > 0.98  # normalize() knows no days of 23 hours
    assert all(TABLE[name].min() - pd.Timedelta(days=99) < drawn[name].min() for name in TABLE)
    assert all(drawn[name].max() < TABLE[name].max() + pd.Timedelta(days=99) for name in TABLE)


def test_weekdays_and_hours_come_back_as_frequent_as_they_are():
    rows = 4_000
    day = RNG.integers(0, 1_000, rows)
    day = day[(RNG.random(rows) < 0.3) | ((day + 2) % 7 < 5)]  # 2020-01-01 is a Wednesday
    hour = np.where(RNG.random(len(day)) < 0.7, 8, RNG.integers(0, 24, len(day)))
    seen = pd.Series(pd.to_datetime(day, unit="D", origin="2020-01-01") + pd.to_timedelta(hour, unit="h"))
    drawn = redrawn(pd.DataFrame({"at": seen}), rows=20_000)["at"]
    for part in ("day_of_week", "hour"):
        real, made = (getattr(v.dt, part).value_counts(normalize=True) for v in (seen, drawn))
        assert made.sub(real, fill_value=0).abs().max() < 0.02


def test_moments_of_any_hour_and_day_are_numbers_as_before():
    table = Table.read(
        pd.DataFrame({"at": DAY + minutes(0, 1_440), "day": DAY, "short": pd.Timestamp("2020-01-01") + minutes(0, 90)})
    )
    transform = TableTransform.fit(table, EncodingConfig(), Streams(0), FINE)
    assert [codec.name for codec in transform.codecs] == ["numbers"] * 3


def transform_of(name):
    table = Table.read(TABLE[[name]])
    return table, TableTransform.fit(table, EncodingConfig(), Streams(0), FINE)


@pytest.mark.parametrize("name", ["office", "firsts", "berlin"])
def test_conditions_hold_and_files_bring_it_back(name):
    table, transform = transform_of(name)
    codec = transform.codecs[0]
    assert isinstance(codec, MomentCodec)
    state, tensors = transform.state()
    again = TableTransform.from_state(transform.schema, state, tensors)
    encoded = transform.transform(table, Streams(0))
    back = transform.inverse(encoded, Streams(0)).frame()
    pd.testing.assert_frame_equal(again.inverse(encoded, Streams(0)).frame(), back)
    assert (abs(back[name] - TABLE[name]) < pd.Timedelta(days=1)).mean() > 0.9
    where = read_where({name: ("2010-06-01" if name == "firsts" else "2021-06-01", None)})
    left = codec.allow(where[0])
    residuals = encoded.residuals[:, 0]
    low, high = left.lowest[encoded.codes[:, 0], 0], left.highest[encoded.codes[:, 0], 0]
    met = left.modes[encoded.codes[:, 0]] & (residuals >= low) & (residuals <= high)
    year = pd.Timestamp(str(where[0].low), tz=back[name].dt.tz)
    assert met.any()
    assert (back[name][met] >= year).all()
    assert (back[name][~met] < year + pd.Timedelta(minutes=5)).all()


def test_a_forged_calendar_is_refused():
    _, transform = transform_of("office")
    state, tensors = transform.state()
    key = next(key for key in tensors if key.endswith("calendar_room"))
    with pytest.raises(MisfitError, match="room of a calendar"):
        TableTransform.from_state(transform.schema, state, tensors | {key: tensors[key] / 2})
