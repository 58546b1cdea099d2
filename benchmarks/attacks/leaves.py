"""Training rows read back out of a file of chains: a depth-first search for what stands in a leaf of every tree.

A row has fallen to one leaf of each tree, and its own code stands there: one condition for each column of each chain. Few
combinations of codes meet them all beside the rows themselves.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from synthgan.tabular.chains.generator import ChainGenerator
    from synthgan.tabular.chains.grower import Chain

    Bits = NDArray[np.uint64]
    Codes = NDArray[np.int64]

WORD = 64
BLOCK_WORDS = 2**22  # of the states of rows that are gone on with together
LOOKED_AT = 8  # rows that the next column is chosen by
SWEEPS = 100


class LeafSearch:
    """Every leaf of every tree as a bit: which codes lead to it or stand in it.

    What is known of a row begun is the set of leaves that it may have fallen to. A code leaves those whose path it can go; in
    the trees of its own column it leaves those in which it stands. A tree without a leaf left rules the row out.
    """

    def __init__(self, generator: ChainGenerator) -> None:
        """Number the leaves, tree by tree, each tree's in words of its own."""
        self.generator, self.layout = generator, generator.layout
        trees = [_leaves_of(generator, chain, at) for chain in generator.chains for at in range(len(self.layout.spans))]
        words = [part.shape[1] for part in trees]
        self.masks: Bits = np.hstack(trees)  # [modes, words]
        self.first = np.cumsum([0, *words[:-1]])
        places = [slice(first, first + many) for first, many in zip(self.first, words, strict=True)]
        columns = range(len(self.layout.spans))
        self.own = [[(at, self._held(column, at)) for at in places[column :: len(columns)]] for column in columns]

    def rows(self, seconds: float = np.inf) -> Codes:
        """Find all rows that meet every condition, or as many as there is time for: codes ``[rows, columns]``."""
        found = [np.empty((0, len(self.layout.spans)), dtype=np.int64), *self._found(time.monotonic() + seconds)]
        return self.exhausted(np.concatenate(found))

    def exhausted(self, rows: Codes) -> Codes:
        """Leave out rows that cannot be among those learned, as the others use up what stands in a leaf.

        How often a row was learned lies between two bounds, which narrow each other in every leaf. Where a column has modes
        that leaves never hold, not all rows are found, and counts prove nothing.
        """
        if not (len(rows) and self.layout.emitted.all()):
            return rows
        cells, counts = self._cells(rows)
        low, high = np.zeros(len(rows)), counts[cells].min(1)
        for _ in range(SWEEPS):
            before = low.sum(), high.sum()
            for bound, other, tighter in ((high, low, np.minimum), (low, high, np.maximum)):
                others = np.bincount(cells.ravel(), np.repeat(other, cells.shape[1]), minlength=len(counts))
                left = (counts - others)[cells] + other[:, None]
                tighter(bound, np.maximum(left.min(1) if bound is high else left.max(1), 0), out=bound)
            if before == (low.sum(), high.sum()):
                break
        return rows[high > 0]

    def _found(self, deadline: float) -> Iterator[Codes]:
        """Rows that meet every condition, in parts."""
        columns = len(self.layout.spans)
        full = np.bitwise_or.reduce(self.masks[: self.layout.sizes[0]], axis=0)
        stack = [(np.full((1, columns), -1), full[None])]
        rng = np.random.default_rng(0)
        while stack and time.monotonic() < deadline:
            codes, leaves = stack.pop()
            free = np.flatnonzero(codes[0] < 0)
            if not len(free):
                yield codes
                continue
            some = leaves[rng.permutation(len(leaves))[:LOOKED_AT]]
            wider = [len(self._extended(some, column)[0]) for column in free]
            column, branches = free[np.argmin(wider)], max(min(wider) / len(some), 1.0)
            block = max(1, int(BLOCK_WORDS / (branches * self.masks.shape[1])))
            if len(codes) > block:
                stack.append((codes[block:], leaves[block:]))
                codes, leaves = codes[:block], leaves[:block]
            row, code, left = self._extended(leaves, column)
            if len(row):
                longer = codes[row]
                longer[:, column] = code
                stack.append((longer, left))

    def _extended(self, leaves: Bits, column: int) -> tuple[Codes, Codes, Bits]:
        """Each row begun with each code of a column that it may have: which row, which code, what leaves are left."""
        may = np.logical_and.reduce([_bits(leaves[:, at]) @ held > 0 for at, held in self.own[column]])
        row, code = np.nonzero(may)
        left = leaves[row] & self.masks[self.layout.starts[column] + code]
        fine = np.bitwise_or.reduceat(left, self.first, axis=1).all(1)
        return row[fine], code[fine], left[fine]

    def _held(self, column: int, at: slice) -> NDArray[np.float32]:
        """Which codes stand in the leaves of a tree of their own column, ``[leaves, codes]``."""
        return _bits(self.masks[self.layout.starts[column] :][: self.layout.sizes[column], at]).T

    def _cells(self, rows: Codes) -> tuple[Codes, NDArray[np.float64]]:
        """For each row the cell (a code in a leaf) of each tree that it falls to, and how many codes stand in each cell."""
        generator, layout = self.generator, self.layout
        features = [generator.mode_features.features(rows[:, at], layout, at) for at in range(rows.shape[1])]
        keys, held, nodes, widest = [], [], 0, max(layout.sizes)
        for chain in generator.chains:
            seen = np.hstack([features[column] for column in chain.order])
            for column in range(rows.shape[1]):
                leaf = chain.trees.leaves(column, seen)
                keys.append((nodes + leaf) * widest + rows[:, column])
            leaf, code = _entries(chain)
            held.append((nodes + leaf) * widest + code)
            nodes += len(chain.start)
        names, counts = np.unique(np.concatenate(held), return_counts=True)
        return np.searchsorted(names, np.stack(keys, axis=1)), counts.astype(float)


