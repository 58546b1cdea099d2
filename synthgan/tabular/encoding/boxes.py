"""Boxes around places: a map is parted where nobody is, then halved, and none of its boxes stands for only a few."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from synthgan.tabular.encoding.gaps import half_of, part_values
from synthgan.tabular.encoding.quadtree import curve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

GLOBE = np.array([[-90.0, -180.0], [90.0, 180.0]])
REACH = 2.0  # standard deviations about the mean that a box reaches; of places spread evenly, all lie within 1.73
FAR = 8.0  # times as far off the middle as three quarters of a few places are: what lies beyond does not belong to them
CUTS = np.array([8, 7, 9, 6, 10, 5, 11, 4, 12]) / 16  # of a box's extent, the best one first
NEAR = 1 / 32  # of a box's extent: no cut so close to anybody where there is another
HALF_ROWS = 2  # times as many as a box is drawn by lie in a half, as in a mode of a number
MAX_ROWS = 100_000  # that boxes are drawn by; of more, every second one, every third one, and so on
HALF_STEPS = np.array([-0.5, 0.5])
LEAST = 1e-7  # degrees that a box of one street has across: a centimetre


@dataclass(frozen=True)
class _Part:
    """Places of one part of the map.

    Attributes:
        points: float64 ``[rows, 2]``.
        region: float64 ``[2, 2]``: the part of the globe that is theirs, south-western and north-eastern corner.
        grid: float64 ``[2, 2]``: the steps of both columns, 0 for none, and what these are counted from.
    """

    points: Numbers
    region: Numbers
    grid: Numbers

    @cached_property
    def box(self) -> Numbers:
        """float64 ``[2, 2]``: about where the places lie, by all of them: no corner is anybody's place."""
        center, reach = self.points.mean(0), REACH * self.points.std(0)
        corners = np.stack([center - reach, center + reach])
        for axis, (step, offset) in enumerate(self.grid.T):
            sides = corners[:, axis]
            if step:  # half-way between places of the grid
                sides = (np.rint((sides - offset) / step) + HALF_STEPS) * step + offset
            elif sides[1] - sides[0] < LEAST:
                sides = sides.mean() + LEAST * HALF_STEPS
            corners[:, axis] = sides
        return np.clip(corners, *self.region)

    @property
    def extent(self) -> Numbers:
        """How far the box goes along both axes, in degrees of latitude."""
        south, north = np.radians(self.box[:, 0])
        extent: Numbers = self.box[1] - self.box[0]
        return extent * [1.0, np.cos((south + north) / 2)]

    def within(self, axis: int, low: float, high: float, taken: NDArray[np.bool_]) -> _Part:
        """The places that are taken, whose part of the globe ends at ``low`` and ``high``."""
        region = self.region.copy()
        region[:, axis] = max(low, region[0, axis]), min(high, region[1, axis])
        return _Part(self.points[taken], region, self.grid)


def grow_boxes(points: Numbers, rare_below: int, most: int, grid: Numbers) -> Numbers:
    """Boxes that follow the places, each of them by so many at least.

    A part of the map is cut where nobody is (see ``gaps``), else halved; that in which most lie over the largest area comes first.
    Places that lie apart from all others, and are too few to be told, are in no box.

    Args:
        points: float64 ``[rows, 2]``.
        rare_below: the fewest places that a box is drawn by.
        most: how many boxes there are at most; where there is no gap, none has fewer rows than its part of all.
        grid: float64 ``[2, 2]``: the steps of both columns, 0 for none, and what these are counted from; no box is finer.

    Returns:
        float64 ``[boxes, 4]``: south, west, north and east of each, apart from each other, in the order of ``curve``.
    """
    if len(points) < rare_below:
        return np.empty((0, 4))
    points = points[:: 1 + len(points) // MAX_ROWS]
    fewest, number = max(HALF_ROWS * rare_below, len(points) // most), count()
    world = _Part(points, GLOBE, grid)
    done: list[_Part] = []
    waiting = [(0.0, next(number), world)]
    while waiting:
        _, _, part = heapq.heappop(waiting)
        parts = _apart(part, rare_below) or _halved(part, fewest)
        if not parts or len(done) + len(waiting) + len(parts) > most:
            done.append(part)
            continue
        for one in parts:
            if len(one.points) >= rare_below:
                heapq.heappush(waiting, (-len(one.points) * float(one.extent.sum()), next(number), one))
    told = [part for part in map(_trimmed, done) if len(part.points) >= rare_below] or [world]
    boxes = np.array([part.box.ravel() for part in told])
    return boxes[np.argsort(curve((boxes[:, :2] + boxes[:, 2:]) / 2), kind="stable")]


def _apart(part: _Part, rare_below: int) -> list[_Part]:
    """The parts between which nobody is, or too few to be told; none where it is one part.

    Half of the fewest rows are enough to say that they are elsewhere: then they belong to no other part, nor to one of their own.
    """
    behind = half_of(rare_below)
    for axis, (step, offset) in enumerate(part.grid.T):
        along = part.points[:, axis]
        ordered = np.sort(along)
        found = part_values(ordered, step, behind, behind)
        if found == [(0, len(ordered))]:
            continue
        sides = ordered[np.array([[first, last - 1] for first, last in found])]
        middles = _on_half_steps((sides[1:, 0] + sides[:-1, 1]) / 2, step, offset)
        lows, highs = np.append(-np.inf, middles), np.append(middles, np.inf)
        return [
            part.within(axis, low, high, (along >= first) & (along <= last))
            for low, high, (first, last) in zip(lows, highs, sides, strict=True)
        ]
    return []


def _halved(part: _Part, fewest: int) -> list[_Part]:
    """Both halves of a part, along the longer axis where that goes; none where too few would lie in one."""
    for axis in np.argsort(-part.extent, kind="stable").tolist():
        along, (low, high) = part.points[:, axis], part.box[:, axis]
        cuts = _on_half_steps(low + CUTS * (high - low), *part.grid[:, axis])
        below = (along < cuts[:, None]).sum(1)
        lesser = np.minimum(below, len(along) - below)
        near = (np.abs(along - cuts[:, None]) < NEAR * (high - low)).any(1)
        inside = (cuts > low) & (cuts < high)
        fair = np.flatnonzero(inside & (lesser >= fewest))
        if len(fair):
            cut = cuts[fair[np.argmin(near[fair])]]
            return [part.within(axis, -np.inf, cut, along < cut), part.within(axis, cut, np.inf, along >= cut)]
    return []


def _trimmed(part: _Part) -> _Part:
    """A part without those of its places that do not belong to the others."""
    off = np.abs(part.points - np.median(part.points, axis=0))
    belongs = (off <= FAR * np.maximum(np.quantile(off, 0.75, axis=0), np.maximum(part.grid[0], LEAST))).all(1)
    return _Part(part.points[belongs], part.region, part.grid)


def _on_half_steps(cuts: Numbers, step: float, offset: float) -> Numbers:
    """Half-way between two places of the grid."""
    return (np.floor((cuts - offset) / step) + 0.5) * step + offset if step else cuts
