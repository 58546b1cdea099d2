"""What trees see of parents: each of their columns, encoded, as modes are seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.tabular.chains.features import ModeFeatures

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from synthgan.data.table import Table
    from synthgan.runtime import Streams
    from synthgan.tabular.encoding.table import TableTransform

    Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Context:
    """Sees parents.

    Attributes:
        transform: encodes them.
        mode_features: what is seen of each mode.
        columns: the indices of the codecs that are looked at.
    """

    transform: TableTransform
    mode_features: ModeFeatures
    columns: tuple[int, ...]

    @classmethod
    def fit(cls, transform: TableTransform, table: Table, names: Collection[str | int], streams: Streams) -> Context:
        """Learn how the columns of these names are seen."""
        encoded = transform.transform(table, streams)
        features = ModeFeatures.fit(encoded, transform.layout, streams.numpy("views of parents"))
        kept = [
            index
            for index, codec in enumerate(transform.own_codecs)
            if any(column.name in names for column in codec.columns)
        ]
        return cls(transform, features, tuple(kept))

    @property
    def width(self) -> int:
        """How many numbers a parent is seen as."""
        return int(self.mode_features.widths[list(self.columns)].sum())

    def of(self, table: Table, streams: Streams) -> Floats:
        """What is seen of each row, float32 ``[rows, width]``."""
        if not self.columns:
            return np.zeros((len(table), 0), dtype=np.float32)
        codes = self.transform.transform(table, streams).codes
        parts = [self.mode_features.features(codes[:, index], self.transform.layout, index) for index in self.columns]
        return np.hstack(parts)
