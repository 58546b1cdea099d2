"""What is said of a column of text that is numbers or moments is read as the column writes it, or nearly so."""

from __future__ import annotations

import datetime as dt

import pytest

from synthgan.data.forms.meant import meant

NOON = dt.datetime(2021, 6, 1, 12)
DAY = dt.datetime(2021, 6, 1)


@pytest.mark.parametrize(
    ("form", "text", "means"),
    [
        ("number:#.##0,00 €", "1.080,50 €", 1080.5),
        ("number:#.##0,00 €", "1080,5", 1080.5),
        ("number:#.##0,00 €", "1.000", 1000),
        ("number:#.##0,00 €", "-3 €", -3),
        ("number:#.##0,00 €", "10.5", "10.5"),  # no thousands: as Python writes it
        ("number:#.##0,00 €", "1,000.5", "1,000.5"),
        ("number:0,0", "1.080,5", 1080.5),
        ("number:0,0", "1.080", "1.080"),
        ("number:0.0 %", "50", 50),
        ("number:0.0 %", "50 %", 50),
        ("number:0.0 %", "50,0 %", "50,0 %"),
        ("number:$#,##0.00;($#,##0.00)", "($5)", -5),
        ("number:$#,##0.00;($#,##0.00)", "-5", -5),
        ("number:General", "1e3", 1000.0),
        ("number:0,0", "high", "high"),
        ("date:%d.%m.%Y", "01.06.2021", DAY),
        ("date:%d.%m.%Y", "1.6.2021", DAY),
        ("date:%d.%m.%Y", "31.2.2021", "31.2.2021"),
        ("date:%d.%m.%Y", "2021-06-01", "2021-06-01"),
        ("date:[de]%-d. %B %Y", "1. Juni 2021", DAY),
        ("datetime:%d.%m.%Y %H:%M", "1.6.2021 12:00", NOON),
        ("datetime:%d.%m.%Y %H:%M", "01.06.2021", DAY),
        ("datetime:%H:%M %d.%m.%Y", "01.06.2021", "01.06.2021"),
        ("duration:%H:%M", "8:30", dt.timedelta(hours=8, minutes=30)),
        ("duration:[h]%H:%M", "100:30", dt.timedelta(hours=100, minutes=30)),
    ],
)
def test_what_text_means(form, text, means):
    assert meant(form, text) == means
