"""Decision trees as flat arrays, so that a model file holds numbers and no code; scikit-learn grows and walks them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class TreePredictor:
    """Several trees, their nodes one after the other.

    The right child of a node follows its left one, so that a step down is ``left + (value > threshold)``.

    Attributes:
        feature: int32 ``[nodes]``: what a node looks at.
        threshold: float32 ``[nodes]``: a row goes right where its value is larger.
        left: int32 ``[nodes]``: the left child; -1 at a leaf.
        roots: int64 ``[trees]``.
    """

    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    left: NDArray[np.int32]
    roots: NDArray[np.int64]

    def leaves(self, tree: int, features: NDArray[np.float32]) -> NDArray[np.int64]:
        """The leaf, int64 ``[rows]``, that each row of ``features`` ``[rows, width]`` falls to."""
        return self._walkers[tree].apply(np.ascontiguousarray(features)) + self.roots[tree]

    def check(self, width: int) -> None:
        """Make sure that no walk over rows of ``width`` features goes on for ever or leaves the arrays.

        Raises:
            ValueError: if it could, or if the arrays are not what they must be.
        """
        numbers = (self.feature, np.int32), (self.threshold, np.float32), (self.left, np.int32), (self.roots, np.int64)
        nodes, trees = len(self.left), len(self.roots)
        if not (
            all(array.ndim == 1 and array.dtype == dtype for array, dtype in numbers)
            and nodes == len(self.feature) == len(self.threshold)
            and trees
            and self.roots[0] == 0
            and self.roots[-1] < nodes
            and (np.diff(self.roots) > 0).all()
        ):
            raise ValueError("trees must be arrays of nodes, each tree's after the one's before")
        inner = np.flatnonzero(self.left >= 0)
        left, owner = self.left[inner].astype(np.int64), np.searchsorted(self.roots, np.arange(nodes), side="right")
        if not (
            (left > inner).all()  # downwards only
            and left.max(initial=0) + 1 < max(nodes, 2)
            and (owner[left] == owner[inner]).all()
            and (owner[left + 1] == owner[inner]).all()
            and len(np.unique(np.concatenate([left, left + 1]))) == 2 * len(inner) == nodes - trees
        ):
            raise ValueError("every node of a tree but its root must have one parent, above it")
        if not (((self.feature >= 0) & (self.feature < width)).all() and np.isfinite(self.threshold[inner]).all()):
            raise ValueError("every node of a tree must compare a feature that rows have with a number")

    @cached_property
    def _walkers(self) -> list[Any]:
        """The library's own trees with these nodes: they walk in C, twice as fast as NumPy can."""
        from sklearn.tree._tree import NODE_DTYPE, Tree

        walkers = []
        for root, end in itertools.pairwise([*self.roots, len(self.left)]):
            left = self.left[root:end].astype(np.int64)
            is_leaf = left < 0
            nodes = np.zeros(end - root, dtype=NODE_DTYPE)
            nodes["left_child"] = np.where(is_leaf, -1, left - root)
            nodes["right_child"] = np.where(is_leaf, -1, left - root + 1)
            nodes["feature"] = np.where(is_leaf, -2, self.feature[root:end])
            nodes["threshold"] = self.threshold[root:end]
            walker = Tree(1, np.ones(1, dtype=np.intp), 1)  # how many features and outputs there are is never asked
            values = np.zeros((len(nodes), 1, 1))
            walker.__setstate__({"max_depth": 0, "node_count": len(nodes), "nodes": nodes, "values": values})
            walkers.append(walker)
        return walkers

    @classmethod
    def join(cls, parts: Sequence[TreePredictor]) -> TreePredictor:
        """All trees of several in one."""
        first = np.cumsum([0, *(len(part.left) for part in parts)])
        left = [np.where(part.left < 0, -1, part.left + start) for part, start in zip(parts, first, strict=False)]
        return cls(
            np.concatenate([part.feature for part in parts]),
            np.concatenate([part.threshold for part in parts]),
            np.concatenate(left).astype(np.int32),
            np.concatenate([part.roots + start for part, start in zip(parts, first, strict=False)]),
        )

    @classmethod
    def of_one(
        cls, feature: NDArray[Any], threshold: NDArray[Any], left: NDArray[Any], right: NDArray[Any]
    ) -> tuple[TreePredictor, NDArray[np.int64]]:
        """One tree with its root first and children anywhere (negative at leaves), and where each node went."""
        index = np.zeros(len(left), dtype=np.int64)
        level, filled = np.array([0]), 1
        while len(level):
            inner = level[left[level] >= 0]
            index[left[inner]] = filled + 2 * np.arange(len(inner))
            index[right[inner]] = filled + 2 * np.arange(len(inner)) + 1
            filled += 2 * len(inner)
            level = np.concatenate([left[inner], right[inner]])
        inner = left >= 0
        moved = np.full(len(left), -1, dtype=np.int32)
        moved[index[inner]] = index[left[inner]]
        features, thresholds = np.zeros(len(left), np.int32), np.zeros(len(left), np.float32)
        features[index], thresholds[index] = np.where(inner, feature, 0), _rounded_down(np.where(inner, threshold, 0))
        return cls(features, thresholds, moved, np.zeros(1, dtype=np.int64)), index


def _rounded_down(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """The largest float32 that is not larger than each: it parts float32 values just as the threshold itself does."""
    rounded = thresholds.astype(np.float32)
    return np.where(rounded > thresholds, np.nextafter(rounded, np.float32(-np.inf)), rounded)
