"""The codec of geographic coordinates: latitude and longitude together, as areas of a map and residuals inside them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from scipy.special import ndtr, ndtri

from synthgan.data.grids import Grid
from synthgan.data.scale import offset_of, resolution_of, step_of
from synthgan.data.schema import Column, Kind
from synthgan.io.contract import Anything, Array, Flag, Record, Text, check, require
from synthgan.tabular.encoding.boxes import grow_boxes
from synthgan.tabular.encoding.codec import Allowance, can_meet, contradiction, never_seen
from synthgan.tabular.encoding.continuous import FEW_VALUES
from synthgan.tabular.encoding.quadtree import BLOCK_CELLS, DEPTH, LOST_SHARE, Cells
from synthgan.tabular.encoding.values import bounds_of, each_value, grid_bounds, is_missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from synthgan.config import EncodingConfig
    from synthgan.data.clauses import Clause
    from synthgan.tabular.encoding.codec import Values
    from synthgan.tabular.encoding.continuous import Cut

NO_CELLS: NDArray[np.int64] = np.empty((0, 3), dtype=np.int64)
POLE = 90.0
_EDGE = 1e-6
_AXIS = re.compile(r"latitude|longitude|lat|long|lng|lon", re.IGNORECASE)


_STATE = Record(
    {
        "codec": Text(),
        "columns": Anything(),
        "has_missing": Flag(),
        "points": Array("f8", ("points", 2), low=-180, high=180, optional=True),
        "cells": Array("i8", ("cells", 3), low=0, high=2**DEPTH - 1, optional=True),
        "boxes": Array("f8", ("boxes", 4), low=-180, high=180, optional=True),
        "masses": Array("f8", ("modes",), low=0),
    }
)


@dataclass(frozen=True)
class Coordinates:
    """A pair of columns, latitude and longitude.

    Attributes:
        columns: the two, in that order.
        encoder: their modes.
    """

    name: ClassVar[str] = "coordinates"
    private_twin: ClassVar[str | None] = "coordinates"
    scale: ClassVar[None] = None
    known: ClassVar[None] = None
    withheld: ClassVar[None] = None

    columns: tuple[Column, ...]
    encoder: Cells

    @cached_property
    def low(self) -> NDArray[np.float64]:
        """Float64 ``[points + areas, 2]``: south-western corners, within the bounds that the columns declare."""
        return self._bounded(self.encoder.low)

    @cached_property
    def high(self) -> NDArray[np.float64]:
        """Float64 ``[points + areas, 2]``: north-eastern corners, within the bounds that the columns declare."""
        return self._bounded(self.encoder.high)

    def _bounded(self, corners: NDArray[np.float64]) -> NDArray[np.float64]:
        """An area that reaches beyond what is declared ends there."""
        least, greatest = np.array([column.bounds for column in self.columns], dtype=np.float64).T
        return np.clip(corners, least, greatest)

    @classmethod
    def claim(cls, columns: Sequence[Column]) -> list[tuple[Column, ...]]:
        """Pairs by what their names have in common (``home_lat``, ``home_lon``); a latitude and a longitude alone, too."""
        south = [column for column in columns if column.kind is Kind.LATITUDE]
        west = [column for column in columns if column.kind is Kind.LONGITUDE]
        if len(south) == len(west) == 1:
            return [(south[0], west[0])]
        stems = {_AXIS.sub("", str(column.name)): column for column in west}
        return [(column, stems[stem]) for column in south if (stem := _AXIS.sub("", str(column.name))) in stems]

    @classmethod
    def fit(
        cls,
        columns: tuple[Column, ...],
        values: tuple[Values, ...],
        config: EncodingConfig,
        cut: Cut,
        rng: np.random.Generator,
    ) -> Self | None:
        """Draw the boxes; None where each column is learned by itself.

        So it is where one of a pair is missing alone, and where both have few values that enough rows share, but these hardly any pair.
        """
        pairs = _stacked(values)
        missing = np.isnan(pairs)
        if (missing[:, 0] != missing[:, 1]).any():
            return None
        present = pairs[~missing[:, 0]]
        most = config.max_modes or cut.modes
        distinct, counts = np.unique(present, axis=0, return_counts=True)
        fewest = max(config.rare_below, len(present) / (2 * most) if len(distinct) > FEW_VALUES else 0)
        points = distinct[counts >= fewest]
        bare = Cells(points, NO_CELLS, np.empty(0), has_missing=False)
        rest = present[~bare.find(present)[1]] if len(points) else present
        if len(rest) > LOST_SHARE * len(present) and all(_is_shared(axis, config.rare_below) for axis in present.T):
            return None
        grid = np.array([[step_of(column), offset_of(column)] for column in columns]).T
        boxes = grow_boxes(rest, config.rare_below, most, grid)
        has_missing = bool(missing.any()) or not (len(points) or len(boxes))
        codec = cls(columns, Cells(points, NO_CELLS, np.empty(0), has_missing, boxes))
        codes, _ = codec.encode(values, rng)
        masses = np.bincount(codes, minlength=codec.encoder.modes) / max(len(codes), 1)
        return replace(codec, encoder=replace(codec.encoder, masses=masses))

    def encode(
        self, values: tuple[Values, ...], rng: np.random.Generator
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Codes, and the normal scores of where in its area a place lies.

        A place in no area joins the nearest one, anywhere in it: where it lies is known of too few to be told.
        """
        encoder, pairs = self.encoder, _stacked(values)
        codes = np.full(len(pairs), encoder.modes - 1, dtype=np.int32)
        residuals = np.zeros((len(pairs), encoder.residuals), dtype=np.float32)
        there = np.flatnonzero(~np.isnan(pairs).any(1))
        if not len(encoder.low):
            return codes, residuals
        found, inside = encoder.find(pairs[there])
        codes[there] = found
        if encoder.residuals:
            jitter = np.array([step_of(column) for column in self.columns]) * (rng.random((len(there), 2)) - 0.5)
            low, high = self.low[found], self.high[found]
            share = (pairs[there] + jitter - low) / np.maximum(high - low, 1e-12)
            share = np.where(inside[:, None], share, rng.random((len(there), 2)))
            scores = ndtri(np.clip(share, _EDGE, 1 - _EDGE)).astype(np.float32)
            residuals[there] = np.where(encoder.has_residual[found][:, None], scores, 0)
        return codes, residuals

    def decode(self, codes: NDArray[np.int32], residuals: NDArray[np.float32]) -> tuple[Values, ...]:
        """Places, on the grid of the columns' decimals and inside their areas."""
        encoder = self.encoder
        pairs = np.full((len(codes), 2), np.nan)
        there = np.flatnonzero(codes < len(encoder.low))
        low, high = self.low[codes[there]], self.high[codes[there]]
        share = ndtr(residuals[there].astype(np.float64)) if encoder.residuals else np.zeros((len(there), 2))
        drawn = low + share * (high - low)
        for axis, column in enumerate(self.columns):
            step, offset = step_of(column), offset_of(column)
            if step:  # rounding must not carry a place out of its area
                south, north, at = ((part[:, axis] - offset) / step for part in (low, high, drawn))
                first, last = np.ceil(south), np.floor(north - 1e-9)
                rounded = Grid(step, offset).snap(np.clip(np.rint(at), first, np.maximum(first, last)) * step + offset)
                drawn[:, axis] = np.where(encoder.has_residual[codes[there]], rounded, drawn[:, axis])
        pairs[there] = drawn
        return pairs[:, 0], pairs[:, 1]

    def agree(
        self,
        codes: NDArray[np.int32],
        residuals: NDArray[np.float32],
        values: tuple[Values, ...],
        rng: np.random.Generator,
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Where one of a pair is known, a mode that holds it: by how many rows each holds, else the nearest."""
        pairs, encoder = _stacked(values), self.encoder
        codes = codes.copy()
        for axis in (0, 1):
            half = step_of(self.columns[axis]) / 2 + 1e-12
            rows = np.flatnonzero(~np.isnan(pairs[:, axis]) & np.isnan(pairs[:, 1 - axis]))
            low, high = self.low[:, axis], self.high[:, axis]
            for part in np.array_split(rows, 1 + len(rows) * len(low) // BLOCK_CELLS):
                if not len(part) or not len(low):
                    continue
                gap = np.maximum(low - pairs[part, axis, None], pairs[part, axis, None] - high).clip(0)
                near = gap <= np.maximum(gap.min(1, keepdims=True), half)
                running = np.cumsum(near * np.maximum(encoder.masses[: len(low)], 1e-9), axis=1)
                pick = rng.random(len(part))[:, None] * running[:, -1:]
                codes[part] = (running <= pick).sum(1)
        return codes, residuals

    def alternatives(self, clause: Clause) -> list[Clause]:
        """A clause for each number of a list, or for each range that a negated one leaves."""
        column = self.columns[self._axis(clause)]
        found = each_value(clause, column, has_missing=self.encoder.has_missing)
        return [one for one in found if can_meet(self.allow, one)] if clause.negated else found

    def _axis(self, clause: Clause) -> int:
        return [str(column.name) for column in self.columns].index(str(clause.name))

    def allow(self, clause: Clause) -> Allowance:
        """The points and the parts of areas that lie between two circles of latitude, or two meridians."""
        axis = self._axis(clause)
        column, encoder = self.columns[axis], self.encoder
        if is_missing(clause, column):
            if not encoder.has_missing:
                raise never_seen(column, None, [])
            return Allowance(np.arange(encoder.modes) == encoder.modes - 1)
        low, high = bounds_of(clause, column)
        half = step_of(column) / 2 * (1 - 1e-6)  # what lies half-way may be rounded either way
        corners = self.low[:, axis], self.high[:, axis]
        width = np.maximum(corners[1] - corners[0], 1e-12)
        lowest_on, highest_on = grid_bounds((low, high), column) or (np.inf, -np.inf)
        first, last = (lowest_on - half - corners[0]) / width, (highest_on + half - corners[0]) / width
        has_residual = encoder.has_residual[: len(width)]
        hair = resolution_of(column) / 4
        on_point = (corners[0] >= low - hair) & (corners[0] <= high + hair)
        allowed = np.zeros(encoder.modes, dtype=bool)
        allowed[: len(width)] = np.where(has_residual, (first < 1) & (last > 0) & (last > first), on_point)
        if not allowed.any():
            known = f"{corners[0].min():g} and {corners[1].max():g}" if len(width) else "nothing but missing"
            raise contradiction(clause, f"learned values lie between {known}")
        lowest, highest = np.full((encoder.modes, 2), -np.inf), np.full((encoder.modes, 2), np.inf)
        lowest[: len(width), axis] = np.where(has_residual & (first > 0), ndtri(np.clip(first, 0, 1)), -np.inf)
        highest[: len(width), axis] = np.where(has_residual & (last < 1), ndtri(np.clip(last, 0, 1)), np.inf)
        part = slice(0, encoder.residuals)
        on_grid = lowest_on <= highest_on
        return Allowance(
            allowed, lowest[:, part], highest[:, part], (lowest_on, highest_on) if on_grid else (low, high)
        )

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Points, and cells or boxes."""
        arrays: dict[str, NDArray[Any]] = {"masses": self.encoder.masses}
        arrays |= {name: found for name in ("points", "cells", "boxes") if len(found := getattr(self.encoder, name))}
        return {"has_missing": self.encoder.has_missing}, arrays

    @classmethod
    def from_state(
        cls, columns: tuple[Column, ...], fields: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
    ) -> Self:
        """The codec that ``state`` described."""
        sizes = check({**fields, **arrays}, _STATE)
        points = arrays.get("points", np.empty((0, 2)))
        cells, boxes = arrays.get("cells", NO_CELLS), arrays.get("boxes", np.empty((0, 4)))
        depth, places = cells[:, 0], cells[:, 1:]
        require((depth <= DEPTH).all() and (places < 2 ** depth[:, None]).all(), "cells", "on the grid of the globe")
        require(not (len(cells) and len(boxes)), "boxes", "left out where there are cells")
        on_globe = (np.abs(boxes[:, ::2]) <= POLE).all() and (boxes[:, :2] < boxes[:, 2:]).all()
        require(on_globe, "boxes", "on the globe, south-western corner first")
        encoder = Cells(points, cells, arrays["masses"], fields["has_missing"], boxes)
        in_order = (np.diff(encoder.starts) >= bool(len(cells))).all()  # middles of boxes may be a metre apart
        require(in_order, "cells" if len(cells) else "boxes", "in the order of the curve")
        require(np.array_equal(points, np.unique(points, axis=0)), "points", "sorted and different")
        require(encoder.modes == sizes["modes"] > 0, "masses", "one for each mode")
        return cls(columns, encoder)


def _is_shared(numbers: NDArray[np.float64], fewest: int) -> bool:
    """Whether there are few values, and enough rows share each."""
    _, counts = np.unique(numbers, return_counts=True)
    return len(counts) <= FEW_VALUES and bool(counts.min() >= fewest)


def _stacked(values: tuple[Values, ...]) -> NDArray[np.float64]:
    """Both columns side by side, float64 ``[rows, 2]``."""
    return np.column_stack([np.asarray(column, dtype=np.float64) for column in values])
