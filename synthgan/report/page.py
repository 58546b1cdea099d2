"""Renders the document as HTML: a page that needs neither network nor scripts, or a fragment for a notebook."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from synthgan.report import charts
from synthgan.report.methods import method
from synthgan.report.readings import five_readings, image_readings, number, percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from synthgan.report.methods import Method

    Json = dict[str, Any]

ATTACK_STYLES = 8  # classes of lines in the style sheet
_MAX_PAIRS = 400  # rows of the table below the heat maps; the JSON has all


def render(document: Json, *, template: str = "page.html", pictures: Sequence[Json] = ()) -> str:
    """Return the document as HTML; everything in it is text to the template, and escaped.

    Args:
        document: What ``released`` returns, with ``privacy``.
        template: A file of the folder ``templates``; ``page.html`` is ``images.html`` where the document is of images.
        pictures: What ``report.images.pictures`` returns.
    """
    of_images = document["images"] is not None
    if of_images and template == "page.html":
        template = "images.html"
    scores = {score["name"]: score for score in document["scores"]}
    style = _file("style.css")
    return (
        _environment()
        .get_template(template)
        .render(
            document=document,
            scores=scores,
            readings=image_readings(scores) if of_images else five_readings(scores),
            pictures=pictures,
            methods=_methods(scores, of_images=of_images),
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
    environment.globals["charts"] = charts
    return environment


def _file(name: str) -> str:
    return files("synthgan.report").joinpath("templates", name).read_text(encoding="utf-8")


def _methods(names: Iterable[str], *, of_images: bool) -> list[tuple[Method, list[str]]]:
    """List how scores are made, those that are made alike together."""
    found: dict[Method, list[str]] = {}
    for name in names:
        found.setdefault(method(name, of_images=of_images), []).append(name)
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
        (f"curve curve{at % ATTACK_STYLES}", attack["false_positives"], attack["true_positives"])
        for at, attack in enumerate(document["attacks"])
    ]
