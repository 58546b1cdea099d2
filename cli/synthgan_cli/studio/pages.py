"""The page of the studio as HTML; whatever a table brings with it is text, and is escaped."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from synthgan_cli.console import duration
from synthgan_cli.studio.forms import CHOSEN, DROP, GENERATORS, targets

if TYPE_CHECKING:
    from synthgan_cli.studio.projects import Project

_DOING = {
    "look": "Looking at the table",
    "fit": "Learning the table",
    "sample": "Drawing rows",
    "judge": "Judging the sample",
}
_GRADES = {"stop": "Stop", "look": "Look", "fine": "No alarm"}


def page(project: Project, problem: str | None = None) -> str:
    """The whole page, as far as the user has come, with what was wrong on top."""
    return _templates().get_template("page.html").render(_seen(project), problem=problem)


def progress(project: Project) -> str:
    """How far the work has come, a part of the page."""
    return _templates().get_template("progress.html").render(_seen(project))


def _seen(project: Project) -> dict[str, Any]:
    job = project.job
    return {
        "project": project,
        "job": job,
        "doing": _DOING.get(job.work, "") if job is not None else "",
        "took": duration(job.seconds) if job is not None else "",
        "kinds": CHOSEN,
        "drop": DROP,
        "generators": GENERATORS,
        "grades": _GRADES,
        "targets": [] if project.asked is None else targets(project.asked),
    }


@cache
def _templates() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
