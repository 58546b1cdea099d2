"""What stands in a pooled leaf: probabilities that lean on the node above and on near numbers, in the place of codes of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.tabular.chains.grower import Filled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.tabular.chains.grower import Grown
    from synthgan.tabular.chains.predictor import TreePredictor
    from synthgan.tabular.encoding.layout import Layout

PRIOR_ROWS = 5.0  # of the node above, in every node
BANDWIDTHS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)  # in normal scores; each tree takes the likeliest
ENTRIES = 128  # that a leaf's probabilities are written in
MIN_UNSEEN = 20  # rows that a bandwidth is chosen by
_LEAST = 1e-6


@dataclass(frozen=True)
class Pooling:
    """Fills leaves with probabilities (a ``chains.grower.Filler``).

    A node's distribution is that of its rows and of ``PRIOR_ROWS`` more, distributed as in the node above. Then numbers are
    smoothed over their neighbours on the number line, as far as it makes rows likelier that the tree was not grown on: where a
    column equals another one, not at all.
    """

    def __call__(self, grown: Grown, layout: Layout, column: int, rng: np.random.Generator) -> Filled:
        """Fill one tree."""
        part = slice(layout.starts[column], layout.starts[column] + layout.sizes[column])
        emitted = layout.emitted[part]
        node = grown.moved[grown.leaf]
        kernel = None
        if layout.has_residual[part].any():
            kernel = self._kernel(grown, node, layout, part)
        shares = self._shares(grown, node, np.ones(len(node), dtype=bool), emitted)
        if kernel is not None:
            shares = shares @ kernel
        leaves = np.flatnonzero(grown.tree.left < 0)
        entries = written(shares[leaves], rng)
        start, count = np.zeros((2, len(grown.tree.left)), dtype=np.int64)
        start[leaves], count[leaves] = ENTRIES * np.arange(len(leaves)), ENTRIES
        return Filled(grown.tree, entries.ravel(), start, count)

    def _shares(
        self, grown: Grown, node: NDArray[np.int64], rows: NDArray[np.bool_], emitted: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """The distribution of every node, ``[nodes, modes]``."""
        rows = rows & emitted[grown.codes]
        nodes, modes = len(grown.tree.left), len(emitted)
        flat = node[rows] * modes + grown.codes[rows]
        counts = np.bincount(flat, minlength=nodes * modes).reshape(nodes, modes).astype(np.float64)
        levels = levels_of(grown.tree)
        for inner in reversed(levels):
            left = grown.tree.left[inner]
            counts[inner] = counts[left] + counts[left + 1]
        shares = counts
        shares[0] = (counts[0] + _LEAST * emitted) / (counts[0].sum() + _LEAST * emitted.sum())
        for inner in levels:
            for below in (grown.tree.left[inner], grown.tree.left[inner] + 1):
                total = counts[below].sum(1, keepdims=True) + PRIOR_ROWS
                shares[below] = (counts[below] + PRIOR_ROWS * shares[inner]) / total
        return shares

    def _kernel(self, grown: Grown, node: NDArray[np.int64], layout: Layout, part: slice) -> NDArray[np.float64] | None:
        """What smooths a column, ``[modes, modes]``; None where nothing does."""
        emitted = layout.emitted[part]
        unseen = ~grown.shaped & emitted[grown.codes]
        if unseen.sum() < MIN_UNSEEN:
            return smoothing(layout, part, BANDWIDTHS[-2])
        shares = self._shares(grown, node, grown.shaped, emitted)[node[unseen]]
        own = grown.codes[unseen]
        found = []
        for bandwidth in BANDWIDTHS:
            kernel = smoothing(layout, part, bandwidth)
            chance = np.einsum("rm,mr->r", shares, kernel[:, own]) if bandwidth else shares[np.arange(len(own)), own]
            found.append(np.log(chance + _LEAST).mean())
        best = BANDWIDTHS[int(np.argmax(found))]
        return smoothing(layout, part, best) if best else None


def levels_of(tree: TreePredictor) -> list[NDArray[np.int64]]:
    """The inner nodes of one tree, level by level."""
    levels, level = [], np.zeros(1, dtype=np.int64)
    while len(level := level[tree.left[level] >= 0]):
        levels.append(level)
        left = tree.left[level].astype(np.int64)
        level = np.concatenate([left, left + 1])
    return levels


def smoothing(layout: Layout, part: slice, bandwidth: float) -> NDArray[np.float64]:
    """Where the probability of each mode of a column goes, ``[modes, modes]``: parts of a number line share with near ones."""
    centers, smooth = layout.centers[part].astype(np.float64), layout.has_residual[part]
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
