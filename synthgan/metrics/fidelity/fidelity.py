"""Fidelity: the shape, trend and pair scores, how closely the synthetic columns follow the real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthgan.metrics.score import Score, scored
from synthgan.metrics.statistics.distances import MAX_PAIRS, Sides, pair_distances, shape_distances, trend_distances

if TYPE_CHECKING:
    from synthgan.metrics.data.columns import Columns, Tables
    from synthgan.metrics.statistics.distances import Distances
    from synthgan.runtime import Streams

JACKKNIFE_GROUPS = 20


def fidelity_scores(tables: Tables, streams: Streams) -> list[Score]:
    """Return shape_error, trend_error, pair_tvd and pair_tvd_worst, each beside what the holdout scores.

    Intervals come from a jackknife over 20 groups of rows of both tables. They say how far a figure would
    move with other rows of the same kind; every distance between finite tables has a floor above 0, which is
    the reference.

    Args:
        tables: Real, synthetic and perhaps holdout rows.
        streams: Source of randomness.
    """
    found = [_distances(tables.real, tables.synthetic, JACKKNIFE_GROUPS, streams)]
    if tables.holdout is not None:
        found.append(_distances(tables.real, tables.holdout, 0, streams))
    shapes, trends, pairs = zip(*found, strict=True)
    every = len(pairs[0].names) < MAX_PAIRS
    drawn = "" if every else f"; over {MAX_PAIRS:,} pairs at most, drawn at random"
    return [
        mean_score("shape_error", shapes, "columns differ by", "there is no column with a value in both tables"),
        mean_score("trend_error", trends, "pairs of columns differ by", "there is no pair that can be compared", drawn),
        mean_score("pair_tvd", pairs, "two-way tables differ by", "there are fewer than two columns", drawn),
        *_worst_score(pairs),
    ]


def _distances(real: Columns, other: Columns, groups: int, streams: Streams) -> tuple[Distances, Distances, Distances]:
    """Measure shapes, trends and pairs; the same stream names give both comparisons the same pairs."""
    sides = Sides.deal(real, other, groups, streams.numpy("jackknife groups"))
    trends = trend_distances(sides, streams.numpy("pairs"))
    return shape_distances(sides), trends, pair_distances(sides, streams.numpy("pairs"))


def mean_score(name: str, found: tuple[Distances, ...], what: str, otherwise: str, more: str = "") -> Score:
    """Score the mean distance of the first comparison, with the second, if any, as reference.

    Args:
        name: Name of the score.
        found: Distances between the real and the synthetic rows, and perhaps between real rows and the holdout.
        what: How the reading begins.
        otherwise: Why there is no value, where there is none.
        more: How the reading ends.
    """
    means = [distances.mean() for distances in found]
    worst = found[0].worst()
    reference = means[1].value if len(means) > 1 and means[1] is not None else None
    if means[0] is None or worst is None:
        return scored(name, None, reference=reference, goal="minimize", reading=f"not computed: {otherwise}")
    reading = f"{what} {means[0].value:.2%} on average, most of all {worst[1]} ({worst[0].value:.1%})"
    if found[0].undefined:
        reading += f"; {found[0].undefined} of {len(found[0].names)} left out as undefined"
    return scored(name, means[0], reference=reference, goal="minimize", reading=reading + more)


def _worst_score(found: tuple[Distances, ...]) -> list[Score]:
    """Score the largest two-way distance; no score where there is no pair."""
    worst = [distances.worst() for distances in found]
    if worst[0] is None:
        return []
    reference = worst[1][0].value if len(worst) > 1 and worst[1] is not None else None
    reading = f"the two-way table that differs most is {worst[0][1]}"
    return [scored("pair_tvd_worst", worst[0][0], reference=reference, goal="minimize", reading=reading)]
