"""Raking: weights on synthetic rows that make the distribution of every single column what was learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.tabular.chains.features import ModeFeatures
    from synthgan.tabular.encoding.layout import Layout

GROUPS = 50  # of about equal mass, that a column's modes are gathered in; finer would follow chance
MAX_STEP = 2.0  # that one pass may multiply or divide a group's weight by
SPARE_SHARE = 0.15  # rows drawn on top, so that there is something to choose from
MIN_ROWS = 500  # fewer are as they come: chance is then larger than anything that could be mended
_FEW = 1e-4  # added to both shares: an empty group is no reason for an infinite weight


@dataclass(frozen=True)
class Margins:
    """The learned distribution of every column, over groups of neighbouring modes.

    Attributes:
        groups: int64 ``[modes]``: the group of each mode, counted over the whole table, ``GROUPS`` a column.
        wanted: float64 ``[columns * GROUPS]``: each group's share of the rows.
    """

    groups: NDArray[np.int64]
    wanted: NDArray[np.float64]

    @classmethod
    def of(cls, layout: Layout, mode_features: ModeFeatures) -> Margins:
        """The margins of a table: what is never generated is left out, and the rest counts as all there is."""
        shares = np.where(layout.emitted, mode_features.shares, 0.0)
        shares = shares / np.maximum(np.add.reduceat(shares, layout.starts), 1e-12)[layout.column_of_mode]
        groups = np.empty(layout.modes, dtype=np.int64)
        for index, span in enumerate(layout.spans):
            order = span.start + np.argsort(mode_features.table[span.start : span.stop, 0], kind="stable")
            middle = np.cumsum(shares[order]) - shares[order] / 2
            groups[order] = index * GROUPS + np.clip((middle * GROUPS).astype(np.int64), 0, GROUPS - 1)
        wanted = np.bincount(groups, weights=shares, minlength=GROUPS * len(layout.spans))
        return cls(groups, wanted.astype(np.float64))

    def rake(
        self, modes: NDArray[np.int64], weights: NDArray[np.float64], passes: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weights under which synthetic rows have the wanted margins, as nearly as so many passes bring it about.

        Iterative proportional fitting of one-way margins (Deming and Stephan, "On a least squares adjustment of a sampled
        frequency table", 1940), column after column.

        Args:
            modes: the rows' modes, counted over the whole table, ``[rows, columns]``.
            weights: the rows' weights to begin with, ``[rows]``.
            passes: how often to go over all columns.

        Returns:
            the weights, ``[rows]``, and what each mode contributed to them as a factor, ``[modes]``.
        """
        factors = np.ones(len(self.wanted))
        groups = [self.groups.take(modes[:, column]) - column * GROUPS for column in range(modes.shape[1])]
        for _ in range(passes):
            for column, own in enumerate(groups):
                part = slice(column * GROUPS, (column + 1) * GROUPS)
                found = np.bincount(own, weights=weights, minlength=GROUPS)
                step = (self.wanted[part] + _FEW) / (found / found.sum() + _FEW)
                step = step.clip(1 / MAX_STEP, MAX_STEP)
                factors[part] *= step
                weights = weights * step.take(own)
        return weights, factors[self.groups]

    def choose(self, modes: NDArray[np.int64], rows: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Which of somewhat more rows than are wanted to keep, so that their margins are right: a balanced sample.

        Systematic sampling with inclusion probabilities proportional to raked weights (Tillé, "Sampling algorithms", 2006,
        sections 5.6 and 8.1): margins scatter less than those of rows drawn independently.
        """
        weights, _ = self.rake(modes, np.ones(len(modes)), passes=2)
        chance = weights * (rows / weights.sum())
        for _ in range(4):  # no row can be kept twice: what is cut off goes to the others
            chance = np.minimum(chance, 1)
            free = chance < 1
            chance[free] *= (rows - (~free).sum()) / max(chance[free].sum(), 1e-12)
        running = np.cumsum(chance)
        passed = np.floor(running * (rows / running[-1]) + rng.random())
        kept = np.diff(passed, prepend=0) > 0
        kept[np.flatnonzero(~kept)[: rows - kept.sum()]] = True  # where rounding let two points fall on one row
        return np.flatnonzero(kept)[:rows]


def spread_evenly(codes: NDArray[np.int32], size: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """A number between 0 and 1 for each row, ``[rows]``: of the rows with one code, one in each of as many equal parts.

    Stratified sampling (Cochran, "Sampling techniques", 1977, section 5.3), so that columns scatter less inside their modes, too.
    """
    mixed = rng.permutation(len(codes))  # which part a row gets has nothing to do with where it stands
    own = codes[mixed].astype(np.min_scalar_type(max(size - 1, 0)))  # short whole numbers are sorted in one pass
    order = np.argsort(own, kind="stable")
    count = np.bincount(own, minlength=size)
    part = np.arange(len(codes)) - (np.cumsum(count) - count).repeat(count)
    share = np.empty(len(codes))
    share[mixed[order]] = (part + rng.random(len(codes))) / count.repeat(count)
    return share
