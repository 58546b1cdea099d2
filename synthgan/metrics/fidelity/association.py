"""Association: how strongly every two columns go together, numbers and levels alike, on a scale from 0 to 1."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.data.binning import cut, decile_edges, with_missing
from synthgan.metrics.data.cells import MIN_UNITS
from synthgan.metrics.details import Association

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns, Name, Tables
    from synthgan.metrics.details import Distribution
    from synthgan.runtime import Streams

    Cells = NDArray[np.int64]

MAX_COLUMNS = 60  # of a wider table those whose shapes differ most: nobody reads a larger picture
MAX_ROWS = 20_000
MAX_LEVELS = 20  # of a column; rarer levels beyond these count as one


def association(tables: Tables, columns: tuple[Distribution, ...], streams: Streams) -> Association | None:
    """Return Cramér's V of every pair, in the real and in the synthetic table; None with fewer than two columns.

    Numbers are cut at the deciles of the real rows; missing is a level; levels beyond the most frequent, and those of fewer than
    MIN_UNITS people, are pooled.

    Args:
        tables: Real and synthetic rows; MAX_ROWS of each are looked at.
        columns: The columns, with their errors.
        streams: Draws the rows where there are too many.
    """
    worst = sorted(columns, key=lambda column: -np.nan_to_num(column.error))[:MAX_COLUMNS]
    names = tuple(column.name for column in columns if column in worst)
    if len(names) < 2:  # noqa: PLR2004 (a pair)
        return None
    rng = streams.numpy("association")
    pools = {name: _pools(tables.real, name) for name in names}
    drawn = [table.draw(MAX_ROWS, rng) for table in (tables.real, tables.synthetic)]
    sides = ([pools[name][_cut(table, tables.real, name)[0]] for name in names] for table in drawn)
    return Association(names, *(_matrix(side) for side in sides))


def cramers_v(first: Cells, second: Cells) -> float:
    """Return Cramér's V of two columns of cells, corrected for its bias; 0 where either is constant.

    Bergsma 2013, "A bias-correction for Cramér's V and Tschuprow's T", J. Korean Statistical Society 42,
    doi:10.1016/j.jkss.2012.10.002: independent columns score 0 on average, however few the rows.

    Args:
        first: [rows] int64, not negative.
        second: [rows] int64, not negative.

    Example:
        >>> columns = np.repeat([0, 1, 2], 100), np.tile([0, 1], 150)
        >>> round(cramers_v(columns[0], columns[0]), 6), cramers_v(*columns)
        (1.0, 0.0)
    """
    wide = int(second.max()) + 1
    table = np.bincount(first * wide + second, minlength=(int(first.max()) + 1) * wide).reshape(-1, wide)
    table = table[table.any(axis=1)][:, table.any(axis=0)].astype(np.float64)
    rows, (high, wide) = len(first), table.shape
    if rows < 2 or min(high, wide) < 2:  # noqa: PLR2004 (nothing to go together)
        return 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / rows
    square = ((table - expected) ** 2 / expected).sum() / rows
    square = max(0.0, square - (high - 1) * (wide - 1) / (rows - 1))
    least = min(high - (high - 1) ** 2 / (rows - 1), wide - (wide - 1) ** 2 / (rows - 1)) - 1
    return float(np.sqrt(min(1.0, square / least))) if least > 0 else 0.0


def _cut(table: Columns, real: Columns, name: Name) -> tuple[Cells, int]:
    """Cut a column of a table as the real rows say: int64 [rows], and the number of cells."""
    if name in real.number_names:
        return cut(table.column(name), decile_edges(real.column(name)))
    index = real.code_names.index(name)
    return with_missing(table.codes[:, index], real.levels[index])


def _pools(real: Columns, name: Name) -> Cells:
    """Return int64 [cells]: which cells of a column count as one.

    Those beyond the MAX_LEVELS most frequent, and all that fewer than MIN_UNITS people hold: where a level is a single
    person's, how it goes with another column is that person's secret.
    """
    cells, count = _cut(real, real, name)
    units = real.units_per_cell(cells, count)
    rank = np.empty(count, dtype=np.int64)
    rank[np.argsort(-units, kind="stable")] = np.arange(count)
    kept = min(int((units >= MIN_UNITS).sum()), MAX_LEVELS)
    rest = real.units_per_cell((rank[cells] >= kept).astype(np.int64), 2)[1]
    return np.minimum(rank, kept - (0 < rest < MIN_UNITS and kept > 0))


def _matrix(cells: list[Cells]) -> NDArray[np.float64]:
    """Return [columns, columns]: V of every pair, 1 on the diagonal."""
    matrix = np.eye(len(cells))
    for one, other in combinations(range(len(cells)), 2):
        matrix[one, other] = matrix[other, one] = cramers_v(cells[one], cells[other])
    return matrix
