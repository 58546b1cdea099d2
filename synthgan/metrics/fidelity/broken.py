"""Statements about rows, such as formulas and rules: how many rows of a table break them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from synthgan.errors import SynthganError
from synthgan.metrics.score import Score, scored
from synthgan.metrics.statistics.intervals import share

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from synthgan.data.table import Table
    from synthgan.metrics.data.frames import Frames

Statement = TypeVar("Statement", bound=Any)
MAX_SHOWN = 3


def not_computed(name: str, why: str) -> Score:
    """A score of statements that has no value."""
    return scored(name, None, reference=None, goal="minimize", reading=f"not computed: {why}")


def broken_score(
    name: str,
    frames: Frames,
    statements: Sequence[Statement],
    breaks: Callable[[Statement, Table], NDArray[Any]],
    word: str,
) -> Score:
    """Return the share of synthetic rows that break the statement which most of them break; the holdout's worst stands beside.

    Args:
        name: Of the score.
        frames: The tables as they came; the real one can be read.
        statements: Formulas or rules, one or more, each with its ``names``; the synthetic table has their columns.
        breaks: Bool ``[rows]``: which rows of a table break a statement.
        word: What one of them is called.
    """

    def shares(frame: Any) -> list[float] | None:
        table = frames.like_real(frame, {column for statement in statements for column in statement.names})
        try:
            return None if table is None else [float(breaks(statement, table).mean()) for statement in statements]
        except SynthganError:
            return None

    found = shares(frames.synthetic)
    if found is None:
        return not_computed(name, "the synthetic table cannot be read as the real one")
    reference = None if frames.holdout is None else shares(frames.holdout)
    worst = sorted(zip(found, map(str, statements), strict=True), key=lambda one: (-one[0], one[1]))
    said = ", ".join(f"{statement} ({value:.2%} of the rows)" for value, statement in worst[:MAX_SHOWN])
    more = f", and {len(worst) - MAX_SHOWN} more" if len(worst) > MAX_SHOWN else ""
    rows = len(frames.synthetic)
    return scored(
        name,
        share(worst[0][0] * rows, rows),
        reference=None if reference is None else max(reference),
        goal="minimize",
        reading=f"{len(statements)} {word}{'s' * (len(statements) > 1)}, most broken: {said}{more}",
    )
