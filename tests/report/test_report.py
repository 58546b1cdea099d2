"""Report: scores as people and machines read them."""

import json
import pickle
import re
from dataclasses import replace

import pytest

import synthgan
from synthgan.metrics.details import Details
from synthgan.metrics.score import Score
from synthgan.metrics.scores import Scores
from synthgan.report import Report
from synthgan.report.writing import fragment

FINE = Score("pair_tvd", 0.02, 0.01, 0.03, 0.015, "minimize", "two-way tables differ by 2 %")
ABSENT = Score("c2st_holdout", None, None, None, None, "maximize", "not computed: no holdout")


def test_json_is_the_contract_to_the_letter():
    found = json.loads(Report((FINE, ABSENT), ("a note",)).to_json())
    verdict = found.pop("verdict")
    assert list(verdict) == ["grade", "sentence", "statement", "things", "findings"]
    assert list(verdict["findings"][0]) == ["grade", "about", "sentence", "remedy", "scores"]
    assert found == {
        "version": 1,
        "scores": [
            {
                "name": "pair_tvd",
                "value": 0.02,
                "low": 0.01,
                "high": 0.03,
                "reference": 0.015,
                "goal": "minimize",
            },
            {
                "name": "c2st_holdout",
                "value": None,
                "low": None,
                "high": None,
                "reference": None,
                "goal": "maximize",
            },
        ],
    }
    assert list(found["scores"][0]) == ["name", "value", "low", "high", "reference", "goal"]


def test_text_shows_every_score_and_note_aligned():
    lines = Report((FINE, ABSENT), ("columns left out: id",)).to_text().splitlines()
    assert [line.split()[0] for line in lines] == ["score", "pair_tvd", "c2st_holdout", "columns"]
    assert lines[1].index("two-way") == lines[2].index("not computed") == lines[0].index("reading")
    assert "0.0200" in lines[1]
    assert "0.0100 … 0.0300" in lines[1]
    assert repr(Report((FINE,))) == Report((FINE,)).to_text()


def test_a_report_is_what_measures_found():
    found = Scores((FINE, ABSENT), ("a note",), Details(giveaway_rows=(3, 1)))
    report = Report.of(found)
    assert (report.scores, report.notes, report.details) == (found.scores, found.notes, found.details)
    assert report["pair_tvd"] is FINE
    assert synthgan.Report is Report


def test_reports_are_frozen_equal_by_what_they_hold_and_pickled():
    report = Report((FINE, ABSENT), ("a note",))
    with pytest.raises(AttributeError):
        report.scores = ()
    assert report == Report((FINE, ABSENT), ("a note",)) != replace(report, notes=())
    assert pickle.loads(pickle.dumps(report)) == report  # noqa: S301 (our own)


def test_a_notebook_shows_the_scores_as_a_table():
    report = Report((FINE, ABSENT))
    assert report._repr_html_() == fragment(report)
    shown = re.sub(r' style="[^"]*"', "", fragment(report))
    assert "<th>pair_tvd</th><td>0.020</td><td>0.010 to 0.030</td>" in shown
    assert "<strong>LOOK.</strong>" in shown
    assert fragment(report).count("text-align:left") >= 12


def test_a_frame_has_a_row_for_each_score():
    frame = Report((FINE, ABSENT)).to_frame()
    assert frame["name"].tolist() == ["pair_tvd", "c2st_holdout"]
    assert frame["group"].unique().tolist() == ["likeness"]
    assert (frame.loc[0, "value"], frame.loc[0, "reading"]) == (0.02, "two-way tables differ by 2 %")
    assert Report(()).to_frame().columns.tolist() == frame.columns.tolist()
