"""Linked tables, and rows in groups, judged on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthgan import ConfigError
from synthgan_cli import files
from synthgan_cli.audit import ALONE, Audit, deepen_people
from synthgan_cli.distributing import executor_of
from synthgan_cli.linked import refuse_others
from synthgan_cli.options import page_options
from synthgan_cli.verdicts import conclude

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import typer

    from synthgan_cli.console import Screen

_ALWAYS = (
    *("real", "synthetic", "holdout", "target", "report", "internal", "model"),
    *(
        "audit",
        "refits",
        "workers",
        "ray",
        "encoding",
        "decimal",
        "na",
        "memory",
        "as_json",
        "fail",
        "everything",
        "by",
        "force",
    ),
)
_OF_LINKED, _OF_GROUPS = ("unit", "schema"), ("group", "order")


def judge_linked(screen: Screen, context: typer.Context) -> None:
    """Judges linked tables, or with ``--group`` one table of histories, by person; prints what was found.

    Raises:
        ConfigError: an option was given that only flat tables or images have, or one that needs another.
        DataError: a source cannot be read.
    """
    from synthgan import evaluate
    from synthgan.io.databases.addresses import is_url
    from synthgan.io.tableurls import is_table_url

    given = context.params
    grouped = given["group"] is not None
    what = "rows in groups" if grouped else "linked tables"
    refuse_others(context, (*_ALWAYS, *(_OF_GROUPS if grouped else _OF_LINKED)), what)
    sources = [given[name] for name in ("real", "synthetic", "holdout") if given[name] is not None]
    read: list[Any] = [files.source_of(one) for one in sources if is_table_url(one) or not is_url(one)]
    read += [given[name] for name in ("schema", "model") if given[name] is not None]
    for path in read:
        files.require_readable(path)
    executor = executor_of(given["workers"], given["ray"])
    audit = Audit(given["audit"], given["model"], given["refits"], executor)
    page = page_options(given["report"], inputs=tuple(read), model=_model(given), internal=given["internal"])
    options: dict[str, Any] = {name: given[name] for name in ("target", *(_OF_GROUPS if grouped else _OF_LINKED))}
    options |= executor
    with screen.stages() as stages:
        stages.update("reading")
        attacked = None if given["holdout"] is None else given["model"]
        report = evaluate(*sources[:2], holdout=given["holdout"], model=attacked, progress=stages.update, **options)
    of_groups = {name: given[name] for name in _OF_GROUPS} if grouped else {}
    keys = {} if grouped else {name: given[name] for name in _OF_LINKED if given[name] is not None}
    conclude(screen, deepen_people(screen, report, sources[0], audit, of_groups, keys), given, page)


def _model(given: Mapping[str, Any]) -> Path | None:
    """The model that is attacked, or whose ledger the page shows.

    Raises:
        ConfigError: it was named with nothing that it could be for.
    """
    model: Path | None = given["model"]
    if model is not None and all(given[name] is None for name in ("holdout", "report", "audit")):
        raise ConfigError(ALONE)
    return model
