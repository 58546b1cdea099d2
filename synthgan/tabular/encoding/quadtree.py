"""Areas of a map as modes of a pair of coordinates: boxes, or cells of a quadtree on a grid that is the same for every table."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import ndtri

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEPTH = 24  # halvings of the world: its smallest cells are about a metre high
LOST_SHARE = 0.05  # of a cell's rows that may lie in parts too thinly settled to be cells of their own
MAX_ROOTS = 4
BLOCK_CELLS, BLOCK_ROWS = 2**24, 2**11
_SIZE = np.array([180.0, 360.0])
_ORIGIN = np.array([-90.0, -180.0])
_EDGE = 1e-6


@dataclass(frozen=True)
class Cells:
    """Modes of a pair of coordinates, in this order: points by their own, areas along the quadtree's curve, missing.

    Areas are cells, or boxes. Cells lie on a grid that is the same for every table: at depth d it halves the world d times along
    both axes.

    Attributes:
        points: float64 ``[points, 2]``: places that many rows share exactly, as latitude and longitude, sorted.
        cells: int64 ``[cells, 3]``: depth, row (from the south) and column (from the west) of each cell; none where there are boxes.
        masses: float64 ``[modes]``: each mode's share of the rows.
        has_missing: whether the last mode is "missing".
        boxes: float64 ``[boxes, 4]``: south, west, north and east of each box; the first of two are theirs.
    """

    points: NDArray[np.float64]
    cells: NDArray[np.int64]
    masses: NDArray[np.float64]
    has_missing: bool
    boxes: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 4)))

    levels_only: ClassVar[bool] = False

    @property
    def modes(self) -> int:
        """How many modes there are in all."""
        return len(self.points) + self.areas + self.has_missing

    @property
    def areas(self) -> int:
        """How many modes have an extent."""
        return len(self.cells) + len(self.boxes)

    @property
    def residuals(self) -> int:
        """Where in its area a place lies, along both axes."""
        return 2 * bool(self.areas)

    @property
    def discrete(self) -> bool:
        """Whether there are points only."""
        return not self.areas

    @property
    def has_residual(self) -> NDArray[np.bool_]:
        """Bool ``[modes]``: areas have residuals."""
        index = np.arange(self.modes) - len(self.points)
        return (index >= 0) & (index < self.areas)

    @property
    def emitted(self) -> NDArray[np.bool_]:
        """Bool ``[modes]``: all are generated."""
        return np.ones(self.modes, dtype=bool)

    @property
    def ranks(self) -> NDArray[np.float32]:
        """Float32 ``[modes]``: they have centers instead."""
        return np.zeros(self.modes, dtype=np.float32)

    @cached_property
    def low(self) -> NDArray[np.float64]:
        """Float64 ``[points + areas, 2]``: south-western corners; of a point, itself."""
        return np.concatenate([self.points, _ORIGIN + self.cells[:, 1:] * self._extent, self.boxes[:, :2]])

    @cached_property
    def high(self) -> NDArray[np.float64]:
        """Float64 ``[points + areas, 2]``: north-eastern corners; of a point, itself."""
        return np.concatenate([self.points, _ORIGIN + (self.cells[:, 1:] + 1) * self._extent, self.boxes[:, 2:]])

    @property
    def _extent(self) -> NDArray[np.float64]:
        return _SIZE / 2.0 ** self.cells[:, :1]

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """int64 ``[areas]``: where on the curve each cell begins, or the middle of each box lies; they rise."""
        if len(self.boxes):
            return curve((self.boxes[:, :2] + self.boxes[:, 2:]) / 2)
        shift = DEPTH - self.cells[:, 0]
        return _interleaved(self.cells[:, 1] << shift, self.cells[:, 2] << shift)

    def scores(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Where modes stand along the curve, as normal scores; what is near on it is near on the ground."""
        along = np.concatenate([curve(self.points), self.starts])
        order = np.argsort(along, kind="stable")
        mass = np.maximum(self.masses[: len(along)], 1e-9)
        mass /= max(mass.sum(), 1e-9)
        after = np.empty(len(along))
        after[order] = np.cumsum(mass[order])
        centers = np.zeros(self.modes, dtype=np.float32)
        centers[: len(along)] = ndtri(np.clip(after - mass / 2, _EDGE, 1 - _EDGE))
        return centers, np.zeros(self.modes, dtype=np.float32)

    def find(self, points: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The mode of each place ``[rows, 2]``, and whether it lies in it; else it is the nearest one."""
        found, inside = self.box_of(points) if len(self.boxes) else self.cell_of(points)
        found = found + len(self.points)
        if len(self.points):
            known, wanted = _as_complex(self.points), _as_complex(points)  # which NumPy sorts as it sorts pairs
            at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
            is_point = known[at] == wanted
            found, inside = np.where(is_point, at, found), inside | is_point
        far = np.flatnonzero(~inside)
        low, high = self.low, self.high
        for rows in np.array_split(far, 1 + len(far) * len(low) // BLOCK_CELLS):
            gap = np.maximum(low - points[rows, None], points[rows, None] - high).clip(0)
            shrinking = np.cos(np.radians(points[rows, 0]))  # degrees of longitude, towards the poles
            gap[:, :, 1] *= shrinking[:, None]
            found[rows] = (gap**2).sum(2).argmin(1)
        return found, inside

    def cell_of(self, points: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The cell of each place ``[rows, 2]``, counted from the first, and whether it lies in it; points are left out."""
        if not len(self.cells):
            return np.zeros(len(points), dtype=np.int64), np.zeros(len(points), dtype=bool)
        along, starts = curve(points), self.starts
        at = np.maximum(np.searchsorted(starts, along, side="right") - 1, 0)
        return at, (along >= starts[at]) & (along < starts[at] + (1 << 2 * (DEPTH - self.cells[at, 0])))

    def box_of(self, points: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The box of each place ``[rows, 2]``, counted from the first, and whether it lies in it; points are left out."""
        found, inside = np.zeros(len(points), dtype=np.int64), np.zeros(len(points), dtype=bool)
        low, high = self.boxes[:, :2], self.boxes[:, 2:]
        along = np.argsort(points[:, 0], kind="stable")
        for rows in np.array_split(along, 1 + len(along) // BLOCK_ROWS):
            if len(rows):  # few boxes meet the circles of latitude that these lie between
                near = np.flatnonzero((low[:, 0] <= points[rows[-1], 0]) & (high[:, 0] > points[rows[0], 0]))
                held = np.all((points[rows, None] >= low[near]) & (points[rows, None] < high[near]), axis=2)
                at, box = np.nonzero(held)
                inside[rows[at]], found[rows[at]] = True, near[box]
        return found, inside


def curve(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """Where on the quadtree's curve (Morton 1966) places ``[rows, 2]`` lie: cells of any depth are intervals of it."""
    share = (points - _ORIGIN) / _SIZE
    row, column = np.clip((share * 2**DEPTH).astype(np.int64), 0, 2**DEPTH - 1).T
    return _interleaved(row, column)


def deepest_of(steps: NDArray[np.float64]) -> int:
    """The depth below which cells would be finer than the grid of both columns; 0 is no grid."""
    finest = [DEPTH if not step else int(np.log2(size / step)) for size, step in zip(_SIZE, steps, strict=True)]
    return max(min(DEPTH, *finest) - 1, 0)


def roots_of(box: NDArray[np.float64], deepest: int) -> NDArray[np.int64]:
    """The smallest cells of one depth of which at most ``MAX_ROOTS`` cover a box; int64 ``[cells, 3]``, as the curve goes.

    Args:
        box: float64 ``[2, 2]``: least and greatest latitude, least and greatest longitude.
        deepest: no cell is finer.

    Example:
        >>> roots_of(np.array([[40.0, 56.0], [4.0, 20.0]]), 24).tolist()
        [[4, 11, 8], [4, 12, 8]]
    """
    for depth in range(deepest, -1, -1):
        share = (box - _ORIGIN[:, None]) / _SIZE[:, None]
        first, last = np.clip((share * 2**depth).astype(np.int64), 0, 2**depth - 1).T
        if np.prod(last - first + 1) <= MAX_ROOTS:
            break
    rows, columns = (np.arange(low, high + 1) for low, high in zip(first, last, strict=True))
    grid = np.stack(np.meshgrid(rows, columns, indexing="ij"), -1).reshape(-1, 2)
    return in_order(np.column_stack([np.full(len(grid), depth), grid]))


def children(cell: NDArray[np.int64], box: NDArray[np.float64]) -> NDArray[np.int64]:
    """The four parts of a cell, those outside a box left out; int64 ``[parts, 3]``."""
    halves = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    parts = np.column_stack([np.full(4, cell[0] + 1), 2 * cell[1:] + halves])
    extent = _SIZE / 2.0 ** parts[:, :1]
    low = _ORIGIN + parts[:, 1:] * extent
    return parts[((low <= box[:, 1]) & (low + extent >= box[:, 0])).all(1)]


def in_order(cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cells ``[cells, 3]`` in the order of the curve, as ``Cells`` wants them."""
    shift = DEPTH - cells[:, 0]
    return cells[np.argsort(_interleaved(cells[:, 1] << shift, cells[:, 2] << shift), kind="stable")]


def _as_complex(points: NDArray[np.float64]) -> NDArray[np.complex128]:
    """A number for each pair."""
    return points[:, 0] + 1j * points[:, 1]


def _interleaved(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """The bits of rows and columns in turn."""
    key = np.zeros(np.shape(rows), dtype=np.int64)
    for bit in range(DEPTH):
        key |= (rows >> bit & 1) << (2 * bit + 1) | (columns >> bit & 1) << (2 * bit)
    return key
