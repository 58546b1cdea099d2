"""Linked tables on the command line: their keys, what each was found by, and what is asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synthgan import ConfigError
from synthgan_cli import files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthgan_cli.console import Screen

SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="TABLE",
        help="Parquet, CSV, Excel, SPSS, Stata, SAS or Arrow file; or linked tables: a folder, SQLite, DuckDB, a SQL URL.",
        show_default=False,
    ),
]


def is_linked(source: str) -> bool:
    """Whether a source holds linked tables: a URL, a file of SQLite or DuckDB, or a folder of tables of different columns."""
    from synthgan.io.databases.stores import is_database

    return is_database(source)


def write_keys(screen: Screen, source: str, output: Path | None, options: Mapping[str, object]) -> None:
    """Writes the keys of linked tables as JSON, and says how the tables hang together.

    Args:
        screen: where to say it.
        source: of the tables.
        output: where the JSON goes; None for stdout.
        options: those that only tables have, which must not be given.

    Raises:
        ConfigError: one is.
        DataError: the tables cannot be read.
    """
    from synthgan import Database
    from synthgan.io.databases.addresses import is_url

    stray = next((name for name, given in options.items() if given), None)
    if stray is not None:
        raise ConfigError(f"{stray} must be for one table, however: linked tables were given; leave it out")
    if output is not None:
        files.require_writable(output, inputs=() if is_url(source) else (Path(source),))
    database = Database.read(source)
    text = database.schema.to_json()
    if output is None:
        screen.json(text)
    else:
        files.write_text(text + "\n", output)
        screen.write(repr(database))
        screen.say(f"Wrote {output}. Edit it, and hand it to Database.read(…, schema=DatabaseSchema.from_json(…)).")
    for question in database.schema.asked:
        screen.say(f"{question}: a key? If it is one, move it from asked to references.", label="asked")
