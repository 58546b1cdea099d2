"""Linked tables, and rows in groups, judged on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgan_cli import files
from synthgan_cli.linked import refuse_others
from synthgan_cli.views import show_report

if TYPE_CHECKING:
    from collections.abc import Iterable

    import typer

    from synthgan import Report, Score
    from synthgan_cli.console import Screen

_ALWAYS = ("real", "synthetic", "holdout", "target", "encoding", "decimal", "na", "memory", "as_json")
_OF_LINKED, _OF_GROUPS = ("unit", "schema"), ("group", "order")
_MEASURES = ("c2st_aggregates", "c2st_trajectory", "c2st_transition", "c2st_rows")


def judge_linked(screen: Screen, context: typer.Context) -> None:
    """Judges linked tables, or with ``--group`` one table of histories, by person; prints what was found.

    Raises:
        ConfigError: an option was given that only flat tables or images have.
        DataError: a source cannot be read.
    """
    from synthgan import evaluate
    from synthgan.io.databases.addresses import is_url

    given = context.params
    grouped = given["group"] is not None
    refuse_others(
        context, (*_ALWAYS, *(_OF_GROUPS if grouped else _OF_LINKED)), "rows in groups" if grouped else "linked tables"
    )
    sources = [given[name] for name in ("real", "synthetic", "holdout") if given[name] is not None]
    for source in [*sources, *([str(given["schema"])] if given["schema"] else [])]:
        if grouped or not is_url(source):
            files.require_readable(Path(source))
    options: dict[str, Any] = {name: given[name] for name in ("target", *(_OF_GROUPS if grouped else _OF_LINKED))}
    with screen.stages() as stages:
        stages.update("reading")
        report = evaluate(*sources[:2], holdout=given["holdout"], progress=stages.update, **options)
    if given["as_json"]:
        show_report(screen, report, as_json=True)
        return
    show_report(screen, _computed(report), as_json=False)
    _show_tables(screen, report)
    for why, names in _left(report).items():
        screen.say(f"{why}: {', '.join(names)}", label="note")


def _computed(report: Report) -> Report:
    """The report without scores that have no value: why they have none is told once for all of them."""
    from dataclasses import replace

    return replace(report, scores=tuple(score for score in report.scores if score.value is not None))


def _left(report: Report) -> dict[str, list[str]]:
    """By why they were not computed, the names of scores; nothing of what a note says already."""
    found: dict[str, list[str]] = {}
    linked = report.details.linked
    if linked is not None and linked.judged:
        for score in report.scores:
            if score.value is None:
                found.setdefault(score.reading, []).append(score.name)
    return found


def _show_tables(screen: Screen, report: Report) -> None:
    """Prints a line for each table that was judged by itself."""
    linked = report.details.linked
    if linked is None:
        return
    rows = []
    for table in linked.tables:
        counts = [f"{count:,}" for count in table.rows if count is not None]
        figures = [_figure(table.scores, name) for name in _MEASURES] if linked.judged else []
        rows.append((table.name, *counts, *figures))
    sides = ("real", "synthetic", "holdout")[: 2 if linked.units[2] is None else 3]
    screen.write("")
    screen.table(("table", *sides, *(_MEASURES if linked.judged else ())), rows)
    screen.flush()


def _figure(scores: Iterable[Score], name: str) -> str:
    """A figure, and behind it what real people score."""
    score = next((one for one in scores if one.name == name), None)
    if score is None or score.value is None:
        return "–"
    return f"{score.value:.3f}" + ("" if score.reference is None else f" ({score.reference:.3f})")
