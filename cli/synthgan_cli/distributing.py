"""Options that say where work is done; they change no byte of any result."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from synthgan import ConfigError, PrivacyError
from synthgan_cli.drawing import whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        help="Spread the work over so many processes. Default: this one. The result is the same.",
    ),
]
RayOption = Annotated[
    str | None,
    typer.Option(
        "--ray",
        metavar="ADDRESS",
        help="Spread the work over a Ray cluster (`auto`: the one this machine belongs to). Whoever reaches its address runs code "
        "there, and rows travel unencrypted: trusted networks only.",
    ),
]
LearnRowsOption = Annotated[
    str | None,
    typer.Option(
        "--learn-rows",
        metavar="N",
        help="Learn so many rows of a larger file or folder, or `all`. Default: a million, of wide tables fewer. All are looked at.",
    ),
]


def rows_to_learn(text: str | None, epsilon: float | None) -> dict[str, Any]:
    """How many rows are to be learned, as a parameter of a synthesizer; nothing where nobody said.

    Raises:
        ConfigError: it is no number of rows.
        PrivacyError: under epsilon, where all rows are asked.
    """
    if text is None:
        return {}
    if epsilon is not None:
        raise PrivacyError(
            "--learn-rows must stand without --epsilon, however: both were given; a private fit asks all rows, leave it out"
        )
    if text == "all":
        return {"learn_rows": text}
    try:
        return {"learn_rows": whole_number(text)}
    except typer.BadParameter as error:
        raise ConfigError(f"--learn-rows must be a whole number or all, however: {text!r}") from error


def refuse_where_drawn_here(model: Path, given: Mapping[str, object]) -> None:
    """Refuse options of tables for what is drawn in one process.

    Raises:
        ConfigError: one was given.
    """
    for flag, value in given.items():
        if value is not None:
            raise ConfigError(f"{flag} must be for a model of a table, however: {model} is one of images; leave it out")


def refuse_of_images(given: Mapping[str, Any]) -> None:
    """Refuse ``--workers`` and ``--ray`` of ``synthgan evaluate`` for images, which are judged in one process.

    Raises:
        ConfigError: one was given.
    """
    if given["workers"] is not None or given["ray"] is not None:
        raise ConfigError("--workers and --ray must be for tables, however: these are images; leave them out")


def executor_of(workers: int | None, ray: str | None) -> dict[str, Any]:
    """The executor that was asked for, as a parameter of a synthesizer; nothing where none was.

    Raises:
        ConfigError: both were given, or one is none; or ``torchrun`` began this command.
    """
    begun = os.environ.get("WORLD_SIZE", "1")
    if begun != "1":
        raise ConfigError(
            f"a command must be begun once, however: torchrun began it {begun} times, and each would write the same files; learn on "
            f"several GPUs from Python, as docs/scale.md shows"
        )
    if workers is None and ray is None:
        return {}
    if workers is not None and ray is not None:
        raise ConfigError("--workers must stand without --ray, however: both were given; leave one out")
    if workers is not None and workers < 1:
        raise ConfigError(f"--workers must be a whole number of at least 1, however: {workers}")
    from synthgan import Processes, Ray

    return {"executor": Processes(workers) if workers is not None else Ray(str(ray))}
