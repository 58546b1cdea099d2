"""The command that draws: rows, histories, linked tables or images, as the model is of one or the other."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthgan import ConfigError
from synthgan_cli import files
from synthgan_cli.distributing import RayOption, WorkersOption, executor_of, refuse_where_drawn_here
from synthgan_cli.drawing import DrawnOption, FormOption, NumberOption, WhereOption, check_draw
from synthgan_cli.histories import ContinueOption, UntilOption, draw_onward
from synthgan_cli.imageoptions import OriginalOption, RowsOption, SourcesOption, refuse_options_of_images
from synthgan_cli.linked import draw_linked, is_of_linked
from synthgan_cli.options import ForceOption, MemoryOption  # noqa: TC001 (typer reads the annotations)
from synthgan_cli.quoting import command_line


def sample(
    context: typer.Context,
    model: Annotated[
        Path | None,
        typer.Argument(metavar="MODEL", help="May be left out where this folder holds exactly one *.synthgan."),
    ] = None,
    n: NumberOption = None,
    output: DrawnOption = None,
    where: WhereOption = None,
    history: ContinueOption = None,
    until: UntilOption = None,
    seed: Annotated[
        int | None, typer.Option(help="Draws the same rows again. Default: other rows each time; the seed is told.")
    ] = None,
    workers: WorkersOption = None,
    ray: RayOption = None,
    force: ForceOption = False,  # noqa: ARG001 (its callback allows it)
    resume: Annotated[
        bool, typer.Option("--resume", help="Of a folder of parts: draw only what an interrupted draw lacks.")
    ] = False,
    form: FormOption = None,
    rows: RowsOption = None,
    sources: SourcesOption = None,
    original_size: OriginalOption = False,
    memory: MemoryOption = None,  # noqa: ARG001 (its callback bounds what is read)
) -> None:
    """Draw synthetic rows or images from a model.

    For example:

    [bold]synthgan sample -n 10000[/]

    [bold]synthgan sample patients.synthgan -n 500 --where "sex=F" --where "age>=65" -o women.csv[/]

    [bold]synthgan sample -n 100 -o - | head[/]

    [bold]synthgan sample -n 10000 -o "duckdb:///clinic.duckdb?table=made"[/] (into a database, or a store: "s3://bucket/made.parquet")

    [bold]synthgan sample -n 1e9 -o synthetic/ --workers 4[/] (a folder of parts; with --resume, only what lacks)

    [bold]synthgan sample scans.synthgan -n 500 --where "label=pneumonia" -o synthetic/[/] (PNG files and metadata.parquet; or .npz)

    [bold]synthgan sample scans.synthgan -n 500 --format dicom -o synthetic/[/]

    [bold]synthgan sample hospital.synthgan -n 1000 -o synthetic/[/] (a folder; or .sqlite, .duckdb; n counts patients)

    [bold]synthgan sample visits.synthgan --continue first_day.parquet --until 72h[/] (what comes after given rows)

    [bold]synthgan sample scans.synthgan --rows patients.synthetic.parquet[/] (an image for each row)

    [bold]synthgan sample late.synthgan --sources early/[/] (an image from each, by a model that was fitted so)
    """
    from synthgan.io.tableurls import is_table_url
    from synthgan_cli.console import Screen
    from synthgan_cli.images import draw_images, is_of_images
    from synthgan_cli.writing import draw, draw_parts

    onward = history is not None or until is not None
    if not onward:
        check_draw(n, where or (), rows, sources)
    files.require_readable(model := model or files.only_model(Path()))
    if onward:
        draw_onward(Screen(), context, model, history, output)
        return
    of_images, of_linked = is_of_images(model), is_of_linked(model)
    if isinstance(output, str) and (of_images or (of_linked and is_table_url(output))):
        what = "images" if of_images else "linked tables"
        raise ConfigError(f"-o must be a place for {what}, however: {files.shown(output)} is one for a single table")
    if of_images:
        refuse_where_drawn_here(model, {"--workers": workers, "--ray": ray, "--resume": resume or None})
        how = {"where": where or None, "seed": seed, "original_size": original_size}
        draw_images(Screen(), model, n, output, how, rows=rows, sources=sources, form=form)
        return
    refuse_options_of_images(model, original_size=original_size or None)
    if of_linked:
        draw_linked(Screen(), context, model, output)
        return
    if form is not None:
        raise ConfigError(f"--format must be for images, however: {model} is a model of a table; name the file with -o")
    if n is None:
        flag = "--rows" if sources is None else "--sources"
        raise ConfigError(f"{flag} must be for images, however: {model} is a model of a table; say -n instead")
    output = output or Path(f"{files.stem(model)}.synthetic.parquet")
    executor = executor_of(workers, ray)
    if isinstance(output, Path) and files.is_folder(output, context.obj):
        again = command_line(["synthgan", *context.obj, *([] if resume else ["--resume"])])
        draw_parts(Screen(), model, n, output, executor, where=where or (), seed=seed, resume=resume, again=again)
        return
    if resume:
        raise ConfigError(
            f"--resume must be for a folder of parts, however: {files.shown(output)} is a single table; say -o {files.stem(Path(output))}/"
        )
    if output != files.STDOUT:
        files.require_writable(output, inputs=(model,))
    draw(Screen(), model, n, output, executor, where=where or (), seed=seed)
