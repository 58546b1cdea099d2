"""How many rows share an identifier: sizes of groups as the real ones have them, rare sizes put together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CYCLE: Final = 1_000  # groups in which each size has its share


@dataclass(frozen=True)
class Sizes:
    """Sizes of groups of rows that share an identifier.

    Attributes:
        shares: pairs of a size and its share of the groups, sizes rising; none where no identifier is repeated.
    """

    shares: tuple[tuple[int, float], ...] = ()

    @classmethod
    def fit(cls, sizes: NDArray[np.int64], rare_below: int) -> Sizes:
        """The sizes of real groups [groups]; those that fewer than ``rare_below`` groups have become their mean.

        Example:
            >>> Sizes.fit(np.array([1] * 60 + [2] * 30 + [7, 8, 9] * 3 + [3]), rare_below=10).shares
            ((1, 0.6), (2, 0.3), (8, 0.1))
        """
        values, counts = np.unique(sizes[sizes > 0], return_counts=True)
        bins: list[tuple[int, int]] = []
        rows = groups = 0
        for value, count in zip(values[::-1].tolist(), counts[::-1].tolist(), strict=True):
            rows, groups = rows + value * count, groups + count
            if groups >= rare_below:
                bins.append((rows, groups))
                rows = groups = 0
        if groups:
            rest = bins.pop() if bins else (0, 0)
            bins.append((rows + rest[0], groups + rest[1]))
        together: dict[int, int] = {}
        for rows, groups in reversed(bins):
            size = max(1, round(rows / groups))
            together[size] = together.get(size, 0) + groups
        total = sum(together.values())
        return cls(tuple((size, round(groups / total, 4)) for size, groups in sorted(together.items())))

    @cached_property
    def _usual(self) -> NDArray[np.int64]:
        """The sizes of a cycle of groups, rising."""
        ends = np.cumsum([share for _, share in self.shares])
        middles = (np.arange(CYCLE) + 0.5) / CYCLE * ends[-1]
        return np.array([size for size, _ in self.shares], dtype=np.int64)[np.searchsorted(ends, middles)]

    def group_of(self, rows: NDArray[np.uint64], key: int) -> NDArray[np.uint64]:
        """The group that each row belongs to, both counted from 0: uint64 [rows]; rows of a group are neighbours."""
        if not self.shares:
            return rows
        ends = np.cumsum(np.random.default_rng(key).permutation(self._usual), dtype=np.uint64)
        cycle, at = np.divmod(rows, ends[-1])
        return cycle * np.uint64(CYCLE) + np.searchsorted(ends, at, side="right").astype(np.uint64)

    def groups(self, rows: int) -> int:
        """How many groups so many rows have at most."""
        if not self.shares:
            return rows
        cycles, rest = divmod(rows, int(self._usual.sum()))
        return cycles * CYCLE + min(rest, CYCLE)
