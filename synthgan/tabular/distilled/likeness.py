"""Levels that too few rows hold: each such row takes the level of a row that is like it, before anybody learns from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.tabular.chains.config import ChainConfig
from synthgan.tabular.chains.features import ModeFeatures
from synthgan.tabular.chains.grower import features_tried, grow_tree
from synthgan.tabular.encoding.layout import Encoded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.runtime import Streams
    from synthgan.tabular.encoding.layout import Layout

LEAF_ROWS = 10


def by_likeness(rows: Encoded, donors: Encoded, layout: Layout, streams: Streams) -> Encoded:
    """The rows, whose levels that are never drawn gave way to levels that are.

    Such a level would be learned and then be left out: with it went what its rows have in common, in every column drawn after it,
    and a critic would miss these rows altogether. So each takes the level of a donor at random that falls to the same leaf of
    a tree over all other columns (hot-deck imputation; Andridge and Little, "A review of hot deck imputation", 2010).

    Args:
        rows: encoded rows.
        donors: encoded rows to be like; may be the same.
        layout: what their codes mean.
        streams: randomness.
    """
    lacking = ~layout.emitted[rows.codes + layout.starts]
    if not lacking.any():
        return rows
    mode_features = ModeFeatures.fit(donors, layout, streams.numpy("views of likeness"))
    columns = range(len(layout.spans))
    config, most_tried = ChainConfig(leaf_rows=LEAF_ROWS, chain_share=1.0), features_tried(len(columns))
    codes = rows.codes.copy()
    for column in np.flatnonzero(lacking.any(0)).tolist():
        given = np.flatnonzero(layout.emitted[donors.codes[:, column] + layout.starts[column]])
        asked = np.flatnonzero(lacking[:, column])
        if not len(given):
            continue
        rng, levels = streams.numpy("likeness", column), donors.codes[given, column].astype(np.int64)
        others = [other for other in columns if other != column]

        def seen(known: NDArray[np.int32], others: list[int] = others) -> NDArray[np.float32]:
            parts = [mode_features.features(known[:, other], layout, other) for other in others]
            return np.hstack([np.zeros((len(known), 1), dtype=np.float32), *parts])

        grown = grow_tree(
            seen(donors.codes[given]), mode_features.targets(layout, column), levels, most_tried, config, rng
        )
        leaves = grown.tree.leaves(0, seen(rows.codes[asked]))
        codes[asked, column] = levels[_alike(grown.moved[grown.leaf], leaves, rng)]
    return Encoded(codes, rows.residuals)


def _alike(leaf: NDArray[np.int64], asked: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """For each leaf asked for, one of the rows that fall to it, at random: ``[asked]``."""
    order = np.argsort(leaf, kind="stable")
    first, last = (np.searchsorted(leaf[order], asked, side=side) for side in ("left", "right"))
    return order[first + (rng.random(len(asked)) * (last - first)).astype(np.int64)]
