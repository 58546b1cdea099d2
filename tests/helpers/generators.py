"""Small generators of every kind, for tests that go through all of them."""

from __future__ import annotations

from typing import Any

from synthgan.tabular.registry import GENERATORS


def small(name: str, **parameters: Any) -> Any:
    """The generator of that name with those of the parameters that it has; of a pair, both get them, and little is drawn."""
    kind = GENERATORS[name]
    known = {key: value for key, value in parameters.items() if key in kind.parameters()}
    if {"teacher", "student"} <= set(kind.parameters()):
        known |= {"teacher": small("pooled", **parameters), "student": small("chains", **parameters), "times": 2}
    if name == "autoregressive":
        known |= {"networks": 2, "width": 16, "updates": 60, "critics": 0}
    return kind(**known)
