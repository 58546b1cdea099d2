"""Histories on the command line: rows that groups have so far, and those that a model draws after them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synthgan import ConfigError
from synthgan_cli import files
from synthgan_cli.console import duration

if TYPE_CHECKING:
    from synthgan_cli.console import Screen

ContinueOption = Annotated[
    Path | None,
    typer.Option(
        "--continue",
        metavar="TABLE",
        help="Of groups: go on from the rows that each has so far. They come back as they are, with what follows.",
    ),
]
UntilOption = Annotated[
    str | None,
    typer.Option(
        metavar="END",
        help='With --continue: beyond what nothing is drawn, such as 72h (since the first row of each), 2021-03-01 or "24 rows".',
    ),
]
_ALLOWED = ("model", "history", "until", "output", "seed", "memory", "force")
_FLAGS = {"n": "-n", "form": "--format"}


def draw_onward(screen: Screen, context: typer.Context, model: Path, history: Path | None, output: Path | None) -> None:
    """Writes histories with the rows that a model draws after them, as a table file or as CSV on stdout.

    Raises:
        ConfigError: an option was given that has no sense with a history, or the model is none of groups.
        DataError: the histories do not fit the model, or the table cannot be written.
    """
    if history is None:
        raise ConfigError("--until must come with --continue, however: it stands alone; add --continue TABLE")
    for name in context.params:
        source = context.get_parameter_source(name)
        if name not in _ALLOWED and source is not None and source.name == "COMMANDLINE":
            raise ConfigError(
                f"{_FLAGS.get(name, f'--{name}')} must stand without --continue, however: both were given"
            )
    files.require_readable(history)
    from synthgan.io.modelfile import read

    if read(model)[0].get("kind") != "sequence":
        raise ConfigError(f"--continue must be for a model of groups, however: {model} is none; leave it out")
    output = output or Path(f"{files.stem(history)}.continued.parquet")
    if output != files.STDOUT:
        files.require_writable(output, inputs=(model, history))
    from synthgan import Synthesizer
    from synthgan.io.writers import write_csv, write_table

    given, started = context.params, time.monotonic()
    with screen.stages() as stages:
        stages.update("opening")
        synthesizer = Synthesizer.load(model)
        stages.update("sampling")
        drawn = synthesizer.sample(history=history, until=given["until"], seed=given["seed"])
        to_stdout = output == files.STDOUT
        rows = (
            write_csv(drawn, screen.stream())
            if to_stdout
            else write_table(drawn, output, private=True, origin=synthesizer.sample_origin_)
        )
    where_to, how_large = ("", "") if to_stdout else (f" {output}:", f" ({files.size(output)})")
    repeat = files.again(given["seed"], synthesizer.sample_seed_)
    screen.say(f"Wrote{where_to} {rows:,} rows{how_large} in {duration(time.monotonic() - started)}{repeat}.")
    screen.say(f"The rows of {history} stand in it as they are: keep it as you keep these.", label="note")
