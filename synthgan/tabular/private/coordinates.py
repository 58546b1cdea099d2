"""Cells of a pair of coordinates from noisy counts: a quadtree that is cut where surely many rows are, level by level.

Qardaji, Yang and Li, "Differentially private grids for geospatial data", 2013, cut in two levels; Cormode et al.,
"Differentially private spatial decompositions", 2012, in as many as here. Each level counts parts of the cells before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.scale import step_of
from synthgan.tabular.encoding.coordinates import Coordinates
from synthgan.tabular.encoding.quadtree import LOST_SHARE, Cells, children, deepest_of, in_order, roots_of
from synthgan.tabular.private.twins import SURE
from synthgan.tabular.queries import CoordinateCells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.schema import Column
    from synthgan.tabular.private.twins import Asking

LEVELS = 8  # of the tree below its root, at most: how often parts are counted
FINE_SHARE = 0.6  # of the columns' budget, for the last count; levels share the rest
CUT_ABOVE = 4 * SURE  # standard deviations above which a cell is cut: its parts can each be sure then


class PrivateCoordinates:
    """The private twin of ``Coordinates``."""

    def questions(self, columns: tuple[Column, ...], container: str) -> dict[str, float]:  # noqa: ARG002
        """How many rows lie in the parts of each level, and how they are distributed in the end."""
        levels = {f"level {level}": (1 - FINE_SHARE) / LEVELS for level in range(LEVELS)}
        return levels | {"fine": FINE_SHARE}

    def seeks_levels(self, columns: tuple[Column, ...]) -> bool:  # noqa: ARG002
        """Never: the cells are the same for every table."""
        return False

    def measure(self, columns: tuple[Column, ...], asking: Asking) -> tuple[Coordinates, NDArray[np.float64]]:
        """The codec, and the rows that each mode is thought to hold; a place of one coordinate alone counts as missing."""
        names = " and ".join(repr(column.name) for column in columns)
        cells = grow_noisily(columns, asking, f"where {names} lie")
        counted = asking.count(CoordinateCells(columns, cells), "fine", f"how {names} are distributed")
        *inside, elsewhere, missing = counted
        held, enough = np.array(inside), SURE * asking.deviation("fine")
        kept = held > enough
        if not kept.any():
            kept[np.argmax(held)] = True
        held = np.maximum(held[kept], 1.0)
        held *= 1 + max(elsewhere, 0.0) / held.sum()  # what lies in no cell joins the nearest
        has_missing = bool(missing > enough)
        held = np.append(held, missing) if has_missing else held
        known = tuple(asking.known(column, has_missing=has_missing) for column in columns)
        modes = Cells(np.empty((0, 2)), cells[kept], held / held.sum(), has_missing)
        return Coordinates(known, modes), held


def grow_noisily(columns: tuple[Column, ...], asking: Asking, purpose: str) -> NDArray[np.int64]:
    """Cells that surely hold rows, int64 ``[cells, 3]`` in the order of the curve, within the declared bounds.

    A cell with enough rows is cut; it stays whole where too many of its rows would be lost in parts that may hold none.
    """
    box = np.array([column.bounds for column in columns], dtype=np.float64)
    deepest = deepest_of(np.array([step_of(column) for column in columns]))
    roots = roots_of(box, deepest)
    waiting, done = [(roots, np.inf)], []
    for level in range(LEVELS):
        if not waiting:
            break
        candidates = in_order(np.concatenate([parts for parts, _ in waiting]))
        counted = asking.count(CoordinateCells(columns, candidates), f"level {level}", purpose)
        rows = dict(zip(map(tuple, candidates.tolist()), counted[:-2].tolist(), strict=True))
        waiting, finished = _cut(waiting, rows, asking.deviation(f"level {level}"), box, deepest)
        done += finished
    done += [_whole(parts) for parts, _ in waiting]
    return in_order(np.array(done, dtype=np.int64)) if done else roots


def _cut(
    waiting: list[tuple[NDArray[np.int64], float]],
    rows: dict[tuple[int, ...], float],
    deviation: float,
    box: NDArray[np.float64],
    deepest: int,
) -> tuple[list[tuple[NDArray[np.int64], float]], list[tuple[int, ...]]]:
    """The parts to count next, by the cell they are of and with its rows; and the cells that are cut no further."""
    further: list[tuple[NDArray[np.int64], float]] = []
    done: list[tuple[int, ...]] = []
    for parts, held in waiting:
        sure = {cell: rows[cell] for cell in map(tuple, parts.tolist()) if rows[cell] > SURE * deviation}
        lost = held - sum(sure.values())
        if np.isfinite(held) and (not sure or lost > LOST_SHARE * held + SURE * deviation):
            done.append(_whole(parts))
            continue
        for cell, many in sure.items():
            if many > CUT_ABOVE * deviation and cell[0] < deepest:
                further.append((children(np.array(cell), box), many))
            else:
                done.append(cell)
    return further, done


def _whole(parts: NDArray[np.int64]) -> tuple[int, ...]:
    """The cell whose parts these are."""
    depth, row, column = parts[0].tolist()
    return depth - 1, row // 2, column // 2
