"""How far a column's values reach beyond those that may be told: fitted tails, held by natural limits and by hard edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.schema import Kind
from synthgan.data.stamps import NANOSECONDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.schema import Column

    Numbers = NDArray[np.float64]

TAIL_KNOTS = 16
TAIL_FIT_ROWS = 250
# Limits that real quantities stop at by nature: data that come close to one and never cross it are held to it.
NATURAL_LIMITS = (0.0, 1.0, 100.0)
# Where scales, clocks, calendars, angles and ages begin and end: data that come very close to one are held to it as well.
FIRSTS = (-360.0, -273.15, -180.0, -100.0, -90.0, -10.0, -5.0, -3.0, -2.0, -1.0, 3.0, 5.0, 6.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0,
          21.0, 25.0, 30.0, 50.0, 60.0, 65.0, 1000.0, 1800.0, 1900.0, 1950.0, 1970.0, 2000.0)  # fmt: skip
LASTS = (-1.0, 0.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0, 14.0, 15.0, 16.0, 18.0, 20.0, 21.0, 23.0, 24.0, 25.0, 30.0, 31.0,
         50.0, 52.0, 53.0, 59.0, 60.0, 63.0, 65.0, 90.0, 99.0, 120.0, 180.0, 200.0, 255.0, 300.0, 359.0, 360.0, 365.0, 366.0, 500.0,
         999.0, 1000.0, 1439.0, 1440.0, 5000.0, 9999.0, 10000.0)  # fmt: skip
FIRST_DAY, LAST_DAY = -719_162, 2_932_896  # of the years 1 and 9999, in days since 1970
VERY_CLOSE = 3.0  # mean distances between the outermost rows
HARD = -0.5  # the shape of a tail below which values do not thin out before they end
GOES_ON = 0.2  # of the distance of the two outermost windows, that rows go on beyond the last mean
SURE = 2.0  # standard errors by which a hard edge is held to lie further inwards than it seems


def limits_of(column: Column) -> tuple[float | None, float | None]:
    """The least and the greatest number that a column may have: as declared; moments lie within the years 1 to 9999."""
    low, high = column.bounds
    if column.kind in {Kind.DATE, Kind.DATETIME}:
        days = NANOSECONDS["day"] / NANOSECONDS[str(column.unit)]
        low, high = (FIRST_DAY * days if low is None else low), ((LAST_DAY + 1) * days - 1 if high is None else high)
    return low, high


def natural_limits(ordered: Numbers, window: int, minimum: float | None, maximum: float | None) -> tuple[float, float]:
    """The bounds a tail must not cross: the declared ones, else a natural limit that the data come near to.

    Args:
        ordered: float64 ``[rows]``, rising.
        window: the rows that must stand behind what is told.
        minimum: a declared lower bound; None where there is none.
        maximum: a declared upper bound; None where there is none.
    """
    lowest, highest = ordered[0], ordered[-1]
    reach = max(highest - lowest, np.finfo(np.float64).tiny)
    lows = [limit for limit in NATURAL_LIMITS if limit <= lowest and lowest - limit < reach]
    highs = [limit for limit in NATURAL_LIMITS if limit >= highest and limit - highest < 0.1 * reach]
    lows += [limit for limit in FIRSTS if 0 <= lowest - limit <= _close(ordered[:window])]
    highs += [limit for limit in LASTS if 0 <= limit - highest <= _close(ordered[-window:])]
    low, high = max(lows, default=-np.inf), min(highs, default=np.inf)
    return (low if minimum is None else minimum), (high if maximum is None else maximum)


def fit_tail(ordered: Numbers, window: int, limit: float) -> Numbers:
    """Knots beyond the last window mean: quantiles of a generalised Pareto distribution, at most ``limit``.

    The distribution is fitted to the excesses of the largest rows over the value they start at, by probability-weighted
    moments (Hosking and Wallis, "Parameter and quantile estimation for the generalized Pareto distribution", 1987,
    equation 5), then carried to the last window's start, where it is generalised Pareto again with the same shape. Values that
    do not thin out before they end (hours, percentages, ages of adults) are drawn up to where that end surely is not passed.
    """
    start = ordered[-window:].mean()
    fit_rows = int(min(max(window, len(ordered) // 20), TAIL_FIT_ROWS))
    threshold, mean, shape = fit_excess(ordered, fit_rows)
    if mean <= 0 or ordered[-window] == ordered[-1]:
        return np.full(1, min(start, limit))
    judged = int(np.clip(len(ordered) // 2, fit_rows, TAIL_FIT_ROWS))
    if limit - ordered[-1] <= _close(ordered[-window:]):
        if fit_excess(ordered, judged)[2] < HARD:
            return np.linspace(start, max(limit, start), TAIL_KNOTS + 1)[1:]
    elif (end := _hard_end(ordered, judged)) is not None:
        # Where that is no end of these rows, they go on as far as the outermost ones do: none stands at one value.
        if not start < end <= min(limit, ordered[-1]):
            before = ordered[-2 * window : -window]
            end = start + GOES_ON * (start - before.mean() if len(before) else 0.0)
        return np.linspace(start, min(end, max(limit, start)), TAIL_KNOTS + 1)[1:]
    shape = float(np.clip(shape, HARD, 0.9))
    scale = mean * (1 - shape) + shape * (start - threshold)
    # Half the window's rows lie beyond its mean; the outermost knot is where the largest of them is expected.
    chance = np.linspace(0, 1 - 1 / (window + 1), TAIL_KNOTS + 1)[1:]
    scale = max(scale, 1e-9 * mean)
    quantile = -np.log1p(-chance) if abs(shape) < 1e-6 else ((1 - chance) ** -shape - 1) / shape  # noqa: PLR2004
    return np.minimum(start + scale * quantile, max(limit, start))


def fit_excess(ordered: Numbers, rows: int) -> tuple[float, float, float]:
    """Where the largest rows begin, their mean excess over that, and the shape of their tail."""
    threshold = float(ordered[-rows:].min())
    excess = ordered[-rows:] - threshold
    mean = float(excess.mean())
    probability_above = (rows - np.arange(1, rows + 1) + 0.5) / rows
    weighted = float((excess * probability_above).mean())
    gap = max(mean - 2 * weighted, 1e-12 * mean, float(np.finfo(np.float64).tiny))
    return threshold, mean, (2 - mean / gap if mean > 0 else 0.0)


def _hard_end(ordered: Numbers, rows: int) -> float | None:
    """Where values end that do not thin out before, or somewhat before that; None where they thin out."""
    threshold, mean, shape = fit_excess(ordered, rows)
    if shape >= HARD:
        return None
    shape = max(shape, -1.0)
    end = threshold + mean * (1 - shape) / -shape
    # Of a uniform distribution over an interval c, the mean has the standard error c / sqrt(12 rows), and c is twice the mean.
    return float(end - SURE * 2 * (2 * mean) / np.sqrt(12 * rows))


def _close(outermost: Numbers) -> float:
    """How near the outermost rows come to what they end at."""
    return float(VERY_CLOSE * (outermost[-1] - outermost[0]) / max(len(outermost) - 1, 1))
