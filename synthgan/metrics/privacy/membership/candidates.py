"""Candidates: members and others in one pool, which attacks see without being told who is who."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns, Tables

    Scores = NDArray[np.float64]
    Flags = NDArray[np.bool_]

MAX_CANDIDATES = 5_000  # members, and as many others
MIN_CANDIDATES = 40


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Rows that an attacker decides on, in random order.

    What attacks compute from the pool and the synthetic rows knows nothing of ``is_member``. Where the synthetic rows tell nothing,
    members and others are alike, so that every way to deal out these labels is as likely as the true one: all tests rest on that.

    Attributes:
        pool: The rows.
        is_member: bool ``[rows]``: whether a row was learned.
        row: int64 ``[rows]``: its number in the real table (members) or in the holdout (others), from 0.
    """

    pool: Columns
    is_member: Flags
    row: NDArray[np.int64]

    @property
    def members(self) -> int:
        """Number of members."""
        return int(self.is_member.sum())

    @property
    def others(self) -> int:
        """Number of others."""
        return len(self.is_member) - self.members


def draw_candidates(tables: Tables, rng: np.random.Generator) -> Candidates | None:
    """Draw as many members as others, at most MAX_CANDIDATES of each.

    Returns:
        None without MIN_CANDIDATES rows in the real table and in the holdout, or without a column.
    """
    if tables.holdout is None or not tables.real.names:
        return None
    rows = min(tables.real.rows, tables.holdout.rows, MAX_CANDIDATES)
    if rows < MIN_CANDIDATES:
        return None
    members = rng.choice(tables.real.rows, rows, replace=False)
    others = rng.choice(tables.holdout.rows, rows, replace=False)
    order = rng.permutation(2 * rows)
    pool = stacked(tables.real.take(members), tables.holdout.take(others)).take(order)
    return Candidates(pool, (np.arange(2 * rows) < rows)[order], np.concatenate([members, others])[order])


def stacked(first: Columns, second: Columns) -> Columns:
    """Return the rows of one table and then those of another, of the same columns; whose they are is not asked here."""
    numbers, codes = np.vstack([first.numbers, second.numbers]), np.vstack([first.codes, second.codes])
    return replace(first, numbers=numbers, codes=codes, units=None)
