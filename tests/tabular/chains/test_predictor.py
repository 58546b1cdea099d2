"""Trees as flat arrays fall to the very leaves that the library's own do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.tree import DecisionTreeRegressor

from synthgan.tabular.chains.predictor import TreePredictor

# Few values, hence many ties; three neighbours among float32, between which a threshold must be rounded the right way.
NEAR_ONE = [np.float32(1 + step * 2.0**-23) for step in range(3)]
VALUES = st.sampled_from([*NEAR_ONE, *(-value for value in NEAR_ONE), np.float32(0), np.float32(0.1), np.float32(1e30)])
FEATURES = st.tuples(st.integers(1, 40), st.integers(1, 4)).flatmap(
    lambda shape: arrays(np.float32, shape, elements=st.one_of(VALUES, st.floats(-1e6, 1e6, width=32)))
)


def of_sklearn(features: np.ndarray, seed: int, **options: object) -> tuple[TreePredictor, np.ndarray, object]:
    targets = np.random.default_rng(seed).normal(size=(len(features), 2))
    nodes = DecisionTreeRegressor(random_state=seed, **options).fit(features, targets).tree_
    tree, index = TreePredictor.of_one(nodes.feature, nodes.threshold, nodes.children_left, nodes.children_right)
    return tree, index, nodes


@given(FEATURES, st.integers(0, 2**31 - 1), st.sampled_from(["best", "random"]), st.integers(1, 5), st.data())
def test_rows_fall_where_the_library_lets_them_fall(features, seed, splitter, leaf_rows, data):
    tree, index, nodes = of_sklearn(features, seed, splitter=splitter, min_samples_leaf=leaf_rows)
    others = data.draw(arrays(np.float32, (20, features.shape[1]), elements=VALUES))
    for rows in (features, others):
        np.testing.assert_array_equal(tree.leaves(0, rows), index[nodes.apply(rows)])


@given(FEATURES, st.integers(0, 2**31 - 1))
def test_the_right_child_follows_the_left_one_and_both_their_parent(features, seed):
    tree, index, nodes = of_sklearn(features, seed)
    assert sorted(index) == list(range(nodes.node_count))
    assert index[0] == tree.roots[0] == 0
    inner = nodes.children_left >= 0
    np.testing.assert_array_equal(tree.left[index[inner]], index[nodes.children_left[inner]])
    np.testing.assert_array_equal(tree.left[index[inner]] + 1, index[nodes.children_right[inner]])
    assert (tree.left[index[inner]] > index[inner]).all()
    assert (tree.left[index[~inner]] == -1).all()


@pytest.mark.parametrize("lower", [0, 1])
def test_a_threshold_between_two_neighbouring_floats_parts_them(lower):
    """Half-way between them is no float32; rounded to even it would be the lower one here and the upper one there."""
    pair = np.array(NEAR_ONE[lower : lower + 2])[:, None]
    threshold = np.array([pair.astype(np.float64).mean(), -2, -2])
    tree, _ = TreePredictor.of_one(np.array([0, -2, -2]), threshold, np.array([1, -1, -1]), np.array([2, -1, -1]))
    assert tree.leaves(0, pair).tolist() == [1, 2]
    assert tree.threshold.dtype == np.float32


@given(st.lists(st.tuples(FEATURES, st.integers(0, 2**31 - 1)), min_size=1, max_size=4))
def test_joined_trees_keep_their_leaves(parts):
    trees = [of_sklearn(features, seed)[0] for features, seed in parts]
    joined = TreePredictor.join(trees)
    first = np.cumsum([0, *(len(tree.left) for tree in trees)])
    for index, ((features, _), tree) in enumerate(zip(parts, trees, strict=True)):
        np.testing.assert_array_equal(joined.leaves(index, features), tree.leaves(0, features) + first[index])
    assert [joined.left.dtype, joined.feature.dtype, joined.threshold.dtype] == [np.int32, np.int32, np.float32]


def test_a_tree_of_one_leaf_needs_no_features():
    leaf = np.array([-1])
    tree, index = TreePredictor.of_one(leaf, leaf, leaf, leaf)
    assert index.tolist() == [0]
    assert tree.leaves(0, np.zeros((3, 1), np.float32)).tolist() == [0, 0, 0]
    assert TreePredictor.join([tree, tree]).leaves(1, np.zeros((2, 1), np.float32)).tolist() == [1, 1]
    assert tree.leaves(0, np.empty((0, 2), np.float32)).tolist() == []
