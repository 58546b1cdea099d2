"""The command that judges synthetic tables and images, as typer reads it."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (typer reads the annotations)
from typing import Annotated, Any

import typer

from synthgan import ConfigError
from synthgan_cli import files
from synthgan_cli.audit import Audit, AuditOption, RefitsOption, deepen
from synthgan_cli.imageoptions import SpacingOption, refuse_options_of_images
from synthgan_cli.options import MemoryOption  # noqa: TC001 (typer reads the annotations)
from synthgan_cli.reading import DecimalOption, EncodingOption, NaOption  # noqa: TC001 (typer reads the annotations)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def evaluate(
    context: typer.Context,
    real: Annotated[
        Path, typer.Argument(metavar="REAL", help="The table or the images that were learned.", show_default=False)
    ],
    synthetic: Annotated[Path, typer.Argument(metavar="SYNTHETIC", help="What was made of it.", show_default=False)],
    holdout: Annotated[
        Path | None,
        typer.Option(
            metavar="TABLE", help="Real rows or images that nothing was fitted on: the yardstick beside each score."
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            metavar="COL", help="The column that a model would predict (utility); of images, that of their classes."
        ),
    ] = None,
    survival: Annotated[
        str | None,
        typer.Option(
            metavar="TIME,EVENT", help="The columns of times to an event and of whether it came (Cox regression)."
        ),
    ] = None,
    schema: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What the table is (`synthgan schema` writes it): its rules and formulas are held against each row.",
        ),
    ] = None,
    unit: Annotated[
        str | None, typer.Option(metavar="COL", help="The column that says whose a row is: people are counted by it.")
    ] = None,
    features: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.pt",
            help="Of images: a TorchScript model to take features from (FID). Such a file is a program: only your own.",
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", help="Write a page for people, and its figures to FILE.json beside it."),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="MODEL",
            help="With --holdout: attack the file, too. --report: show its ledger. --audit: refit it.",
        ),
    ] = None,
    spacing: SpacingOption = None,
    internal: Annotated[
        bool,
        typer.Option("--internal", help="With --report: show also what fewer than ten people hold. Not for release."),
    ] = False,
    audit: AuditOption = None,
    refits: RefitsOption = 16,
    encoding: EncodingOption = None,  # noqa: ARG001 (callbacks choose how files are read)
    decimal: DecimalOption = None,  # noqa: ARG001
    na: NaOption = None,  # noqa: ARG001
    memory: MemoryOption = None,  # noqa: ARG001 (its callback bounds what is read)
    as_json: JsonOption = False,
) -> None:
    """Judge how good a synthetic table is, or synthetic images.

    For example:

    [bold]synthgan evaluate patients.parquet patients.synthetic.parquet --holdout test.parquet --target readmitted[/]

    [bold]synthgan evaluate patients.parquet patients.synthetic.parquet --report report.html --model patients.synthgan[/]

    [bold]synthgan evaluate patients.parquet patients.synthetic.parquet --holdout test.parquet --model patients.synthgan[/] (the file, too)

    [bold]synthgan evaluate patients.parquet patients.synthetic.parquet --json > scores.json[/]

    [bold]synthgan evaluate scans/ scans.synthetic/ --holdout unseen/ --report report.html[/]
    """
    from synthgan_cli.actions import score, write_page
    from synthgan_cli.console import Screen
    from synthgan_cli.options import page_options
    from synthgan_cli.views import show_report

    inputs = (real, synthetic, holdout, schema, model, features)
    for path in filter(None, inputs):
        files.require_readable(path)
    attacked = None if holdout is None or files.is_images(real) else model
    if model is not None and attacked is None and report is None and audit is None:
        raise ConfigError(
            "--model must come with --holdout of a table, --report or --audit deep, however: it stands alone; add one or leave it out"
        )
    if schema is not None and files.is_images(real):
        raise ConfigError(f"--schema must be for tables, however: {real} holds images; leave it out")
    if not files.is_images(real):
        refuse_options_of_images(real, features=features, spacing=spacing)
    page, wanted = page_options(report, inputs=inputs, model=model, internal=internal), Audit(audit, model, refits)
    screen, named = Screen(), None if survival is None else survival.split(",")
    if files.is_images(real):
        from synthgan_cli.images import score_images

        options: dict[str, Any] = {"label": target, "features": features, "spacing": spacing}
        found = score_images(screen, context, real, synthetic, holdout=holdout, **options)
        write_page(screen, found, page)
        show_report(screen, found, as_json=as_json)
        return
    of_table: dict[str, Any] = {"target": target, "survival": named, "schema": schema, "unit": unit}
    found = score(screen, real, synthetic, holdout=holdout, model=attacked, **of_table)
    found = deepen(screen, found, real, wanted)
    write_page(screen, found, page)
    show_report(screen, found, as_json=as_json)
