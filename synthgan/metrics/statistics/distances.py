"""Distances between two tables, column by column and pair by pair, each with its jackknife replicates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.data.binning import (
    EQUAL_WIDTH_CELLS,
    cut,
    decile_edges,
    equal_width_bins,
    ranks,
    with_missing,
)
from synthgan.metrics.statistics.contingency import Groups, Sample, kolmogorov_smirnov, total_variation
from synthgan.metrics.statistics.correlation import correlations
from synthgan.metrics.statistics.intervals import Estimate, jackknife

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns, Name, Tables
    from synthgan.runtime import Streams

    Cells = NDArray[np.int64]
    Binned = list[tuple[Cells, int]]
    PairDistance = Callable[[int, int], NDArray[np.float64]]

MAX_ROWS = 50_000  # of a table, where many columns are looked at together
MAX_PAIRS = 20_000  # all pairs of 200 columns; of a wider table a random draw of as many


@dataclass(frozen=True, slots=True, eq=False)
class Distances:
    """Distances between two tables, one for each column or pair of columns.

    Attributes:
        names: The column, or the two columns, of each distance.
        statistics: [distances, 1 + groups] float64: on all rows, then without each group; NaN where
            undefined.
    """

    names: tuple[tuple[Name, ...], ...]
    statistics: NDArray[np.float64]

    @property
    def undefined(self) -> int:
        """How many distances cannot be computed."""
        return int(np.isnan(self.statistics[:, 0]).sum())

    def mean(self) -> Estimate | None:
        """Return the mean of the defined distances, or None where there are none."""
        defined = self._defined()
        return jackknife(defined.mean(axis=0)) if len(defined) else None

    def worst(self) -> tuple[Estimate, str] | None:
        """Return the largest distance and what it belongs to, such as ``age`` or ``age with income``."""
        if self.undefined == len(self.names):
            return None
        index = int(np.nanargmax(self.statistics[:, 0]))
        worst = self._defined()[int((~np.isnan(self.statistics[:index, 0])).sum())]
        return jackknife(worst), " with ".join(str(name) for name in self.names[index])

    def _defined(self) -> NDArray[np.float64]:
        rows = self.statistics[~np.isnan(self.statistics[:, 0])]
        # A distance undefined without one of the groups says nothing there about its spread.
        return np.where(np.isnan(rows), rows[:, :1], rows)


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """The two tables of a comparison, their rows dealt into groups alike."""

    real: Columns
    other: Columns
    real_groups: Groups
    other_groups: Groups

    @classmethod
    def deal(cls, real: Columns, other: Columns, groups: int, rng: np.random.Generator) -> Sides:
        """Deal the rows of both tables into groups; fewer of them where a table has fewer rows."""
        count = min(groups, real.rows, other.rows)
        return cls(real, other, Groups.deal(real.rows, count, rng), Groups.deal(other.rows, count, rng))

    @classmethod
    def alike(cls, tables: Tables, groups: int, streams: Streams) -> tuple[Sides, ...]:
        """Pair the same real rows with synthetic ones and, where there is a holdout, with as many unseen ones.

        Distances over many cells are the larger, the fewer rows are counted, so value and reference must count equally many.
        """
        others = [tables.synthetic] + ([] if tables.holdout is None else [tables.holdout])
        rows = min(MAX_ROWS, *(other.rows for other in others))
        rng = streams.numpy("equally many rows")
        real = tables.real.draw(MAX_ROWS, rng)
        return tuple(
            cls.deal(real, other.draw(rows, rng), 0 if index else groups, streams.numpy("jackknife groups"))
            for index, other in enumerate(others)
        )


def shape_distances(sides: Sides) -> Distances:
    """Return the distance of each column: Kolmogorov-Smirnov for numbers, total variation for levels.

    Missing values are left out on both sides, as in sdmetrics' KSComplement and TVComplement (one minus the
    result equals theirs, but for a millionth of a row that TVComplement adds to levels only the other table
    has). A column without a value on one side is undefined.
    """
    real, other = sides.real, sides.other
    rows = []
    for index in range(len(real.number_names)):
        left, right = ~np.isnan(real.numbers[:, index]), ~np.isnan(other.numbers[:, index])
        first, second, cells = ranks(real.numbers[left, index], other.numbers[right, index])
        left_sample = Sample(first, sides.real_groups.only(left))
        rows.append(kolmogorov_smirnov(left_sample, Sample(second, sides.other_groups.only(right)), cells))
    for index, levels in enumerate(real.levels):
        left, right = real.codes[:, index] >= 0, other.codes[:, index] >= 0
        first, second = real.codes[left, index].astype(np.int64), other.codes[right, index].astype(np.int64)
        left_sample = Sample(first, sides.real_groups.only(left))
        rows.append(total_variation(left_sample, Sample(second, sides.other_groups.only(right)), levels))
    names = tuple((name,) for name in real.names)
    return Distances(names, stacked(rows, sides))


def trend_distances(sides: Sides, rng: np.random.Generator) -> Distances:
    """Return the distance of each pair of columns as sdmetrics up to 0.26 measures it, all pairs counted.

    Two numeric columns: half the difference of their Pearson correlations, over rows that have both values;
    undefined where a column is constant. Other pairs: total variation of the two-way table, numeric columns
    cut into ten bins of equal width, each table with its own edges; a missing level is a level.
    """
    real, other = sides.real, sides.other
    numeric = len(real.number_names)
    left, right = (
        correlations(real.numbers, sides.real_groups),
        correlations(other.numbers, sides.other_groups),
    )
    halves = 0.5 * np.abs(left - right)
    counted = _counted(sides, _equal_width(real), _equal_width(other))
    return _over_pairs(sides, rng, lambda i, j: halves[:, i, j] if j < numeric else counted(i, j))


def pair_distances(sides: Sides, rng: np.random.Generator) -> Distances:
    """Return total variations of two-way tables, numbers cut at the real deciles, missing a level."""
    counted = _counted(sides, *cells_by_decile(sides))
    return _over_pairs(sides, rng, counted)


def _equal_width(table: Columns) -> Binned:
    """Cells of every column for the trend error, numeric columns first."""
    numbers = [(equal_width_bins(column), EQUAL_WIDTH_CELLS) for column in table.numbers.T]
    return numbers + [with_missing(codes, levels) for codes, levels in zip(table.codes.T, table.levels, strict=True)]


def cells_by_decile(sides: Sides) -> tuple[Binned, Binned]:
    """Return the cells of every column of both tables, numbers cut at the real deciles, missing a level; numbers first."""
    edges = [decile_edges(column) for column in sides.real.numbers.T]
    return _deciles(sides.real, edges), _deciles(sides.other, edges)


def _deciles(table: Columns, edges: list[NDArray[np.float64]]) -> Binned:
    """Cells of every column for the pair distances, numeric columns first."""
    numbers = [cut(column, its_edges) for column, its_edges in zip(table.numbers.T, edges, strict=True)]
    return numbers + [with_missing(codes, levels) for codes, levels in zip(table.codes.T, table.levels, strict=True)]


def _counted(sides: Sides, real: Binned, other: Binned) -> PairDistance:
    """Return the function that measures the two-way table of columns i and j."""

    def distance(i: int, j: int) -> NDArray[np.float64]:
        width = real[j][1]
        left = Sample(real[i][0] * width + real[j][0], sides.real_groups)
        right = Sample(other[i][0] * width + other[j][0], sides.other_groups)
        return total_variation(left, right, real[i][1] * width)

    return distance


def _over_pairs(sides: Sides, rng: np.random.Generator, distance: PairDistance) -> Distances:
    """Measure all pairs of columns, or a random MAX_PAIRS of them."""
    names = sides.real.names
    pairs = _pairs(len(names), rng)
    rows = [distance(i, j) for i, j in pairs]
    return Distances(tuple((names[i], names[j]) for i, j in pairs), stacked(rows, sides))


def _pairs(columns: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """List the pairs of column numbers to measure, the smaller number first."""
    firsts = np.concatenate([[0], np.cumsum(np.arange(columns - 1, 0, -1))])  # pairs before the first of each column
    total = int(firsts[-1])
    chosen = np.arange(total)
    if total > MAX_PAIRS:
        chosen = np.sort(rng.choice(total, MAX_PAIRS, replace=False, shuffle=False))
    left = np.searchsorted(firsts, chosen, side="right") - 1
    right = chosen - firsts[left] + left + 1
    return list(zip(left.tolist(), right.tolist(), strict=True))


def stacked(rows: list[NDArray[np.float64]], sides: Sides) -> NDArray[np.float64]:
    """Return one row of statistics per distance, [distances, 1 + groups] float64; perhaps none."""
    return np.stack(rows) if rows else np.empty((0, 1 + sides.real_groups.count))
