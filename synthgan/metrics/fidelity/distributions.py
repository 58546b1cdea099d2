"""Distributions: how the rows of every column are spread over cells in each table, for a page to draw."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.data.binning import with_missing
from synthgan.metrics.data.cells import MIN_UNITS, merged, range_labels, readable_edges
from synthgan.metrics.details import Distribution
from synthgan.metrics.fidelity.outside import outside_shares
from synthgan.metrics.statistics.distances import Sides, shape_distances

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns, Name, Tables
    from synthgan.runtime import Streams

    Cells = NDArray[np.int64]
    Numbers = NDArray[np.float64]

MIN_HOLDOUT = 10 * MIN_UNITS
"""People of a holdout: a smaller one would leave hardly a cell to show, so it is not counted."""


def distributions(tables: Tables, streams: Streams) -> tuple[Distribution, ...]:
    """Count the rows of every column, in the table's order.

    Numbers are cut at round numbers, into ranges that hold at least MIN_UNITS people of the real table and of the
    holdout each; the outermost are open-ended, so that no extreme shows. A holdout of fewer than MIN_HOLDOUT people is
    left out. Levels are counted one by one, however rare: who
    shows them must pool those that few people hold.

    Args:
        tables: Real, synthetic and perhaps holdout rows.
        streams: Source of randomness (nothing is drawn but the order of rows, which does not matter).
    """
    if tables.holdout is not None and _distinct(tables.holdout) < MIN_HOLDOUT:
        tables = replace(tables, holdout=None)
    compared = shape_distances(Sides.deal(tables.real, tables.synthetic, 0, streams.numpy("distributions")))
    errors = dict(zip((name for (name,) in compared.names), compared.statistics[:, 0].tolist(), strict=True))
    outside = outside_shares(tables.real, tables.synthetic)
    made = []
    for name in tables.order or tables.real.names:
        found = (_of_numbers if name in tables.real.number_names else _of_levels)(tables, name, errors[name])
        made.append(replace(found, outside=outside[name]))
    return tuple(made)


def _of_numbers(tables: Tables, name: Name, error: float) -> Distribution:
    """Cut a column of numbers; gaps are a last cell, or part of the last but one where few people have them."""
    values = [table.column(name) for table in tables]
    temporal = tables.real.stamps.get(name)
    shown = [tables.real] if tables.holdout is None else [tables.real, tables.holdout]
    sides = [_present(table, name) for table in shown]
    present, owners = sides[0]
    wanted = readable_edges(present, owners, threshold=MIN_UNITS, temporal=temporal)
    edges = merged(wanted, sides, MIN_UNITS)
    gaps = [table.take(np.flatnonzero(np.isnan(table.column(name)))) for table in shown]
    few = any(0 < _distinct(table) < MIN_UNITS for table in gaps)
    cells = [np.searchsorted(edges, side, side="right").astype(np.int64) for side in values]
    for side, cell in zip(values, cells, strict=True):
        cell[np.isnan(side)] = len(edges) + (0 if few else 1)
    labels = range_labels(edges, whole=bool((present == np.round(present)).all()), temporal=temporal)
    if few:
        labels = (*labels[:-1], f"{labels[-1]}, or missing")
    elif any(np.isnan(side).any() for side in values):
        labels = (*labels, "missing")
    bounds = np.concatenate([[-np.inf], edges, [np.inf]])
    return _counted(tables, name, error, labels=labels, edges=bounds, cells=cells)


def _of_levels(tables: Tables, name: Name, error: float) -> Distribution:
    """Count the levels of a column; missing is a last cell where anything is."""
    index = tables.real.code_names.index(name)
    levels = tables.real.levels[index]
    labels = tables.real.labels[index] if tables.real.labels else tuple(map(str, range(levels)))
    cells = [with_missing(table.codes[:, index], levels)[0] for table in tables]
    if any((side == levels).any() for side in cells):
        labels = (*labels, "missing")
    return _counted(tables, name, error, labels=labels, edges=None, cells=cells)


def _counted(
    tables: Tables, name: Name, error: float, *, labels: tuple[str, ...], edges: Numbers | None, cells: list[Cells]
) -> Distribution:
    counts = [np.bincount(side, minlength=len(labels)) for side in cells]
    holdout = None if tables.holdout is None else counts[2]
    return Distribution(
        name=name,
        labels=labels,
        edges=edges,
        real=counts[0],
        units=tables.real.units_per_cell(cells[0], len(labels)),
        synthetic=counts[1],
        holdout=holdout,
        error=error,
        holdout_units=None if tables.holdout is None else tables.holdout.units_per_cell(cells[2], len(labels)),
    )


def _distinct(table: Columns) -> int:
    """Count the people of a table."""
    return table.rows if table.units is None else len(np.unique(table.units))


def _present(table: Columns, name: Name) -> tuple[Numbers, Cells | None]:
    """Return a column's values that are there, and whom they belong to."""
    values = table.column(name)
    there = ~np.isnan(values)
    return values[there], None if table.units is None else table.units[there]
