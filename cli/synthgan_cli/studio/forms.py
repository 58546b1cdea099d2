"""What the forms of the page ask for, as orders for the worker; what cannot be done is refused in one line."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from synthgan.data.column import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthgan_cli.studio.projects import Project

GENERATORS: Final = {"default": "the default: keeps no row", "chains": "chains: faster, keeps rows, for use inside"}
MAX_ROWS: Final = 10_000_000
MAX_ASIDE: Final = 0.5
DROP: Final = "leave out"
_MADE_ANEW: Final = {str(Kind.IDENTIFIER.value), str(Kind.TEXT.value)}
CHOSEN: Final = tuple(str(kind.value) for kind in Kind if kind not in {Kind.CONSTANT, Kind.MISSING})


class Refused(Exception):  # noqa: N818 (what the page answers, no fault)
    """What a form asks for cannot be done; the text says why, in one line."""


def fit_order(project: Project, form: Mapping[str, str]) -> dict[str, Any]:
    """What a fit is to do.

    Args:
        project: whose table was looked at.
        form: ``kind-0`` … the kind of each column, or "leave out"; ``aside`` per cent of rows; ``generator``; ``minutes``, or empty.
    """
    if project.looked is None or project.table is None:
        raise Refused("Bring a table first.")
    columns, drop = [], []
    for index, column in enumerate(project.looked["schema"]["columns"]):
        kind = form.get(f"kind-{index}", column["kind"])
        if kind == DROP:
            drop.append(column["name"])
        if kind in {DROP, column["kind"]}:
            columns.append(column)
            continue
        if kind not in CHOSEN:
            raise Refused(f"Column {column['name']!r} must be of a kind in the list, however: found {kind!r}.")
        columns.append({"name": column["name"], "kind": kind, "dtype": column["dtype"]})
    if len(drop) == len(columns):
        raise Refused("Leave at least one column in.")
    generator = form.get("generator", "default")
    if generator not in GENERATORS:
        raise Refused(f"The generator must be one of {', '.join(GENERATORS)}, however: found {generator!r}.")
    return {
        "table": str(project.table),
        "schema": project.looked["schema"] | {"columns": columns},
        "drop": drop,
        "aside": _number(form, "aside", "The share kept aside", low=0, high=100 * MAX_ASIDE, default=30) / 100,
        "generator": None if generator == "default" else generator,
        "minutes": _number(form, "minutes", "Minutes", low=0.1, high=24 * 60, default=None),
        "seed": 0,
        "model": str(project.file("model.synthgan")),
    }


def sample_order(project: Project, form: Mapping[str, str]) -> dict[str, Any]:
    """What a sample is to be: ``n`` rows, ``where`` one condition a line, ``seed`` or empty for fresh rows."""
    if project.learned is None:
        raise Refused("Learn the table first.")
    n = _number(form, "n", "The number of rows", low=1, high=MAX_ROWS, default=project.learned["rows"])
    seed = _number(form, "seed", "The seed", low=0, high=2**32 - 1, default=None)
    return {
        "model": str(project.file("model.synthgan")),
        "n": int(n),
        "where": [line.strip() for line in form.get("where", "").splitlines() if line.strip()],
        "seed": secrets.randbelow(2**32) if seed is None else int(seed),
        "parquet": str(project.file("synthetic.parquet")),
        "csv": str(project.file("synthetic.csv")),
    }


def judge_order(project: Project, form: Mapping[str, str]) -> dict[str, Any]:
    """What is to be judged: ``target`` a column, or empty; ``attack`` the model file, too."""
    if project.sampled is None or project.asked is None or project.table is None:
        raise Refused("Draw a sample first.")
    asked = project.asked
    if not asked["aside"]:
        raise Refused(
            "Nothing was kept aside, so there is no yardstick: learn the table again and keep some rows aside."
        )
    kept = [column["name"] for column in asked["schema"]["columns"] if column["name"] not in asked["drop"]]
    names, index = targets(asked), form.get("target", "")
    if index and not (index.isdecimal() and int(index) < len(names)):
        raise Refused(f"The column to predict must be one of the list, however: found {index!r}.")
    return {
        **{name: asked[name] for name in ("table", "aside", "seed", "model")},
        "kept": kept,
        "synthetic": str(project.file("synthetic.parquet")),
        "report": str(project.file("report.html")),
        "target": names[int(index)] if index else None,
        "attack": form.get("attack") == "on",
    }


def targets(asked: Mapping[str, Any]) -> list[str]:
    """The columns of a fit that a model could predict: those that are learned, not made anew."""
    columns = (column for column in asked["schema"]["columns"] if column["kind"] not in _MADE_ANEW)
    return [column["name"] for column in columns if column["name"] not in asked["drop"]]


def _number(form: Mapping[str, str], name: str, words: str, *, low: float, high: float, default: Any) -> Any:
    text = form.get(name, "").strip().replace(",", ".")
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise Refused(f"{words} must lie between {low:g} and {high:g}, however: found {text!r}.")
    return value
