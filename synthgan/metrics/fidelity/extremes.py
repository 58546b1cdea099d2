"""Extremes: tails of numbers, values that no real row has, and rare levels that got lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.fidelity.fidelity import JACKKNIFE_GROUPS, mean_score
from synthgan.metrics.score import Score, scored
from synthgan.metrics.statistics.contingency import Sample, outer_difference
from synthgan.metrics.statistics.distances import Distances, Sides, stacked
from synthgan.metrics.statistics.intervals import share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns, Tables
    from synthgan.runtime import Streams

TAIL = 0.01  # of the real rows, on either side
MIN_ROWS = 10  # that a level must have for its loss to count; rarer ones are withheld on purpose


def extreme_scores(tables: Tables, streams: Streams) -> list[Score]:
    """Return tail_error, levels_lost and out_of_range, each beside what the holdout scores.

    Args:
        tables: Real, synthetic and perhaps holdout rows.
        streams: Source of randomness.
    """
    compared = Sides.alike(tables, JACKKNIFE_GROUPS, streams)
    tails = tuple(tail_distances(sides) for sides in compared)
    said = "shares of numbers beyond the real 1 % and 99 % points differ by"
    return [
        mean_score("tail_error", tails, said, "there is no number with a value in both tables"),
        _levels_score(tables),
        _range_score(tables),
    ]


def tail_distances(sides: Sides) -> Distances:
    """Return, for each column of numbers, how far the shares below the real 1 % and above the real 99 % point differ, summed.

    Missing values are left out on both sides. 0.02 says that the tails are gone where the real ones hold 1 % each.
    """
    rows = []
    for first, second in zip(sides.real.numbers.T, sides.other.numbers.T, strict=True):
        left, right = ~np.isnan(first), ~np.isnan(second)
        points = np.quantile(first[left], [TAIL, 1 - TAIL], method="inverted_cdf") if left.any() else np.zeros(2)
        real = Sample(_thirds(first[left], points), sides.real_groups.only(left))
        other = Sample(_thirds(second[right], points), sides.other_groups.only(right))
        rows.append(outer_difference(real, other, 3))
    return Distances(tuple((name,) for name in sides.real.number_names), stacked(rows, sides))


def _thirds(values: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return [rows] int64: 0 below both points, 2 above both, 1 otherwise."""
    return (values >= points[0]).astype(np.int64) + (values > points[1])


def lost(real: Columns, other: Columns) -> tuple[int, int, float]:
    """Return how many levels with MIN_ROWS real rows the other table lacks, how many there are, and how many chance takes.

    That is the expected number that as many rows drawn from the real table would lack.
    """
    missed, total, by_chance = 0, 0, 0.0
    for first, second, levels in zip(real.codes.T, other.codes.T, real.levels, strict=True):
        held = np.bincount(first[first >= 0], minlength=levels)
        kept = np.bincount(second[second >= 0], minlength=levels)
        common = held >= MIN_ROWS
        missed += int((common & (kept == 0)).sum())
        total += int(common.sum())
        by_chance += float(((1 - held[common] / real.rows) ** other.rows).sum())
    return missed, total, by_chance


def _levels_score(tables: Tables) -> Score:
    missed, total, by_chance = lost(tables.real, tables.synthetic)
    if not total:
        reading = f"not computed: no level of a discrete column has {MIN_ROWS} real rows"
        return scored("levels_lost", None, reference=None, goal="minimize", reading=reading)
    reference = None if tables.holdout is None else lost(tables.real, tables.holdout)[0] / total
    reading = (
        f"{missed} of {total} levels with at least {MIN_ROWS} real rows are lost; "
        f"{by_chance:.1f} would be by chance in {tables.synthetic.rows:,} rows"
    )
    return scored("levels_lost", share(missed, total), reference=reference, goal="minimize", reading=reading)


def outside(real: Columns, other: Columns) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which rows of the other table have a value that no real row spans, and how many per column.

    Args:
        real: Real rows.
        other: The rows to look at.

    Returns:
        [rows, columns] bool: numbers below the real minimum or above the real maximum, and levels that no real row has;
        and [rows] bool: any of these.
    """
    marks = np.zeros((other.rows, len(other.names)), dtype=bool)
    for index, (first, second) in enumerate(zip(real.numbers.T, other.numbers.T, strict=True)):
        known = first[~np.isnan(first)]
        low, high = (known.min(), known.max()) if len(known) else (np.inf, -np.inf)
        marks[:, index] = (second < low) | (second > high)
    numbers = len(real.number_names)
    for index, (first, second, levels) in enumerate(zip(real.codes.T, other.codes.T, real.levels, strict=True)):
        held = np.append(np.bincount(first[first >= 0], minlength=levels) > 0, True)  # the last: missing is in order
        marks[:, numbers + index] = ~held[second]
    return marks, np.asarray(marks.any(axis=1))


def _range_score(tables: Tables) -> Score:
    marks, rows = outside(tables.real, tables.synthetic)
    reference = None if tables.holdout is None else float(outside(tables.real, tables.holdout)[1].mean())
    found = share(float(rows.sum()), len(rows))
    reading = f"{found.value:.2%} of the rows have a number outside the real range or a level that no real row has"
    if rows.any():
        worst = int(marks.sum(axis=0).argmax())
        reading += f", most often in {tables.real.names[worst]} ({marks[:, worst].mean():.2%})"
    return scored("out_of_range", found, reference=reference, goal="minimize", reading=reading)
