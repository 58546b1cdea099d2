"""Growing one chain: the columns in an order of its own, each drawn from a tree over those before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from synthgan.tabular.chains.bins import Bins
from synthgan.tabular.chains.predictor import TreePredictor

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from synthgan.runtime import Streams
    from synthgan.tabular.chains.config import ChainConfig
    from synthgan.tabular.chains.features import ModeFeatures
    from synthgan.tabular.encoding.layout import Encoded, Layout

    Filler = Callable[["Grown", Layout, int, np.random.Generator], "Filled"]

MAX_ENTRIES = 25_000_000  # in all leaves of a model together
LEAF_ROWS, ROWS_PER_LEAF_ROW = (5, 20), 1_000  # where the configuration leaves it open: small tables need finer leaves
MAX_TRIED, MIN_TRIED = 4_800, 12  # features by all trees of a chain together, and by one; wide tables notice
WIDE = 100  # columns: beyond, fewer features are tried the more columns there are, and they are seen in bins
_TINY = 1e-9


@dataclass(frozen=True)
class Chain:
    """Draws whole rows, column by column.

    Attributes:
        order: int64 ``[columns]``: the columns as they are drawn.
        first_feature: int64 ``[columns]``: where a column's features start in the rows that the trees look at.
        trees: one tree a column, in table order; that of the first column drawn has a single leaf.
        codes: unsigned ``[entries]``: the codes in the leaves, leaf by leaf, sorted inside each.
        start: int32 ``[nodes]``: a leaf's first entry; 0 at inner nodes.
        count: int32 ``[nodes]``: how many entries a leaf has; 0 at inner nodes.
    """

    order: NDArray[np.int64]
    first_feature: NDArray[np.int64]
    trees: TreePredictor
    codes: NDArray[np.unsignedinteger]
    start: NDArray[np.int32]
    count: NDArray[np.int32]

    def is_sound(self, widths: NDArray[np.int64], sizes: NDArray[np.int64], before: int = 0) -> bool:
        """Whether every column is drawn once, from those before it, and gets codes of its own.

        Args:
            widths: how many features each column is seen by.
            sizes: how many codes each has.
            before: how many features stand before those of the columns.

        Raises:
            ValueError: if the trees are none.
        """
        self.trees.check(before + int(widths.sum()))
        columns, nodes = len(sizes), len(self.trees.left)
        kinds = (self.order, "i"), (self.first_feature, "i"), (self.codes, "u"), (self.start, "i"), (self.count, "i")
        if not (
            all(array.ndim == 1 and array.dtype.kind == kind for array, kind in kinds)
            and np.array_equal(np.sort(self.order), np.arange(columns))
            and len(self.trees.roots) == len(self.first_feature) == columns
            and np.array_equal(self.first_feature[self.order], before + np.cumsum([0, *widths[self.order][:-1]]))
            and len(self.start) == len(self.count) == nodes
        ):
            return False
        inner = self.trees.left >= 0
        column = np.searchsorted(self.trees.roots, np.arange(nodes), side="right") - 1
        start, count = (array[~inner].astype(np.int64) for array in (self.start, self.count))
        if self.start[inner].any() or self.count[inner].any():
            return False
        if (self.trees.feature[inner] >= self.first_feature[column[inner]]).any():
            return False  # looks at what is not drawn yet
        if not ((count > 0) & (start >= 0) & (start + count <= len(self.codes))).all():
            return False
        descents = np.concatenate([[0, 0], np.cumsum(self.codes[1:] < self.codes[:-1])])
        is_sorted = descents[start + count] == descents[start + 1]
        return bool((is_sorted & (self.codes[start + count - 1] < sizes[column[~inner]])).all())


def grow_chain(
    encoded: Encoded,
    layout: Layout,
    mode_features: ModeFeatures,
    config: ChainConfig,
    streams: Streams,
    index: int,
    fill: Filler,
) -> Chain:
    """Grow the chain that stands at ``index`` among those of a model.

    ``fill`` says what stands in the leaves of each tree.

    The chain rule makes every order of the columns as good as any other, if only the conditional distributions are right;
    what each order gets wrong is its own, so chains of many orders together average it away. A tree is grown on a random
    share of the rows and filled with all of them: some of what stands in a leaf did not shape it.
    """
    rng = streams.numpy("chain", index)
    columns = len(layout.spans)
    order = rng.permutation(columns)
    rows = min(len(encoded), max(1, MAX_ENTRIES // (config.chains * columns)))
    codes = encoded.codes[np.sort(rng.choice(len(encoded), rows, replace=False))].astype(np.int64)
    first_feature = np.empty(columns, dtype=np.int64)
    first_feature[order] = np.cumsum([0, *mode_features.widths[order][:-1]])
    features = np.empty((rows, int(mode_features.widths.sum())), dtype=np.float32)
    bins = Bins.of(mode_features, layout) if columns > WIDE else None
    edges = None if bins is None else np.concatenate([bins.edges[at, : mode_features.widths[at]] for at in order])
    most_tried = features_tried(columns)
    grown: list[Filled] = [None] * columns  # type: ignore[list-item]
    for column in order:
        width = int(first_feature[column])
        levels = layout.spans[column].levels and config.level_leaf_rows is not None
        own = replace(config, leaf_rows=config.level_leaf_rows) if levels else config
        tree = grow_tree(
            features[:, :width], mode_features.targets(layout, column), codes[:, column], most_tried, own, rng, edges
        )
        grown[column] = fill(tree, layout, int(column), rng)
        seen = (mode_features if bins is None else bins).features(codes[:, column], layout, column)
        features[:, width : width + seen.shape[1]] = seen
    return join_trees(order, first_feature, grown, np.min_scalar_type(max(layout.sizes) - 1))


def features_tried(columns: int) -> int:
    """How many features a tree tries at most, of a table of so many columns."""
    return max(MIN_TRIED, MAX_TRIED * min(WIDE, columns) // columns**2)


@dataclass(frozen=True)
class Grown:
    """One tree, and the rows that fall to its leaves.

    Attributes:
        tree: the tree.
        leaf: int64 ``[rows]``: the node that each row ends at, numbered from left to right.
        moved: int64 ``[nodes]``: where each node so numbered stands in the tree.
        codes: int64 ``[rows]``: each row's code of the tree's own column.
        shaped: bool ``[rows]``: which rows the tree was grown on.
    """

    tree: TreePredictor
    leaf: NDArray[np.int64]
    moved: NDArray[np.int64]
    codes: NDArray[np.int64]
    shaped: NDArray[np.bool_]


@dataclass(frozen=True)
class Filled:
    """One tree and what stands in its leaves; see ``Chain``."""

    tree: TreePredictor
    codes: NDArray[np.int64]
    start: NDArray[np.int64]
    count: NDArray[np.int64]


def grow_tree(
    features: NDArray[np.float32],
    targets: NDArray[np.float64],
    codes: NDArray[np.int64],
    most_tried: int,
    config: ChainConfig,
    rng: np.random.Generator,
    edges: NDArray[np.float64] | None = None,
) -> Grown:
    """A tree over the features, and where every row falls.

    Args:
        features: float32 ``[rows, width]``.
        targets: what a split is judged by, of each code.
        codes: of the column that the tree draws, ``[rows]``.
        most_tried: features that are looked at.
        config: how trees are grown.
        rng: randomness.
        edges: float64 ``[width, bins]``, where features are numbers of bins: the features up to which each bin goes. None where they
            are features.
    """
    rows, width = features.shape
    seed = int(rng.integers(2**31))
    grown_rows = rng.permutation(rows)[: min(config.grown_rows, max(2, int(config.chain_share * rows)))]
    shaped = np.zeros(rows, dtype=bool)
    shaped[grown_rows] = True
    if not rows or not width or not targets.shape[1]:
        leaf = np.array([-1])
        tree, moved = TreePredictor.of_one(leaf, leaf, leaf, leaf)
        return Grown(tree, np.zeros(rows, dtype=np.int64), moved, codes, shaped)
    from sklearn.tree import DecisionTreeRegressor  # slow to import, and of no use to those who only draw

    wanted = targets[codes[grown_rows]]
    tried = _most_correlated(features[grown_rows], wanted, most_tried) if width > most_tried else np.arange(width)
    seen = np.ascontiguousarray(features[:, tried])
    grower = DecisionTreeRegressor(
        min_samples_leaf=config.leaf_rows or int(np.clip(rows // ROWS_PER_LEAF_ROW, *LEAF_ROWS)),
        max_features=None if config.feature_share == 1 else config.feature_share,
        random_state=seed,
    )
    nodes = grower.fit(seen[grown_rows], wanted).tree_
    feature, threshold = tried[np.maximum(nodes.feature, 0)], nodes.threshold
    if edges is not None:
        threshold = edges[feature, np.maximum(threshold, 0).astype(np.int64)]
    tree, moved = TreePredictor.of_one(feature, threshold, nodes.children_left, nodes.children_right)
    return Grown(tree, nodes.apply(seen), moved, codes, shaped)


def _most_correlated(features: NDArray[np.float32], targets: NDArray[np.float64], number: int) -> NDArray[np.int64]:
    """The features most correlated with any one target (Fan and Lv, "Sure independence screening", 2008, section 2.1)."""
    features, targets = features - features.mean(0), targets - targets.mean(0)
    covariance = np.abs(features.T @ targets.astype(np.float32))
    scale = np.outer(np.linalg.norm(features, axis=0), np.linalg.norm(targets, axis=0))
    correlation = (covariance / np.maximum(scale, _TINY)).max(1)
    return np.sort(np.argsort(-correlation, kind="stable")[:number])


def fill_with_codes(grown: Grown, layout: Layout, column: int, rng: np.random.Generator) -> Filled:  # noqa: ARG001
    """Put every row's code into its leaf; a leaf whose codes are all of the kind never generated borrows its neighbours'."""
    tree, leaf, moved, codes = grown.tree, grown.leaf, grown.moved, grown.codes
    emitted = layout.emitted[layout.starts[column] :][: layout.sizes[column]]
    kept = emitted[codes]
    by_leaf = np.lexsort((codes[kept], leaf[kept]))
    entries = codes[kept][by_leaf] if kept.any() else np.flatnonzero(emitted)
    count = np.bincount(leaf[kept], minlength=len(moved))
    start = np.cumsum(count) - count
    bare = (count == 0) & (tree.left[moved] < 0)
    borrowed = min(len(entries), 10)
    near = np.clip(start[bare] - borrowed // 2, 0, len(entries) - borrowed)[:, None] + np.arange(borrowed)
    start[bare], count[bare] = len(entries) + borrowed * np.arange(len(near)), borrowed
    entries = np.concatenate([entries, np.sort(entries[near], axis=1).ravel()])
    moved_start, moved_count = np.zeros_like(start), np.zeros_like(count)
    moved_start[moved], moved_count[moved] = start, count
    return Filled(tree, entries, moved_start, moved_count)


def join_trees(
    order: NDArray[np.int64],
    first_feature: NDArray[np.int64],
    grown: list[Filled],
    dtype: np.dtype[np.unsignedinteger],
) -> Chain:
    """One chain of the trees of all columns."""
    first_entry = np.cumsum([0, *(len(part.codes) for part in grown)])
    start = [np.where(part.count > 0, part.start + first, 0) for part, first in zip(grown, first_entry, strict=False)]
    return Chain(
        order,
        first_feature,
        TreePredictor.join([part.tree for part in grown]),
        np.concatenate([part.codes for part in grown]).astype(dtype),
        np.concatenate(start).astype(np.int32),
        np.concatenate([part.count for part in grown]).astype(np.int32),
    )
