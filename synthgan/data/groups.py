"""Rows that belong together: which rows are of one group, and in what order they stand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Groups:
    """Groups of rows that stand side by side, one group after the other.

    Attributes:
        counts: int64 ``[groups]``: how many rows each has; may be 0.
    """

    counts: Ints

    def __len__(self) -> int:
        """How many groups there are."""
        return len(self.counts)

    @cached_property
    def starts(self) -> Ints:
        """int64 ``[groups]``: each group's first row; of an empty one, where it would stand."""
        return np.cumsum(self.counts) - self.counts

    @cached_property
    def rows(self) -> int:
        """How many rows all groups have."""
        return int(self.counts.sum())

    @cached_property
    def owner(self) -> Ints:
        """int64 ``[rows]``: the group of each row."""
        return np.repeat(np.arange(len(self.counts)), self.counts)

    @cached_property
    def position(self) -> Ints:
        """int64 ``[rows]``: how many rows of its group stand before each row."""
        return np.arange(self.rows) - np.repeat(self.starts, self.counts)

    @cached_property
    def first(self) -> Ints:
        """int64 ``[groups that have rows]``: their first rows."""
        return self.starts[self.counts > 0]

    @cached_property
    def last(self) -> Ints:
        """int64 ``[groups that have rows]``: their last rows."""
        return (self.starts + self.counts - 1)[self.counts > 0]

    def rows_of(self, groups: Ints) -> Ints:
        """The rows of these groups, group after group in the order given."""
        taken = Groups(self.counts[groups])
        return np.repeat(self.starts[groups], taken.counts) + taken.position

    def totals(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sums over the rows of each group, ``[groups, ...]``; 0 where there are none."""
        result = np.zeros((len(self.counts), *values.shape[1:]))
        if len(self.first):
            result[self.counts > 0] = np.add.reduceat(values, self.first, axis=0)
        return result

    def are_constant(self, values: NDArray[np.float64]) -> bool:
        """Whether all rows of each group have one value ``[rows]``; missing (NaN) is a value, too."""
        if self.rows < 2:  # noqa: PLR2004 (a row and the next)
            return True
        same = (values[1:] == values[:-1]) | (np.isnan(values[1:]) & np.isnan(values[:-1]))
        return bool((same | (self.position[1:] == 0)).all())


def arranged(codes: NDArray[np.int64], order: NDArray[np.float64] | None) -> tuple[Ints, Groups]:
    """How to put rows side by side that have the same code, each group's in their order; rows with code -1 are left out.

    Args:
        codes: int64 ``[rows]``: which group a row belongs to, numbered from 0 in the order in which groups shall stand.
        order: float64 ``[rows]``: what the rows of a group are put in order by, missing (NaN) last; None leaves them as they are.

    Returns:
        the rows' indices in their new order, and the groups, as many as the largest code says.
    """
    keys = (codes,) if order is None else (order, codes)
    rows = np.lexsort(keys)
    rows = rows[codes[rows] >= 0]
    groups = int(codes.max(initial=-1)) + 1
    return rows, Groups(np.bincount(codes[rows], minlength=groups))
