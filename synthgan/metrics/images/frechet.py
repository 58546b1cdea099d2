"""Distances between two clouds of features: Fréchet's, of their means and covariances, and that of a polynomial kernel."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.statistics.intervals import Estimate, around

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Points = NDArray[np.float64]

GROUPS = 20  # of the jackknife


def frechet_distance(one: Points, other: Points) -> float:
    """Return the squared Fréchet distance between Gaussians of the two clouds' means and covariances.

    ``|m1 - m2|² + tr(C1 + C2 - 2 (C1 C2)^(1/2))``: Heusel et al. 2017, "GANs trained by a two time-scale update rule", equation 6.
    The trace of the root is the sum of the roots of the eigenvalues of ``C1^(1/2) C2 C1^(1/2)``, which is symmetric: nothing
    needs to be added to singular covariances. It is too large by a bias that shrinks with the number of points: compare
    distances of as many points only.

    Args:
        one: float64 ``[n, features]``, at least two points.
        other: float64 ``[m, features]``, at least two points.

    Returns:
        The distance, not negative.
    """
    means = one.mean(axis=0) - other.mean(axis=0)
    first, second = (np.atleast_2d(np.cov(points, rowvar=False)) for points in (one, other))
    values, vectors = np.linalg.eigh(first)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ second @ root), 0)).sum()
    return max(0.0, float(means @ means + np.trace(first) + np.trace(second) - 2 * cross))


def kernel_distance(one: Points, other: Points, rng: np.random.Generator) -> Estimate:
    """Return the unbiased squared maximum mean discrepancy of the kernel ``(x·y / features + 1)³``.

    Binkowski et al. 2018, "Demystifying MMD GANs", section 4 (KID). Being unbiased it may be negative. The interval is 1.96
    standard errors of a jackknife that leaves out one of GROUPS random parts of both clouds at a time, where there are twice
    as many points or more.

    Args:
        one: float64 ``[n, features]``, at least two points.
        other: float64 ``[n, features]``.
        rng: Deals the points into parts.
    """
    groups = GROUPS if min(len(one), len(other)) >= 2 * GROUPS else 1
    parts = [np.array_split(rng.permutation(len(points)), groups) for points in (one, other)]
    one, other = one[np.concatenate(parts[0])], other[np.concatenate(parts[1])]
    sizes = [np.array([len(part) for part in side]) for side in parts]
    within = [
        _sums(points, points, many, many) - np.diag(_own(points, many))
        for points, many in zip((one, other), sizes, strict=True)
    ]
    across = _sums(one, other, *sizes)

    def discrepancy(kept: NDArray[np.bool_]) -> float:
        n, m = (int(many[kept].sum()) for many in sizes)
        inner = [sums[kept][:, kept].sum() / (k * (k - 1)) for sums, k in zip(within, (n, m), strict=True)]
        return float(sum(inner) - 2 * across[kept][:, kept].sum() / (n * m))

    value = discrepancy(np.ones(groups, dtype=bool))
    if groups == 1:
        return Estimate(value)
    replicates = np.array([discrepancy(np.arange(groups) != left_out) for left_out in range(groups)])
    return around(value, math.sqrt((groups - 1) * float(replicates.var())), least=-math.inf, most=math.inf)


def _kernel(left: Points, right: Points) -> Points:
    powers: Points = (left @ right.T / left.shape[1] + 1) ** 3
    return powers


def _sums(left: Points, right: Points, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Points:
    """The kernel summed over every pair of parts, float64 ``[parts, parts]``; block by block, for there are millions of pairs."""
    starts = [np.cumsum(many) - many for many in (rows, columns)]
    return np.stack(
        [
            np.add.reduceat(_kernel(left[start : start + many], right).sum(axis=0), starts[1])
            for start, many in zip(starts[0].tolist(), rows.tolist(), strict=True)
        ]
    )


def _own(points: Points, sizes: NDArray[np.int64]) -> Points:
    """The kernel of each point with itself, summed over every part."""
    own = ((points**2).sum(axis=1) / points.shape[1] + 1) ** 3
    return np.add.reduceat(own, np.cumsum(sizes) - sizes)
