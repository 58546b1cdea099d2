"""The command that shows everything at work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthgan_cli.options import ForceOption  # noqa: TC001 (typer reads the annotations)


def demo(
    folder: Annotated[Path, typer.Option(metavar="DIR", help="Where the files go; made if need be.")] = Path(),
    force: ForceOption = False,  # noqa: ARG001 (its callback allows it)
) -> None:
    """See it at work on real patients, in about a minute.

    The patients are the Wisconsin breast cancer data that come with scikit-learn; nothing is downloaded.

    For example: [bold]synthgan demo --folder demo[/]
    """
    from synthgan_cli.console import Screen
    from synthgan_cli.demo import run

    run(Screen(), folder)
