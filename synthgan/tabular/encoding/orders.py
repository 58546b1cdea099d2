"""Columns of which one is never, or hardly ever, above another: how they are found, and rows put in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.scale import exceeds

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from synthgan.data.scale import Scale

    Numbers = NDArray[np.float64]
    Rows = NDArray[np.bool_]
    Name = str | int

MIN_ROWS = 20  # that have both columns
CANDIDATE_ROWS = 10_000  # to see whether strangers would break the order
HEAD_ROWS = 1_000  # looked at first
CROSSED_SHARE = 0.02  # of strangers' values that an order must forbid, or it says nothing
CROSSED_ROWS, CROSSED_FEW, FEW = 20, 12, 100  # that would break it by now if it were chance; of fewer rows than these
USUAL = 0.01  # of the rows that may break what nearly always holds,
USUAL_CROSSED, USUAL_SHARE = 0.1, 0.1  # if strangers would break it in so many, and of these


@dataclass(frozen=True, slots=True)
class Order:
    """A column that is not above another.

    Attributes:
        low: the column below,
        high: and the one above.
        broken: in which share of the rows that are out of order they are left so; 0 where the order always holds.
    """

    low: Name
    high: Name
    broken: float = 0.0

    @property
    def names(self) -> tuple[Name, Name]:
        """Both columns."""
        return self.low, self.high

    def left_of(self, drawn: Mapping[Name, Any], scales: Mapping[Name, Scale]) -> float:
        """Which share of the rows out of order must be left so, that as many are as in the real table; 1 for all."""
        low, high = (drawn[name] for name in self.names)
        share = exceeds(low, high, *(scales[name] for name in self.names)).sum()
        share /= max((~np.isnan(low) & ~np.isnan(high)).sum(), 1)
        return float(min(self.broken / share, 1.0)) if share else 1.0


def find_orders(
    names: Sequence[Name],
    values: Mapping[Name, Numbers],
    scales: Mapping[Name, Scale],
    beyond: Collection[Name] = (),
) -> tuple[Order, ...]:
    """The orders among columns, but not between two of those that are named; ``broken`` is the share of all rows that break it."""
    found, left_out = [], {*beyond}
    for low in names:
        for high in names:
            if low == high or scales[low].kind != scales[high].kind or {low, high} <= left_out:
                continue
            if scales[low].calendar and scales[high].calendar not in ("", scales[low].calendar):
                continue  # neither could move without leaving its hours
            broken = _broken(values[low], values[high], scales[low], scales[high])
            if broken is not None:
                found.append(Order(low, high, broken))
    return tuple(found)


def _broken(low: Numbers, high: Numbers, scale: Scale, other: Scale) -> float | None:
    """In which share of the rows an order is broken; None where it is none, or says nothing."""
    head = exceeds(low[:HEAD_ROWS], high[:HEAD_ROWS], scale, other)
    if head.mean() > 3 * USUAL:
        return None
    known = np.flatnonzero(~np.isnan(low) & ~np.isnan(high))
    if len(known) < MIN_ROWS:
        return None
    broken = exceeds(low, high, scale, other).sum() / len(known)
    if broken > USUAL:
        return None
    known = known[:: max(1, len(known) // CANDIDATE_ROWS)]
    finer = scale if scale.size <= other.size else other
    lower, higher = finer.counted(low[known], scale), finer.counted(high[known], other)
    crossed = float((np.searchsorted(np.sort(higher), lower, side="left") / len(known)).mean())
    fewest = CROSSED_ROWS if len(known) >= FEW else CROSSED_FEW
    says = crossed >= CROSSED_SHARE and crossed * len(known) >= fewest
    if broken:
        says = says and crossed >= USUAL_CROSSED and broken <= USUAL_SHARE * crossed
    return float(broken) if says else None


def breaks(values: Mapping[Name, Numbers], pair: tuple[Name, Name], scales: Mapping[Name, Scale]) -> Rows:
    """Where the first of two columns is above the second, bool ``[rows]``."""
    low, high = pair
    return exceeds(values[low], values[high], scales[low], scales[high])


def put_in_order(
    values: dict[Name, Any],
    free: Mapping[Name, Rows],
    order: Order,
    scales: Mapping[Name, Scale],
    tied: Collection[Name] = (),
) -> bool:
    """Let two columns change places, or one come up to the other, where they are in the wrong order; whether any were.

    Where one of them is tied to further columns by their distance, or to its hours and days, the other moves up to it; where both
    are, the higher one.

    Args:
        values: columns by name, float64 ``[rows]``.
        free: by name, bool ``[rows]``: where it may be moved.
        order: what must hold.
        scales: what values each may have.
        tied: columns that do not change places.
    """
    low, high = order.names
    lower, higher = values[low], values[high]
    wrong = exceeds(lower, higher, scales[low], scales[high])
    if order.broken:
        wrong = _left_out(wrong, order.broken)
    if not wrong.any():
        return False
    first, second = wrong & free[low], wrong & free[high]
    if scales[low].calendar != scales[high].calendar:
        tied = {*tied, low if scales[low].calendar else high}
    if low in tied or high in tied:
        first, second = (first & ~second, second) if low in tied else (first, second & ~first)
    moved_low = scales[low].below(scales[low].counted(higher, scales[high]))
    moved_high = scales[high].above(scales[high].counted(lower, scales[low]))
    values[low], values[high] = np.where(first, moved_low, lower), np.where(second, moved_high, higher)
    return bool((first | second).any())


def _left_out(wrong: Rows, share: float) -> Rows:
    """The wrong rows but for a share of them, spread evenly."""
    rows = np.flatnonzero(wrong)
    rank = np.arange(len(rows))
    kept = np.floor((rank + 1) * share) > np.floor(rank * share)
    put = np.zeros_like(wrong)
    put[rows[~kept]] = True
    return put
