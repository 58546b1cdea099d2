"""Rows of Markdown tables, as every part of the page writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

Run = dict[str, Any]


def row(*cells: str) -> str:
    """A row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def headed(*cells: str) -> list[str]:
    """The head of a Markdown table."""
    return [row(*cells), "|---" * len(cells) + "|"]


def first(values: Iterable[Any]) -> list[Any]:
    """Each value once, in the order of its first time."""
    return list(dict.fromkeys(values))
