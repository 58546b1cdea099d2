"""Alpha-precision and beta-recall: whether synthetic rows lie where real ones do, and real ones where synthetic ones do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.score import Score, scored
from synthgan.metrics.statistics.intervals import Estimate, jackknife
from synthgan.metrics.statistics.neighbours import Embedding, k_nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns, Tables
    from synthgan.metrics.statistics.neighbours import Points
    from synthgan.runtime import Streams

    Floats = NDArray[np.float64]

MAX_ROWS = 4_000  # of each set
MIN_ROWS = 20
NEIGHBOURS = 5  # as Naeem et al. 2020, arXiv:2002.09797, for coverage
GROUPS = 20  # of the jackknife
_LEVELS = np.arange(1, 31) / 30
_NAMES = ("alpha_precision", "beta_recall")
_NOT_GATED = "shown for comparison with the literature, never a ground to accept or refuse a table"


def support_scores(tables: Tables, streams: Streams) -> list[Score]:
    """Return alpha_precision and beta_recall, each beside what as many rows of the holdout score.

    The intervals are a jackknife over groups of the rows judged: synthetic rows for precision, real ones for recall.

    Args:
        tables: Real, synthetic and perhaps holdout rows.
        streams: Source of randomness.
    """
    others = [tables.synthetic] + ([] if tables.holdout is None else [tables.holdout])
    rows = min(tables.real.rows // 2, MAX_ROWS, *(other.rows for other in others))
    if rows < MIN_ROWS or not tables.real.names:
        reading = f"not computed: needs a column, {2 * MIN_ROWS} real rows, and {MIN_ROWS} of each other table"
        return [scored(name, None, reference=None, goal="reference", reading=reading) for name in _NAMES]
    found = [support(tables.real, other, rows, streams.numpy("support")) for other in others]
    said = (
        f"how far the synthetic rows fill the real rows' inner regions as real ones would (1: just so); {_NOT_GATED}",
        f"how far the real rows have synthetic ones as near as real neighbours (1: all); {_NOT_GATED}",
    )
    references = found[1] if len(found) > 1 else (None, None)
    return [
        scored(name, value, reference=None if known is None else known.value, goal="reference", reading=reading)
        for name, value, known, reading in zip(_NAMES, found[0], references, said, strict=True)
    ]


def support(real: Columns, other: Columns, rows: int, rng: np.random.Generator) -> tuple[Estimate, Estimate]:
    """Return alpha-precision and beta-recall, both integrated over 30 levels.

    Alaa, van Breugel, Saveliev and van der Schaar 2022, "How faithful is your synthetic data?", arXiv:2102.08921, section 3:
    the alpha-support is the ball around the centre with a share alpha of the real rows, and a real row is recalled if the
    nearest row in the other table's beta-support is no further than its k-th real neighbour. Rows are embedded as for the
    nearest neighbours, not by a network; real neighbours are looked for among ``rows`` other real rows.

    Args:
        real: Real rows, at least twice ``rows``.
        other: The rows to judge, at least ``rows``.
        rows: How many rows of each set to use.
        rng: Draws them.

    Returns:
        Both in [0, 1]; 1 where the curve of shares over levels is the diagonal.
    """
    embedding, order = Embedding.of(real), rng.permutation(real.rows)
    queries, known = (embedding.apply(real.take(part)) for part in (order[:rows], order[rows : 2 * rows]))
    sampled = embedding.apply(other.take(rng.permutation(other.rows)[:rows]))
    centre = known.mean(axis=0)
    within = _distances(sampled, centre)[:, None] <= np.quantile(_distances(known, centre), _LEVELS)
    to_real, (to_sampled, nearest) = _neighbours(known, queries, NEIGHBOURS)[0], _neighbours(sampled, queries, 1)
    depth = _distances(sampled[nearest[:, -1]], sampled.mean(axis=0))
    recalled = (to_sampled[:, -1] <= to_real[:, -1])[:, None] & (depth[:, None] <= np.quantile(depth, _LEVELS))
    return _integrated(within, rng), _integrated(recalled, rng)


def _distances(points: Points, centre: Points) -> Floats:
    return np.sqrt(((points - centre) ** 2).sum(axis=1)).astype(np.float64)


def _neighbours(among: Points, points: Points, count: int) -> tuple[Floats, NDArray[np.int64]]:
    """Return distances and places of the nearest of ``among``, [points, count] each, ascending."""
    squares, indices = k_nearest(points, among, count)
    return np.sqrt(squares.astype(np.float64)), indices


def _integrated(inside: NDArray[np.bool_], rng: np.random.Generator) -> Estimate:
    """Return 1 minus twice the area between the diagonal and the shares of rows inside, over the levels.

    Args:
        inside: [rows, levels] bool.
        rng: Deals the rows into the groups of the jackknife.
    """
    group = rng.permutation(np.arange(len(inside)) % GROUPS)
    sums = np.stack([inside[group == index].sum(axis=0) for index in range(GROUPS)])
    sizes = np.bincount(group, minlength=GROUPS)[:, None]
    curves = np.vstack([inside.mean(axis=0), (sums.sum(axis=0) - sums) / (len(inside) - sizes)])
    return jackknife(1 - np.abs(curves - _LEVELS).sum(axis=1) / _LEVELS.sum())
