"""The columns of a schema as people read them, and those that are computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from synthgan_cli.console import Screen

_FORMULA_HEADINGS = ("computed", "formula")
_COLUMN_HEADINGS = ("column", "kind", "type", "details")
# fmt: off
_DETAILS = (
    "decimals", "unit", "timezone", "missing", "levels", "minimum", "maximum", "step", "offset",
    "pattern", "repeats", "form", "locale", "rare",
)
# fmt: on
MAX_CHARACTERS = 60


def show_schema(screen: Screen, schema: Mapping[str, Any]) -> None:
    """The columns of a schema, and those that are computed."""
    screen.table(_COLUMN_HEADINGS, _columns(schema["columns"]))
    used = [formula for formula in schema.get("formulas") or () if formula.get("use", True)]
    if used:
        screen.write("")
        screen.table(_FORMULA_HEADINGS, [(str(formula["target"]), formula["formula"]) for formula in used])


def _columns(columns: Iterable[Mapping[str, Any]]) -> list[tuple[str, str, str, str]]:
    """A row for each column of a schema."""
    rows = []
    for column in columns:
        details = ", ".join(f"{name} {brief(column[name])}" for name in _DETAILS if column.get(name) is not None)
        rows.append((str(column["name"]), str(column["kind"]), str(column["dtype"]), details))
    return rows


def brief(value: object) -> str:
    """A value short enough for a line."""
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= MAX_CHARACTERS else f"{text[: MAX_CHARACTERS - 3]}..."
