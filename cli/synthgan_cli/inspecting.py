"""The command that opens a model file, as typer reads it."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (typer reads the annotations)
from typing import Annotated, Any

import typer

from synthgan import ConfigError
from synthgan_cli.options import JsonOption, MemoryOption, table_option


def inspect(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A *.synthgan file.", show_default=False)],
    attack: Annotated[
        Any, table_option(does="The rows that were learned: attack the file, and say what it gives away.")
    ] = None,
    holdout: Annotated[Any, table_option(does="Real rows that nothing was fitted on, for --attack.")] = None,
    memory: MemoryOption = None,  # noqa: ARG001 (its callback bounds what is read)
    as_json: JsonOption = False,
) -> None:
    """Show what a model file says of itself, and what it gives away.

    For example:

    [bold]synthgan inspect patients.synthgan[/]

    [bold]synthgan inspect patients.synthgan --attack patients.parquet --holdout test.parquet[/]

    [bold]synthgan inspect patients.synthgan --json | jq .privacy[/]
    """
    from synthgan_cli.actions import attacked
    from synthgan_cli.console import Screen
    from synthgan_cli.views import show_manifest

    if (attack is None) != (holdout is None):
        lacking, given = ("--attack", "--holdout") if attack is None else ("--holdout", "--attack")
        raise ConfigError(f"{lacking} must be given with {given}, however: it is not")
    screen = Screen()
    found = None if attack is None or holdout is None else attacked(screen, model, attack, holdout)
    show_manifest(screen, model, as_json=as_json, attack=found)
