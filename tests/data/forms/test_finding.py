"""Text that is numbers or moments is told from codes, names and levels; the form found writes every cell as it stood."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from synthgan.data.schema import Kind, Schema
from synthgan.data.table import Table

ROWS = 400
RNG = np.random.default_rng(0)
V = RNG.normal(70, 30, ROWS)
BIG = np.abs(V) * 1e5
DAYS = pd.to_datetime(RNG.integers(0, 3000 * 86400, ROWS), unit="s", origin="2015-01-01")
BIRTHS = pd.to_datetime(RNG.integers(0, 80 * 365, ROWS), unit="D", origin="1925-01-01")
GERMAN = str.maketrans(",.", ".,")

FORMS = {
    "number:0.000000": [f"{v:.6f}" for v in V],
    "number:????0.000000": [f"{v:>12.6f}" for v in V],
    "number:0,000000": [f"{v:.6f}".replace(".", ",") for v in V],
    "number:#,##0.00": [f"{v:,.2f}" for v in BIG],
    "number:#.##0,00 €": [f"{v:,.2f} €".translate(GERMAN) for v in BIG],
    "number:$#,##0.00": [f"${v:,.2f}" for v in BIG],
    "number:#,##0.00;(#,##0.00)": [f"{v:,.2f}" if v > 0 else f"({-v:,.2f})" for v in V * 1e5],
    "number:0.0;0.0-": [f"{v:.1f}" if v > 0 else f"{-v:.1f}-" for v in V],
    "number:0": [str(int(v)) for v in BIG],
    "number:#.##0": [f"{int(v / 30):,}".translate(GERMAN) for v in BIG],
    "number:0.0#": [str(round(float(v), 2)) for v in V],
    "number:General": [repr(float(v / 1e5)) for v in V],
    "number:0.000e+00": [f"{v:.3e}" for v in V],
    "number:0,0 %": [f"{v:.1f} %".replace(".", ",") for v in V],
    "number:0.00 kg": [f"{v:.2f} kg" for v in V],
    "number:+0.00;-0.00": [f"{v:+.2f}" for v in V],
    "number:00000.00": [f"{v:08.2f}" for v in np.abs(V)],
    "number:#'##0.00": [f"{v:,.2f}".replace(",", "'") for v in BIG],
    "date:%d.%m.%Y": DAYS.strftime("%d.%m.%Y"),
    "date:%m/%d/%Y": DAYS.strftime("%m/%d/%Y"),
    "date:%-m/%-d/%Y": [f"{d.month}/{d.day}/{d.year}" for d in DAYS],
    "date:%Y-%m-%d": DAYS.strftime("%Y-%m-%d"),
    "date:%d %b %Y": DAYS.strftime("%d %b %Y"),
    "date:%d-%^b-%Y": DAYS.strftime("%d-%b-%Y").str.upper(),
    "date:%d.%m.%y": DAYS.strftime("%d.%m.%y"),
    "date:[1920]%m/%d/%y": BIRTHS.strftime("%m/%d/%y"),
    "date:%Y%m%d": DAYS.strftime("%Y%m%d"),
    "date:%YQ%q": [f"{d.year}Q{d.quarter}" for d in DAYS],
    "date:Q%q %Y": [f"Q{d.quarter} {d.year}" for d in DAYS],
    "date:%G-W%V": ["{}-W{:02}".format(*d.isocalendar()) for d in DAYS],
    "datetime:%d.%m.%Y %H:%M": DAYS.strftime("%d.%m.%Y %H:%M"),
    "datetime:%Y-%m-%dT%H:%M:%SZ": DAYS.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "datetime:%Y-%m-%dT%H:%M:%S+02:00": DAYS.strftime("%Y-%m-%dT%H:%M:%S+02:00"),
    "datetime:%m/%d/%Y %I:%M:%S %p": DAYS.strftime("%m/%d/%Y %I:%M:%S %p"),
    "datetime:%Y-%m-%dT%H:%M:%S%:z": [d.isoformat() for d in DAYS.tz_localize("UTC").tz_convert("Europe/Berlin")],
    "duration:%H:%M": DAYS.strftime("%H:%M"),
    "duration:[h]%H:%M": [f"{int(v) // 60:02}:{int(v) % 60:02}" for v in np.abs(V) * 30],
    "duration:%H:%M:%S": DAYS.strftime("%H:%M:%S"),
    "duration:[h]%-Hh %-Mm": [f"{int(v) // 60}h {int(v) % 60}m" for v in np.abs(V) * 30],
    "duration:[h]%-H hr %M min": [f"{int(v) // 60} hr {int(v) % 60:02} min" for v in np.abs(V) * 30],
    "duration:[h]PT%-HH%-MM%-SS": [f"PT{int(v) // 3600}H{int(v) // 60 % 60}M{int(v) % 60}S" for v in np.abs(V) * 999],
}
KINDS = {
    "number": {Kind.DECIMAL, Kind.INTEGER},
    "date": {Kind.DATE},
    "datetime": {Kind.DATETIME},
    "duration": {Kind.DURATION},
}


def described(texts):
    (column,) = Schema.infer(pd.DataFrame({"x": pd.Series(list(texts), dtype=object)}))
    return column


@pytest.mark.parametrize(("form", "texts"), FORMS.items(), ids=FORMS)
def test_the_form_is_found_and_writes_every_cell_again(form, texts):
    frame = pa.table({"x": list(texts)})
    table = Table.read(frame)
    column = table.schema.column("x")
    assert column.form == form
    assert column.kind in KINDS[form.partition(":")[0]]
    assert table.frame().equals(frame)


@pytest.mark.parametrize("container", ["object", "string", "category", "polars", "categorical", "dictionary"])
def test_every_container_of_text_is_read(container):
    texts = [None if row % 7 == 0 else text for row, text in enumerate(FORMS["number:#.##0,00 €"])]
    frame = pd.DataFrame({"x": texts})
    if container in {"polars", "categorical"}:
        frame = pl.DataFrame({"x": texts}).with_columns(
            pl.col("x").cast(pl.String if container == "polars" else pl.Categorical)
        )
    elif container == "dictionary":
        frame = pa.table({"x": pa.array(texts).dictionary_encode()})
    else:
        frame = frame.astype(container)
    table = Table.read(frame)
    assert table.schema.column("x").form == "number:#.##0,00 €"
    again = table.frame()
    assert again.schema == frame.schema if hasattr(frame, "schema") else again.dtypes.equals(frame.dtypes)
    read = pd.Series(again["x"].to_pylist() if isinstance(again, pa.Table) else list(again["x"]), dtype=object)
    assert read.where(read.notna(), None).tolist() == texts


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        ([f"P-{i:05}" for i in range(ROWS)], Kind.IDENTIFIER),
        ([f"MRN{100_000 + i}" for i in range(ROWS)], Kind.IDENTIFIER),
        ([f"{1_000_000 + i}" for i in range(ROWS)], Kind.IDENTIFIER),
        (["401.9", "250.00", "V58", "428", "272.4", "E909"] * 60, Kind.CATEGORY),
        (["401.9", "250.00", "414.01", "428", "272.4", "427.31"] * 60, Kind.CATEGORY),
        (["01067", "10115", "80331", "20095"] * 60, Kind.CATEGORY),
        ([f"{10_000 + 7 * (i % 35)}" for i in range(ROWS)], Kind.CATEGORY),
        ([f"{i % 40:03}" for i in range(ROWS)], Kind.CATEGORY),
        (["1", "2", "3", "4"] * 60, Kind.CATEGORY),
        (["yes", "no", "true", "0"] * 60, Kind.CATEGORY),
        ([f"{i % 90 + 110}-{i % 40 + 5_000}" for i in range(ROWS)], Kind.CATEGORY),
        (["1.0.3", "2.1.7", "2.2.0"] * 60, Kind.CATEGORY),
    ],
)
def test_codes_keys_and_levels_stay_text(texts, kind):
    column = described(texts)
    assert (column.kind, column.form) == (kind, None)


@pytest.mark.parametrize(
    "mark", ["-", ".", "#N/A", " ", "missing", "n.d.", "inf", "<0.1", "", "NA", "unknown", "n/a", "?"]
)
def test_a_mark_among_numbers_stands_where_it_stood(mark):
    texts = [mark if row % 30 == 0 else text for row, text in enumerate(FORMS["number:0.0#"])]
    frame = pa.table({"x": texts})
    table = Table.read(frame)
    assert table.schema.column("x").form == "number:0.0#"
    assert table.frame().equals(frame)


@pytest.mark.parametrize("mark", ["0000-00-00", "unknown", "-", "00.00.0000"])
def test_a_mark_among_dates_stands_where_it_stood(mark):
    texts = [mark if row % 3 == 0 else text for row, text in enumerate(FORMS["date:%Y-%m-%d"])]
    frame = pa.table({"x": texts})
    table = Table.read(frame)
    assert table.schema.column("x").form == "date:%Y-%m-%d"
    assert table.frame().equals(frame)


def test_too_much_of_another_form_stays_text():
    texts = [f"note {row}" if row % 5 == 0 else text for row, text in enumerate(FORMS["number:0.0#"])]
    assert described(texts).form is None


def test_day_and_month_are_settled_by_the_whole_column_or_said():
    early = [f"{d.month % 9 + 1:02}/{d.day % 9 + 1:02}/{d.year}" for d in DAYS]
    assert described([*early, "02/13/2020"]).form == "date:%m/%d/%Y"
    assert described([*early, "13/02/2020"]).form == "date:%d/%m/%Y"
    with pytest.warns(UserWarning, match="which of its numbers is the day"):
        assert described(early).form == "date:%d/%m/%Y"


def test_firsts_of_months_say_which_number_is_the_day():
    assert described([f"{d.month:02}/01/{d.year}" for d in DAYS]).form == "date:%m/%d/%Y"
    assert described([f"01/{d.month:02}/{d.year}" for d in DAYS]).form == "date:%d/%m/%Y"


def test_offsets_of_no_known_zone_are_told_by_the_commonest():
    texts = [f"{d.isoformat()}{'+05:00' if row % 3 else '-03:00'}" for row, d in enumerate(DAYS)]
    column = described(texts)
    assert (column.form, column.timezone) == ("datetime:%Y-%m-%dT%H:%M:%S%:z", "+05:00")
