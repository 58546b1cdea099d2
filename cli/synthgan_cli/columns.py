"""The columns of a schema as people read them, and those that are computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthgan.data.summary import COLUMN_HEADINGS, FORMULA_HEADINGS, column_rows, formula_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthgan_cli.console import Screen


def show_schema(screen: Screen, schema: Mapping[str, Any]) -> None:
    """The columns of a schema, and those that are computed."""
    screen.table(COLUMN_HEADINGS, column_rows(schema))
    if computed := formula_rows(schema):
        screen.write("")
        screen.table(FORMULA_HEADINGS, computed)