def _bits(leaves: Bits) -> NDArray[np.float32]:
    """Bits as zeros and ones, so that a product tells where two sets meet."""
    return np.unpackbits(np.ascontiguousarray(leaves).view(np.uint8), axis=1, bitorder="little").astype(np.float32)


def _entries(chain: Chain) -> tuple[Codes, Codes]:
    """Every code that stands in a leaf: its node, and the code."""
    count = chain.count.astype(np.int64)
    node = np.repeat(np.arange(len(count)), count)
    entry = np.repeat(chain.start - (np.cumsum(count) - count), count) + np.arange(len(node))
    return node, chain.codes[entry].astype(np.int64)


def _leaves_of(generator: ChainGenerator, chain: Chain, column: int) -> Bits:
    """The leaves of a column's tree as bits of every mode, ``[modes, words]``."""
    layout, table, trees = generator.layout, generator.mode_features.table, chain.trees
    root, end = [*trees.roots, len(trees.left)][column : column + 2]
    left, feature, threshold = trees.left[root:end] - root, trees.feature[root:end], trees.threshold[root:end]
    is_inner = trees.left[root:end] >= 0
    looked_at = chain.order[np.searchsorted(chain.first_feature[chain.order], feature, side="right") - 1]
    reach = np.ones((end - root, layout.modes), dtype=bool)
    level = np.zeros(1, dtype=np.int64)
    while len(inner := level[is_inner[level]]):
        reach[left[inner]] = reach[left[inner] + 1] = reach[inner]
        for other in np.unique(looked_at[inner]):
            at = inner[looked_at[inner] == other]
            part = slice(layout.starts[other], layout.starts[other] + layout.sizes[other])
            score = table[part, feature[at] - chain.first_feature[other]].T
            right = score > threshold[at, None]
            reach[left[at], part] &= ~right
            reach[left[at] + 1, part] &= right
        level = np.concatenate([left[inner], left[inner] + 1])
    leaves = np.flatnonzero(~is_inner)
    node, code = _entries(chain)
    own = (node >= root) & (node < end)
    held = np.zeros((end - root, layout.sizes[column]), dtype=bool)
    held[node[own] - root, code[own]] = True
    reach[:, layout.starts[column] :][:, : layout.sizes[column]] = held
    bits = np.zeros((layout.modes, -(-len(leaves) // WORD) * WORD), dtype=bool)
    bits[:, : len(leaves)] = reach[leaves].T
    return np.packbits(bits, axis=1, bitorder="little").view(np.uint64)
