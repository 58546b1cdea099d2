"""Options that say where work is done; they change no byte of any result."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from synthgan import ConfigError

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


def executor_of(workers: int | None, ray: str | None) -> dict[str, Any]:
    """The executor that was asked for, as a parameter of a synthesizer; nothing where none was.

    Raises:
        ConfigError: both were given, or one is none.
    """
    if workers is None and ray is None:
        return {}
    if workers is not None and ray is not None:
        raise ConfigError("--workers must stand without --ray, however: both were given; leave one out")
    if workers is not None and workers < 1:
        raise ConfigError(f"--workers must be a whole number of at least 1, however: {workers}")
    from synthgan import Processes, Ray

    return {"executor": Processes(workers) if workers is not None else Ray(str(ray))}
