"""Options that say how files are read, and the line that says how one was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping


_USUAL = {"utf-8", "utf-8-sig"}


def _choose_encoding(context: typer.Context, encoding: str | None) -> str | None:
    """Holds for all that the command reads, and ends with it."""
    from synthgan.io.choices import reading_as

    context.with_resource(reading_as(encoding=encoding))
    return encoding


def _choose_decimal(context: typer.Context, decimal: str | None) -> str | None:
    """Holds for all that the command reads, and ends with it."""
    from synthgan.io.choices import reading_as

    context.with_resource(reading_as(decimal=decimal))
    return decimal


def _choose_marks(context: typer.Context, na: list[str] | None) -> list[str] | None:
    """Holds for all that the command reads, and ends with it."""
    from synthgan.io.choices import reading_as

    marks = [mark.strip() for given in na or () for mark in given.split(",")]
    context.with_resource(reading_as(na=[mark for mark in marks if mark] or None))
    return na


EncodingOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        callback=_choose_encoding,
        help="Of CSV files: how their letters are encoded, such as cp1252. Default: found.",
    ),
]
DecimalOption = Annotated[
    str | None,
    typer.Option(
        metavar="MARK",
        callback=_choose_decimal,
        help='Of CSV files: the mark before decimals, "." or ",". Default: found.',
    ),
]
NaOption = Annotated[
    list[str] | None,
    typer.Option(
        "--na",
        metavar="MARKS",
        callback=_choose_marks,
        help='Of text: further marks that mean missing in every column, such as "-,unknown". Repeatable.',
    ),
]


def how_it_was_read(table: str, source: Mapping[str, Any] | None) -> str:
    """Says what was found out about a file that does not say it itself; "" where it is as usual.

    Example:
        >>> how_it_was_read("visits.csv", {"format": "CSV", "encoding": "cp1252", "delimiter": ";", "decimal": ","})
        'visits.csv was read as cp1252 text with ";" between cells and decimal commas; --encoding and --decimal say otherwise'
    """
    said = source or {}
    if said.get("format") != "CSV":
        return ""
    odd = [f"{count} line{'s' * (count > 1)} above the header"] if (count := said.get("lines_above", 0)) else []
    odd = (["decimal commas"] if said.get("decimal") == "," else []) + odd
    if said["encoding"] in _USUAL and not odd:
        return ""
    found = ", ".join([f'"{said["delimiter"]}" between cells', *odd][:-1])
    words = f"{found} and {odd[-1]}" if odd else f'"{said["delimiter"]}" between cells'
    return f"{table} was read as {said['encoding']} text with {words}; --encoding and --decimal say otherwise"
