"""Features in a few bins each: what trees of wide tables are grown on, where sorting rows takes most of the time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.tabular.chains.features import WIDTH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.tabular.chains.features import ModeFeatures
    from synthgan.tabular.encoding.layout import Layout

BINS = 128


@dataclass(frozen=True)
class Bins:
    """The features of each mode as numbers of bins, which hold about equally many rows.

    A split between two bins is one between two features, so that a tree grown on bins can be walked by features.

    Attributes:
        table: float32 ``[modes, WIDTH]``: the bin of each feature, counted from 0.
        widths: int64 ``[columns]``: how many numbers each column is seen by.
        edges: float64 ``[columns, WIDTH, BINS]``: a feature is in a bin up to ``n`` if it is not above edge ``n``.
    """

    table: NDArray[np.float32]
    widths: NDArray[np.int64]
    edges: NDArray[np.float64]

    @classmethod
    def of(cls, mode_features: ModeFeatures, layout: Layout) -> Bins:
        """The bins of a table's features."""
        table = np.zeros_like(mode_features.table)
        edges = np.full((len(layout.spans), WIDTH, BINS), np.inf)
        for column, (span, width) in enumerate(zip(layout.spans, mode_features.widths, strict=True)):
            part = slice(span.start, span.stop)
            for at in range(int(width)):
                values, place = np.unique(mode_features.table[part, at], return_inverse=True)
                share = np.bincount(place, mode_features.shares[part], len(values))
                middle = (np.cumsum(share) - share / 2) / max(share.sum(), 1e-12)
                found = np.minimum((middle * BINS).astype(np.int64), BINS - 1)
                first = np.flatnonzero(np.diff(found)) + 1  # of each bin but the lowest
                edges[column, at, : len(first)] = (values[first - 1].astype(np.float64) + values[first]) / 2
                table[part, at] = np.searchsorted(first, np.arange(len(values)), side="right")[place]
        return cls(table, mode_features.widths, edges)

    def features(self, codes: NDArray[np.int64], layout: Layout, column: int) -> NDArray[np.float32]:
        """The bins of a column's features, float32 ``[rows, width]``, given its codes ``[rows]``."""
        start = layout.starts[column]
        return self.table[start : start + layout.sizes[column], : self.widths[column]].take(codes, axis=0)
