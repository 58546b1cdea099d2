"""A smooth quantile function of one column that gives no single row's value away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MAX_KNOTS = 1000
EXTREME_SHARE = 0.8  # of the half window beyond the outermost knots: four rows of five, where windows have ten
TAIL_KNOTS = 16
TAIL_FIT_ROWS = 250
# Limits that real quantities stop at by nature: data that come close to one and never cross it are held to it.
NATURAL_LIMITS = (0.0, 1.0, 100.0)


@dataclass(frozen=True)
class QuantileFunction:
    """A non-decreasing, piecewise linear map from [0, 1] to values.

    Attributes:
        levels: float64 ``[knots]``, rising from 0 to 1.
        values: float64 ``[knots]``, non-decreasing.
    """

    levels: np.ndarray
    values: np.ndarray

    def __call__(self, level: np.ndarray) -> np.ndarray:
        """The values at the levels, float64, same shape."""
        return np.interp(level, self.levels, self.values)

    def level_below(self, value: np.ndarray | float) -> np.ndarray:
        """The levels from which on values are no longer below ``value``, same shape: 0 below the range, 1 above it."""
        return self._level(np.asarray(value), np.searchsorted(self.values, value, side="left"))

    def level_up_to(self, value: np.ndarray | float) -> np.ndarray:
        """The largest levels whose values are at most ``value``, same shape: 0 below the range, 1 above it."""
        return self._level(np.asarray(value), np.searchsorted(self.values, value, side="right"))

    def _level(self, value: np.ndarray, after: np.ndarray) -> np.ndarray:
        """The levels of values between two knots, of which the upper ones are numbered ``after``."""
        upper = np.clip(after, 1, len(self.values) - 1)
        low, high = self.values[upper - 1], self.values[upper]
        share = (value - low) / np.where(high > low, high - low, 1)  # equal knots: only outside the range
        inside = self.levels[upper - 1] + share * (self.levels[upper] - self.levels[upper - 1])
        return np.where(after == 0, 0.0, np.where(after == len(self.values), 1.0, inside))


def fit_quantile_function(
    values: np.ndarray, rare_below: int, *, keep_extremes: bool, minimum: float | None, maximum: float | None
) -> QuantileFunction:
    """Fit a quantile function to at least ``rare_below`` values.

    Every inner knot is the mean of ``rare_below`` neighbouring order statistics. Beyond the outermost of these means
    lie fewer rows than ``rare_below``; their place is taken by a generalised Pareto tail fitted to the rows before them,
    so no extreme of a single row is kept, unless ``keep_extremes`` asks for exactly that.

    Args:
        values: float64 ``[rows]``, finite.
        rare_below: how many rows must stand behind each knot.
        keep_extremes: end at the exact minimum and maximum, each held by so much that a table as long as the one learned has
            both nearly always.
        minimum: a declared lower bound; None where there is none.
        maximum: a declared upper bound; None where there is none.
    """
    ordered = np.sort(values)
    rows = len(ordered)
    window = min(rare_below, rows)
    inner_knots = int(np.clip(rows // max(window, 1), 1, MAX_KNOTS))
    starts = np.unique(np.linspace(0, rows - window, inner_knots).astype(np.int64))
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    means = (sums[starts + window] - sums[starts]) / window
    # A window whose rows agree is that value to the last bit, which a difference of sums is not.
    means = np.where(ordered[starts] == ordered[starts + window - 1], ordered[starts], means)
    levels = (starts + window / 2) / rows
    if keep_extremes:
        low, high = np.repeat(ordered[0], 2), np.repeat(ordered[-1], 2)
        lower_levels = np.array([0, EXTREME_SHARE * levels[0]])
        upper_levels = np.array([1 - EXTREME_SHARE * (1 - levels[-1]), 1])
    else:
        low_limit, high_limit = natural_limits(ordered, minimum, maximum)
        high = _tail(ordered, window, high_limit)
        low = -_tail(-ordered[::-1], window, -low_limit)[::-1]
        lower_levels = np.linspace(0, levels[0], len(low) + 1)[:-1]
        upper_levels = np.linspace(levels[-1], 1, len(high) + 1)[1:]
    knots = np.maximum.accumulate(np.concatenate([np.minimum(low, means[0]), means, high]))
    return QuantileFunction(np.concatenate([lower_levels, levels, upper_levels]), knots)


def natural_limits(ordered: np.ndarray, minimum: float | None, maximum: float | None) -> tuple[float, float]:
    """The bounds a tail must not cross: the declared ones, else a natural limit that the data come near to."""
    lowest, highest = ordered[0], ordered[-1]
    reach = max(highest - lowest, np.finfo(np.float64).tiny)
    low = max((limit for limit in NATURAL_LIMITS if limit <= lowest and lowest - limit < reach), default=-np.inf)
    high = min(
        (limit for limit in NATURAL_LIMITS if limit >= highest and limit - highest < 0.1 * reach), default=np.inf
    )
    return (low if minimum is None else minimum), (high if maximum is None else maximum)


def _tail(ordered: np.ndarray, window: int, limit: float) -> np.ndarray:
    """Knots beyond the last window mean: quantiles of a generalised Pareto distribution, at most ``limit``.

    The distribution is fitted to the excesses of the largest rows over the value they start at, by probability-weighted
    moments (Hosking and Wallis, "Parameter and quantile estimation for the generalized Pareto distribution", 1987,
    equation 5), then carried to the last window's start, where it is generalised Pareto again with the same shape.
    """
    start = ordered[-window:].mean()
    fit_rows = int(min(max(window, len(ordered) // 20), TAIL_FIT_ROWS))
    threshold = ordered[-fit_rows:].min()
    excess = ordered[-fit_rows:] - threshold
    mean = excess.mean()
    if mean <= 0 or ordered[-window] == ordered[-1]:
        return np.full(1, min(start, limit))
    probability_above = (fit_rows - np.arange(1, fit_rows + 1) + 0.5) / fit_rows
    weighted = (excess * probability_above).mean()
    gap = max(mean - 2 * weighted, 1e-12 * mean)
    shape = float(np.clip(2 - mean / gap, -0.5, 0.9))
    scale = mean * (1 - shape) + shape * (start - threshold)
    # Half the window's rows lie beyond its mean; the outermost knot is where the largest of them is expected.
    chance = np.linspace(0, 1 - 1 / (window + 1), TAIL_KNOTS + 1)[1:]
    scale = max(scale, 1e-9 * mean)
    quantile = -np.log1p(-chance) if abs(shape) < 1e-6 else ((1 - chance) ** -shape - 1) / shape  # noqa: PLR2004
    return np.minimum(start + scale * quantile, max(limit, start))
