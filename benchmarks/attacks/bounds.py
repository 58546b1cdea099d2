"""What an attacker's errors say at least of a claim: bounds on error rates, on epsilon, and on telling fits apart."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from synthgan.metrics.statistics import intervals

DOUBT = 1e-3  # lower bounds hold with a confidence of 99.9 %


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        check: what was to hold.
        holds: whether it does.
        evidence: the figures.
    """

    check: str
    holds: bool
    evidence: str


def at_most(errors: int, trials: int) -> float:
    """Clopper–Pearson's upper bound on an error rate."""
    return float(intervals.at_most(np.array(errors), trials, DOUBT / 2))


def error_rates(without: np.ndarray, with_unit: np.ndarray) -> tuple[float, float]:
    """Upper bounds on both error rates of the best threshold, picked on one half and tried on the other."""
    half = len(without) // 2
    sign = 1 if np.median(with_unit[:half]) >= np.median(without[:half]) else -1
    sides = [np.sort(sign * side[:half]) for side in (without, with_unit)]
    values = np.unique(np.quantile(np.concatenate(sides), np.linspace(0.02, 0.98, 200)))
    false, missed = half - np.searchsorted(sides[0], values), np.searchsorted(sides[1], values)
    bounds = [
        norm.isf(at_most(wrong, half)) - norm.ppf(at_most(lost, half))
        for wrong, lost in zip(false, missed, strict=True)
    ]
    threshold = values[int(np.argmax(bounds))]
    return (
        at_most(int((sign * without[half:] >= threshold).sum()), half),
        at_most(int((sign * with_unit[half:] < threshold).sum()), half),
    )


def told_apart(without: np.ndarray, with_row: np.ndarray) -> float:
    """The share of the second half of fits that the best figure and threshold of the first half tell apart.

    Where several are as good, the one in the widest gap, measured in spreads of its figure: a threshold at the very edge of
    what was seen would miss some of what is yet to come.
    """
    half, best, right = len(without) // 2, (0.0, 0.0), 0.5
    for first, second in zip(without.T, with_row.T, strict=True):
        seen = np.unique(np.concatenate([first[:half], second[:half]]))
        spread = max(float(seen.std()), 1e-300)
        for low, high in itertools.pairwise(seen):
            threshold = low + (high - low) / 2
            shares = [((second > threshold) == above, (first > threshold) != above) for above in (True, False)]
            for hit, passed in shares:
                score = ((hit[:half].mean() + passed[:half].mean()) / 2, (high - low) / spread)
                if score > best:
                    best, right = score, float((hit[half:].mean() + passed[half:].mean()) / 2)
    return right


def epsilon_at_least(false: float, missed: float, delta: float) -> float:
    """The epsilon that both error rates, if they are upper bounds, cannot go with less than (Kairouz et al., 2015)."""
    bounds = [
        math.log((1 - delta - first) / second)
        for first, second in ((false, missed), (missed, false))
        if second > 0 and 1 - delta - first > 0
    ]
    return max([0.0, *bounds])
