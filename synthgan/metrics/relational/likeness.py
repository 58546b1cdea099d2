"""How alike counts, gaps, durations and transitions of people are: distances with a jackknife over people."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.stamps import NANOSECONDS
from synthgan.metrics.data.binning import cut, decile_edges
from synthgan.metrics.relational.rules import moments_of
from synthgan.metrics.relational.trajectories import commonest
from synthgan.metrics.score import Score
from synthgan.metrics.statistics.intervals import Estimate, jackknife

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from synthgan.data.groups import Groups
    from synthgan.data.keys import ForeignKey
    from synthgan.metrics.relational.linked import Linked
    from synthgan.metrics.relational.sides import Judged, Side

    Array = NDArray[np.float64]
    Cells = NDArray[np.int64]
    Measured = dict[str, tuple[Array, float | None]]

GROUPS = 20  # of people, for the jackknife
FINEST = 20_000  # different values that a distance between numbers tells apart


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Values of one side, and whose they are.

    Attributes:
        values: float64 or int64 ``[values]``.
        whose: int64 ``[values]``.
    """

    values: NDArray[np.float64] | Cells
    whose: Cells


def ks_statistics(first: Sample, second: Sample) -> Array:
    """Kolmogorov-Smirnov distance, float64 ``[1 + GROUPS]``: of all, then without each group of people."""
    both = np.concatenate([first.values, second.values])
    edges = np.unique(both)
    if len(edges) > FINEST:
        edges = np.unique(np.quantile(both, np.linspace(0, 1, FINEST), method="inverted_cdf"))
    shares = [
        np.cumsum(_left(np.searchsorted(edges, side.values), side.whose, len(edges)), axis=1)
        for side in (first, second)
    ]
    return np.abs(shares[0] - shares[1]).max(axis=1)


def tvd_statistics(first: Sample, second: Sample, cells: int) -> Array:
    """Total variation distance of values that are cells, float64 ``[1 + GROUPS]`` likewise."""
    shares = [_left(side.values.astype(np.int64), side.whose, cells) for side in (first, second)]
    return np.abs(shares[0] - shares[1]).sum(axis=1) / 2


def _left(cells: Cells, whose: Cells, width: int) -> Array:
    """Shares of each cell, float64 ``[1 + GROUPS, cells]``: of all, then without each group."""
    counts = np.bincount(whose % GROUPS * width + cells, minlength=GROUPS * width).reshape(GROUPS, width)
    left = counts.sum(axis=0) - np.vstack([np.zeros((1, width), dtype=np.int64), counts])
    return left / np.maximum(left.sum(axis=1, keepdims=True), 1)


def measured(judged: Judged, of: Callable[[Side], Iterable[tuple[str, Sample, int]]]) -> Measured:
    """Hold samples of the synthetic side against those of the side it is judged by; those with cells by TVD, others by KS.

    Returns:
        by what was measured, the statistics of the synthetic side, and the distance of real from unseen people, where there are any.
    """
    against, ours = (
        {name: (one, cells) for name, one, cells in of(side)} for side in (judged.against, judged.synthetic)
    )
    floor = {name: one for name, one, _ in of(judged.real)} if judged.holdout is not None else {}
    found: Measured = {}
    for name, (real, cells) in against.items():
        if name not in ours or not len(real.values) or not len(ours[name][0].values):
            continue

        def distance(side: Sample, real: Sample = real, cells: int = cells) -> Array:
            return tvd_statistics(real, side, cells) if cells else ks_statistics(real, side)

        reference = float(distance(floor[name])[0]) if name in floor and len(floor[name].values) else None
        found[name] = distance(ours[name][0]), reference
    return found


def mean_score(name: str, found: Measured, reading: str, why_not: str) -> Score:
    """The mean of distances as a score, the worst named."""
    if not found:
        return Score(name, None, None, None, None, "minimize", f"not computed: {why_not}")
    estimate = jackknife(np.mean([statistics for statistics, _ in found.values()], axis=0))
    floors = [reference for _, reference in found.values() if reference is not None]
    worst = max(found, key=lambda one: found[one][0][0])
    if len(found) > 1:
        reading += f"; mean of {len(found)}, worst {worst} ({found[worst][0][0]:.3f})"
    return Score(
        name,
        estimate.value,
        estimate.low,
        estimate.high,
        float(np.mean(floors)) if floors else None,
        "minimize",
        reading,
    )


def cardinalities(judged: Judged) -> tuple[Score, dict[tuple[str, tuple[str, ...]], Estimate]]:
    """Return how alike the numbers of rows are that each row is referred to by, 0 included, and that of each key.

    What belongs to people is held against the side that all is judged by, and the mean is theirs. How often others are referred to
    depends on how many people there are: they are held against the real side, where there are about as many.
    """
    found: dict[tuple[str, tuple[str, ...]], Array] = {}
    of_people: list[tuple[str, tuple[str, ...]]] = []
    floors: list[float] = []
    for table, key in judged.keys:
        real, synthetic = judged.units[:2]
        people = judged.is_of_people(key.table)
        if not people and abs(real - synthetic) > real / 10:
            continue
        first = judged.against if people else judged.real
        sides = [_referred(judged, side, table, key) for side in (first, judged.synthetic)]
        if not all(len(side.values) for side in sides):
            continue
        found[table, key.columns] = 1 - ks_statistics(*sides)
        of_people += [(table, key.columns)] if people else []
        if people and judged.holdout is not None:
            floors.append(float(1 - ks_statistics(sides[0], _referred(judged, judged.real, table, key))[0]))
    estimates = {name: jackknife(statistics) for name, statistics in found.items()}
    if not found:
        return Score("cardinality", None, None, None, None, "maximize", "not computed: no key leads to a row"), {}
    averaged = of_people or list(found)
    mean = jackknife(np.mean([found[one] for one in averaged], axis=0))
    worst = min(averaged, key=lambda one: estimates[one].value)
    reading = "how alike the numbers of rows are that refer to each row, 0 included; 1 is alike"
    if len(averaged) > 1:
        reading += (
            f"; mean of {len(averaged)} keys, worst {worst[0]}.{', '.join(worst[1])} ({estimates[worst].value:.3f})"
        )
    reference = float(np.mean(floors)) if floors else None
    return Score("cardinality", mean.value, mean.low, mean.high, reference, "maximize", reading), estimates


