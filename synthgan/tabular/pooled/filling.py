"""What stands in a pooled leaf: probabilities that lean on the node above and on near numbers, in the place of codes of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix

from synthgan.tabular.chains.grower import Filled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.tabular.chains.grower import Grown
    from synthgan.tabular.chains.predictor import TreePredictor
    from synthgan.tabular.encoding.layout import Layout

NUMBER_PRIOR, LEVEL_PRIOR = 5.0, 15.0  # rows of the node above, in every node
TAKEN = 1.0  # of the rows of each level or spike in a leaf
TAKEN_PRIOR = 20.0  # rows of the node above, where what was taken is shared out anew
SPREADS = (0.0, 0.25, 0.5)  # of the distance to the third nearest row; each tree takes the likeliest
NEIGHBOUR = 3
WIDTHS = np.array([0.0, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32])  # in normal scores; each row gets the nearest
LONE_DISTANCE = 0.2  # of a row without so many neighbours in its leaf
ENTRIES = 128  # that a leaf's probabilities are written in
MIN_UNSEEN = 20  # rows that a spread is chosen by
_LEAST = 1e-6


@dataclass(frozen=True)
class Pooling:
    """Fills leaves with probabilities (a ``chains.grower.Filler``).

    A number is spread over its neighbours on the number line, the further the fewer rows of its leaf lie near it (a balloon
    estimator, Terrell and Scott, "Variable kernel density estimation", 1992): where a column equals another one, not at all. How
    far is chosen for each tree by rows that it was not grown on. Then a node's distribution is that of its rows and of
    some more, distributed as in the node above; where all rows have one code, of its rows alone.

    What one row alone has in a leaf tells that it was learned. So of each level and spike that a leaf has, a row is taken
    (absolute discounting; Ney, Essen and Kneser, "On structuring probabilistic dependences in stochastic language modelling",
    1994). What a leaf lost is shared out anew by what leaves near by lost of each (Kneser and Ney, "Improved backing-off for
    m-gram language modeling", 1995): all leaves together have as much of each as before.
    """

    def __call__(self, grown: Grown, layout: Layout, column: int, rng: np.random.Generator) -> Filled:
        """Fill one tree."""
        part = slice(layout.starts[column], layout.starts[column] + layout.sizes[column])
        spreading = _Spreading.of(layout, part)
        known = layout.emitted[part][grown.codes]
        spread = self._likeliest(grown, spreading, known)
        shares = self._shares(grown, spreading, known, spread)
        leaves = np.flatnonzero(grown.tree.left < 0)
        entries = written(shares[leaves], rng)
        start, count = np.zeros((2, len(grown.tree.left)), dtype=np.int64)
        start[leaves], count[leaves] = ENTRIES * np.arange(len(leaves)), ENTRIES
        return Filled(grown.tree, entries.ravel(), start, count)

    def _likeliest(self, grown: Grown, spreading: _Spreading, known: NDArray[np.bool_]) -> float:
        """How far numbers are spread."""
        if spreading.kernels is None:
            return 0.0
        unseen = known & ~grown.shaped
        if unseen.sum() < MIN_UNSEEN:
            return SPREADS[-1]
        node, code = grown.moved[grown.leaf[unseen]], grown.codes[unseen]
        seen = (self._shares(grown, spreading, known & grown.shaped, spread)[node, code] for spread in SPREADS)
        return SPREADS[int(np.argmax([np.log(chance + _LEAST).mean() for chance in seen]))]

    def _shares(
        self, grown: Grown, spreading: _Spreading, rows: NDArray[np.bool_], spread: float
    ) -> NDArray[np.float64]:
        """The distribution of every node, ``[nodes, modes]``, as these rows have it."""
        left = grown.tree.left
        counts = spreading.counts(grown.moved[grown.leaf[rows]], grown.codes[rows], len(left), spread)
        taken = np.where(spreading.smooth, 0.0, TAKEN) * np.minimum(counts, 1.0)
        given = counts - taken
        levels = levels_of(grown.tree)
        for inner in reversed(levels):
            for each in (counts, taken):
                each[inner] = each[left[inner]] + each[left[inner] + 1]
        certain = (counts > _LEAST).sum(1) == 1
        rows_above = np.where(certain, 0.0, LEVEL_PRIOR if spreading.kernels is None else NUMBER_PRIOR)
        usual = (counts[0] + _LEAST * spreading.emitted) / (counts[0].sum() + _LEAST * spreading.emitted.sum())
        shares = leaning(counts, rows_above, usual, left, levels)
        again = (taken[0] + _LEAST * usual) / (taken[0].sum() + _LEAST)
        anew = leaning(taken, np.full(len(left), TAKEN_PRIOR), again, left, levels)
        above = node_above(left)
        leaves = np.flatnonzero((left < 0) & ~certain & (above >= 0))
        up, own = above[leaves], taken[leaves].sum(1, keepdims=True)
        prior = rows_above[leaves, None]
        mass = given[leaves] + own * anew[up] + prior * shares[up]
        shares[leaves] = mass / (counts[leaves].sum(1, keepdims=True) + prior)
        return shares


def leaning(
    counts: NDArray[np.float64],
    rows_above: NDArray[np.float64],
    usual: NDArray[np.float64],
    left: NDArray[np.int32],
    levels: list[NDArray[np.int64]],
) -> NDArray[np.float64]:
    """The distribution of every node, ``[nodes, modes]``: of its counts and of so many rows of the node above.

    Args:
        counts: ``[nodes, modes]``.
        rows_above: ``[nodes]``.
        usual: ``[modes]``: the distribution at the root.
        left: the left child of each node.
        levels: the inner nodes, level by level.
    """
    shares = np.empty_like(counts)
    shares[0] = usual
    for inner in levels:
        for below in (left[inner], left[inner] + 1):
            prior = rows_above[below, None]
            shares[below] = (counts[below] + prior * shares[inner]) / (counts[below].sum(1, keepdims=True) + prior)
    return shares


def node_above(left: NDArray[np.int32]) -> NDArray[np.int64]:
    """The parent of each node of one tree, ``[nodes]``; -1 of the root."""
    above, inner = np.full(len(left), -1), np.flatnonzero(left >= 0)
    for child in (left[inner], left[inner] + 1):
        above[child] = inner
    return above


@dataclass(frozen=True)
class _Spreading:
    """How rows of one column are spread over its modes.

    Attributes:
        emitted: bool ``[modes]``.
        centers: float64 ``[modes]``: where they stand on the number line.
        smooth: bool ``[modes]``: which are parts of it.
        kernels: ``[widths, modes, modes]``: where a row of a mode goes; None where no mode is smooth.
    """

    emitted: NDArray[np.bool_]
    centers: NDArray[np.float64]
    smooth: NDArray[np.bool_]
    kernels: NDArray[np.float64] | None

    @classmethod
    def of(cls, layout: Layout, part: slice) -> _Spreading:
        """That of the column whose modes are ``part``."""
        smooth = parts_of_line(layout, part)
        kernels = np.stack([smoothing(layout, part, width) for width in WIDTHS]) if smooth.any() else None
        return cls(layout.emitted[part], layout.centers[part].astype(np.float64), smooth, kernels)

    def counts(
        self, node: NDArray[np.int64], code: NDArray[np.int64], nodes: int, spread: float
    ) -> NDArray[np.float64]:
        """How many of these rows each node has in each mode once they are spread, ``[nodes, modes]``."""
        modes = len(self.emitted)
        if self.kernels is None or not spread:
            flat = np.bincount(node * modes + code, minlength=nodes * modes)
            return flat.reshape(nodes, modes).astype(np.float64)
        width = np.zeros(len(code))
        smooth = self.smooth[code]
        width[smooth] = spread * distances(node[smooth], self.centers[code[smooth]])
        nearest = np.searchsorted((WIDTHS[1:] + WIDTHS[:-1]) / 2, width)
        rows = csr_matrix((np.ones(len(code)), (node, nearest * modes + code)), shape=(nodes, len(WIDTHS) * modes))
        return np.asarray(rows @ self.kernels.reshape(-1, modes))


def distances(node: NDArray[np.int64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far the ``NEIGHBOUR``-th nearest row of its node lies from each row on the number line, ``[rows]``."""
    order = np.lexsort((at, node))
    at, node, rows = at[order], node[order], np.arange(len(order))
    nearest = np.full(len(order), np.inf)
    for below in range(NEIGHBOUR + 1):  # so many of the neighbours lie below
        low, high = rows - below, rows - below + NEIGHBOUR
        inside = (low >= 0) & (high < len(rows))
        low, high = np.maximum(low, 0), np.minimum(high, len(rows) - 1)
        inside &= (node[low] == node) & (node[high] == node)
        nearest = np.where(inside, np.minimum(nearest, np.maximum(at - at[low], at[high] - at)), nearest)
    result = np.empty(len(order))
    result[order] = np.where(np.isfinite(nearest), nearest, LONE_DISTANCE)
    return result


def levels_of(tree: TreePredictor) -> list[NDArray[np.int64]]:
    """The inner nodes of one tree, level by level."""
    levels, level = [], np.zeros(1, dtype=np.int64)
    while len(level := level[tree.left[level] >= 0]):
        levels.append(level)
        left = tree.left[level].astype(np.int64)
        level = np.concatenate([left, left + 1])
    return levels


def parts_of_line(layout: Layout, part: slice) -> NDArray[np.bool_]:
    """Which modes of a column are parts of a number line, bool ``[modes]``; cells of a map have no width on any."""
    return layout.has_residual[part] & (layout.widths[part] > 0)


def smoothing(layout: Layout, part: slice, bandwidth: float) -> NDArray[np.float64]:
    """Where the probability of each mode of a column goes, ``[modes, modes]``: parts of a number line share with near ones."""
    centers, smooth = layout.centers[part].astype(np.float64), parts_of_line(layout, part)
    kernel = np.eye(len(centers))
    if bandwidth:
        near = np.exp(-0.5 * ((centers[smooth, None] - centers[None, smooth]) / bandwidth) ** 2)
        near *= layout.widths[part][smooth]
        kernel[np.ix_(smooth, smooth)] = near / near.sum(1, keepdims=True)
    return kernel


def written(shares: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Each leaf's distribution as ``ENTRIES`` codes that stand for it, rising: ``[leaves, ENTRIES]``.

    Systematic sampling: every code stands there as often as its probability says, up to one; what is rarer than one entry
    stands in some of the leaves.
    """
    leaves, modes = shares.shape
    running = np.cumsum(shares / shares.sum(1, keepdims=True), axis=1)
    running[:, -1] = 1.0
    at = (np.arange(ENTRIES) + rng.random((leaves, 1))) / ENTRIES
    flat = (running + np.arange(leaves)[:, None]).ravel()
    found = np.searchsorted(flat, (at + np.arange(leaves)[:, None]).ravel(), side="right")
    return np.minimum(found.reshape(leaves, ENTRIES) - modes * np.arange(leaves)[:, None], modes - 1)
