"""Precision, recall, density and coverage: whether synthetic images lie where real ones do, and the other way round."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synthgan.metrics.statistics.neighbours import k_nearest, squared_distances

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Points = NDArray[np.float64]

NEIGHBOURS = 5  # k of all four, as Naeem et al. 2020 use it
_TIE = 1e-6  # of a squared length: float32 keeps no more of a distance


class Manifold(NamedTuple):
    """All four, each 1 (density: about 1) where both sets are drawn alike, apart from what their sizes cost."""

    precision: float
    recall: float
    density: float
    coverage: float


def manifold(real: Points, synthetic: Points) -> Manifold:
    """Compare two clouds by the balls around each point that reach to its fifth neighbour in its own cloud.

    Precision: the share of synthetic points inside a real ball; recall: that of real points inside a synthetic ball (Kynkäänniemi et al.
    2019, "Improved precision and recall metric for assessing generative models", section 2). Density: in how many real balls a
    synthetic point lies, over five; coverage: the share of real balls with a synthetic point inside (Naeem et al. 2020, "Reliable
    fidelity and diversity metrics for generative models", section 3). Distances are float32, exact neighbours.

    Args:
        real: float64 ``[n, features]``, at least two points.
        synthetic: float64 ``[m, features]``, as many: all four depend on the numbers of points.
    """
    centre = real.mean(axis=0)  # float32 keeps more of short vectors
    real_points, synthetic_points = (real - centre).astype(np.float32), (synthetic - centre).astype(np.float32)
    real_radii, synthetic_radii = _radii(real_points), _radii(synthetic_points)
    inside, reached = _balls(synthetic_points, real_points, real_radii)
    recalled, _ = _balls(real_points, synthetic_points, synthetic_radii)
    density = float(inside.mean()) / min(NEIGHBOURS, len(real) - 1)
    return Manifold(float((inside > 0).mean()), float((recalled > 0).mean()), density, float(reached.mean()))


def _radii(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """The squared distance of each point to its fifth neighbour among the others."""
    return k_nearest(points, points, NEIGHBOURS, themselves=True)[0][:, -1]


def _balls(
    points: NDArray[np.float32], centres: NDArray[np.float32], radii: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """In how many balls each point lies, and whether a ball holds any point."""
    counts, reached = np.empty(len(points), dtype=np.int64), np.zeros(len(centres), dtype=bool)
    bounds = radii + _TIE * (centres**2).sum(axis=1).mean()
    for block, squares in squared_distances(points, centres):
        inside = squares <= bounds
        counts[block] = inside.sum(axis=1)
        reached |= inside.any(axis=0)
    return counts, reached
