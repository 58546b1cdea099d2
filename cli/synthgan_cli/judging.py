"""Linked tables, and rows in groups, judged on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgan import ConfigError
from synthgan_cli import files
from synthgan_cli.actions import write_page
from synthgan_cli.linked import refuse_others
from synthgan_cli.options import page_options
from synthgan_cli.views import show_report

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import typer

    from synthgan import Report, Score
    from synthgan_cli.console import Screen

_ALWAYS = (
    *("real", "synthetic", "holdout", "target", "report", "internal", "model"),
    *("encoding", "decimal", "na", "memory", "as_json"),
)
_OF_LINKED, _OF_GROUPS = ("unit", "schema"), ("group", "order")
_NO_AUDIT = (
    "--audit must be for one table, however: {what} were given; a refit without one person leaves out all rows of theirs, which no "
    "audit of ours does yet: leave it out"
)


def judge_linked(screen: Screen, context: typer.Context) -> None:
    """Judges linked tables, or with ``--group`` one table of histories, by person; prints what was found.

    Raises:
        ConfigError: an option was given that only flat tables or images have, or one that needs another.
        DataError: a source cannot be read.
    """
    from synthgan import evaluate
    from synthgan.io.databases.addresses import is_url

    given = context.params
    grouped = given["group"] is not None
    what = "rows in groups" if grouped else "linked tables"
    if given["audit"] is not None:
        raise ConfigError(_NO_AUDIT.format(what=what))
    refuse_others(context, (*_ALWAYS, *(_OF_GROUPS if grouped else _OF_LINKED)), what)
    sources = [given[name] for name in ("real", "synthetic", "holdout") if given[name] is not None]
    read = [Path(source) for source in sources if grouped or not is_url(source)]
    read += [given[name] for name in ("schema", "model") if given[name] is not None]
    for path in read:
        files.require_readable(path)
    page = page_options(given["report"], inputs=tuple(read), model=_ledger(given, what), internal=given["internal"])
    options: dict[str, Any] = {name: given[name] for name in ("target", *(_OF_GROUPS if grouped else _OF_LINKED))}
    with screen.stages() as stages:
        stages.update("reading")
        report = evaluate(*sources[:2], holdout=given["holdout"], progress=stages.update, **options)
    write_page(screen, report, page)
    if given["as_json"]:
        show_report(screen, report, as_json=True)
        return
    show_report(screen, _computed(report), as_json=False)
    _show_tables(screen, report)
    for why, names in _left(report).items():
        screen.say(f"{why}: {', '.join(names)}", label="note")


def _ledger(given: Mapping[str, Any], what: str) -> Path | None:
    """The model whose ledger the page shows.

    Raises:
        ConfigError: it was named without a page: there is no attack on such a file.
    """
    model: Path | None = given["model"]
    if model is not None and given["report"] is None:
        raise ConfigError(
            f"--model must come with --report, which shows its ledger, however: it stands alone; no attack on a model file of {what} is "
            "known: add --report FILE.html or leave it out"
        )
    return model


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
    screen.write("")
    screen.table(("table", *sides, *(MEASURES if linked.judged else ())), rows)
    screen.flush()


def _figure(scores: Iterable[Score], name: str) -> str:
    """A figure, and behind it what real people score."""
    score = next((one for one in scores if one.name == name), None)
    if score is None or score.value is None:
        return "–"
    return f"{score.value:.3f}" + ("" if score.reference is None else f" ({score.reference:.3f})")
