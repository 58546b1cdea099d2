"""Nothing that is there is replaced unless `--force` says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from synthgan import ConfigError
from synthgan_cli import files

if TYPE_CHECKING:
    from pathlib import Path

ForceOption = Annotated[bool, typer.Option("--force", help="Replace what stands where the output goes.")]


def require_new(path: Path, *, inputs: tuple[Path | None, ...] = (), force: bool = False) -> None:
    """Refuses a path that a result could not be written to, or that holds something which nobody said to replace.

    Raises:
        DataError: if the path cannot be written.
        ConfigError: if something stands there, or it is one of the inputs.
        ResourceError: if the disk is full.
    """
    files.require_writable(path, inputs=inputs)
    if path.exists() and not force:
        raise ConfigError(
            f"{path}: the output must be new, however: it is there already; add --force to replace it, or name another"
        )
