"""`synthgan evaluate --report`: a page for people beside the scores."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from synthgan_cli.exits import DATA, USAGE

UNPROMISED = Path(__file__).parents[1] / "tabular" / "format1" / "network.synthgan"
RARE = "Sankt-Nimmerlein"


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """What takes most of the time has tests of its own."""
    from synthgan.metrics.fidelity import sdmetrics_scores

    monkeypatch.setattr(sdmetrics_scores, "find_spec", lambda _: None)


@pytest.fixture
def model(folder):
    """A model file that promises nothing."""
    shutil.copy(UNPROMISED, folder / "people.synthgan")
    return folder / "people.synthgan"


@pytest.fixture
def small_table(folder, people):
    """Ninety visits, of which one person made those to a ward of her own."""
    visits = people[["sex", "age", "ward"]].head(90).copy()
    visits.loc[:14, "ward"] = RARE
    visits["person"] = [0] * 15 + list(range(1, 76))
    visits.to_parquet(folder / "visits.parquet")
    return folder / "visits.parquet"


def test_a_page_and_its_figures_are_written_beside_the_scores(run, small_table, model, folder):
    done = run("evaluate", small_table, small_table, "--report", "report.html", "--model", model, "--json")
    assert done.code == 0, done.err
    assert {score["name"] for score in json.loads(done.out)["scores"]} >= {"shape_error"}
    assert done.lines[-1].startswith("Wrote report.html (")
    page, figures = (folder / "report.html").read_text("utf-8"), json.loads((folder / "report.json").read_text("utf-8"))
    assert "the model was fitted without <code>--epsilon</code>" in page
    assert figures["privacy"]["private"] is False
    # Fifteen rows seem to be enough people, until somebody says whose they are.
    assert RARE in page


def test_people_are_counted_by_the_unit_and_internal_lifts_it(run, small_table, folder):
    done = run("evaluate", small_table, small_table, "--report", "report.html", "--unit", "person")
    assert done.code == 0, done.err
    assert "left out, as it says whose a row is: person" in done.err
    assert RARE not in (folder / "report.html").read_text("utf-8") + (folder / "report.json").read_text("utf-8")
    done = run(
        "evaluate", small_table, small_table, "--report", "report.html", "--unit", "person", "--internal", "--force"
    )
    assert done.code == 0, done.err
    page = (folder / "report.html").read_text("utf-8")
    assert RARE in page
    assert "Internal: not for release" in page


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--internal",), USAGE, "--internal must come with --report, however: it stands alone"),
        (
            ("--model", "people.synthgan"),
            USAGE,
            "--model must come with --holdout, --report or --audit deep, however: it stands alone",
        ),
        (
            ("--report", "nowhere/report.html"),
            DATA,
            "nowhere/report.html must be a place to write, however: there is no folder nowhere; make it first",
        ),
        (("--report", "report.json"), DATA, "a page must not be named .json"),
        (("--report", "r.html", "--model", "none.synthgan"), DATA, "none.synthgan: must be a file"),
        (("--report", "r.html", "--model", "visits.parquet"), DATA, "must be a synthgan model"),
        (("--report", "r.html", "--unit", "nobody"), DATA, "unit must be a column that the real table has once"),
        (("--report", "visits.parquet"), USAGE, "the output must not be an input"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_before_anything_is_written(
    run, small_table, model, folder, words, code, message
):
    before = sorted(path.name for path in folder.iterdir())
    done = run("evaluate", small_table, small_table, *words)
    assert (done.code, len(done.lines)) == (code, 1), done.err
    assert message in done.err
    assert done.out == ""
    assert sorted(path.name for path in folder.iterdir()) == before
