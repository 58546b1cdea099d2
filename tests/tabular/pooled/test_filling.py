"""What stands in pooled leaves: shares that lean on the node above and on near numbers, and blur nothing that is certain."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from helpers.chain_tables import levels_table, patients
from hypothesis import given
from hypothesis import strategies as st

from synthgan import Pooled, Synthesizer
from synthgan.tabular.chains.grower import Grown
from synthgan.tabular.chains.predictor import TreePredictor
from synthgan.tabular.pooled.filling import (
    ENTRIES,
    LEVEL_PRIOR,
    LONE_DISTANCE,
    Pooling,
    distances,
    levels_of,
    smoothing,
    written,
)

RNG = np.random.default_rng(0)


@given(st.lists(st.lists(st.floats(0, 1), min_size=4, max_size=4), min_size=1, max_size=5), st.integers(0, 99))
def test_entries_stand_for_shares_up_to_one(rows, seed):
    shares = np.array(rows) + 1e-9
    shares /= shares.sum(1, keepdims=True)
    entries = written(shares, np.random.default_rng(seed))
    assert entries.shape == (len(rows), ENTRIES)
    assert (np.diff(entries, axis=1) >= 0).all()
    found = np.stack([(entries == code).sum(1) for code in range(4)], axis=1)
    assert (np.abs(found - ENTRIES * shares) <= 1 + 1e-6).all()


def test_levels_go_down_one_step_at_a_time():
    tree = TreePredictor(*(np.array(part) for part in ([0] * 5, [0.0] * 5, [1, -1, 3, -1, -1], [0])))
    assert [level.tolist() for level in levels_of(tree)] == [[0], [2]]


def test_a_kernel_keeps_all_probability_and_leaves_levels_alone():
    _, layout = patients(500)
    age = layout.span("age")
    kernel = smoothing(layout, slice(age.start, age.stop), 0.3)
    np.testing.assert_allclose(kernel.sum(1), 1)
    assert (np.diag(kernel)[layout.has_residual[age.start : age.stop]] < 1).all()
    sex = layout.span("sex")
    assert (smoothing(layout, slice(sex.start, sex.stop), 0.3) == np.eye(sex.size)).all()


def grown_in_two(codes, first):
    """A tree of two leaves: ``first`` rows fall into one, the others into the other."""
    tree = TreePredictor(*(np.array(part) for part in ([0] * 3, [0.0] * 3, [1, -1, -1], [0])))
    leaf = np.repeat([1, 2], [first, len(codes) - first])
    return Grown(tree, leaf, np.arange(3), codes, np.ones(len(codes), dtype=bool))


def test_a_leaf_leans_on_the_node_above():
    """The code of one row alone does not tell that it fell there: what others have is likely there, too."""
    codes = np.array([0] * 27 + [1] * 3 + [0] * 3 + [1] * 27)
    _, layout = levels_table(x=codes, y=codes)
    filled = Pooling()(grown_in_two(codes, 30), layout, 0, np.random.default_rng(0))
    for node, own in ((1, 0), (2, 1)):
        entries = filled.codes[filled.start[node] :][: filled.count[node]]
        other = (3 + 0.5 * LEVEL_PRIOR) / (30 + LEVEL_PRIOR)
        assert np.mean(entries != own) == pytest.approx(other, abs=1 / ENTRIES)


def test_what_one_row_alone_has_in_a_leaf_is_shared_out_anew():
    """Of each code a row is taken, and given back by how much of which was taken near by: no code gets rarer over all leaves."""
    codes = np.array([0] * 28 + [2] * 2 + [0] * 15 + [1] * 15)
    _, layout = levels_table(x=codes, y=codes)
    filled = Pooling()(grown_in_two(codes, 30), layout, 0, np.random.default_rng(0))
    shares = np.stack(
        [
            np.bincount(filled.codes[filled.start[node] :][: filled.count[node]], minlength=3) / ENTRIES
            for node in (1, 2)
        ]
    )
    rare = (2 - 1 + 2 * 1 / 4 + LEVEL_PRIOR * 2 / 60) / (30 + LEVEL_PRIOR)
    assert shares[0, 2] == pytest.approx(rare, abs=1 / ENTRIES)
    assert shares.mean(0) == pytest.approx(np.bincount(codes) / 60, abs=1 / ENTRIES)


def test_a_leaf_of_one_code_keeps_to_it():
    """What follows from other columns holds in every row."""
    codes = np.array([0] * 30 + [1] * 30)
    _, layout = levels_table(x=codes, y=codes)
    filled = Pooling()(grown_in_two(codes, 30), layout, 0, np.random.default_rng(0))
    for node, own in ((1, 0), (2, 1)):
        assert (filled.codes[filled.start[node] :][: filled.count[node]] == own).all()


def test_distances_are_those_to_the_third_nearest_of_the_same_node():
    at = np.array([0.0, 1.0, 3.0, 7.0, 8.0, 100.0, 100.0, 100.0, 100.0, 5.0])
    node = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 2])
    found = distances(node, at)
    assert found.tolist() == [7.0, 6.0, 4.0, 6.0, 7.0, 0.0, 0.0, 0.0, 0.0, LONE_DISTANCE]
    order = RNG.permutation(len(at))
    assert distances(node[order], at[order]).tolist() == found[order].tolist()


def test_only_what_may_be_generated_stands_in_a_leaf():
    codes = np.array([0] * 200 + [1] * 3)
    encoded, layout = levels_table(x=codes, y=np.arange(203) % 2, rare_below=5)
    tree = TreePredictor(*(np.array(part) for part in ([0], [0.0], [-1], [0])))
    held = encoded.codes[:, 0].astype(np.int64)
    grown = Grown(tree, np.zeros(203, dtype=np.int64), np.zeros(1, dtype=np.int64), held, np.ones(203, dtype=bool))
    filled = Pooling()(grown, layout, 0, np.random.default_rng(0))
    assert layout.emitted[layout.starts[0] + np.unique(filled.codes)].all()


def test_pooling_blurs_nothing_that_is_certain():
    """A look-up, and a number that equals another one: smoothing chooses not to act where unseen rows speak against it."""
    level = RNG.integers(0, 6, 2_000)
    paid = np.where(RNG.random(2_000) < 0.5, 0.0, RNG.gamma(2.0, 50.0, 2_000).round(2))
    table = pd.DataFrame({"name": np.array(list("abcdef"))[level], "number": level * 10, "bill": paid, "paid": paid})
    drawn = Synthesizer(generator=Pooled(chains=8, rounds=0), seed=1).fit(table).sample(4_000)
    wrong = drawn["name"].map(dict(zip("abcdef", range(0, 60, 10), strict=True))) != drawn["number"]
    assert wrong.mean() == 0
    assert ((drawn["bill"] == 0) != (drawn["paid"] == 0)).mean() < 0.02
    rank = drawn[["bill", "paid"]].rank(pct=True)
    assert (rank["bill"] - rank["paid"]).abs().median() < 0.01


def test_cells_of_a_map_are_no_parts_of_a_line():
    rng = np.random.default_rng(0)
    places = pd.DataFrame({"lat": rng.uniform(-90, 90, 80).round(4), "lon": rng.uniform(-180, 180, 80).round(4)})
    places["hour"] = rng.integers(0, 24, 80)
    drawn = Synthesizer(generator=Pooled(chains=4, rounds=0), seed=0).fit(places).sample(500)
    assert drawn["lat"].between(-90, 90).all()
    assert drawn["lat"].nunique() > 200
