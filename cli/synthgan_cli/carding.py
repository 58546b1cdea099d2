"""The command that writes cards of models and of what they drew, as typer reads it."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (typer reads the annotations)
from typing import Annotated

import typer

from synthgan import ConfigError
from synthgan_cli import files
from synthgan_cli.options import ForceOption  # noqa: TC001 (typer reads the annotations)

MARKDOWN, CROISSANT = "markdown", "croissant"


def card(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL",
            help="A *.synthgan file; for croissant a file of samples, or a folder of parts.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Default: stdout.", show_default=False)
    ] = None,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            help="markdown, a card of a model; or croissant, JSON-LD that tells machines of a file of samples.",
        ),
    ] = MARKDOWN,
    force: ForceOption = False,  # noqa: ARG001 (its callback allows it)
) -> None:
    """Write a card of a model as Markdown, in the form of the Hugging Face Hub; or of a file of samples as Croissant.

    For example:

    [bold]synthgan card patients.synthgan -o README.md[/] (columns, privacy, origin)

    [bold]synthgan card patients.synthetic.parquet --format croissant -o croissant.json[/] (columns, hashes, origin)
    """
    from synthgan.report.card import card_of
    from synthgan.report.croissant import croissant_of
    from synthgan_cli.console import Screen

    if form not in {MARKDOWN, CROISSANT}:
        raise ConfigError(f"--format must be {MARKDOWN} or {CROISSANT}, however: {form!r}")
    files.require_readable(source)
    write = card_of if form == MARKDOWN else croissant_of
    if output is not None and output != files.STDOUT:
        files.require_writable(output, inputs=(source,))
        files.write_text(write(source), output)
        Screen().say(f"Wrote {output} ({files.size(output)}).")
    else:
        Screen().write(write(source).rstrip("\n"))
    if form == CROISSANT:
        Screen().say("Licence, address and author are yours to add.", label="note")
