"""A parent table and one of its children as arrays, alike for real and synthetic ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.groups import Groups, arranged
from synthgan.metrics.data.columns import Columns
from synthgan.metrics.relational.trajectories import commonest, distinct, trajectories

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Name


@dataclass(frozen=True, eq=False)
class Linked:
    """Parents, and the rows that belong to each.

    Attributes:
        parents: one row a parent; without columns where nothing is known of them.
        rows: the children, those of one parent side by side and in order.
        groups: whose they are.
    """

    parents: Columns
    rows: Columns
    groups: Groups

    @classmethod
    def of(
        cls, parents: Columns | None, rows: Columns, owner: NDArray[np.int64], order: NDArray[np.float64] | None
    ) -> Linked:
        """Put children side by side.

        Args:
            parents: one row a parent; None where nothing is known of them.
            rows: the children, in any order.
            owner: int64 ``[children]``: the row of each child's parent; -1 for one without, which is left out.
            order: float64 ``[children]``: what the children of a parent are put in order by; None leaves them as they are.
        """
        placed, groups = arranged(owner, order)
        if parents is None:
            parents = no_columns(len(groups))
        counts = np.zeros(parents.rows, dtype=np.int64)
        counts[: len(groups)] = groups.counts
        return cls(parents, rows.take(placed), Groups(counts))

    def take(self, parents: NDArray[np.int64]) -> Linked:
        """These parents and their children."""
        rows = self.rows.take(self.groups.rows_of(parents))
        return Linked(self.parents.take(parents), rows, Groups(self.groups.counts[parents]))

    def aggregates(self) -> Columns:
        """Each parent with how many children it has, the means of their numbers, and how many levels they have.

        After SyntheRela (Jurkovic et al., "SyntheRela: a benchmark for synthetic relational database generation", 2024):
        0 children have 0 levels, and no mean.
        """
        groups, there = self.groups, ~np.isnan(self.rows.numbers)
        with np.errstate(invalid="ignore", divide="ignore"):
            means = groups.totals(np.where(there, self.rows.numbers, 0.0)) / groups.totals(there.astype(np.float64))
        levels = [distinct(column, groups)[:, None] for column in self.rows.codes.T]
        names = [f"mean {name}" for name in self.rows.number_names] + [
            f"levels {name}" for name in self.rows.code_names
        ]
        return beside(self.parents, ["count", *names], [groups.counts[:, None], means, *levels])

    def trajectories(self, followed: Sequence[NDArray[np.int64]]) -> Columns:
        """Each parent with what its children look like as a whole; ``followed`` says which levels are counted."""
        found = trajectories(self.rows.numbers, self.rows.codes, followed, self.groups)
        return beside(self.parents, [f"trajectory {at}" for at in range(found.shape[1])], [found])

    def transitions(self, rng: np.random.Generator) -> Columns:
        """Of each parent that has two children or more, two neighbouring ones by chance, with parent and position."""
        chosen = np.flatnonzero(self.groups.counts > 1)
        place = (rng.random(len(chosen)) * (self.groups.counts[chosen] - 1)).astype(np.int64)
        first = self.groups.starts[chosen] + place
        position = np.column_stack([place, self.groups.counts[chosen] - place])
        joined = beside(self.parents.take(chosen), ["position", "left"], [position])
        return side_by_side([joined, self.rows.take(first), self.rows.take(first + 1)])

    def followed(self) -> list[NDArray[np.int64]]:
        """Which levels its trajectories follow."""
        return commonest(self.rows.codes)


def no_columns(rows: int) -> Columns:
    """So many rows of which nothing is known."""
    return Columns(np.zeros((rows, 0)), np.zeros((rows, 0), dtype=np.int32), (), (), ())


def beside(columns: Columns, names: Sequence[Name], parts: Sequence[NDArray[Any]]) -> Columns:
    """Columns with further numbers of these names."""
    numbers = np.hstack([columns.numbers, *parts]).astype(np.float64)
    return Columns(numbers, columns.codes, (*columns.number_names, *names), columns.code_names, columns.levels)


def side_by_side(parts: Sequence[Columns]) -> Columns:
    """Rows of several tables, joined."""
    return Columns(
        np.hstack([part.numbers for part in parts]),
        np.hstack([part.codes for part in parts]),
        tuple(f"{at} {name}" for at, part in enumerate(parts) for name in part.number_names),
        tuple(f"{at} {name}" for at, part in enumerate(parts) for name in part.code_names),
        tuple(level for part in parts for level in part.levels),
    )
