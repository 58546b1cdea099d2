"""The command that adds synthetic rows of rare classes to a table."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from synthgan_cli import files
from synthgan_cli.options import ForceOption, MemoryOption, QueryOption, TableArgument, asked_of, place_option
from synthgan_cli.reading import DecimalOption, EncodingOption, NaOption  # noqa: TC001 (typer reads the annotations)
from synthgan_cli.settings import GeneratorOption, SetOption, read_settings, with_settings
from synthgan_cli.writing import write_rows


def balance(
    context: typer.Context,
    table: TableArgument,
    target: Annotated[
        str, typer.Option(metavar="COL", help="The column that says each row's class.", show_default=False)
    ],
    query: QueryOption = None,
    output: Annotated[Any, place_option("-o", "--output", ending=".balanced.parquet")] = None,
    sampling_strategy: Annotated[
        float | None,
        typer.Option(
            "--ratio",
            metavar="RATIO",
            help="Of two classes: rows of the smaller for each of the larger, in the end. Default: as many.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same table, seed and machine give the same rows.")] = 0,
    generator: GeneratorOption = None,
    settings: SetOption = None,
    force: ForceOption = False,  # noqa: ARG001 (its callback allows it)
    encoding: EncodingOption = None,  # noqa: ARG001 (callbacks choose how files are read)
    decimal: DecimalOption = None,  # noqa: ARG001
    na: NaOption = None,  # noqa: ARG001
    memory: MemoryOption = None,  # noqa: ARG001 (its callback bounds what is read)
) -> None:
    """Add synthetic rows of the rare classes to a table, for training on; the real rows come first and stay as they are.

    For example:

    [bold]synthgan balance visits.parquet --target readmitted[/]

    [bold]synthgan balance visits.parquet --target readmitted --ratio 0.5 -o training.csv[/]

    Test on real rows that had no part in this: [bold]synthgan split visits.parquet[/] sets some aside.
    """
    from synthgan_cli.console import Screen, duration

    screen, started = Screen(), time.monotonic()
    files.require_readable(table := asked_of(table, query))
    output = output or files.named_after(table, ".balanced.parquet")
    files.require_writable(output, inputs=(table,))
    given = read_settings(settings or (), context.params)
    with screen.stages() as stages:
        stages.update("reading")
        from synthgan.io.sources import as_frame

        frame = as_frame(table)
        from synthgan.balancing.tables import balance_table, make_learner

        learner = with_settings(make_learner(generator, seed=seed), given)
        strategy: dict[str, Any] = {} if sampling_strategy is None else {"sampling_strategy": sampling_strategy}
        stages.update("learning")
        balanced, added = balance_table(frame, target, synthesizer=learner, seed=seed, **strategy)
        stages.update("writing")
        rows = write_rows(screen, balanced, output)
    listed = ", ".join(f"{count:,} of {target}={label}" for label, count in added.items()) or "none was lacking"
    screen.say(f"Wrote {files.written(output, rows)} in {duration(time.monotonic() - started)}.")
    screen.say(f"Synthetic ones stand below the real ones: {listed}.")
    screen.say(
        f"Keep {files.shown(output)} as you keep {files.shown(table)}: it holds its rows. Test what is trained on it on real rows that had "
        "no part in this.",
        label="note",
    )
