"""The registry: a new measure is one file and one line, and finds its place everywhere by itself."""

import json
from itertools import groupby

import pandas as pd
import pytest

from synthgan import evaluate
from synthgan.metrics import registry
from synthgan.metrics.details import Details, Giveaway
from synthgan.metrics.score import Score
from synthgan.metrics.scores import Scores
from synthgan.report import methods

METHOD = methods.Method("The difference between the numbers of rows, as a share of the real ones.", "a test")


def rows_gap(tables, _streams):
    """A tiny measure: how far the tables are from being equally long."""
    gap = abs(tables.real.rows - tables.synthetic.rows) / tables.real.rows
    return [Score("rows_gap", gap, None, None, 0.0, "minimize", f"the tables differ by {gap:.0%} in length")]


@pytest.fixture
def report(monkeypatch):
    """What evaluate finds where the tiny measure is the only one."""
    monkeypatch.setattr(registry, "MEASURES", (registry.of_tables("length", rows_gap),))
    return evaluate(pd.DataFrame({"x": range(8)}), pd.DataFrame({"x": range(6)}))


def test_a_new_measure_is_in_the_scores_the_json_and_the_rows_of_the_console(report):
    assert report["rows_gap"].value == 0.25
    assert json.loads(report.to_json())["scores"] == [report["rows_gap"].to_dict()]
    assert report.to_rows() == [
        ("rows_gap", "0.2500", "–", "0.0000", "lower", "the tables differ by 25% in length"),
    ]
    assert "rows_gap" in report._repr_html_()


def test_a_new_measure_has_its_place_on_the_page(report, tmp_path, monkeypatch):
    known = methods.methods()
    monkeypatch.setattr(methods, "methods", lambda: {**known, "rows_gap": METHOD})
    report.to_html(tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert '<th scope="row"><code>rows_gap</code></th><td class="n" data-label="value">0.250</td>' in page
    assert "the tables differ by 25% in length" in page
    assert f"<dt><code>rows_gap</code></dt><dd>{METHOD.text} " in page
    document = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert [score["name"] for score in document["scores"]] == ["rows_gap"]


def test_a_measure_may_bring_notes_and_details(monkeypatch):
    details = Details(giveaways=(Giveaway("x", 1.0),))
    measure = registry.Measure("any", lambda given: Scores((), (f"target {given.target}",), details))
    monkeypatch.setattr(registry, "MEASURES", (measure,))
    frame = pd.DataFrame({"x": [1, 2]})
    found = evaluate(frame, frame, target="x")
    assert found.notes[-1] == "target x"
    assert found.details == details


def test_measures_of_one_stage_are_neighbours():
    stages = [stage for stage, _ in groupby(measure.stage for measure in registry.MEASURES)]
    assert stages == ["fidelity", "detection", "utility", "copies", "members", "risks", "sdmetrics", "columns"]
