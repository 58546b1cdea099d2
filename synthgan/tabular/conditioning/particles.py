"""Drawing under conditions: what a condition leaves of each column, and rows drawn anew by how well they bear it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.tabular.conditioning.conditions import Evidence
    from synthgan.tabular.encoding.layout import Layout


@dataclass(frozen=True)
class Allowed:
    """What a condition leaves of each column that it speaks of.

    Attributes:
        shares: by column, float64 ``[modes of the column]``: which share of each mode is allowed.
    """

    shares: dict[int, NDArray[np.float64]]

    @classmethod
    def of(cls, evidence: Evidence, layout: Layout) -> Allowed:
        """What evidence leaves of the columns of a layout, whose residuals are standard normal inside their modes."""
        low, high = (ndtr(bound.cpu().numpy().astype(np.float64)) for bound in (evidence.lowest, evidence.highest))
        part = (high - low).prod(1)  # the residuals of a mode are independent of each other
        share = np.where(evidence.allowed.cpu().numpy(), np.where(layout.has_residual, part, 1.0), 0.0)
        parts = {index: share[span.start : span.stop] for index, span in enumerate(layout.spans)}
        return cls({index: part for index, part in parts.items() if (part < 1).any()})


def draw_allowed(
    entries: NDArray[Any],
    start: NDArray[np.int32],
    count: NDArray[np.int32],
    shares: NDArray[np.float64],
    rng: np.random.Generator,
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Draw a code for each row from what is allowed of its leaf.

    Args:
        entries: the codes in all leaves.
        start: each row's leaf: its first entry,
        count: and how many it has.
        shares: which share of each code is allowed.
        rng: randomness.

    Returns:
        the codes, and the share of its leaf that is allowed, float64, both ``[rows]``; a row whose leaf allows nothing has
        any code and the share 0.
    """
    first, last = int(start.min()), int((start + count).max())
    running = np.concatenate([[0.0], np.cumsum(shares[entries[first:last]])])
    begin, end = running[start - first], running[start - first + count]
    # Rounding must not carry a pick up to the end: what stands there is another leaf's, or not allowed.
    pick = np.minimum(begin + rng.random(len(start)) * (end - begin), np.nextafter(end, -np.inf))
    index = np.searchsorted(running, pick, side="right") - 1
    index = np.clip(index, start - first, start - first + count - 1)
    return entries[first + index], (end - begin) / count


def resample(weights: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """As many indices as there are weights, each as often as its weight says, up to one: systematic resampling.

    Douc, Cappé and Moulines, "Comparison of resampling schemes for particle filtering", 2005, section 2.4.
    """
    running = np.cumsum(weights)
    points = (np.arange(len(weights)) + rng.random()) * (running[-1] / len(weights))
    return np.minimum(np.searchsorted(running, points, side="right"), np.flatnonzero(weights)[-1])


def resample_groups(weights: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Systematic resampling inside each group: indices, counted over all groups, of ``[groups, members]`` positive weights."""
    groups, members = weights.shape
    shares = weights / weights.sum(1, keepdims=True)
    # One running sum over all groups: group g covers the numbers from g to g + 1.
    running = (np.cumsum(shares, axis=1).clip(0, 1) + np.arange(groups)[:, None]).ravel()
    running[members - 1 :: members] = np.arange(1, groups + 1)
    points = (np.arange(members) + rng.random((groups, 1))) / members + np.arange(groups)[:, None]
    return np.minimum(np.searchsorted(running, points.ravel(), side="right"), groups * members - 1)


def count_between(
    entries: NDArray[Any],
    start: NDArray[np.int32],
    count: NDArray[np.int32],
    low: NDArray[np.int64],
    high: NDArray[np.int64],
) -> NDArray[np.int64]:
    """How many entries of each row's leaf, which are sorted, lie between two codes, both included: int64 ``[rows]``."""
    return _first_at_least(entries, start, count, high + 1) - _first_at_least(entries, start, count, low)


def _first_at_least(
    entries: NDArray[Any], start: NDArray[np.int32], count: NDArray[np.int32], code: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Place of the first entry of each leaf that is not below a code, by bisection of all leaves at once."""
    low = start.astype(np.int64)
    high = low + count
    while (low < high).any():
        middle = (low + high) // 2
        below = (low < high) & (entries[np.minimum(middle, len(entries) - 1)] < code)
        low, high = np.where(below, middle + 1, low), np.where(below, high, middle)
    return low
