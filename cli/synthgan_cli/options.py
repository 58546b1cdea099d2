"""Options that mean something only together."""

from __future__ import annotations

from typing import Any

from synthgan import PrivacyError


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
