"""Bins of features: of about equally many rows each, and trees grown on them are walked by features."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.chain_tables import patients

from synthgan.runtime import Streams
from synthgan.tabular.chains import bins as binning
from synthgan.tabular.chains import grower as growing
from synthgan.tabular.chains.bins import Bins
from synthgan.tabular.chains.config import ChainConfig
from synthgan.tabular.chains.features import ModeFeatures
from synthgan.tabular.chains.grower import fill_with_codes, grow_chain


@pytest.fixture(scope="module")
def table():
    encoded, layout = patients()
    return encoded, layout, ModeFeatures.fit(encoded, layout, Streams(0).numpy("views"))


def test_bins_follow_the_order_of_features_and_hold_equally_many_rows(table, monkeypatch):
    encoded, layout, mode_features = table
    monkeypatch.setattr(binning, "BINS", 3)
    bins = Bins.of(mode_features, layout)
    age = len(layout.spans) - 1
    scores = mode_features.features(encoded.codes[:, age], layout, age)[:, 0]
    found = bins.features(encoded.codes[:, age], layout, age)[:, 0]
    assert set(found) == set(range(3))
    assert (np.bincount(found.astype(int)) / len(found)).max() < 0.5
    assert (np.diff(found[np.argsort(scores)]) >= 0).all()
    np.testing.assert_array_equal(np.searchsorted(bins.edges[age, 0, :2], scores), found)


def test_few_levels_have_a_bin_each(table):
    encoded, layout, mode_features = table
    bins = Bins.of(mode_features, layout)
    found = bins.features(encoded.codes[:, 1], layout, 1)[:, 0]
    assert len(set(found)) == len(set(encoded.codes[:, 1])) == 3


@pytest.mark.parametrize("bins", [2, 128])
def test_rows_fall_by_features_to_the_leaves_that_they_fell_to_by_bins(table, bins, monkeypatch):
    encoded, layout, mode_features = table
    monkeypatch.setattr(binning, "BINS", bins)
    monkeypatch.setattr(growing, "WIDE", 1)
    fallen = []

    def kept(grown, layout, column, rng):
        fallen.append((grown, column))
        return fill_with_codes(grown, layout, column, rng)

    chain = grow_chain(encoded, layout, mode_features, ChainConfig(chains=4), Streams(0), 0, kept)
    rows = len(fallen[0][0].leaf)
    assert rows == len(encoded)
    codes = encoded.codes[np.sort(Streams(0).numpy("chain", 0).choice(rows, rows, replace=False))]
    features = np.zeros((rows, int(mode_features.widths.sum())), dtype=np.float32)
    for grown, column in fallen:
        np.testing.assert_array_equal(grown.tree.leaves(0, features), grown.moved[grown.leaf])
        seen = mode_features.features(codes[:, column], layout, column)
        features[:, chain.first_feature[column] :][:, : seen.shape[1]] = seen
    assert max(len(grown.tree.left) for grown, _ in fallen) > 10


def test_the_more_columns_the_fewer_features_are_tried():
    tried = [growing.features_tried(columns) for columns in (10, 48, 100, 150, 200, 1_000)]
    assert tried == [480, 100, 48, 21, 12, 12]
