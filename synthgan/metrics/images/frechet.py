"""Distances between two clouds of features: Fréchet's, of their means and covariances, and that of a polynomial kernel."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.intervals import Z_95, Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Points = NDArray[np.float64]

BLOCKS = 10  # disjoint parts, whose spread says how sure a kernel distance is
_LEAST_OF_A_BLOCK = 5


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
    standard errors of the mean over BLOCKS disjoint random parts of both clouds, where these hold five points or more.

    Args:
        one: float64 ``[n, features]``, at least two points.
        other: float64 ``[n, features]``.
        rng: Deals the points into parts.
    """
    value = _discrepancy(one, other)
    if min(len(one), len(other)) < BLOCKS * _LEAST_OF_A_BLOCK:
        return Estimate(value)
    parts = [np.array_split(rng.permutation(len(points)), BLOCKS) for points in (one, other)]
    found = [_discrepancy(one[mine], other[theirs]) for mine, theirs in zip(*parts, strict=True)]
    error = Z_95 * float(np.std(found, ddof=1)) / math.sqrt(BLOCKS)
    return Estimate(value, value - error, value + error)


def _discrepancy(one: Points, other: Points) -> float:
    width = one.shape[1]

    def kernel(left: Points, right: Points) -> Points:
        powers: Points = (left @ right.T / width + 1) ** 3
        return powers

    def within(points: Points) -> float:
        inner = kernel(points, points)
        return float((inner.sum() - np.trace(inner)) / (len(points) * (len(points) - 1)))

    return within(one) + within(other) - 2 * float(kernel(one, other).mean())
