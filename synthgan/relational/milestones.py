"""Milestones: times of the rows above, such as a birth or a discharge, that the times of rows are told from and seen against.

The age of a player at the first season says more than the year of it; trees see both numbers, but cannot subtract them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Ints = NDArray[np.int64]

AT_MOST = 4
CLOSE = 0.5  # of the variance of first or last times that is left, at most, where they are told from a milestone
FEWEST, COMMON = 20, 0.1  # groups, and the share of them, that have one


@dataclass(frozen=True)
class Milestone:
    """A time above that times of rows are seen against.

    Attributes:
        table: of the owner, or above it.
        column: of moments, or of numbers where rows are in order of numbers.
        begins: whether first times are told from it.
    """

    table: str
    column: str
    begins: bool = False


@dataclass(frozen=True)
class Passed:
    """The milestones of groups.

    Attributes:
        times: float64 ``[groups, milestones]``: as the times of the rows are learned; NaN where there is none.
        begins: which of them first times are told from; None for none.
        place: of the times of the rows among their numbers.
        spread: how far these lie apart, by which they are compared.
    """

    times: Numbers
    begins: int | None = None
    place: int = 0
    spread: float = 1.0

    def take(self, chosen: Ints) -> Passed:
        """Those of these groups."""
        return replace(self, times=self.times[chosen])

    @property
    def first(self) -> Numbers:
        """What first times are told from, ``[groups]``; NaN where nothing says it."""
        return np.full(len(self.times), np.nan) if self.begins is None else self.times[:, self.begins]

    def since(self, at: Ints, last: Numbers) -> Numbers:
        """How long ago each was at some times, ``[len(at), milestones]``; NaN where there is none.

        Args:
            at: int64: which groups.
            last: float64 ``[len(at)]``: their times.
        """
        return (last[:, None] - self.times[at]) / self.spread

    def away(self, ends: Numbers) -> Numbers:
        """How far several times of each group, ``[groups, times]``, lie from each milestone."""
        apart = (ends[:, :, None] - self.times[:, None, :]) / self.spread
        return apart.reshape(len(apart), -1)


def share_left(times: Numbers, milestone: Numbers) -> float:
    """The share of the variance of times that is left where a milestone is taken off; 1 where too few groups have one."""
    both = ~np.isnan(times) & ~np.isnan(milestone)
    if both.sum() < max(FEWEST, COMMON * (~np.isnan(times)).sum()):
        return 1.0
    before = float(np.var(times[both]))
    return float(np.var((times - milestone)[both])) / before if before > 0 else 1.0
