"""The command that sets rows of a table aside, by unit where a person has several."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthgan_cli import files
from synthgan_cli.options import ForceOption, MemoryOption, TableArgument  # noqa: TC001 (typer reads the annotations)
from synthgan_cli.quoting import command_line
from synthgan_cli.reading import DecimalOption, EncodingOption, NaOption  # noqa: TC001 (typer reads the annotations)


def split(
    table: TableArgument,
    share: Annotated[float, typer.Option(help="How much of the table (of its units) is set aside.")] = 0.2,
    unit: Annotated[
        str | None,
        typer.Option(
            metavar="COL",
            help="The column that says whose a row is, such as a patient's number: all rows of one value go to one side.",
            show_default=False,
        ),
    ] = None,
    train: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Default: <stem of TABLE>.train.parquet, in this folder.")
    ] = None,
    holdout: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Default: <stem of TABLE>.holdout.parquet, in this folder.")
    ] = None,
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
    files.require_readable(table)
    train = train or Path(f"{files.stem(table)}.train.parquet")
    holdout = holdout or Path(f"{files.stem(table)}.holdout.parquet")
    for path in (train, holdout):
        files.require_writable(path, inputs=(table,))
    with screen.stages() as stages:
        stages.update("reading")
        from synthgan.data.splitting import split_rows
        from synthgan.io.sources import as_frame
        from synthgan.io.writers import write_table

        parts = split_rows(as_frame(table), share, unit=unit, seed=seed)
        stages.update("writing")
        rows = [write_table(part, path, private=True) for part, path in zip(parts, (train, holdout), strict=True)]
    screen.say(f"Wrote {train} ({rows[0]:,} rows) and {holdout} ({rows[1]:,} rows).")
    screen.say(f"Next: {command_line(['synthgan', 'fit', str(train)])}")
