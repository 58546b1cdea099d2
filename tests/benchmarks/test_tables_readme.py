"""The README's tables: measured rows with their spread, the floor, and published rows marked as such."""

import pytest

from benchmarks.datasets.tables import TASKS
from benchmarks.publish import tables_readme


def cells(text, start):
    """The cells of the row that starts so."""
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {start} |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_rows_are_means_and_ranges_beside_the_floor_and_marked_published_ones(made_run, results, capsys):
    runs = [made_run("adult", "ours", seed, 0.1 + 0.1 * seed) for seed in (0, 1)]
    tables_readme.main([str(results(*runs, made_run("adult", "argn", 0, 0.3)))])
    text = capsys.readouterr().out
    headings = cells(text, "")
    ours = dict(zip(headings, cells(text, "synthgan"), strict=True))
    assert ours["Shape %"] == "15.00 (10.00–20.00)"
    assert ours["C2ST test"] == "0.150 (0.100–0.200)"
    assert ours["fit s"] == "15.0 (10.0–20.0)"
    assert ours["rows/s"] == "123,456 (123,456–123,456)"
    assert dict(zip(headings, cells(text, "TabularARGN 2.7.3"), strict=True))["utility"] == "0.300"
    assert dict(zip(headings, cells(text, "test rows"), strict=True))["pair TVD %"] == "50.00"
    published = dict(zip(headings, cells(text, r"*TabPC, published*"), strict=True))
    assert (published["Shape %"], published["Trend %"], published["C2ST train"]) == ("*0.58*", "*1.44*", "*0.855*")
    assert published["pair TVD %"] == published["C2ST test"] == published["fit s"] == "–"
    assert "Seeds: synthgan 2, TabularARGN 2.7.3 1." in text
    assert "2 processors (x86_64), threads: 1" in text


def test_every_row_is_as_wide_as_the_headings(made_run, results, capsys):
    kept = {"trend_error": {"value": 0.02, "reference": 0.5}}
    tables_readme.main([str(results(made_run("magic", "ours", 0, 0.1, extremes_kept=kept)))])
    text = capsys.readouterr().out
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in lines}) == 1
    assert dict(zip(cells(text, ""), cells(text, "synthgan"), strict=True))["Trend (extremes kept) %"] == "2.00"


def test_held_out_tables_come_last_and_ablations_keep_their_label(made_run, results, capsys):
    held_out, other = made_run("heart_disease", "ours", 0, 0.1), made_run("news_sample20", "ours[steps=0]", 0, 0.1)
    tables_readme.main([str(results(held_out)), str(results(other, name="other.json"))])
    text = capsys.readouterr().out
    assert text.index("**news_sample20**") < text.index("**heart_disease**, 1,000 rows, held out")
    assert "| synthgan `[steps=0]` |" in text
    assert "published*" not in text


def test_of_one_run_twice_the_later_file_counts(made_run, results, capsys):
    files = [results(made_run("adult", "ours", 0, level), name=f"{level}.json") for level in (0.1, 0.2)]
    tables_readme.main([str(path) for path in files])
    assert cells(capsys.readouterr().out, "synthgan")[1] == "20.00"


def test_a_file_that_is_none_of_ours_is_refused_in_one_line(tmp_path):
    (tmp_path / "old.json").write_text('{"runs": []}', encoding="utf-8")
    (tmp_path / "text.json").write_text("none", encoding="utf-8")
    for name, found in (("absent", "No such file"), ("old", "it lacks sessions"), ("text", "Expecting value")):
        with pytest.raises(
            SystemExit, match=rf"{name}.json must hold results of `python -m benchmarks tabular`, however: .*{found}"
        ):
            tables_readme.main([str(tmp_path / f"{name}.json")])


def test_published_rows_are_of_tables_there_are_and_say_where_they_are_not_the_same():
    assert set(tables_readme.PUBLISHED) < set(TASKS)
    assert set(tables_readme.PUBLISHED_ON_OTHER_COLUMNS) < set(tables_readme.PUBLISHED)


def test_the_summary_is_one_table_of_ours_and_says_where_seeds_are_lacking(made_run, results, capsys):
    runs = [made_run("adult", "ours", seed, 0.1) for seed in range(3)]
    runs += [
        made_run("magic", "ours", 0, 0.2),
        made_run("heart_disease", "ours", 0, 0.3),
        made_run("adult", "argn", 0, 0.9),
    ]
    tables_readme.main([str(results(*runs)), "--summary"])
    text = capsys.readouterr().out
    lines = text.strip().splitlines()
    assert len(lines) == 5
    adult = dict(zip(cells(text, ""), cells(text, "adult"), strict=True))
    assert adult["C2ST test"] == "0.100 (0.100–0.100)"
    assert adult["best published C2ST"] == "*0.855, TabPC*"
    assert lines[3].startswith("| magic (1 of 3 seeds) |")
    assert lines[4].startswith("| heart_disease (held out) (1 of 3 seeds) |")
