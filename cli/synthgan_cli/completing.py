"""The commands that complete rows by a model: they fill gaps, or draw everything but a few columns."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from synthgan import ConfigError
from synthgan_cli import files
from synthgan_cli.options import ForceOption, MemoryOption, QueryOption, TableArgument, asked_of, place_option
from synthgan_cli.writing import write_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ModelOption = Annotated[
    Path | None,
    typer.Option(metavar="MODEL", help="Default: the one *.synthgan file of this folder.", show_default=False),
]
SeedOption = Annotated[
    int | None, typer.Option(help="Another seed gives other, equally likely, values. Default: that of the fit.")
]


def impute(
    table: TableArgument,
    query: QueryOption = None,
    model: ModelOption = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--column", metavar="COL", help="A column whose gaps to fill. Repeatable. Default: every learned one."
        ),
    ] = None,
    output: Annotated[Any, place_option("-o", "--output", ending=".imputed.parquet")] = None,
    seed: SeedOption = None,
    force: ForceOption = False,  # noqa: ARG001 (its callback allows it)
    memory: MemoryOption = None,  # noqa: ARG001 (its callback bounds what is read)
) -> None:
    """Fill the gaps of a table: each missing cell is drawn given the cells of its row that are there.

    For example:

    [bold]synthgan impute visits.parquet[/]

    [bold]synthgan impute gaps.csv --model visits.synthgan --column bmi --column hba1c --seed 1 -o filled.csv[/]
    """
    table = asked_of(table, query)
    _write_completed(
        table,
        model,
        output or files.named_after(table, ".imputed.parquet"),
        lambda synthesizer, frame: synthesizer.impute(frame, columns=columns, seed=seed),
    )


def complete(
    table: TableArgument,
    keep: Annotated[
        list[str],
        typer.Option(
            metavar="COLS",
            help="The columns that stay as they are, separated by commas. Repeatable.",
            show_default=False,
        ),
    ],
    query: QueryOption = None,
    model: ModelOption = None,
    output: Annotated[Any, place_option("-o", "--output", ending=".completed.parquet")] = None,
    seed: SeedOption = None,
    force: ForceOption = False,  # noqa: ARG001 (its callback allows it)
    memory: MemoryOption = None,  # noqa: ARG001 (its callback bounds what is read)
) -> None:
    """Keep some columns of a table, and draw all others given these: partial synthesis, or a what-if.

    For example:

    [bold]synthgan complete visits.parquet --keep age,sex[/]

    [bold]synthgan complete older.csv --keep age,sex --model visits.synthgan -o older.completed.csv[/]
    """

    def completed(synthesizer: Any, frame: Any) -> Any:
        from synthgan.data.containers.raw import names_of
        from synthgan.data.rows import select

        return synthesizer.complete(select(frame, _names(keep, names_of(frame))), seed=seed)

    table = asked_of(table, query)
    _write_completed(table, model, output or files.named_after(table, ".completed.parquet"), completed, kept=keep)


def _write_completed(
    table: Path | str,
    model: Path | None,
    output: Path | str,
    completed: Callable[[Any, Any], Any],
    *,
    kept: Sequence[str] = (),
) -> None:
    """Opens the model, completes the table, and writes it."""
    from synthgan_cli.console import Screen, duration

    screen, started = Screen(), time.monotonic()
    model = model or files.only_model(Path())
    files.require_readable(model)
    files.require_readable(table)
    files.require_writable(output, inputs=(table, model))
    with screen.stages() as stages:
        stages.update("opening")
        from synthgan import Synthesizer
        from synthgan.tabular.completing import as_learned

        synthesizer = Synthesizer.load(model)
        stages.update("reading")
        frame = as_learned(table, synthesizer.schema_)
        stages.update("drawing")
        made = completed(synthesizer, frame)
        rows = write_rows(screen, made, output, synthesizer.sample_origin_)
    screen.say(f"Wrote {files.written(output, rows)} in {duration(time.monotonic() - started)}.")
    what = f"the columns {', '.join(kept)} of it are real" if kept else "what was there is real"
    screen.say(f"Keep {files.shown(output)} as you keep {files.shown(table)}: {what}.", label="note")


def _names(given: Sequence[str], columns: Sequence[Any]) -> list[Any]:
    """The columns that texts name; one that is called just so wins over a list of several.

    Raises:
        ConfigError: if one is named twice.
    """
    known = {str(column): column for column in columns}
    words = [word for text in given for word in ([text] if text in known else text.split(","))]
    names = [known.get(word, known.get(word.strip(), word)) for word in words]
    twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
    if twice is not None:
        raise ConfigError(f"--keep must name a column once, however: {twice!r} is there twice; leave one out")
    return names
