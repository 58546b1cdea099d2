"""Noise has the distribution it says, and nobody can replay it."""

from __future__ import annotations

import numpy as np
from scipy.stats import kstest

from synthgan.privacy import noise

COUNT = 200_000


def test_normal_and_gumbel_noise_have_their_distributions() -> None:
    """Two Kolmogorov–Smirnov tests at the 1e-6 level: false-alarm rate 2e-6."""
    assert kstest(noise.normal(COUNT), "norm").pvalue > 1e-6
    assert kstest(noise.gumbel(COUNT), "gumbel_r").pvalue > 1e-6


def test_whole_noise_is_whole_and_as_wide_as_it_says() -> None:
    """The variance of a rounded normal is a twelfth more; its estimate is within 2 % (five deviations, 6e-7)."""
    drawn = noise.whole_normal(COUNT, 3.0)
    assert drawn.dtype == np.int64
    assert abs(drawn.var() / (9 + 1 / 12) - 1) < 0.02
    assert (noise.whole_normal(100, 0.0) == 0).all()


def test_no_seed_makes_noise_repeat() -> None:
    np.random.seed(0)  # noqa: NPY002 (the very thing that must not matter)
    first = noise.uniform(8)
    np.random.seed(0)  # noqa: NPY002
    assert (noise.uniform(8) != first).all()
    assert ((first > 0) & (first < 1)).all()
