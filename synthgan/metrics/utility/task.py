"""Task: what a model is to predict, and how tables become features and truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns, Name

    Array = NDArray[np.float64]

MAX_CLASSES = 10  # whole numbers with more values are regressed; rarer levels beyond these become one class
_LARGEST = 1e30  # models keep gradients as float32


@dataclass(frozen=True, slots=True)
class Task:
    """What to predict, and how.

    Attributes:
        target: Name of the column.
        classes: The codes or numbers to tell apart, the most frequent first, or None for a regression.
    """

    target: Name
    classes: tuple[float, ...] | None

    @classmethod
    def of(cls, target: Name, real: Columns) -> Task:
        """Choose: levels are classes, and so are whole numbers with at most MAX_CLASSES values."""
        values = real.column(target)
        distinct, counts = np.unique(values[~np.isnan(values)], return_counts=True)
        few_whole = len(distinct) <= MAX_CLASSES and bool((distinct == np.round(distinct)).all())
        if target in real.number_names and not few_whole:
            return cls(target, None)
        return cls(target, tuple(distinct[np.argsort(-counts, kind="stable")].tolist()))

    def known(self, table: Columns) -> Columns:
        """Return the rows whose target is known."""
        return table.take(np.flatnonzero(~np.isnan(table.column(self.target))))

    def split(self, table: Columns) -> tuple[Array, Array]:
        """Return the features [rows, columns - 1] and the target [rows] of the rows whose target is known.

        Classes become their place in ``classes``; those beyond the first MAX_CLASSES share one.
        """
        matrix, index = table.matrix(), table.names.index(self.target)
        matrix = matrix[~np.isnan(matrix[:, index])]
        features, truth = np.delete(matrix, index, axis=1), matrix[:, index]
        if self.classes is None:
            return features, np.clip(truth, -_LARGEST, _LARGEST)
        indices = np.full(len(truth), MAX_CLASSES, dtype=np.float64)
        for number, value in enumerate(self.classes[:MAX_CLASSES]):
            indices[truth == value] = number
        return features, indices

    def present(self, truth: Array) -> NDArray[np.int64]:
        """Return the classes to score one against the rest, as places in ``classes``; of two the rarer stands for both."""
        found = np.unique(truth).astype(np.int64)
        return found[1:] if len(found) == 2 else found  # noqa: PLR2004
