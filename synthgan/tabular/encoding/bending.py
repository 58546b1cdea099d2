"""Whether a column of drawn rows keeps its distribution when rows are put right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

SAME_SHAPE: Final = 0.01  # Kolmogorov-Smirnov distance that a column may move by; of few rows, more


def bends(real: Numbers, before: Numbers, after: Numbers) -> bool:
    """Whether a column of drawn rows has moved further away from the real one, beyond chance."""
    from scipy.stats import ks_2samp

    known = real[~np.isnan(real)]
    distances = [
        float(ks_2samp(own, known, method="asymp").statistic) if len(own) and len(known) else 0.0
        for own in (one[~np.isnan(one)] for one in (before, after))
    ]
    return distances[1] > distances[0] + SAME_SHAPE + 0.5 / np.sqrt(max(len(known), 1))
