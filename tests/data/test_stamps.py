"""Moments and durations as whole numbers and as ISO 8601 text."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgan.data.stamps import from_counts, from_text, has_zone, to_counts, to_text, unit_of

TYPES = [
    pa.date32(), pa.timestamp("s"), pa.timestamp("us"), pa.timestamp("ns", "UTC"), pa.duration("s"), pa.duration("ns"),
]  # fmt: skip


@pytest.mark.parametrize("kind", TYPES, ids=str)
@given(count=st.integers(-(10**6), 10**6))
def test_text_and_counts_say_the_same(kind, count):
    assert from_text(to_text(count, kind), kind) == count


@pytest.mark.parametrize("kind", [*TYPES, pa.date64(), pa.time32("s"), pa.time64("ns")], ids=str)
def test_counts_come_back(kind):
    counts = to_counts(pa.array([0, 86_400_000, None], pa.int64()).cast(f"int{kind.bit_width}").cast(kind))
    assert counts.tolist() == [0, 86_400_000, 0]
    assert from_counts(counts, kind).type == kind
    assert to_counts(from_counts(counts, kind)).tolist() == counts.tolist()


def test_the_unit_is_that_of_the_type():
    assert [unit_of(kind) for kind in (pa.date32(), pa.date64(), pa.time32("s"), pa.timestamp("ns"))] == [
        "day", "millisecond", "second", "nanosecond",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT90S", 90), ("P1DT2H3M4S", 93_784), ("-PT0.5S", -0.5), ("P2D", 172_800), ("00:01:30", 90), ("08:30", 30_600),
        ("-01:00:00.25", -3600.25),
    ],
)  # fmt: skip
def test_durations_are_read(text, seconds):
    assert from_text(text, pa.duration("ns")) == seconds * 1e9


@pytest.mark.parametrize(
    ("text", "stamp"),
    [
        ("2020-02-29", dt.datetime(2020, 2, 29)),
        ("2020-02-29T12:30", dt.datetime(2020, 2, 29, 12, 30)),
        ("2020-02-29T12:00:00Z", dt.datetime(2020, 2, 29, 12)),
        ("2020-02-29T12:00:00+01:30", dt.datetime(2020, 2, 29, 10, 30)),
        ("2020-02-29T12:00:00-0100", dt.datetime(2020, 2, 29, 13)),
    ],
)
def test_moments_are_read_with_their_zone(text, stamp):
    assert from_text(text, pa.timestamp("us")) == pa.scalar(stamp, pa.timestamp("us")).value


def test_only_stamps_have_zones():
    assert [has_zone(text) for text in ("2020-01-01", "2020-01-01T00:00", "2020-01-01T00:00Z", "2020-01-01T00:00+02:00")] == [
        False, False, True, True,
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "P", "PT", "P1DT", "90", "PT1X", "1:2:3"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="is no ISO 8601 duration"):
        from_text(text, pa.duration("s"))


@pytest.mark.parametrize("text", ["", "NaT", "yesterday", "2020-13-01", "2020", "2020-01"])
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(ValueError, match="is no ISO 8601 date"):
        from_text(text, pa.date32())


def test_what_is_finer_than_the_type_is_refused():
    with pytest.raises(ValueError, match="finer than a day"):
        from_text("2020-01-01T12:00", pa.date32())
