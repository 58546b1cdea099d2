"""Attack by density: how much likelier a candidate is among the synthetic rows than among other real ones, by chains of trees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.data.binning import cut, with_missing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns
    from synthgan.metrics.privacy.membership.candidates import Scores

    Cells = NDArray[np.int64]

MAX_SYNTHETIC = 30_000  # rows that trees are grown on
MAX_VALUES = 1_500_000  # and values in them: of more than 50 columns, fewer rows
ROWS_PER_CELL = 32  # candidates in a cell of numbers, on average
MIN_CELLS, MAX_CELLS = 16, 256
CHAINS, MIN_CHAINS = 12, 3
MAX_SPLITS = 3_000  # columns tried in all splits together; where chains would try more, there are fewer
TRIED = 16  # columns that a split is looked for in
LEAF_ROWS = 5
GROWN_ON = 0.8  # share of the rows that shape a tree; all of them fill it
PRIOR_ROWS = 0.5  # of the column's own distribution, in every leaf: no row is impossible


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Cells that columns are cut into.

    Attributes:
        sizes: Number of cells of each column, the last one for missing.
        ordered: Whether the cells of a column stand in an order.
    """

    sizes: tuple[int, ...]
    ordered: tuple[bool, ...]


def density_attack(pool: Columns, synthetic: Columns, rng: np.random.Generator) -> Scores:
    """Return float64 ``[candidates]``: log density among synthetic rows minus that among real rows; larger says member.

    Both densities are of ``log_density``. That of real rows is learned on the candidates of the other half, not knowing who is a member
    (van Breugel, Sun, Qian and van der Schaar, "Membership inference attacks against synthetic data through overfitting detection",
    2023, arXiv:2302.12580, equation 2: DOMIAS). What is rare among people counts as little as what is common.

    Args:
        pool: The candidates.
        synthetic: Synthetic rows, of which MAX_SYNTHETIC are used at most, and MAX_VALUES values.
        rng: Draws these rows, parts the candidates and grows the trees.
    """
    made = synthetic.draw(min(MAX_SYNTHETIC, MAX_VALUES // len(pool.names)), rng)
    asked, known, grid = cells_of(pool, made)
    scores = log_density(known, asked, grid, rng)
    half = rng.permutation(len(asked)) % 2 == 0
    for held_out in (half, ~half):
        scores[held_out] -= log_density(asked[~held_out], asked[held_out], grid, rng)
    return scores


def cells_of(pool: Columns, synthetic: Columns) -> tuple[Cells, Cells, Grid]:
    """Return the cells of candidates and synthetic rows, int64 ``[rows, columns]``, numbers cut at quantiles of the candidates."""
    pieces = int(np.clip(pool.rows // ROWS_PER_CELL, MIN_CELLS, MAX_CELLS))
    columns, sizes = [], []
    for index in range(len(pool.number_names)):
        present = pool.numbers[:, index]
        present = present[~np.isnan(present)]
        shares = np.arange(1, pieces) / pieces
        edges = np.unique(np.quantile(present, shares, method="inverted_cdf")) if len(present) else np.empty(0)
        both = np.concatenate([pool.numbers[:, index], synthetic.numbers[:, index]])
        cells, size = cut(both, edges)
        columns.append(cells)
        sizes.append(size)
    for index, levels in enumerate(pool.levels):
        cells, size = with_missing(np.concatenate([pool.codes[:, index], synthetic.codes[:, index]]), levels)
        columns.append(cells)
        sizes.append(size)
    ordered = (True,) * len(pool.number_names) + (False,) * len(pool.code_names)
    both = np.stack(columns, axis=1)
    return both[: pool.rows], both[pool.rows :], Grid(tuple(sizes), ordered)


def log_density(known: Cells, asked: Cells, grid: Grid, rng: np.random.Generator) -> Scores:
    """Return float64 ``[asked rows]``: the log probability of rows, the mean over chains of trees.

    Each chain takes the columns in an order of its own and gives each the shares that its cells have in a leaf of a regression tree over
    those before it. Levels have no order, so each chain gives them a random one.

    Args:
        known: int64 ``[known rows, columns]``: the rows to learn.
        asked: int64 ``[asked rows, columns]``: the rows to judge.
        grid: What the cells are.
        rng: Draws orders and rows.
    """
    from scipy.special import logsumexp

    columns = len(grid.sizes)
    chains = int(np.clip(MAX_SPLITS // (columns * min(columns, TRIED)), MIN_CHAINS, CHAINS))
    found = [_of_chain(known, asked, grid, rng) for _ in range(chains)]
    return np.asarray(logsumexp(np.stack(found), axis=0) - np.log(chains))


def _of_chain(known: Cells, asked: Cells, grid: Grid, rng: np.random.Generator) -> Scores:
    """Return float64 ``[asked rows]``: the log probability under one chain."""
    from sklearn.tree import DecisionTreeRegressor

    places = [
        np.arange(size) if ordered else rng.permutation(size)
        for size, ordered in zip(grid.sizes, grid.ordered, strict=True)
    ]
    seen, judged = (
        np.stack([place[table[:, at]] for at, place in enumerate(places)], axis=1).astype(np.float32)
        for table in (known, asked)
    )
    grown = rng.permutation(len(known))[: max(1, int(GROWN_ON * len(known)))]
    order = rng.permutation(len(places))
    total = _log_shares(known[:, order[0]], asked[:, order[0]], grid.sizes[order[0]])
    for at, column in enumerate(order[1:], start=1):
        before, after = (np.ascontiguousarray(table[:, order[:at]]) for table in (seen, judged))
        tree = DecisionTreeRegressor(
            min_samples_leaf=LEAF_ROWS, max_features=min(at, TRIED), random_state=int(rng.integers(2**31))
        ).fit(before[grown], seen[grown, column])
        leaves = tree.tree_.apply(before), tree.tree_.apply(after)
        total += _log_shares(known[:, column], asked[:, column], grid.sizes[column], *leaves)
    return total


def _log_shares(
    known: Cells, asked: Cells, size: int, leaf: Cells | None = None, asked_leaf: Cells | None = None
) -> Scores:
    """Return float64 ``[asked rows]``: the log share of each row's cell among the known rows of its leaf, of all rows without leaves."""
    usual = np.bincount(known, minlength=size) + 1e-9 * (len(known) + 1)
    prior = PRIOR_ROWS * (usual / usual.sum())[asked]
    leaf = np.zeros_like(known) if leaf is None else leaf
    asked_leaf = np.zeros_like(asked) if asked_leaf is None else asked_leaf
    ordered, wanted = np.sort(leaf * size + known), asked_leaf * size + asked
    found = np.searchsorted(ordered, wanted, side="right") - np.searchsorted(ordered, wanted, side="left")
    held = np.bincount(leaf, minlength=int(asked_leaf.max(initial=0)) + 1)[asked_leaf]
    return np.asarray(np.log((found + prior) / (held + PRIOR_ROWS)))
