"""How sure a measure can be of its value: jackknife, DeLong, delta-method and Wilson intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Z_95 = 1.959963984540054  # two-sided 95 % quantile of the standard normal distribution
_SMALLEST_SAMPLE = 2


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured value with the ends of its 95 % interval (None where no interval is known)."""

    value: float
    low: float | None = None
    high: float | None = None


def around(value: float, error: float | None, *, least: float = 0.0, most: float = 1.0) -> Estimate:
    """Return value ± 1.96 standard errors, cut to the range the measure can take.

    Args:
        value: The measured value.
        error: Its standard error; None gives an estimate without an interval.
        least: The smallest value the measure can take.
        most: The largest.
    """
    if error is None or not math.isfinite(error):
        return Estimate(value)
    return Estimate(value, max(least, value - Z_95 * error), min(most, value + Z_95 * error))


def jackknife(statistics: NDArray[np.float64]) -> Estimate:
    """Turn a statistic and its leave-one-group-out replicates into an estimate in [0, 1].

    The delete-a-group jackknife (Kott 2001, "The delete-a-group jackknife", J. Official Statistics 17) is
    used rather than the bootstrap because a resampled table lies further from everything than a fresh one:
    distances between a bootstrap and anything else are too large, while leaving rows out keeps them in place.

    Args:
        statistics: [1 + groups] float64; the statistic on all rows, then without each group in turn.

    Returns:
        The first entry with an interval of 1.96 standard errors; no interval with fewer than two groups.
    """
    value, replicates = float(statistics[0]), statistics[1:]
    if len(replicates) < _SMALLEST_SAMPLE or not np.isfinite(replicates).all():
        return Estimate(value)
    spread = float(((replicates - replicates.mean()) ** 2).mean())
    return around(value, math.sqrt((len(replicates) - 1) * spread))


def auc(positive: NDArray[np.bool_], scores: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Return the area under the ROC curve and what each row contributes to its error.

    DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44, doi:10.2307/2531595, in the fast form by mid-ranks
    of Sun and Xu 2014, doi:10.1109/LSP.2014.2337313.

    Args:
        positive: [rows] bool; both classes must occur.
        scores: [rows] float64; higher means more likely positive, ties count half.

    Returns:
        The area, and [rows] float64 influence values: the variance of the area is ``mean(influence**2) /
        rows``.
    """
    from scipy.stats import rankdata

    rows, positives = len(positive), int(positive.sum())
    negatives = rows - positives
    ranks = rankdata(scores)
    # Share of the other class that each row beats (positives) or that beats it (negatives).
    wins = (ranks[positive] - rankdata(scores[positive])) / negatives
    losses = 1 - (ranks[~positive] - rankdata(scores[~positive])) / positives
    area = float(wins.mean())
    influence = np.empty(rows)
    influence[positive] = (wins - area) * (rows / positives)
    influence[~positive] = (losses - area) * (rows / negatives)
    return area, influence


def r_squared(truth: NDArray[np.float64], predicted: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Return the coefficient of determination and each row's influence on it (delta method).

    Args:
        truth: [rows] float64, not all equal.
        predicted: [rows] float64.

    Returns:
        R² (at most 1, without a lower limit) and [rows] float64 influence values, used as in ``auc``.
    """
    residual, total = (truth - predicted) ** 2, (truth - truth.mean()) ** 2
    ratio = float(residual.mean() / total.mean())
    influence = (ratio * (total - total.mean()) - (residual - residual.mean())) / total.mean()
    return 1 - ratio, influence


def standard_error(influence: NDArray[np.float64]) -> float:
    """Return the standard error that influence values imply: ``sqrt(mean(influence**2) / rows)``."""
    return math.sqrt(float((influence**2).mean()) / len(influence))


def share(successes: float, rows: float) -> Estimate:
    """Return a share with its Wilson score interval.

    Wilson 1927, J. American Statistical Association 22, doi:10.1080/01621459.1927.10502953. It stays inside
    [0, 1] and is sensible at a share of exactly 0, where value ± 1.96 standard errors is not.

    Args:
        successes: How many rows have the property (a tie may count half).
        rows: How many rows were looked at (in effect, where they hang together); at least one.
    """
    value, square = successes / rows, Z_95**2
    centre = (value + square / (2 * rows)) / (1 + square / rows)
    half = Z_95 / (1 + square / rows) * math.sqrt(value * (1 - value) / rows + square / (4 * rows**2))
    return Estimate(value, min(value, max(0.0, centre - half)), max(value, min(1.0, centre + half)))


def at_least(hits: NDArray[Any], rows: int, doubt: float) -> NDArray[np.float64]:
    """Return Clopper and Pearson's lower bound on a rate: above the truth with that chance."""
    from scipy.stats import beta

    return np.where(hits == 0, 0.0, beta.ppf(doubt, np.maximum(hits, 1), rows - hits + 1))


def at_most(hits: NDArray[Any], rows: int, doubt: float) -> NDArray[np.float64]:
    """Return their upper bound: below the truth with that chance."""
    from scipy.stats import beta

    return np.where(hits == rows, 1.0, beta.ppf(1 - doubt, hits + 1, np.maximum(rows - hits, 1)))
