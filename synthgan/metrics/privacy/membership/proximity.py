"""Attacks by proximity: how near synthetic rows lie to a candidate, for how near other real rows lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.statistics.neighbours import Embedding, k_nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns
    from synthgan.metrics.privacy.membership.candidates import Scores
    from synthgan.metrics.statistics.neighbours import Points, Scale

NEIGHBOURS = 10
DENSITY_AT = 5  # the neighbour whose distance stands for the density
RADIUS_AT = 3  # the known row whose distance is the radius of the neighbourhood
_TINY = 1e-3  # distances below are none


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """The nearest few rows around each candidate and each synthetic row; distances float64 and ascending.

    Attributes:
        real: ``[candidates, neighbours]``: to other candidates, which the attacker knows besides.
        synthetic: ``[candidates, neighbours]``: to synthetic rows.
        which: int64 ``[candidates, neighbours]``: these synthetic rows.
        back: ``[synthetic rows, neighbours]``: from each synthetic row to candidates.
    """

    real: Scores
    synthetic: Scores
    which: NDArray[np.int64]
    back: Scores

    @classmethod
    def of(cls, pool: Columns, synthetic: Columns, scale: Scale) -> Surroundings:
        """Measure them, on a scale that is learned from the pool."""
        embedding = Embedding.of(pool, scale)
        points, synthetic_points = embedding.apply(pool), embedding.apply(synthetic)
        near, which = k_nearest(points, synthetic_points, NEIGHBOURS)
        return cls(
            _distances(k_nearest(points, points, NEIGHBOURS, themselves=True)[0]),
            _distances(near),
            which,
            _distances(k_nearest(synthetic_points, points, NEIGHBOURS)[0]),
        )


def _distances(squares: Points) -> Scores:
    return np.sqrt(squares.astype(np.float64))


def proximity_attacks(around: Surroundings) -> dict[str, Scores]:
    """Return float64 ``[candidates]`` per attack; larger says member.

    ``distance``: how near the nearest synthetic row is (Chen et al., "GAN-Leaks", 2020, section 4). ``relative distance``: by how
    much it is nearer than the nearest other real row, which sets those apart that are near to everybody. ``density ratio``: of
    synthetic to real rows, from the distances of the fifth neighbours (van Breugel et al., "Membership inference attacks
    against synthetic data through overfitting detection", 2023, equation 2: DOMIAS). ``distance ratio``: the same from the first,
    as ever so near a copy has but one. ``neighbourhood``: how many synthetic rows lie nearer than the third real
    one (Hilprecht et al., "Monte Carlo and reconstruction membership inference attacks against generative models", 2019, with a
    radius for each candidate). ``likelihood ratio``: see ``_likelihood_ratio``.
    """
    real, synthetic = around.real, around.synthetic
    at = min(DENSITY_AT, real.shape[1], synthetic.shape[1]) - 1
    radius = real[:, min(RADIUS_AT, real.shape[1]) - 1]
    return {
        "distance": -synthetic[:, 0],
        "relative distance": real[:, 0] - synthetic[:, 0],
        "distance ratio": _log_ratio(real[:, 0], synthetic[:, 0]),
        "density ratio": _log_ratio(real[:, at], synthetic[:, at]),
        "neighbourhood": (synthetic < radius[:, None]).sum(axis=1) + _log_ratio(radius, synthetic[:, 0]) / 100,
        "likelihood ratio": _likelihood_ratio(around),
    }


def isolation(around: Surroundings) -> Scores:
    """Return float64 ``[candidates]``: how far the fifth nearest other real row is."""
    return around.real[:, min(DENSITY_AT, around.real.shape[1]) - 1]


def _log_ratio(above: Scores, below: Scores) -> Scores:
    return np.log((above + _TINY) / (below + _TINY))


def _likelihood_ratio(around: Surroundings) -> Scores:
    """Return how much likelier the nearest synthetic rows are with the candidate among the known rows than without.

    Gen-LRA (Ward et al., "Privacy auditing synthetic data release through local likelihood attacks", 2025): the log of
    ``p(s | known and x) / p(s | known)`` summed over the synthetic rows ``s`` nearest to ``x``. The density is a sum of Gaussian
    kernels over the nearest known rows, as wide as half the distance of the furthest of these.
    """
    width = around.back[:, -1:] / 2 + _TINY
    known = np.exp(-0.5 * (around.back / width) ** 2).sum(axis=1)
    own = np.exp(-0.5 * (around.synthetic / width[around.which, 0]) ** 2)
    # The candidate is one of the known rows: without it, its own kernel is missing.
    return -np.log1p(-np.minimum(own / known[around.which], 1 - 1e-9)).sum(axis=1)
