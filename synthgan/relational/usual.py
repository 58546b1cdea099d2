"""How many rows parents usually have: drawn counts keep their order and take the distribution of real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from synthgan.data.column import Kind
from synthgan.data.values import Numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthgan.data.schema import Column
    from synthgan.data.table import Table

    Counts = NDArray[np.int64]

STEPS = 200  # means that a distribution is told by at most


def usual_of(counts: Counts) -> tuple[float, ...]:
    """The distribution of counts ``[parents]``: means of so many of them in their order, so that the total stays.

    Example:
        >>> usual_of(np.array([3, 1, 0, 2]))
        (0.0, 1.0, 2.0, 3.0)
    """
    steps = min(STEPS, len(counts))
    if not steps:
        return ()
    running = np.concatenate([[0], np.cumsum(np.sort(counts))])
    ends = np.interp(np.linspace(0, len(counts), steps + 1), np.arange(len(counts) + 1), running)
    return tuple(np.maximum.accumulate(np.round(np.diff(ends) * (steps / len(counts)), 6)).tolist())


def as_usual(drawn: Counts, usual: tuple[float, ...], highest: int, rng: np.random.Generator) -> Counts:
    """Counts ``[parents]`` in the order of drawn ones, of the usual distribution; ties are broken by chance.

    Args:
        drawn: counts.
        usual: as ``usual_of`` gives it.
        highest: none becomes more, unless all were: what too few parents share is not told.
        rng: randomness.
    """
    if not usual or not len(drawn):
        return drawn
    rank = np.empty(len(drawn), dtype=np.int64)
    rank[np.lexsort((rng.random(len(drawn)), drawn))] = np.arange(len(drawn))
    at = ((rank + rng.random(len(drawn))) * (len(usual) / len(drawn))).astype(np.int64)
    found = np.array(usual)[np.minimum(at, len(usual) - 1)]
    return np.minimum(np.floor(found + rng.random(len(drawn))).astype(np.int64), highest)


def with_usual_counts(table: Table, usual: Mapping[str, tuple[float, ...]], rng: np.random.Generator) -> Table:
    """Drawn rows of parents with their columns of counts made usual."""
    changed: dict[str | int, tuple[Column, Numbers]] = {}
    for name, told in usual.items():
        column = table.schema.column(name) if name in table.columns else None
        if column is not None and column.kind is Kind.INTEGER:
            drawn = np.maximum(np.nan_to_num(table.float64(column)), 0).astype(np.int64)
            counts = as_usual(drawn, told, int(drawn.max(initial=0)), rng)
            changed[name] = column, Numbers(pa.array(counts))
    return table.replaced(changed) if changed else table
