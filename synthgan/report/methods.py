"""How each figure was made: one paragraph per score, with its source, from ``methods.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Method(NamedTuple):
    """How a score is made, and who thought of it."""

    text: str
    source: str


_UNKNOWN = Method("Its reading says what it is.", "the guide (docs/guide.md)")


@cache
def methods() -> dict[str, Method]:
    """Return the methods by the names of their scores; ``sdmetrics`` stands for all that sdmetrics computes itself."""
    text = files("synthgan.report").joinpath("methods.toml").read_text(encoding="utf-8")
    entries = tomllib.loads(text)["method"]
    return {name: Method(entry["text"], entry["source"]) for entry in entries for name in entry["scores"]}


def method(name: str, *, kind: str = "") -> Method:
    """Return how the score of that name is made; of a name that nobody described, where to look.

    Args:
        name: Of the score.
        kind: What was judged: "image" or "linked" where a score is made in another way than that of one table: ``image <name>``.
    """
    known = methods()
    if f"{kind} {name}" in known:
        return known[f"{kind} {name}"]
    return known.get("sdmetrics" if name.startswith("sdmetrics") else name, _UNKNOWN)
