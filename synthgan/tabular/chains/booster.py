"""A boosted critic's trees as plain numbers: what a model file holds, checked before any library walks them."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from synthgan.runtime import below
from synthgan.tabular.chains.predictor import TreePredictor

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NO_PARENT = 2**31 - 1


@dataclass(frozen=True)
class TreeBooster:
    """Trees whose leaves add up.

    XGBoost grows them and walks them, ten times faster than ``TreePredictor`` would; but it trusts a file it is given, and one that
    was tampered with makes it read what is not its own. So files hold arrays, and XGBoost gets what passed their check.

    Attributes:
        trees: the trees; a leaf looks at feature 0.
        values: float32 ``[nodes]``: what a leaf adds; 0 at inner nodes.
        width: how many features a row has.
    """

    trees: TreePredictor
    values: NDArray[np.float32]
    width: int

    @classmethod
    def of(cls, booster: Any, width: int) -> TreeBooster:
        """The trees of an XGBoost booster with one output and numeric features."""
        model = json.loads(bytes(booster.save_raw("json")))["learner"]["gradient_booster"]["model"]
        parts, values = [], []
        for tree in model["trees"]:
            left, right = (np.array(tree[f"{side}_children"]) for side in ("left", "right"))
            conditions = np.array(tree["split_conditions"], dtype=np.float32)
            # XGBoost sends a row left where its value is smaller, ``TreePredictor`` where it is not larger.
            below = np.nextafter(conditions, np.float32(-np.inf))
            part, moved = TreePredictor.of_one(np.array(tree["split_indices"]), below, left, right)
            parts.append(part)
            values.append(np.zeros(len(left), dtype=np.float32))
            values[-1][moved] = np.where(left < 0, conditions, 0)
        return cls(TreePredictor.join(parts), np.concatenate(values), width)

    def __len__(self) -> int:
        """How many trees there are."""
        return len(self.trees.roots)

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """The sum of each row's leaves, ``[rows]``, of features ``[rows, width]``."""
        return self._booster.inplace_predict(features, predict_type="margin")

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All numbers by name."""
        return {part.name: getattr(self.trees, part.name) for part in fields(TreePredictor)} | {"values": self.values}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]], width: int) -> TreeBooster:
        """The forest that ``arrays`` described.

        Raises:
            ValueError: if they are no trees over rows of that width.
            KeyError: if one is missing.
        """
        trees = TreePredictor(*(arrays[part.name] for part in fields(TreePredictor)))
        values = arrays["values"]
        trees.check(width)
        if values.dtype != np.float32 or values.shape != trees.left.shape or not np.isfinite(values).all():
            raise ValueError("every leaf of a forest must add a finite number")
        return cls(trees, values, width)

    @cached_property
    def _booster(self) -> Any:
        import xgboost  # slow to import

        empty = xgboost.DMatrix(np.zeros((1, self.width), np.float32), np.zeros(1, np.float32))
        parameters = {"objective": "binary:logistic", "base_score": 0.5, "nthread": 1}
        booster = xgboost.train(parameters, empty, 0)
        frame = json.loads(bytes(booster.save_raw("json")))  # as this version of XGBoost writes it
        model = frame["learner"]["gradient_booster"]["model"]
        ends = [*self.trees.roots[1:], len(self.trees.left)]
        model["trees"] = [
            self._tree(index, int(root), int(end))
            for index, (root, end) in enumerate(zip(self.trees.roots, ends, strict=True))
        ]
        model["tree_info"] = [0] * len(self)
        model["iteration_indptr"] = list(range(len(self) + 1))
        model["gbtree_model_param"]["num_trees"] = str(len(self))
        booster.load_model(bytearray(json.dumps(frame), "ascii"))
        booster.set_param({"nthread": torch.get_num_threads()})
        return booster

    def _tree(self, index: int, root: int, end: int) -> dict[str, Any]:
        """One tree as XGBoost's documented JSON has it."""
        left, nodes = self.trees.left[root:end].astype(np.int64), end - root
        leaf = left < 0
        left = np.where(leaf, -1, left - root)
        parents = np.full(nodes, _NO_PARENT)
        parents[left[~leaf]] = parents[left[~leaf] + 1] = np.flatnonzero(~leaf)
        above = np.nextafter(self.trees.threshold[root:end], np.float32(np.inf))
        none = np.zeros(nodes, dtype=np.float32).tolist()
        return {
            "id": index,
            "left_children": left.tolist(),
            "right_children": np.where(leaf, -1, left + 1).tolist(),
            "parents": parents.tolist(),
            "split_indices": self.trees.feature[root:end].tolist(),
            "split_conditions": np.where(leaf, self.values[root:end], above).tolist(),
            "split_type": [0] * nodes,
            "default_left": [0] * nodes,
            "base_weights": self.values[root:end].tolist(),
            "loss_changes": none,
            "sum_hessian": none,
            **{f"categories{part}": [] for part in ("", "_nodes", "_segments", "_sizes")},
            "tree_param": {
                "num_deleted": "0",
                "num_feature": str(self.width),
                "num_nodes": str(nodes),
                "size_leaf_vector": "1",
            },
        }


@dataclass(frozen=True)
class BoostedCritic:
    """Says of rows by how much likelier they are to be real than to be drawn, as a logarithm.

    Attributes:
        boosters: one a round; what they say adds up.
        balance: float32 ``[modes]``: what each of a row's modes adds, so that the columns stay as they are (see ``raking``).
        cap: the log ratio from which on every candidate is kept.
    """

    boosters: tuple[TreeBooster, ...]
    balance: NDArray[np.float32]
    cap: float = 0.0

    def log_ratios(self, features: NDArray[np.float32], modes: NDArray[np.int64]) -> NDArray[np.float32]:
        """The log ratio of each row.

        Args:
            features: what the trees see, ``[rows, width]``.
            modes: the rows' modes, counted over the whole table, ``[rows, columns]``.
        """
        parts = [booster.predict(features) for booster in self.boosters]
        return np.sum([*parts, self.balance[modes].sum(1)], axis=0, dtype=np.float32)

    def chances(self, features: NDArray[np.float32], modes: NDArray[np.int64]) -> NDArray[np.float32]:
        """How likely each candidate is to be kept, if those kept shall be distributed as the critics say real rows are.

        Rejection by the density ratio: Azadi et al., "Discriminator rejection sampling", 2019, section 3.1.
        """
        return np.exp(np.minimum(self.log_ratios(features, modes) - self.cap, 0))

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """The critic as JSON and tensors."""
        tensors: dict[str, NDArray[Any]] = {"critic/balance": self.balance}
        for index, booster in enumerate(self.boosters):
            tensors |= {f"critic/{index}/{name}": array for name, array in booster.arrays().items()}
        return {"cap": self.cap, "forests": len(self.boosters)}, tensors

    @classmethod
    def from_state(
        cls, state: dict[str, Any], tensors: dict[str, NDArray[Any]], width: int, modes: int
    ) -> BoostedCritic:
        """The critic that ``state`` described, of rows of ``width`` features and a table of so many modes.

        Raises:
            ValueError: if its parts do not fit these.
            KeyError: if one is missing.
        """
        balance, cap = tensors["critic/balance"], float(state["cap"])
        if balance.dtype != np.float32 or balance.shape != (modes,) or not np.isfinite([*balance, cap]).all():
            raise ValueError("a critic must weigh the table's modes")
        boosters = [
            TreeBooster.from_arrays(below(tensors, f"critic/{index}"), width) for index in range(state["forests"])
        ]
        return cls(tuple(boosters), balance, cap)
