"""Dates, stamps and clock times as text are read by their form, and written again letter for letter."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgan.data.forms.form import form_text, read_form
from synthgan.data.forms.moments import MomentForm

FORMS = {
    "%d.%m.%Y": ["31.12.2020", "01.02.1899"],
    "%-m/%-d/%Y": ["12/31/2020", "1/2/2021"],
    "%Y-%m-%d": ["2020-02-29", "0001-01-01", "9999-12-31"],
    "%d %b %Y": ["31 Dec 2020"],
    "%d-%^b-%y": ["31-DEC-20", "01-JAN-69"],
    "%d%#b%Y": ["31dec2020"],
    "[1920]%d.%m.%y": ["31.12.20", "01.01.19"],
    "%B %-d, %Y": ["December 3, 2020"],
    "[de]%-d. %B %Y": ["3. März 2020"],
    "[de]%d. %b %Y": ["03. Mär 2020", "31. Dez 2020"],
    "%Y%m%d": ["20201231"],
    "%Y-%m": ["2020-12"],
    "%YQ%q": ["2020Q1", "2021Q4"],
    "Q%q/%Y": ["Q3/2020"],
    "%G-W%V": ["2020-W53", "2021-W01", "1999-W52"],
    "%Y-%m-%dT%H:%M:%SZ": ["2020-12-31T10:11:12Z"],
    "%Y-%m-%dT%H:%M:%S+02:00": ["2020-12-31T10:11:12+02:00"],
    "%Y-%m-%d %H:%M:%S.%3f": ["2020-12-31 10:11:12.123"],
    "%Y-%m-%d %H:%M:%S.%9f": ["2020-12-31 10:11:12.123456789"],
    "%d.%m.%Y, %H:%M Uhr": ["31.12.2020, 10:11 Uhr"],
    "%m/%d/%Y %-I:%M %p": ["12/31/2020 2:35 PM", "01/01/2021 12:00 AM", "01/01/2021 12:01 PM"],
    "%I:%M %P": ["02:35 pm"],
    "%H:%M": ["14:35"],
    "[h]%H:%M": ["14:35", "27:10", "127:10"],
    "%H:%M:%S": ["14:35:10"],
    "%Y%m%d%H%M%S": ["20201231101112"],
}


@pytest.mark.parametrize(("text", "moments"), FORMS.items(), ids=FORMS)
def test_what_is_read_is_written_again(text, moments):
    form = MomentForm(text)
    assert read_form(form_text(form)) == form
    assert form.written(form.parsed(pa.array([*moments, None]))).to_pylist() == [*moments, None]


def test_weeks_are_those_of_iso_8601():
    days = [dt.date(1990, 1, 1) + dt.timedelta(days=count) for count in range(0, 12_000, 5)]
    texts = ["{}-W{:02}".format(*day.isocalendar()) for day in days]
    form = MomentForm("%G-W%V")
    assert form.written(pa.array(days)).to_pylist() == texts
    assert form.parsed(pa.array(texts)).to_pylist() == [day - dt.timedelta(days=day.weekday()) for day in days]
    assert form.parsed(pa.array(["2021-W53", "2021-W00", "2020-W54"])).to_pylist() == [None] * 3


def test_offsets_are_those_of_the_zone():
    stamps = ["2020-07-31T10:11:12+02:00", "2020-12-31T10:11:12+01:00"]
    form = MomentForm("%Y-%m-%dT%H:%M:%S%:z")
    parsed = form.parsed(pa.array(stamps))
    assert parsed.type == pa.timestamp("us", "UTC")
    assert form.written(parsed, "Europe/Berlin").to_pylist() == stamps
    assert form.written(parsed, "-05:00").to_pylist()[0] == "2020-07-31T03:11:12-05:00"


@given(
    moments=st.lists(st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2060, 1, 1)), min_size=1, max_size=8),
    text=st.sampled_from(sorted(text for text in FORMS if not text.startswith("[1920]"))),
)
def test_moments_of_any_form_survive_the_trip(moments, text):
    form = MomentForm(text)
    stamps = pa.array(moments, pa.timestamp("us"))
    values = stamps.cast(pa.date32(), safe=False) if form.kind == "date" else stamps
    if form.kind == "duration":
        values = pa.array([dt.timedelta(hours=one.hour, minutes=one.minute, seconds=one.second) for one in moments])
    values = values.cast(form.type)
    written = form.written(values)
    assert form.written(form.parsed(written)).to_pylist() == written.to_pylist()


@pytest.mark.parametrize("text", ["30.02.2020", "00.01.2020", "01.13.2020", "0000-00-00", "unknown", "", "1.1.20"])
def test_what_is_no_day_is_null(text):
    assert MomentForm("%d.%m.%Y").parsed(pa.array([text])).to_pylist() == [None]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "%d.%m",
        "%H",
        "%Y-%m-%d %M",
        "%d.%m.%Y %m",
        "%Q",
        "%Y-%m %H:%M",
        "%d.%b.%m.%Y",
        "%I:%M",
        "%Y-%m-%d%z",
        "%q",
        "%Y%q%m",
        "%Y%q-%d",
        "%G",
        "%Y-%V",
    ],
)
def test_what_is_no_form_is_refused(text):
    with pytest.raises(ValueError, match=r"is no form|no date"):
        MomentForm(text)


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="language of months"):
        _ = MomentForm("[xx]%d. %B %Y").language


@pytest.mark.parametrize("text", ["date:%H:%M", "number:%d", "time:%H:%M", "0.00"])
def test_a_form_says_its_sort(text):
    with pytest.raises(ValueError, match=r"number:|no form|no date"):
        read_form(text)
