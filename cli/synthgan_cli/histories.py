"""Histories on the command line: rows that groups have so far, and those that a model draws after them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from synthgan import ConfigError
from synthgan_cli import files
from synthgan_cli.console import duration
from synthgan_cli.linked import draw_linked_onward
from synthgan_cli.options import table_option
from synthgan_cli.writing import write_rows

if TYPE_CHECKING:
    from pathlib import Path

    from synthgan_cli.console import Screen

ContinueOption = Annotated[
    Any,
    table_option(
        "--continue",
        does="Go on from the rows that groups have so far, or units of linked tables. They come back as they are, with what follows.",
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


def draw_onward(
    screen: Screen, context: typer.Context, model: Path, history: Path | str | None, output: Path | str | None
) -> None:
    """Writes histories with the rows that a model draws after them, as a table file, behind a URL, or as CSV on stdout.

    Raises:
        ConfigError: an option was given that has no sense with a history, or the model is of rows that stand alone.
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
    from synthgan.io.modelfile import read

    kind = read(model)[0].get("kind")
    if kind == "database":
        draw_linked_onward(screen, context, model, history, output)
        return
    files.require_readable(history)
    if kind != "sequence":
        raise ConfigError(
            f"--continue must be for a model of groups or linked tables, however: {model} is none; leave it out"
        )
    output = output or files.named_after(history, ".continued.parquet")
    if output != files.STDOUT:
        files.require_writable(output, inputs=(model, history))
    from synthgan import Synthesizer

    given, started = context.params, time.monotonic()
    with screen.stages() as stages:
        stages.update("opening")
        synthesizer = Synthesizer.load(model)
        stages.update("sampling")
        drawn = synthesizer.sample(history=history, until=given["until"], seed=given["seed"])
        rows = write_rows(screen, drawn, output, synthesizer.sample_origin_)
    repeat = files.again(given["seed"], synthesizer.sample_seed_)
    screen.say(f"Wrote {files.written(output, rows)} in {duration(time.monotonic() - started)}{repeat}.")
    screen.say(f"The rows of {files.shown(history)} stand in it as they are: keep it as you keep these.", label="note")
