"""Identifiers: whether those of the synthetic table are somebody's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthgan.data.column import Kind
from synthgan.data.containers.raw import names_of, raw_column
from synthgan.data.identifiers import overlap
from synthgan.metrics.score import Score, scored
from synthgan.metrics.statistics.intervals import share

if TYPE_CHECKING:
    from synthgan.metrics.data.frames import Frames

NAME = "real_identifiers"


def identifier_scores(frames: Frames) -> list[Score]:
    """Return real_identifiers: the largest share, over the columns of identifiers, of synthetic ones that are real ones.

    It must be 0: an identifier is made anew, and a real one in a synthetic row says that somebody is in the table.

    Args:
        frames: The tables as they came.
    """
    table = frames.table
    columns = [] if table is None else [one.name for one in table.schema if one.kind is Kind.IDENTIFIER]
    columns = [name for name in columns if name in frames.made]
    if not columns:
        reading = "not computed: the tables share no column of identifiers"
        return [scored(NAME, None, reference=None, goal="minimize", reading=reading)]
    found = {name: _overlap(frames.real, frames.synthetic, name) for name in columns}
    others = [] if frames.holdout is None else [name for name in columns if name in names_of(frames.holdout)]
    reference = max((_overlap(frames.real, frames.holdout, name) for name in others), default=None)
    worst = max(columns, key=lambda name: found[name])
    rows = len(frames.synthetic)
    reading = f"{found[worst]:.2%} of the synthetic identifiers in {worst} are real ones; none must be"
    return [scored(NAME, share(found[worst] * rows, rows), reference=reference, goal="minimize", reading=reading)]


def _overlap(real: Any, other: Any, name: str | int) -> float:
    """The share of the identifiers in a column that the real table has."""
    first, second = (raw_column(frame, name).values for frame in (real, other))
    return overlap(first, second)
