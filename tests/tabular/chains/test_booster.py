"""A critic's trees are kept as numbers, and what XGBoost makes of these is what it had grown."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgan.tabular.chains.booster import TreeBooster

WIDTH = 5
VALUES = np.array([-1.5, -0.5, 0.0, 0.1, 0.5, 2.5], dtype=np.float32)


def grown(seed: int, trees: int = 4, depth: int = 4) -> tuple[xgboost.Booster, np.ndarray]:
    """A booster over rows with many ties, and the rows."""
    rng = np.random.default_rng(seed)
    features = rng.choice(VALUES, (600, WIDTH))
    label = (features[:, 0] * features[:, 1] + features[:, 2] + 0.3 * rng.normal(size=600) > 0).astype(np.float32)
    parameters = {"objective": "binary:logistic", "max_depth": depth, "tree_method": "hist", "base_score": 0.5}
    return xgboost.train(parameters, xgboost.DMatrix(features, label), trees), features


@settings(max_examples=30)
@given(st.integers(0, 2**31), st.integers(1, 12), st.integers(1, 6))
def test_what_is_kept_says_the_same_to_the_last_bit(seed, trees, depth):
    booster, features = grown(seed, trees, depth)
    kept = TreeBooster.of(booster, WIDTH)
    again = TreeBooster.from_arrays(kept.arrays(), WIDTH)
    said = booster.inplace_predict(features, predict_type="margin")
    assert len(again) == booster.num_boosted_rounds() == trees
    np.testing.assert_array_equal(again.predict(features), said)


def test_trees_that_are_walked_without_the_library_say_the_same():
    booster, features = grown(0)
    kept = TreeBooster.of(booster, WIDTH)
    leaves = [kept.values[kept.trees.leaves(tree, features)] for tree in range(len(kept))]
    np.testing.assert_allclose(np.sum(leaves, 0), booster.inplace_predict(features, predict_type="margin"), atol=1e-5)


FOREST = TreeBooster.of(grown(0)[0], WIDTH).arrays()
INNER = np.flatnonzero(FOREST["left"] >= 0)


@pytest.mark.parametrize(
    ("name", "index", "value"),
    [
        ("left", INNER[-1], INNER[-1]),
        ("left", INNER[-1], len(FOREST["left"]) - 1),
        ("left", INNER[-1], FOREST["left"][INNER[-2]]),
        ("left", INNER[0], FOREST["roots"][1]),
        ("left", INNER[0], -1),
        ("left", 0, 2**31 - 1),
        ("roots", 0, 1),
        ("roots", 1, 0),
        ("roots", -1, 2**40),
        ("roots", -1, -1),
        ("feature", 0, WIDTH),
        ("feature", 0, -1),
        ("feature", FOREST["left"].argmin(), 2**30),
        ("threshold", 0, np.nan),
        ("threshold", 0, np.inf),
        ("values", FOREST["left"].argmin(), np.nan),
        ("values", FOREST["left"].argmin(), np.inf),
    ],
)
def test_numbers_that_are_no_trees_are_refused(name, index, value):
    damaged = FOREST[name].copy()
    damaged[index] = value
    with pytest.raises(ValueError, match="must"):
        TreeBooster.from_arrays(FOREST | {name: damaged}, WIDTH)


@pytest.mark.parametrize("name", FOREST)
@pytest.mark.parametrize(
    "change", [lambda a: a[:-1], lambda a: a[:, None], lambda a: a.astype(np.float16), lambda a: a[:0]]
)
def test_arrays_of_another_shape_or_kind_are_refused(name, change):
    with pytest.raises(ValueError, match="must"):
        TreeBooster.from_arrays(FOREST | {name: change(FOREST[name])}, WIDTH)


def test_trees_over_other_rows_are_refused():
    with pytest.raises(ValueError, match="a feature that rows have"):
        TreeBooster.from_arrays(FOREST, 2)
