"""The command that writes a model card, as typer reads it."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (typer reads the annotations)
from typing import Annotated

import typer

from synthgan_cli import files
from synthgan_cli.options import ForceOption  # noqa: TC001 (typer reads the annotations)


def card(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A *.synthgan file.", show_default=False)],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE.md", help="Default: stdout.", show_default=False)
    ] = None,
    force: ForceOption = False,  # noqa: ARG001 (its callback allows it)
) -> None:
    """Write a card of a model as Markdown, in the form of the Hugging Face Hub: columns, privacy, origin.

    For example: [bold]synthgan card patients.synthgan -o README.md[/]
    """
    from synthgan.report.card import card_of
    from synthgan_cli.console import Screen

    files.require_readable(model)
    if output is not None and output != files.STDOUT:
        files.require_writable(output, inputs=(model,))
        files.write_text(card_of(model), output)
        Screen().say(f"Wrote {output} ({files.size(output)}).")
        return
    Screen().write(card_of(model))
