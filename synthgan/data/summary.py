"""A schema as people read it: a row for each column, and one for each that is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMN_HEADINGS: Final = ("column", "kind", "type", "details")
FORMULA_HEADINGS: Final = ("computed", "formula")
MAX_CHARACTERS: Final = 60
# fmt: off
_DETAILS: Final = (
    "decimals", "unit", "timezone", "missing", "levels", "minimum", "maximum", "step", "offset",
    "pattern", "repeats", "form", "locale", "rare", "significant", "moment",
)
# fmt: on


def column_rows(schema: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """A row for each column of a schema, as `Schema.to_dict` gives it."""
    rows = []
    whole = {part: one for one in schema.get("composites") or () for part in one["parts"]}
    for column in schema["columns"]:
        details = ", ".join(f"{name} {brief(column[name])}" for name in _DETAILS if column.get(name) is not None)
        if one := whole.get(column["name"]):
            details += f", in {brief(one['name'])} as {brief(one['form'])}"
        rows.append((str(column["name"]), str(column["kind"]), str(column["dtype"]), details))
    return rows


def formula_rows(schema: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A row for each column that is computed from others."""
    used = [formula for formula in schema.get("formulas") or () if formula.get("use", True)]
    return [(str(formula["target"]), formula["formula"]) for formula in used]


def brief(value: object) -> str:
    """A value short enough for a line.

    Example:
        >>> brief(0.123456), len(brief("x" * 100))
        ('0.1235', 60)
    """
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= MAX_CHARACTERS else f"{text[: MAX_CHARACTERS - 3]}..."
