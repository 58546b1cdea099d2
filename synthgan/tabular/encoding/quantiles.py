"""A smooth quantile function of one column that gives no single row's value away."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from synthgan.tabular.encoding.tails import fit_tail, natural_limits

MAX_KNOTS = 1000
EXTREME_SHARE = 0.8  # of the half window beyond the outermost knots: four rows of five, where windows have ten


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

    @cached_property
    def jumps(self) -> np.ndarray:
        """float64 ``[gaps]``: the levels at which values jump over a gap that nobody is in."""
        return self.levels[1:][(self.levels[1:] == self.levels[:-1]) & (self.values[1:] > self.values[:-1])]

    def homeless(self, value: np.ndarray, half: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """Where values are beyond both ends or in a gap, and the nearest value that is not, same shape each.

        A value that all reals within ``half`` round to is so only if all of them are.
        """
        after = np.searchsorted(self.values, value, side="left")
        upper = np.clip(after, 1, len(self.values) - 1)
        low, high = self.values[upper - 1], self.values[upper]
        in_gap = (self.levels[upper] == self.levels[upper - 1]) & (low < value - half) & (value + half < high)
        nearest = np.where(value - low < high - value, low, high)
        beyond = (value + half < self.values[0]) | (value - half > self.values[-1])
        return in_gap | beyond, np.where(in_gap, nearest, np.clip(value, self.values[0], self.values[-1]))

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
        low_limit, high_limit = natural_limits(ordered, window, minimum, maximum)
        high = fit_tail(ordered, window, high_limit)
        low = -fit_tail(-ordered[::-1], window, -low_limit)[::-1]
        lower_levels = np.linspace(0, levels[0], len(low) + 1)[:-1]
        upper_levels = np.linspace(levels[-1], 1, len(high) + 1)[1:]
    knots = np.maximum.accumulate(np.concatenate([np.minimum(low, means[0]), means, high]))
    return QuantileFunction(np.concatenate([lower_levels, levels, upper_levels]), knots)


def join_parts(parts: list[QuantileFunction], rows: list[int]) -> QuantileFunction:
    """The quantile function of rows that lie in parts with gaps between them, each with a function of its own.

    Args:
        parts: in the order of their values.
        rows: how many rows each has.
    """
    shares = np.cumsum([0, *rows]) / sum(rows)
    shares[-1] = 1.0
    levels = [low + part.levels * (high - low) for part, low, high in zip(parts, shares[:-1], shares[1:], strict=True)]
    for one, low, high in zip(levels, shares[:-1], shares[1:], strict=True):
        one[[0, -1]] = low, high
    values = np.concatenate([part.values for part in parts])
    return QuantileFunction(np.concatenate(levels), np.maximum.accumulate(values))
