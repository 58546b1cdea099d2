"""Chains as they are grown: their orders, their leaves, and what stands in them."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
from helpers.chain_tables import draw, grow, joint, levels_table, only, patients

from synthgan.runtime import Streams
from synthgan.tabular.chains import grower as growing
from synthgan.tabular.chains.config import ChainConfig
from synthgan.tabular.chains.features import ModeFeatures
from synthgan.tabular.chains.grower import Chain, Grown, fill_with_codes, grow_chain
from synthgan.tabular.chains.predictor import TreePredictor

RNG = np.random.default_rng(0)


def grow_one(encoded, layout, index=0, seed=0, **options):
    streams = Streams(seed)
    mode_features = ModeFeatures.fit(encoded, layout, streams.numpy("views"))
    return grow_chain(encoded, layout, mode_features, ChainConfig(**options), streams, index, fill_with_codes)


def leaves_of(chain: Chain, column: int) -> list[np.ndarray]:
    """The codes in each leaf of a column's tree."""
    ends = [*chain.trees.roots, len(chain.trees.left)]
    nodes = np.arange(ends[column], ends[column + 1])
    nodes = nodes[chain.trees.left[nodes] < 0]
    return [chain.codes[chain.start[node] : chain.start[node] + chain.count[node]] for node in nodes]


def same(one: Chain, other: Chain) -> bool:
    trees, others = astuple(one.trees), astuple(other.trees)
    parts = [*zip(astuple(one)[:2], astuple(other)[:2], strict=True), (one.codes, other.codes)]
    return all(np.array_equal(a, b) for a, b in [*parts, *zip(trees, others, strict=True)])


def rare_table(rows=2_000):
    """Where y is 1, x has one of ten levels that few have: rare, hence never generated."""
    y = (RNG.random(rows) < 0.1).astype(int)
    x = np.where(y == 1, RNG.integers(2, 12, rows), RNG.integers(0, 2, rows))
    return levels_table(x=x, y=y, z=RNG.integers(0, 3, rows), rare_below=50)


def test_every_chain_has_an_order_of_its_own():
    encoded, layout = patients(500)
    orders = [tuple(grow_one(encoded, layout, index).order) for index in range(8)]
    assert all(sorted(order) == [0, 1, 2, 3] for order in orders)
    assert len(set(orders)) > 4  # of 24 orders; 4 or fewer among 8 have a chance of 1 in 3,000


def test_the_same_stream_grows_the_same_chain_and_another_grows_another():
    encoded, layout = patients(1_000)
    assert same(grow_one(encoded, layout, 3), grow_one(encoded, layout, 3))
    assert not same(grow_one(encoded, layout, 3), grow_one(encoded, layout, 3, seed=1))
    orders = [grow_one(encoded, layout, index) for index in range(6)]
    first = [chain for chain in orders if tuple(chain.order) == tuple(orders[0].order)]
    assert not any(same(first[0], chain) for chain in first[1:])


@pytest.mark.parametrize("options", [{}, {"leaf_rows": 1}, {"chain_share": 0.01}, {"leaf_rows": 5_000}], ids=str)
def test_every_leaf_has_sorted_entries_and_every_row_is_in_one(options):
    encoded, layout = patients(3_000)
    chain = grow_one(encoded, layout, **options)
    for column in range(4):
        leaves = leaves_of(chain, column)
        assert all(len(leaf) and (np.diff(leaf.astype(int)) >= 0).all() for leaf in leaves)
        filled = [len(leaf) for leaf in leaves]
        assert sum(filled) >= 3_000  # a leaf that none of the other rows falls to borrows a few
        found = joint(np.concatenate(leaves)[:, None], _column(layout, column), 0)
        np.testing.assert_allclose(found, joint(encoded.codes, layout, column), atol=0.02)
    inner = chain.trees.left >= 0
    assert (chain.start[inner] == 0).all()
    assert (chain.count[inner] == 0).all()
    assert len(leaves_of(chain, chain.order[0])) == 1


def _column(layout, column):
    return type("One", (), {"sizes": [layout.sizes[column]]})


def test_no_leaf_is_shaped_by_fewer_rows_than_asked():
    encoded, layout = patients(3_000)
    chain = grow_one(encoded, layout, leaf_rows=200, chain_share=1.0)
    assert min(len(leaf) for column in range(4) for leaf in leaves_of(chain, column)) >= 200


def test_leaves_hold_only_what_may_be_generated():
    encoded, layout = rare_table()
    assert layout.emitted.tolist() == [True, True, False, True, True, True, True, True]
    chains = [grow_one(encoded, layout, index) for index in range(6)]
    assert any(tuple(chain.order).index(0) > tuple(chain.order).index(1) for chain in chains)
    for chain in chains:
        for column in range(3):
            for leaf in leaves_of(chain, column):
                assert len(leaf)
                assert (np.diff(leaf.astype(int)) >= 0).all()
                assert layout.emitted[leaf + layout.starts[column]].all()


