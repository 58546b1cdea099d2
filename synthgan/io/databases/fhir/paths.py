"""Reads and writes values at paths of nested JSON."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

_STEP: Final = re.compile(r"([^\[\]]+)(?:\[(\d+)\])?")


@lru_cache(maxsize=1_000)
def steps(path: str) -> tuple[str | int, ...]:
    """The names and positions that a path goes through.

    Example:
        >>> steps("code.coding[0].display")
        ('code', 'coding', 0, 'display')
    """
    found: list[str | int] = []
    for part in path.split("."):
        match = _STEP.fullmatch(part)
        if match is None:
            raise ValueError(path)
        found += [match[1]] if match[2] is None else [match[1], int(match[2])]
    return tuple(found)


def value_at(resource: Any, path: str) -> Any:
    """The single value at a path; None where there is none, or an object or a list."""
    here = resource
    for step in steps(path):
        if isinstance(step, int):
            here = here[step] if isinstance(here, list) and len(here) > step else None
        else:
            here = here.get(step) if isinstance(here, dict) else None
        if here is None:
            return None
    return None if isinstance(here, (dict, list)) else here


def put(resource: dict[str, Any], path: str, value: Any) -> None:
    """Puts a value at a path, and makes what is lacking on the way."""
    names = steps(path)
    here: Any = resource
    for step, following in zip(names, (*names[1:], None), strict=True):
        if following is None:
            here[step] = value
            return
        empty: Any = [] if isinstance(following, int) else {}
        if isinstance(step, int):
            while len(here) <= step:
                here.append(None)
            here[step] = empty if here[step] is None else here[step]
        else:
            here.setdefault(step, empty)
        here = here[step]
