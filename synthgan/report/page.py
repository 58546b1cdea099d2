"""Renders the document as HTML: a page that needs neither network nor scripts, or a fragment for a notebook."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from synthgan.report import charts, linkedcharts
from synthgan.report.methods import method
from synthgan.report.readings import five_readings, image_readings, linked_readings, number, percent
from synthgan.report.summary import MAX_WORST, grouped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from synthgan.report.methods import Method

    Json = dict[str, Any]

COLOURS, DASHES = 8, 3  # of lines in the style sheet: without a common factor, so that 24 lines all differ
MEASURES = ("c2st_aggregates", "c2st_trajectory", "c2st_transition", "c2st_rows")
"""Scores that stand beside each of linked tables."""
_MAX_PAIRS = 400  # rows of the table below the heat maps; the JSON has all


def render(document: Json, *, template: str = "page.html", pictures: Sequence[Json] = ()) -> str:
    """Return the document as HTML; everything in it is text to the template, and escaped.

    Args:
        document: What ``released`` returns, with ``privacy``.
        template: A file of the folder ``templates``; ``page.html`` is ``images.html`` where the document is of images, and
            ``linked.html`` where it is of linked tables.
        pictures: What ``report.images.pictures`` returns.
    """
    of_images, linked = document["images"] is not None, document["linked"]
    if template == "page.html":
        template = "images.html" if of_images else "linked.html" if linked else template
    drawn = {
        name: [one for one in document["columns"] if linked and one["name"] in linked[name]]
        for name in ("counts", "gaps")
    }
    apart = [*drawn["counts"], *drawn["gaps"]]
    columns = [column for column in document["columns"] if column not in apart]
    columns.sort(key=lambda column: -(column["error"] or 0.0))  # the worst first
    scores = {score["name"]: score for score in document["scores"]}
    style = _file("style.css")
    return (
        _environment()
        .get_template(template)
        .render(
            document=document,
            scores=scores,
            units="images" if of_images else "people" if linked else "rows",
            columns=columns,
            **drawn,
            readings=_readings(scores, of_images=of_images, of_linked=bool(linked)),
            pictures=pictures,
            groups=grouped(document["scores"], lambda score: score["name"]),
            headlines=grouped(document["scores"], lambda score: score["name"], all_of_them=False),
            worst=columns[:MAX_WORST],
            methods=_methods(scores, "image" if of_images else "linked" if linked else ""),
            pairs=_pairs(document["association"]),
            curves=_attack_curves(document),
            style=Markup(style),  # noqa: S704 (our own file)
            style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_file), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"percent": percent, "number": number}
    environment.globals |= {"charts": charts, "linkedcharts": linkedcharts, "measures": MEASURES}
    return environment


def _file(name: str) -> str:
    return files("synthgan.report").joinpath("templates", name).read_text(encoding="utf-8")


def _readings(scores: Mapping[str, Json], *, of_images: bool, of_linked: bool) -> list[Json]:
    if of_images:
        return image_readings(scores)
    return linked_readings(scores) if of_linked else five_readings(scores)


def _methods(names: Iterable[str], kind: str) -> list[tuple[Method, list[str]]]:
    """List how scores are made, those that are made alike together."""
    found: dict[Method, list[str]] = {}
    for name in names:
        found.setdefault(method(name, kind=kind), []).append(name)
    return list(found.items())


def _pairs(association: Json | None) -> list[Json]:
    """List the pairs of columns, those first that differ most between the tables."""
    if association is None:
        return []
    names, real, synthetic = association["names"], association["real"], association["synthetic"]
    found = [
        {
            "names": (names[one], names[other]),
            "real": real[one][other],
            "synthetic": synthetic[one][other],
            "difference": synthetic[one][other] - real[one][other],
        }
        for one in range(len(names))
        for other in range(one + 1, len(names))
    ]
    return sorted(found, key=lambda pair: -abs(pair["difference"]))[:_MAX_PAIRS]


def _attack_curves(document: Json) -> list[tuple[str, list[float], list[float]]]:
    return [
        (f"curve curve{at % COLOURS} dash{at % DASHES}", attack["false_positives"], attack["true_positives"])
        for at, attack in enumerate(document["attacks"])
    ]