def test_a_leaf_of_nothing_that_may_be_generated_borrows():
    encoded, layout = rare_table()
    generator = grow(encoded, layout, chains=6, rounds=0)
    drawn = draw(generator, 300, only(layout, y=[1])).codes
    assert (drawn[:, 1] == 1).all()
    assert (drawn[:, 0] < 2).all()


def test_what_a_leaf_borrows_is_sorted_as_its_own_entries_are():
    _, layout = levels_table(x=np.append(np.repeat(np.arange(6), 60), [6] * 3), y=np.arange(363) % 2, rare_below=50)
    leaf = np.repeat([0, 1, 2], 6)  # all codes of the leaf in the middle are of the kind that is never generated
    codes = np.array([0, 1, 2, 3, 4, 5, 6, 6, 6, 6, 6, 6, 0, 1, 2, 3, 4, 5])
    tree = TreePredictor(*(np.array(part) for part in ([0] * 4, [0.0] * 4, [1, -1, -1, -1], [0])))
    filled = fill_with_codes(
        Grown(tree, leaf + 1, np.arange(4), codes, np.ones(18, dtype=bool)), layout, 0, np.random.default_rng(0)
    )
    start, count = filled.start[2], filled.count[2]
    assert count == 10
    assert (np.diff(filled.codes[start : start + count]) >= 0).all()


def test_a_tree_without_a_row_that_may_be_generated_holds_every_level_that_may(monkeypatch):
    """One row alone fills the leaves, and four in five have a level that is rare."""
    x = np.where(np.arange(1_000) % 5 == 0, 0, 1 + np.arange(1_000) % 400)
    encoded, layout = levels_table(x=x, y=np.arange(1_000) % 2, rare_below=50)
    monkeypatch.setattr(growing, "MAX_ENTRIES", 1)
    chains = [grow_one(encoded, layout, index) for index in range(6)]
    assert all(leaves_of(chain, 0)[0].tolist() == [0] for chain in chains)


def test_a_model_stays_as_small_as_it_must(monkeypatch):
    encoded, layout = patients(3_000)
    monkeypatch.setattr(growing, "MAX_ENTRIES", 8_000)
    assert len(grow_one(encoded, layout, chains=5).codes) == 8_000 // 5
    assert len(grow_one(encoded, layout, chains=1).codes) == 8_000


def test_codes_take_no_more_bytes_than_they_need():
    for levels, dtype in ((256, np.uint8), (257, np.uint16)):
        chain = grow_one(*levels_table(x=np.arange(600) % levels, y=np.arange(600) % 2))
        assert chain.codes.dtype == dtype
        assert chain.codes.max() == levels - 1


def test_a_column_that_follows_from_another_always_does():
    index = RNG.integers(0, 12, 3_000)
    region = np.array([2, 0, 1, 0, 2, 1, 1, 0, 2, 2, 0, 1])
    encoded, layout = levels_table(index=index, noise=RNG.integers(0, 3, 3_000), region=region[index])
    drawn = draw(grow(encoded, layout, chains=6), 20_000).codes
    assert (drawn[:, 2] == region[drawn[:, 0]]).all()


def test_long_tables_are_grown_on_a_part():
    encoded, layout = patients(2_000)
    usual = grow_one(encoded, layout, leaf_rows=1)
    limited = grow_one(encoded, layout, leaf_rows=1, grown_rows=100)
    assert not same(limited, usual)
    assert (limited.trees.left < 0).sum() <= 3 * 100 + 1
    assert sum(map(len, leaves_of(limited, 3))) == 2_000


def test_trees_of_wide_tables_look_at_the_features_that_go_with_their_column(monkeypatch):
    """Forty columns of noise, and one that another follows: that one is found by a tree that may look at two."""
    rng = np.random.default_rng(0)
    cause = rng.integers(0, 2, 3_000)
    noise = {f"x{index}": rng.integers(0, 2, 3_000) for index in range(40)}
    encoded, layout = levels_table(cause=cause, **noise, effect=cause ^ (rng.random(3_000) < 0.1))
    monkeypatch.setattr(growing, "MAX_TRIED", 0)
    monkeypatch.setattr(growing, "MIN_TRIED", 2)
    for index in range(6):
        chain = grow_one(encoded, layout, index)
        first, last = (0, 41) if tuple(chain.order).index(0) < tuple(chain.order).index(41) else (41, 0)
        nodes = slice(*[*chain.trees.roots, len(chain.trees.left)][last : last + 2])
        looked_at = chain.trees.feature[nodes][chain.trees.left[nodes] >= 0]
        assert looked_at[0] == chain.first_feature[first]
        assert len(set(looked_at)) <= 2
