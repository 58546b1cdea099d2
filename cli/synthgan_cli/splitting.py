"""The command that sets rows of a table aside, by unit where a person has several."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from synthgan_cli import files
from synthgan_cli.options import (
    ForceOption,
    MemoryOption,
    QueryOption,
    TableArgument,
    UnitColumnOption,
    asked_of,
    place_option,
)
from synthgan_cli.quoting import command_line
from synthgan_cli.reading import DecimalOption, EncodingOption, NaOption  # noqa: TC001 (typer reads the annotations)
from synthgan_cli.writing import write_rows


def split(
    table: TableArgument,
    query: QueryOption = None,
    share: Annotated[float, typer.Option(help="How much of the table (of its units) is set aside.")] = 0.2,
    unit: UnitColumnOption = None,
    train: Annotated[Any, place_option(ending=".train.parquet")] = None,
    holdout: Annotated[Any, place_option(ending=".holdout.parquet")] = None,
    seed: Annotated[int, typer.Option(help="The same table and seed give the same parts.")] = 0,
    force: ForceOption = False,  # noqa: ARG001 (its callback allows it)
    encoding: EncodingOption = None,  # noqa: ARG001 (callbacks choose how files are read)
    decimal: DecimalOption = None,  # noqa: ARG001
    na: NaOption = None,  # noqa: ARG001
    memory: MemoryOption = None,  # noqa: ARG001 (its callback bounds what is read)
) -> None:
    """Set rows of a table aside that nothing is fitted on, for judging: all rows of a unit go to one side.

    For example:

    [bold]synthgan split visits.parquet --unit patient_id[/]

    [bold]synthgan split visits.csv --share 0.5 --train learned.csv --holdout unseen.csv[/]
    """
    from synthgan_cli.console import Screen

    screen = Screen()
    files.require_readable(table := asked_of(table, query))
    train = train or files.named_after(table, ".train.parquet")
    holdout = holdout or files.named_after(table, ".holdout.parquet")
    for path in (train, holdout):
        files.require_writable(path, inputs=(table,))
    with screen.stages() as stages:
        stages.update("reading")
        from synthgan.data.splitting import split_rows
        from synthgan.io.sources import as_frame

        parts = split_rows(as_frame(table), share, unit=unit, seed=seed)
        stages.update("writing")
        rows = [write_rows(screen, part, place) for part, place in zip(parts, (train, holdout), strict=True)]
    screen.say(f"Wrote {files.shown(train)} ({rows[0]:,} rows) and {files.shown(holdout)} ({rows[1]:,} rows).")
    screen.say(f"Next: {command_line(['synthgan', 'fit', files.shown(train)])}")