def _referred(judged: Judged, side: Side, table: str, key: ForeignKey) -> Sample:
    links = side.links[table, key.columns]
    counts = np.bincount(links[links >= 0], minlength=side.rows[key.table])
    return Sample(counts, np.maximum(judged.unit_of(side, key.table), 0))


def joint_counts(judged: Judged) -> Score:
    """Return how far the two-way tables of how many rows a person has of two tables are apart, numbers cut at the real deciles."""
    counts = {name: judged.linked(judged.real, name).groups.counts for name in judged.below}
    edges = {name: decile_edges(one.astype(np.float64)) for name, one in counts.items()}

    def of(side: Side) -> Iterable[tuple[str, Sample, int]]:
        whose = np.arange(side.rows[judged.unit])
        cells = {
            name: cut(judged.linked(side, name).groups.counts.astype(np.float64), edges[name]) for name in judged.below
        }
        for one, other in combinations(judged.below, 2):
            width = cells[other][1]
            yield f"{one} with {other}", Sample(cells[one][0] * width + cells[other][0], whose), cells[one][1] * width

    reading = "by how much the tables of how many rows a person has of two tables differ"
    return mean_score("joint_counts_error", measured(judged, of), reading, "people have rows of one table only")


def timeline(judged: Judged, side: Side, name: str) -> tuple[Linked, Array, str] | None:
    """The rows of people in a table, when each was (seconds where these are moments), and what that counts; None without an order."""
    order = judged.schema.tables[name].order
    if order is None or order not in side.columns[name].number_names:
        return None
    linked = judged.linked(side, name)
    values = linked.rows.column(order)
    moment = next((column for column in moments_of(side, name) if column.name == order), None)
    if moment is None:
        return linked, values, str(order)
    return linked, values * (NANOSECONDS[str(moment.unit)] / 1e9), "seconds"


def gaps_of(times: Array, groups: Groups) -> Sample:
    """The times between neighbouring rows of a person."""
    step = np.diff(times, prepend=np.nan)
    kept = (groups.position > 0) & ~np.isnan(step)
    return Sample(step[kept], groups.owner[kept])


def lengths_of(times: Array, groups: Groups) -> Sample:
    """The time from a person's first row to the last, of those with two rows or more."""
    several = groups.counts > 1
    first, last = (np.full(len(groups), np.nan) for _ in range(2))
    first[groups.counts > 0], last[groups.counts > 0] = times[groups.first], times[groups.last]
    length = last - first
    kept = several & ~np.isnan(length)
    return Sample(length[kept], np.flatnonzero(kept))


def time_scores(judged: Judged) -> list[Score]:
    """Return gap_error and duration_error: of times between rows, and from the first row to the last."""

    def of(which: Callable[[Array, Groups], Sample]) -> Callable[[Side], Iterable[tuple[str, Sample, int]]]:
        def samples(side: Side) -> Iterable[tuple[str, Sample, int]]:
            for name in judged.below:
                line = timeline(judged, side, name)
                if line is not None:
                    yield name, which(line[1], line[0].groups), 0

        return samples

    why_not = "no table has an order in time of the rows of a person"
    return [
        mean_score(
            "gap_error",
            measured(judged, of(gaps_of)),
            "how far apart the times between rows of a person are distributed",
            why_not,
        ),
        mean_score(
            "duration_error",
            measured(judged, of(lengths_of)),
            "how far apart the times from first to last row are distributed",
            why_not,
        ),
    ]


def transition_score(judged: Judged) -> Score:
    """Return transition_error: how far the two-way tables of a column and the same one row later are apart.

    The commonest real levels stand by themselves, missing as any other, the rest together; numbers are cut at the real deciles.
    """
    edges, followed = {}, {}
    for name in judged.below:
        columns = judged.real.columns[name]
        followed[name] = commonest(columns.codes)
        edges[name] = [decile_edges(column) for column in columns.numbers.T]

    def of(side: Side) -> Iterable[tuple[str, Sample, int]]:
        for name in judged.below:
            linked = judged.linked(side, name)
            later = np.flatnonzero(linked.groups.position > 0)
            whose = linked.groups.owner[later]
            cells = [cut(column, at) for column, at in zip(linked.rows.numbers.T, edges[name], strict=True)]
            cells += [
                level_cells(column, levels) for column, levels in zip(linked.rows.codes.T, followed[name], strict=True)
            ]
            for title, (cell, width) in zip(linked.rows.names, cells, strict=True):
                yield f"{name}.{title}", Sample(cell[later - 1] * width + cell[later], whose), width * width

    reading = "by how much the tables of a value and the next one differ"
    return mean_score("transition_error", measured(judged, of), reading, "no person has two rows of a table")


def level_cells(codes: NDArray[np.int32], levels: Cells) -> tuple[Cells, int]:
    """The place of each code among some levels; the last place is that of all others."""
    order = np.argsort(levels)
    at = np.minimum(np.searchsorted(levels[order], codes), max(len(levels) - 1, 0))
    known = levels[order][at] == codes if len(levels) else np.zeros(len(codes), dtype=bool)
    return np.where(known, order[at] if len(levels) else 0, len(levels)).astype(np.int64), len(levels) + 1
