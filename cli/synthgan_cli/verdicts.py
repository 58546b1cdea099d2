"""The verdict and the scores behind it as a terminal shows them: one screen, grouped, alarms first."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import typer
from rich.text import Text

from synthgan.escapes import escaped
from synthgan_cli.files import size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from synthgan import Report, Score
    from synthgan.report.verdict.finding import Finding
    from synthgan_cli.console import Screen
    from synthgan_cli.options import Page

MAX_WIDTH = 100
MAX_LINES = 40
_ABOUT, _GRADE = 13, 6
_STYLES = {"stop": "bold red", "look": "bold yellow", "fine": "bold green"}
_BETTER = {"minimize": "lower", "maximize": "higher", "reference": "as real"}
ALARM = 6  # the exit code, beside those of ``exits``
FAIL_ON = ("stop", "look")
MAX_NOTES = 4  # on one screen
ROWS_SHOWN = 20
_HEADINGS = ("value", "interval", "reference", "better", "reading")


def conclude(screen: Screen, report: Report, given: Mapping[str, Any], page: Page | None) -> None:
    """Ends `synthgan evaluate`: says whose files were judged, writes the page that was asked for, and shows the verdict.

    Args:
        screen: where to.
        report: what was found.
        given: the options of the command by name.
        page: the page to write, if any.

    Raises:
        typer.Exit: the verdict is as bad as ``--fail-on`` says, or worse.
    """
    report = named(report, **{name: given[name] for name in ("real", "synthetic", "holdout", "model", "by")})
    write_page(screen, report, page)
    show_report(screen, report, as_json=given["as_json"], everything=given["everything"])
    fail_on(screen, report, given["fail"])


def write_page(screen: Screen, report: Report, page: Page | None) -> None:
    """Writes the page that was asked for, if one was."""
    if page is None:
        return
    report.to_html(page.path, internal=page.internal, model=page.model)
    screen.say(f"Wrote {page.path} ({size(page.path)}) and its figures beside it.")


def named(report: Report, **sources: Any) -> Report:
    """The report, with the files that were judged, their hashes, and what the model promises."""
    from synthgan.report.made import Made

    made, before = Made.of(**sources), report.made
    return replace(report, made=replace(made, origins={**(before.origins if before else {}), **made.origins}))


def show_report(screen: Screen, report: Report, *, as_json: bool, everything: bool = False) -> None:
    """Prints the verdict and the scores behind it to stdout.

    Args:
        screen: where to.
        report: what was found.
        as_json: print all of it for machines.
        everything: print every score with its reading, and notes, in the place of one screen.
    """
    if as_json:
        screen.json(report.to_json())
        return
    show_verdict(screen, report, everything=everything)
    notes = report.notes if everything else report.notes[:MAX_NOTES]
    for note in notes:
        screen.say(note, label="note")
    if len(report.notes) > len(notes):
        screen.say(f"{len(report.notes) - len(notes)} more with --all", label="note")
    if everything:
        # On stderr, for the eyes of whoever holds the tables: never in a file that is handed on.
        details = report.details
        _show_rows(screen, "rows of SYNTHETIC that most look made", details.giveaway_rows, "counted from 0")
        _show_rows(screen, "most exposed rows of REAL", details.exposed, "counted from 0; do not pass them on")


def _show_rows(screen: Screen, what: str, rows: tuple[int, ...], how: str) -> None:
    if rows:
        more = f" and {len(rows) - ROWS_SHOWN} more" if len(rows) > ROWS_SHOWN else ""
        screen.say(f"{what}: {', '.join(map(str, rows[:ROWS_SHOWN]))}{more} ({how})", label="note")


def show_verdict(screen: Screen, report: Report, *, everything: bool) -> None:
    """Prints the verdict, its findings and the scores that matter, on one screen; everything where it is asked for.

    Args:
        screen: where to.
        report: what was found.
        everything: also what is fine in full, and no limit to the lines.
    """
    width = min(MAX_WIDTH, screen.data.width) if screen.data.is_terminal else MAX_WIDTH
    lines = [*_headline(report, width), *_findings(report, width, everything=everything)]
    if not everything:
        most = MAX_LINES - min(len(report.notes), MAX_NOTES + 1)
        lines += _scores(report, room=most - len(lines) - 2)
        lines += _worst(report, width)
        lines = lines[: most - 1]
        lines.append(
            Text("--all shows every score with what it means; --report FILE.html writes a page to sign", style="dim")
        )
    for line in lines:
        screen.show(line)
    if everything:
        _show_scores(screen, report)
        _show_tables(screen, report)
    screen.flush()


def _show_scores(screen: Screen, report: Report) -> None:
    from synthgan.report.summary import grouped

    rows = {row[0]: row for row in report.to_rows()}
    for group, scores in grouped(report.scores, lambda score: score.name):
        screen.table((group, *_HEADINGS), [rows[score.name] for score in scores])
        screen.write("")


def _show_tables(screen: Screen, report: Report) -> None:
    """Prints a line for each table that was judged by itself."""
    from synthgan.report.page import MEASURES

    linked = report.details.linked
    if linked is None:
        return
    rows = []
    for table in linked.tables:
        counts = [f"{count:,}" for count in table.rows if count is not None]
        figures = [_figure(table.scores, name) for name in MEASURES] if linked.judged else []
        rows.append((table.name, *counts, *figures))
    sides = ("real", "synthetic", "holdout")[: 2 if linked.units[2] is None else 3]
    screen.table(("table", *sides, *(MEASURES if linked.judged else ())), rows)


def _figure(scores: Iterable[Score], name: str) -> str:
    """A figure, and behind it what real people score."""
    score = next((one for one in scores if one.name == name), None)
    if score is None or score.value is None:
        return "–"
    return f"{score.value:.3f}" + ("" if score.reference is None else f" ({score.reference:.3f})")


def fail_on(screen: Screen, report: Report, grade: str | None) -> None:
    """Ends the command with exit code 6 where the verdict is as bad as that grade, or worse.

    Raises:
        typer.Exit: it is.
    """
    verdict = report.verdict
    if grade is not None and verdict.reaches("stop" if grade == "stop" else "look"):
        screen.flush()
        screen.say(f"the verdict is {verdict.grade}: exit code {ALARM}, as --fail-on {grade} asks", label="note")
        raise typer.Exit(ALARM)


def _headline(report: Report, width: int) -> Iterator[Text]:
    verdict = report.verdict
    words = textwrap.wrap(escaped(verdict.sentence), width - _GRADE) or [""]
    for at, line in enumerate(words):
        mark = verdict.grade.upper() if at == 0 else ""
        yield Text(f"{mark:<{_GRADE}}", style=_STYLES[verdict.grade]) + Text(line, style="bold")
    if report.made is not None:
        named = [f"{one.side} {one.name}" for one in report.made.sources]
        for line in textwrap.wrap(escaped(", ".join(named)), width - _GRADE):
            yield Text(f"{'':<{_GRADE}}{line}", style="dim")
    yield Text()


def _findings(report: Report, width: int, *, everything: bool) -> Iterator[Text]:
    verdict = report.verdict
    fine = verdict.graded("fine")
    for one in verdict.findings:
        if one.grade != "fine" or everything:
            yield from _finding(one, width)
    if fine and not everything:
        names = ", ".join(one.about for one in fine)
        yield from _indented("fine", "no alarm in", names, width)
    yield Text()


def _finding(one: Finding, width: int) -> Iterator[Text]:
    yield from _indented(one.grade, one.about, one.sentence, width)
    for line in textwrap.wrap(escaped(one.remedy), width - _GRADE - _ABOUT - 2):
        yield Text(f"{'':<{_GRADE + _ABOUT}}> {line}", style="dim")


def _indented(grade: str, about: str, sentence: str, width: int) -> Iterator[Text]:
    for at, line in enumerate(textwrap.wrap(escaped(sentence), width - _GRADE - _ABOUT)):
        first, second = (grade, about) if at == 0 else ("", "")
        yield Text(f"{first:<{_GRADE}}", style=_STYLES[grade]) + Text(f"{second:<{_ABOUT}}", style="bold") + Text(line)


def _scores(report: Report, room: int) -> list[Text]:
    """The scores that matter, a line each, under their groups; as many as there is room for."""
    from synthgan.report.summary import grouped

    known = [score for score in report.scores if score.value is not None]
    found = grouped(known, lambda score: score.name, all_of_them=False)
    rows = [(group if at == 0 else "", score) for group, scores in found for at, score in enumerate(scores)]
    if not rows or room < 2:  # noqa: PLR2004 (a heading and a line)
        return []
    widest = max(len(score.name) for _, score in rows)
    heading = f"{'':<{_ABOUT}}{'':<{widest}}  {'value':>8}  {'95 % interval':<17}  {'real':>8}  better"
    lines = [Text(heading, style="dim")]
    lines += [Text(f"{group:<{_ABOUT}}", style="bold") + Text(_score(score, widest)) for group, score in rows]
    return lines[:room]


def _score(score: Score, widest: int) -> str:
    interval = "" if score.low is None else f"{score.low:.4f} … {score.high:.4f}"
    real = "–" if score.reference is None else f"{score.reference:.4f}"
    return f"{score.name:<{widest}}  {score.value:>8.4f}  {interval:<17}  {real:>8}  {_BETTER[score.goal]}"


def _worst(report: Report, width: int) -> Iterator[Text]:
    from synthgan.report.summary import worst_columns

    names = ", ".join(f"{one.name} ({one.error:.1%})" for one in worst_columns(report.details.columns))
    if names:
        yield Text(textwrap.shorten(escaped(f"furthest from the real ones: {names}"), width, placeholder=" …"))
