"""`synthgan evaluate` answers "may this go out?" on one screen, and by its exit code."""

from __future__ import annotations

import json

import pytest

import synthgan
from synthgan.metrics.details import Details
from synthgan.metrics.score import Score
from synthgan.report.made import Made
from synthgan_cli import verdicts
from synthgan_cli.console import Screen
from synthgan_cli.exits import USAGE


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """What takes most of the time has tests of its own."""
    from synthgan.metrics.fidelity import sdmetrics_scores

    monkeypatch.setattr(sdmetrics_scores, "find_spec", lambda _: None)


@pytest.fixture
def copied(run, table):
    """Runs `synthgan evaluate` of the real table with itself."""
    return lambda *words: run("evaluate", table, table, *words)


def test_a_copy_of_the_real_table_is_a_stop_on_the_first_line(copied):
    done = copied()
    assert done.code == 0, done.err
    assert done.out.splitlines()[0].startswith("STOP  Do not release these rows. They are the real rows themselves")


@pytest.mark.parametrize(("grade", "code"), [("stop", verdicts.ALARM), ("look", verdicts.ALARM)])
def test_an_alarm_ends_with_code_6_where_it_is_asked_for(copied, grade, code):
    done = copied("--fail-on", grade)
    assert done.code == code
    assert done.lines[-1] == f"note: the verdict is stop: exit code 6, as --fail-on {grade} asks"


def test_machines_read_the_verdict_and_the_code_together(copied):
    done = copied("--fail-on", "stop", "--json")
    assert done.code == verdicts.ALARM
    verdict = json.loads(done.out)["verdict"]
    assert (verdict["grade"], verdict["findings"][0]["about"]) == ("stop", "copies")


def test_what_is_no_grade_is_refused(copied):
    done = copied("--fail-on", "fine")
    assert (done.code, len(done.lines)) == (USAGE, 1)
    assert "--fail-on must be stop or look, however: fine" in done.err


LOOKED_AT = (Score("c2st_holdout", 0.2, None, None, None, "maximize", "a detector"),)
FINE = (Score("real_identifiers", 0.0, 0.0, 0.01, 0.0, "minimize", ""),)


@pytest.mark.parametrize(
    ("scores", "grade", "fails"),
    [(LOOKED_AT, "stop", False), (LOOKED_AT, "look", True), (LOOKED_AT, None, False)],
)
def test_a_look_fails_only_where_it_is_asked_for(capfd, scores, grade, fails):
    import typer

    report = synthgan.Report(scores)
    if not fails:
        assert verdicts.fail_on(Screen(), report, grade) is None
        return
    with pytest.raises(typer.Exit) as stopped:
        verdicts.fail_on(Screen(), report, grade)
    assert stopped.value.exit_code == verdicts.ALARM


def worst_report(column):
    """A report in which everything that can be wrong is, with long names."""
    named = (
        "exact_copies",
        "near_copies",
        "real_identifiers",
        "nearer_to_train",
        "singling_out_risk",
        "classes_collapsed",
    )
    scores = [
        Score(name, 0.9, 0.8, 1.0, 0.1, "minimize", "") for name in (*named, "rules_broken", "shape_error", "pair_tvd")
    ]
    scores += [Score(name, 0.001, None, None, None, "maximize", "") for name in ("membership_p_value", "file_p_value")]
    scores += [
        Score(name, 0.5, 0.4, 0.6, 0.01, "reference", "")
        for name in ("membership_tpr_at_1pct_fpr", "file_tpr_at_1pct_fpr")
    ]
    scores += [
        Score(name, 0.1, 0.0, 0.2, 0.9, "maximize", "it goes by x: y")
        for name in ("c2st_holdout", "c2st_meaning_train")
    ]
    scores += [
        Score("utility_real", 0.9, None, None, None, "maximize", ""),
        Score("utility_synthetic", 0.5, 0.4, 0.6, 0.9, "maximize", ""),
    ]
    scores += [Score("epsilon_lower_bound", 5.0, None, None, 0.0, "minimize", "")]
    columns = tuple(
        column(f"a column whose name is long, number {at}", "ab", [50, 50], error=0.3 + at / 100) for at in range(9)
    )
    privacy = {"private": True, "epsilon": 1.0, "delta": 1e-6, "unit": "one row"}
    made = Made((), "2026-11-30", "ann", privacy)
    notes = tuple(f"a note of some length, number {at}" for at in range(9))
    return synthgan.Report(tuple(scores), notes, Details(columns=columns, overlap=0.3), made)


def test_the_worst_there_is_fits_one_screen(capfd, column):
    report = worst_report(column)
    verdicts.show_report(Screen(), report, as_json=False)
    out, err = capfd.readouterr()
    assert len(out.splitlines()) + len(err.splitlines()) <= verdicts.MAX_LINES
    assert all(len(line) <= verdicts.MAX_WIDTH for line in out.splitlines())
    assert out.splitlines()[-1].startswith("--all shows every score")
    assert "\x1b" not in out
    everything = verdicts.show_report(Screen(), report, as_json=False, everything=True) or capfd.readouterr()
    assert "promise" in everything.out
    assert everything.err.count("note:") == len(report.notes)


def test_all_shows_every_score_in_its_group_with_what_it_means(copied):
    done = copied("--all")
    assert done.code == 0, done.err
    heads = [line.split()[0] for line in done.out.splitlines() if line.endswith("reading")]
    assert heads == ["leakage", "rules", "likeness", "use"]
    assert "two-way tables differ by" in done.out
    assert "left out" in done.err


@pytest.mark.parametrize(("variable", "coloured"), [("NO_COLOR", False), ("FORCE_COLOR", True)])
def test_colours_are_for_terminals_that_want_them(capfd, monkeypatch, variable, coloured):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv(variable, "1")
    if variable == "NO_COLOR":
        monkeypatch.setenv("FORCE_COLOR", "1")
    verdicts.show_report(Screen(), synthgan.Report(LOOKED_AT), as_json=False)
    assert ("\x1b[1;33m" in capfd.readouterr().out) == coloured


def test_names_that_command_a_terminal_are_written_out(capfd, column):
    report = synthgan.Report((Score("shape_error", 0.4, None, None, None, "minimize", ""),))
    hostile = column("\x1b[2Jward", "ab", [50, 50], error=0.4)
    report = synthgan.Report(report.scores, (), Details(columns=(hostile,)), Made.of(real="\x1b[2J.csv"))
    verdicts.show_report(Screen(), report, as_json=False)
    assert "\x1b" not in capfd.readouterr().out
