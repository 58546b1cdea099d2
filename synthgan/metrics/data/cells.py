"""Cuts a column of numbers into ranges for people to read, none of which holds fewer than a threshold of people."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from synthgan.config import EncodingConfig
from synthgan.data.stamps import NANOSECONDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data import Column

    Numbers = NDArray[np.float64]
    Cells = NDArray[np.int64]

MIN_UNITS = EncodingConfig().rare_below
"""No cell that is shown holds fewer people than this: what may enter a model may be shown."""
CELLS = 24  # as many ranges as the eye follows
_TAIL = 0.005  # of the rows lies beyond the first and the last edge, at either end
_CROWD = 0.5  # a range that holds more of the rows hides what is in it: cut at quantiles instead
_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200)
_DAYS = (1, 2, 7, 14, 28, 91, 182, 365, 730, 1825, 3650)


def readable_edges(
    values: Numbers, owners: Cells | None = None, *, threshold: int, temporal: Column | None = None
) -> Numbers:
    """Return inner edges at round numbers, none of them taken from a row but by chance.

    Ranges of one round width between the column's .5 % and 99.5 % points. Where one of them would hold more than half of
    the rows, the edges are quantiles instead, rounded to the leading digit of the gap to their neighbours, and values that a crowd
    shares.

    Args:
        values: [rows] float64 without NaN.
        owners: [rows] int64, whom they belong to; None: each row is somebody else.
        threshold: Fewest people that make a crowd.
        temporal: What the numbers count, where they are dates, stamps or durations.

    Returns:
        Ascending float64 edges, perhaps none. A cell includes its lower edge.

    Example:
        >>> readable_edges(np.repeat(np.arange(5.0), 20), threshold=10)
        array([0., 1., 2., 3., 4.])
    """
    if not len(values):
        return np.empty(0)
    low, high = np.quantile(values, [_TAIL, 1 - _TAIL], method="inverted_cdf")
    with np.errstate(over="ignore"):
        span = float(high - low)
    whole = bool((values == np.round(values)).all())
    step = _step(span / CELLS, temporal, whole=whole)
    if not math.isfinite(span) or not step:
        return np.empty(0)
    first, last = math.ceil(low / step), math.floor(high / step)
    edges = _tidy(np.arange(first, last + 1) * step)
    counts = np.bincount(np.searchsorted(edges, values, side="right"))
    crowded = counts.max() > _CROWD * len(values) and not (whole and step == 1)
    if not crowded or temporal is not None:
        return edges
    shared = [value for value in _frequent(values) if len(_distinct(values == value, owners)) >= threshold]
    return np.unique(np.concatenate([_quantiles(values), shared, np.add(shared, 1) if whole else []]))


def _step(least: float, temporal: Column | None, *, whole: bool) -> float:
    """Return the smallest round width of at least that; 0 where there is none."""
    if not math.isfinite(least):
        return 0.0
    if temporal is not None:
        unit = NANOSECONDS[str(temporal.unit)] / NANOSECONDS["second"]
        steps = [seconds / unit for seconds in (*_SECONDS, *(86_400 * days for days in _DAYS)) if seconds >= unit]
        found = next((step for step in steps if step >= least), None)
        if found is not None and found >= 1:
            return found
    if whole and least <= 1:
        return 1.0
    if least <= 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(least))
    return next((factor * power for factor in (1, 2, 5) if factor * power >= least), 10 * power)


def _quantiles(values: Numbers) -> Numbers:
    """Return quantiles, each rounded to the leading digit of the gap to its nearest neighbour."""
    found = np.unique(np.quantile(values, np.arange(1, CELLS) / CELLS, method="inverted_cdf"))
    if len(found) == 1:
        return np.empty(0)  # there is no gap to round it by
    gaps = np.concatenate([[np.inf], np.diff(found), [np.inf]])
    unit = 10.0 ** np.floor(np.log10(np.maximum(np.minimum(gaps[:-1], gaps[1:]), np.finfo(np.float64).tiny)))
    with np.errstate(over="ignore"):  # rounding up may leave the numbers there are
        edges = np.round(found / unit) * unit
    return _tidy(edges[np.isfinite(edges)])


def _tidy(edges: Numbers) -> Numbers:
    """Take away what binary fractions add: 0.30000000000000004 is 0.3."""
    return np.unique([float(f"{edge:.12g}") for edge in edges.tolist()])


def _frequent(values: Numbers) -> list[float]:
    """List the values that more than a CELLS-th of the rows share."""
    found, counts = np.unique(values, return_counts=True)
    return found[counts > len(values) / CELLS].tolist()


def _distinct(rows: NDArray[np.bool_], owners: Cells | None) -> Cells:
    """Return the distinct people of the rows marked."""
    return np.flatnonzero(rows) if owners is None else np.unique(owners[rows])


def merged(edges: Numbers, sides: list[tuple[Numbers, Cells | None]], threshold: int) -> Numbers:
    """Leave out edges until every cell holds that many people of every side.

    Args:
        edges: Ascending inner edges.
        sides: Per table of people [rows] float64 values without NaN, and [rows] int64 whom they belong to (None: each row is
            somebody else).
        threshold: Fewest people in a cell.

    Returns:
        The edges that remain: none where a table has fewer people than twice the threshold.

    Example:
        >>> merged(np.array([1.0, 2.0]), [(np.array([0.5, 0.7, 1.5, 2.5, 2.6]), None)], 2)
        array([1.])
    """
    units = [_by_cell(values, owners, edges) for values, owners in sides]
    kept: list[int] = []
    held = [np.empty(0, dtype=np.int64) for _ in sides]
    for cell in range(len(edges) + 1):
        held = [np.union1d(mine, side[cell]) for mine, side in zip(held, units, strict=True)]
        if min(map(len, held), default=0) >= threshold:
            kept.append(cell)  # a cell may end here
            held = [np.empty(0, dtype=np.int64) for _ in sides]
    # What is left over at the end joins the last cell that was full; every full cell but the last ends at an edge.
    return edges[kept[:-1]]


def _by_cell(values: Numbers, owners: Cells | None, edges: Numbers) -> list[Cells]:
    """Split the people by cell: an array of distinct ones each."""
    cells = np.searchsorted(edges, values, side="right")  # a cell includes its lower edge
    ids = np.arange(len(values), dtype=np.int64) if owners is None else owners
    order = np.argsort(cells, kind="stable")
    bounds = np.searchsorted(cells[order], np.arange(1, len(edges) + 1))
    return [np.unique(part) for part in np.split(ids[order], bounds)]


def range_labels(edges: Numbers, *, whole: bool, temporal: Column | None = None) -> tuple[str, ...]:
    """Name the cells between inner edges, the outermost open-ended.

    Example:
        >>> range_labels(np.array([40.0, 41.0, 50.0]), whole=True)
        ('39 or less', '40', '41 to 49', '50 or more')
        >>> range_labels(np.array([0.5, 1.0]), whole=False)
        ('below 0.5', '0.5 to 1', '1 or more')
    """
    if not len(edges):
        return ("any value",)
    names = [name_of(edge, temporal) for edge in edges.tolist()]
    if temporal is not None:
        return (f"before {names[0]}", *map(" to ".join, pairwise(names)), f"from {names[-1]}")
    if not whole:
        return (f"below {names[0]}", *map(" to ".join, pairwise(names)), f"{names[-1]} or more")
    lasts = [name_of(edge - 1, temporal) for edge in edges.tolist()]
    between = (low if low == high else f"{low} to {high}" for low, high in zip(names, lasts[1:], strict=False))
    return (f"{lasts[0]} or less", *between, f"{names[-1]} or more")


def name_of(number: float, temporal: Column | None) -> str:
    """Write a number, a day or a time of day as people do."""
    if temporal is None:
        return f"{number:,.12g}"
    if temporal.kind == "duration":
        return f"{number:,.12g} {temporal.unit}{'s' * (number != 1)}"
    seconds = round(number * (NANOSECONDS[str(temporal.unit)] / NANOSECONDS["second"]))
    stamp = str(np.datetime64(seconds, "s")).replace("T", " ")
    return stamp.removesuffix(":00").removesuffix(" 00:00")
