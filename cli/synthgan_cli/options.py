"""Options that mean something only together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthgan import ConfigError, PrivacyError
from synthgan_cli import files

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A report page that was asked for.

    Attributes:
        path: where it goes.
        model: the model whose privacy ledger it shows, if any.
        internal: show also what only few people hold.
    """

    path: Path
    model: Path | None
    internal: bool


def private_options(
    epsilon: float | None, given: dict[str, Any], unit: str | None, max_rows_per_unit: int, *, i_know: bool
) -> dict[str, Any]:
    """The hyper-parameters of a private fit, of which none makes sense alone.

    Args:
        epsilon: the budget.
        given: delta and mechanism; None where the library's default is to stand.
        unit: the column of units.
        max_rows_per_unit: rows of a unit that take part.
        i_know: accept what means nothing.

    Raises:
        PrivacyError: where another was given without epsilon.
    """
    if epsilon is None:
        alone = {f"--{name}": value is not None for name, value in (given | {"unit": unit}).items()}
        for name, is_given in (alone | {"--max-rows-per-unit": max_rows_per_unit != 1, "--i-know": i_know}).items():
            if is_given:
                raise PrivacyError(
                    f"{name} must come with --epsilon, however: it stands alone; add --epsilon or leave it out"
                )
        return {}
    chosen = {"epsilon": epsilon, "unit": unit, "max_rows_per_unit": max_rows_per_unit, "i_know": i_know}
    return chosen | {name: value for name, value in given.items() if value is not None}


def page_options(
    path: Path | None, *, inputs: tuple[Path | None, ...], model: Path | None, internal: bool
) -> Page | None:
    """The page to write, if one was asked for.

    Raises:
        ConfigError: where an option of the page stands without it, or the page would replace an input.
        DataError: where it cannot be written.
    """
    if path is None:
        if internal:
            raise ConfigError(
                "--internal must come with --report, however: it stands alone; add --report FILE.html or leave it out"
            )
        return None
    from synthgan.report import json_beside

    for written in (path, json_beside(path)):
        files.require_writable(written, inputs=inputs)
    return Page(path=path, model=model, internal=internal)
