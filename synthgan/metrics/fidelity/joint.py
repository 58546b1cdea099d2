"""Joint distributions of more than two columns: three-way tables, and which gaps come together."""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.fidelity.fidelity import JACKKNIFE_GROUPS, mean_score
from synthgan.metrics.score import Score, scored
from synthgan.metrics.statistics.contingency import Sample, total_variation
from synthgan.metrics.statistics.distances import Distances, Sides, cells_by_decile, stacked
from synthgan.metrics.statistics.intervals import jackknife

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Tables
    from synthgan.runtime import Streams

MAX_TRIPLES = 200  # all triples of 11 columns; of a wider table a random draw of as many
_TRIPLE = 3


def joint_scores(tables: Tables, streams: Streams) -> list[Score]:
    """Return triple_tvd and missingness_error, each beside what as many rows of the holdout score.

    Intervals come from a jackknife over 20 groups of rows of both tables, as for ``pair_tvd``.

    Args:
        tables: Real, synthetic and perhaps holdout rows.
        streams: Source of randomness.
    """
    compared = Sides.alike(tables, JACKKNIFE_GROUPS, streams)
    triples = tuple(triple_distances(sides, streams.numpy("triples")) for sides in compared)
    every = len(triples[0].names) == comb(len(tables.real.names), _TRIPLE)
    drawn = f" with {compared[0].other.rows:,} rows"
    drawn += "" if every else f"; over {MAX_TRIPLES} triples drawn at random"
    return [
        mean_score("triple_tvd", triples, "three-way tables differ by", "there are fewer than three columns", drawn),
        _missingness_score(compared),
    ]


def triple_distances(sides: Sides, rng: np.random.Generator) -> Distances:
    """Return total variations of three-way tables of all triples of columns, or of a random MAX_TRIPLES.

    Numbers are cut at the real deciles and missing is a level, as for pairs: the k-marginals of McKenna, Miklau and Sheldon
    2021, "Winning the NIST contest", arXiv:2108.04978, with k = 3.

    Args:
        sides: The two tables.
        rng: Draws the triples.
    """
    (real, other), names = cells_by_decile(sides), sides.real.names
    triples = _triples(len(names), rng)
    rows = []
    for first, second, third in triples:
        deep, width = real[second][1] * real[third][1], real[third][1]
        left, right = (side[first][0] * deep + side[second][0] * width + side[third][0] for side in (real, other))
        left_sample = Sample(left, sides.real_groups)
        rows.append(total_variation(left_sample, Sample(right, sides.other_groups), real[first][1] * deep))
    return Distances(tuple((names[i], names[j], names[k]) for i, j, k in triples), stacked(rows, sides))


def _triples(columns: int, rng: np.random.Generator) -> list[tuple[int, int, int]]:
    """Draw different triples of column numbers, each ascending; all of them where there are no more."""
    from itertools import combinations

    if comb(columns, _TRIPLE) <= MAX_TRIPLES:
        return [(i, j, k) for i, j, k in combinations(range(columns), _TRIPLE)]
    drawn: dict[tuple[int, int, int], None] = {}
    while len(drawn) < MAX_TRIPLES:
        first, second, third = np.sort(rng.choice(columns, _TRIPLE, replace=False, shuffle=False)).tolist()
        drawn[first, second, third] = None
    return list(drawn)


def _missingness_score(compared: tuple[Sides, ...]) -> Score:
    found = [missingness(sides) for sides in compared]
    reference = float(found[1][0]) if len(found) > 1 else None
    if not any(np.isnan(side.matrix()).any() for sides in compared for side in (sides.real, sides.other)):
        reading = "no table has a gap"
    else:
        reading = f"{found[0][0]:.2%} of the rows would have to change which of their columns are missing"
    return scored("missingness_error", jackknife(found[0]), reference=reference, goal="minimize", reading=reading)


def missingness(sides: Sides) -> NDArray[np.float64]:
    """Return the total variation between the two tables' patterns of gaps: which columns of a row are missing together.

    Returns:
        [1 + groups] float64 in [0, 1], as ``total_variation``.
    """
    gaps = np.isnan(np.vstack([sides.real.matrix(), sides.other.matrix()]))
    packed = np.ascontiguousarray(np.packbits(gaps, axis=1))
    if packed.shape[1]:
        distinct, patterns = np.unique(packed.view(f"V{packed.shape[1]}")[:, 0], return_inverse=True)
        count = len(distinct)
    else:
        patterns, count = np.zeros(len(packed), dtype=np.int64), 1
    real = Sample(patterns[: sides.real.rows].astype(np.int64), sides.real_groups)
    return total_variation(real, Sample(patterns[sides.real.rows :].astype(np.int64), sides.other_groups), count)
