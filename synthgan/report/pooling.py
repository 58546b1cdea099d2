"""Pools what only few people hold: the cells of a column that may be shown, and the levels that may not be named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.data.cells import MIN_UNITS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.details import Distribution

    Counts = NDArray[np.int64]

CELLS_SHOWN = 12  # levels of a column; the next are pooled because nobody reads more
CELLS_SHOWN_INTERNAL = 40


@dataclass(frozen=True, slots=True, eq=False)
class Pooled:
    """One column as it may be shown.

    Attributes:
        labels: One per cell; the last may be a pool.
        shares: float64 ``[tables, cells]``: real, synthetic and perhaps holdout; each row adds up to 1, or is 0 throughout.
        hidden: Labels that must not be shown anywhere.
    """

    labels: tuple[str, ...]
    shares: NDArray[np.float64]
    hidden: frozenset[str]


def pooled(column: Distribution, *, internal: bool = False) -> Pooled:
    """Pool the cells that fewer than MIN_UNITS people hold, in the real table or in the holdout.

    A pool that would itself hold too few people takes in the next smallest cell, so that nothing can be told from the
    difference to the whole. Cells that nobody real holds are pooled as well: what only the synthetic table has may be the
    level of somebody who is in neither.

    Args:
        column: The column.
        internal: Hide nothing; pool only what there is no room for.
    """
    units = [column.units]
    if column.holdout is not None:
        units.append(column.holdout if column.holdout_units is None else column.holdout_units)
    few = np.zeros(len(column.labels), dtype=bool) if internal else np.min(units, axis=0) < MIN_UNITS
    room = len(few) if column.edges is not None else CELLS_SHOWN_INTERNAL if internal else CELLS_SHOWN
    order = np.argsort(np.where(few, -1, column.real), kind="stable")[::-1]
    shown = [int(at) for at in order[: room if len(order) <= room else room - 1] if not few[at]]
    rows = [column.real] if column.holdout is None else [column.real, column.holdout]
    while not internal and shown and any(_too_few(*side, shown) for side in zip(units, rows, strict=True)):
        shown.pop()
    rest = sorted(set(range(len(few))) - set(shown))
    shown.sort()
    counts = np.stack([column.real, column.synthetic, *rows[1:]])
    cells = counts[:, shown]
    labels = [column.labels[at] for at in shown]
    if rest:
        cells = np.hstack([cells, counts[:, rest].sum(axis=1, keepdims=True)])
        labels.append(_pool_label(len(rest), column, named=bool(shown)))
    shares = cells / np.maximum(cells.sum(axis=1, keepdims=True), 1)
    hidden = frozenset(label for label, rare in zip(column.labels, few, strict=True) if rare)
    return Pooled(tuple(labels), shares, hidden if column.edges is None else frozenset())


def _too_few(units: Counts, rows: Counts, shown: list[int]) -> bool:
    """Whether the pool holds somebody, but perhaps too few; people with several rows may be in several of its cells."""
    rest = np.setdiff1d(np.arange(len(units)), shown)
    if not len(rest):
        return False
    held = int(units[rest].sum() if (units == rows).all() else units[rest].max())
    return 0 < held < MIN_UNITS


def _pool_label(cells: int, column: Distribution, *, named: bool) -> str:
    what = "level" if column.edges is None else "range"
    many = f"{cells:,} {what}{'s' * (cells != 1)}"
    return f"other ({many})" if named else f"all ({many})"
