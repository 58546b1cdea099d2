"""Values that no real row has are counted by column, and fresh real rows hardly have any."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from synthgan import evaluate
from synthgan.metrics import registry
from synthgan.metrics.data.alignment import align
from synthgan.metrics.fidelity.outside import NAME, outside_scores, outside_shares
from synthgan.metrics.registry import MEASURES

ROWS = 1_000


def people(seed: int, rows: int = ROWS) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    city = rng.integers(0, 5, rows) * 100.0
    return pd.DataFrame(
        {
            "weight": rng.normal(80, 9, rows).round(1),
            "place": (city + rng.normal(0, 1, rows)).round(3),
            "minutes": rng.integers(0, 4_000, rows) * 15,
            "code": rng.choice([1, 2, 5, 9], rows),
            "sex": rng.choice(["F", "M"], rows),
            "lab": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(140, 3, rows)),
            "when": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 300, rows), unit="D"),
        }
    )


def shares(made: pd.DataFrame, real: pd.DataFrame | None = None) -> dict[str, float]:
    tables, _ = align(people(0) if real is None else real, made)
    return outside_shares(tables.real, tables.synthetic)


def test_fresh_real_rows_lie_inside_in_every_column():
    for seed in (1, 2, 3):
        assert max(shares(people(seed)).values()) < 0.008


@pytest.mark.parametrize(("rows", "most"), [(100, 0.06), (300, 0.03), (3_000, 0.005)])
def test_few_fresh_rows_and_many_lie_inside_as_well(rows, most):
    assert max(shares(people(5, rows), people(4, rows)).values()) < most


@pytest.mark.parametrize(
    ("column", "change", "share"),
    [
        ("weight", lambda values: values.where(values.index >= 100, 300.0), 0.1),  # beyond the largest
        ("weight", lambda values: values.where(values.index >= 100, values + 0.05), 0.1),  # off the digits
        ("place", lambda values: values.where(values.index >= 100, 150.0 + values.index % 7), 0.1),  # between cities
        ("minutes", lambda values: values.where(values.index >= 100, values + 5), 0.1),  # off the steps
        ("code", lambda values: values.where(values.index >= 100, 3), 0.1),  # of four codes none
        ("sex", lambda values: values.where(values.index >= 100, "X"), 0.1),
        ("sex", lambda values: values.where(values.index >= 100, None), 0.1),  # missing, where none is
        ("weight", lambda values: values.where(values.index >= 100, np.nan), 0.1),
        ("lab", lambda values: values.where(values.index >= 100, np.nan), 0.0),
        ("when", lambda values: values.where(values.index >= 100, pd.Timestamp("2262-01-01")), 0.1),
    ],
)
def test_what_no_real_row_has_is_counted(column, change, share):
    made = people(1)
    before = shares(made)[column]
    made[column] = change(made[column])
    assert shares(made)[column] == pytest.approx(share, abs=before + 0.005)


def test_the_score_is_that_of_the_worst_column_beside_the_holdout():
    made = people(1).assign(code=7)
    made.loc[:299, "sex"] = "X"
    tables, _ = align(people(0), made, people(2))
    (score,) = outside_scores(tables)
    assert (score.name, score.value, score.goal) == (NAME, 1.0, "minimize")
    assert score.reference < 0.008
    assert score.reading.startswith("values outside the real ones: code (100.00%), sex (30.00%)")
    tables, _ = align(people(0), people(0))
    (score,) = outside_scores(tables)
    assert (score.value, score.reference, score.reading) == (0, None, "hardly a value lies outside the real ones")


def test_the_page_shows_it_by_column(monkeypatch, tmp_path):
    monkeypatch.setattr(registry, "MEASURES", (*(one for one in MEASURES if one.stage == "columns"),))
    report = evaluate(people(0), people(1).assign(code=7))
    assert {one.name: one.outside for one in report.details.columns}["code"] == 1
    report.to_html(tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count(" lie outside the real values.") >= 1
    columns = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["columns"]
    assert next(one for one in columns if one["name"] == "code")["outside"] == 1
