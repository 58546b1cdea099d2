"""Values as people write them, as exact numbers."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from synthgan.data.column import Column, Kind
from synthgan.data.exact import exact_number

NUMBER = Column("x", Kind.DECIMAL, "double", decimals=1)
LONG = Column("x", Kind.DURATION, "duration[us]", unit="minute")
DAY = Column("x", Kind.DATE, "date32[day]", unit="day")
STAMP = Column("x", Kind.DATETIME, "timestamp[ns]", unit="nanosecond")
ZONED = Column("x", Kind.DATETIME, "timestamp[us, tz=Europe/Rome]", unit="hour", timezone="Europe/Rome")
OFFSET = Column("x", Kind.DATETIME, "timestamp[us, tz=+05:30]", unit="minute", timezone="+05:30")


@pytest.mark.parametrize(
    ("column", "value", "number"),
    [
        (NUMBER, 0.1, Fraction(1, 10)),
        (NUMBER, np.float32(25.1), Fraction(251, 10)),
        (NUMBER, " 1e3 ", 1000),
        (Column("x", Kind.DECIMAL, "float", decimals=2), float(np.float32(42.52)), Fraction(4252, 100)),
        (Column("x", Kind.DECIMAL, "float", decimals=2), 42.525, Fraction(42525, 1000)),
        (Column("x", Kind.DECIMAL, "float"), float(np.float32(42.52)), Fraction("42.52000045776367")),
        (NUMBER, Decimal("12345678901234567890.123"), Fraction(12345678901234567890123, 1000)),
        (NUMBER, 2**70 + 1, 2**70 + 1),
        (NUMBER, np.bool_(True), 1),
        (NUMBER, "1e999999999", math.inf),
        (NUMBER, "-inf", -math.inf),
        (NUMBER, "1e-999999999", Fraction(1, 10**400)),
        (NUMBER, "NaN", None),
        (NUMBER, None, None),
        (LONG, "08:30", 510),
        (LONG, "08:30:30", Fraction(1021, 2)),
        (LONG, dt.time(8, 30), 510),
        (LONG, dt.timedelta(hours=1), 60),
        (LONG, pd.Timedelta(60, "ns"), Fraction(1, 10**9)),
        (LONG, np.timedelta64(2, "h"), 120),
        (LONG, np.timedelta64(10**6, "D"), 1_440 * 10**6),
        (LONG, "PT10H", 600),
        (LONG, "10h", 600),
        (LONG, "1 day 2 hours", 26 * 60),
        (LONG, "-90 min", -90),
        (LONG, "1.5h", 90),
        (LONG, "2 days, 0:30", 2 * 1_440 + 30),
        (LONG, "90", Fraction(3, 2)),
        (LONG, 90, Fraction(3, 2)),
        (DAY, "2020-01-02", 18_263),
        (DAY, "2020-01-02 12:00", Fraction(36_527, 2)),
        (DAY, dt.date(2020, 1, 2), 18_263),
        (DAY, np.datetime64("2020-01"), 18_262),
        (DAY, "12020-01-01", 3_670_687),
        (STAMP, "1970-01-01T00:00:00.123456789", 123_456_789),
        (STAMP, pd.Timestamp("1970-01-01T00:00:00.000000789"), 789),
        (STAMP, np.datetime64(5, "ns"), 5),
        (ZONED, "1970-01-01", -1),
        (ZONED, "1970-01-01T00:00Z", 0),
        (ZONED, dt.datetime(1970, 1, 1, 2, tzinfo=ZoneInfo("Europe/Athens")), 0),
        (OFFSET, "1970-01-01", -330),
    ],
)
def test_values_are_read_to_the_last_digit(column: Column, value: Any, number: Any) -> None:
    assert exact_number(column, value) == number


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (NUMBER, "abc"), (NUMBER, [1]), (NUMBER, dt.date(2020, 1, 1)), (NUMBER, 1j), (NUMBER, Decimal("sNaN")),
        (LONG, "soon"), (LONG, "10 x"), (LONG, np.timedelta64(1, "Y")), (LONG, dt.date(2020, 1, 1)),
        (DAY, "2020"), (DAY, 5), (DAY, "someday"), (DAY, dt.time(8)),
        (Column("x", Kind.DATETIME, "timestamp[us]", unit="hour", timezone="Mars/Base"), "2020-01-01"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(column: Column, value: Any) -> None:
    with pytest.raises((TypeError, ValueError, ArithmeticError)):
        exact_number(column, value)
