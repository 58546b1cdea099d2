"""What a fit withholds is said by every command: one line a column, with the remedy in flags."""

from __future__ import annotations

import json

import pandas as pd
import pytest

SMALL = ("--generator", "chains", "--set", "chains=2", "--set", "rounds=0")
ROWS = 300


@pytest.fixture
def odd(folder):
    """A table with free text, many rare jobs and a class of eight."""
    path = folder / "odd.parquet"
    table = {
        "notes": [f"came in with a cough number {n} and went home again" for n in range(ROWS)],
        "job": ["clerk" if n % 5 == 0 else f"the {n % 60}th" for n in range(ROWS)],
        "fraud": ["yes" if n < 8 else "no" for n in range(ROWS)],
        "age": [20 + n % 50 for n in range(ROWS)],
    }
    pd.DataFrame(table).to_parquet(path)
    return path


def test_fit_names_each_column_in_one_line_with_the_remedy(run, odd, folder):
    done = run("fit", odd, *SMALL)
    assert done.code == 0
    notes = [line for line in done.lines if line.startswith("note: column ")]
    assert len(notes) == 3
    assert "found free text; it is withheld" in notes[0]
    assert notes[0].endswith("--drop notes (leave it out) or --id notes (regenerate it)")
    assert "48 levels have fewer (80.0% of its values); they come back as 'other'" in notes[1]
    assert "'yes' has 8 (2.7% of its values); it is never drawn; declare its levels" in notes[2]
    assert any("3 columns" in line for line in done.lines)
    drawn = run("sample", "-n", "50", "-o", "made.csv")
    assert drawn.code == 0
    made = pd.read_csv(folder / "made.csv")
    assert list(made.columns) == ["notes", "job", "fraud", "age"]
    assert set(made["notes"]) == {"withheld"}
    assert (made["job"] == "other").mean() > 0.5


def test_inspect_and_the_page_show_what_was_withheld(run, odd, folder):
    run("fit", odd, *SMALL)
    shown = run("inspect", "odd.synthgan").out
    assert "withheld  what was not learned" in shown
    assert "48 levels of too few rows (80% of the values)  'other'" in shown
    manifest = json.loads(run("inspect", "odd.synthgan", "--json").out)
    assert [one["name"] for one in manifest["withheld"]] == ["notes", "job", "fraud"]
    assert "yes" not in json.dumps(manifest)
    run("sample", "-n", "300", "-o", "made.parquet")
    assert run("evaluate", odd, "made.parquet", "--model", "odd.synthgan", "--report", "page.html").code == 0
    assert (
        "fraud: 1 level of too few rows (3% of the values); drawn instead: nothing"
        in (folder / "page.html").read_text()
    )


def test_a_dry_run_says_it_too_and_a_schema_shows_the_choice(run, odd):
    done = run("fit", odd, "--dry-run", *SMALL)
    assert sum(line.startswith("note: column ") for line in done.lines) == 3
    columns = json.loads(run("schema", odd).out)["columns"]
    assert [(column["kind"], column.get("rare")) for column in columns[:2]] == [("text", None), ("category", "other")]
