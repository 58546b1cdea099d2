"""Parents have as many rows as real ones have, and are referred to as often."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthgan import Database, DatabaseSynthesizer
from synthgan.relational import fitting as module
from synthgan.relational.branch import BranchConfig
from synthgan.relational.matching import parted, repeated
from synthgan.relational.usual import as_usual, usual_of


def test_a_distribution_keeps_its_total():
    counts = np.random.default_rng(0).poisson(1.3, 275)
    told = usual_of(counts)
    assert len(told) == 200
    assert np.mean(told) * 275 == pytest.approx(counts.sum(), abs=0.01)
    assert list(told) == sorted(told)
    assert usual_of(np.zeros(0, dtype=np.int64)) == ()


def test_drawn_counts_keep_their_order_and_take_the_usual_distribution():
    rng = np.random.default_rng(0)
    real, drawn = rng.poisson(2, 400), rng.poisson(5, 1_000)
    found = as_usual(drawn, usual_of(real), 100, rng)
    assert found.mean() == pytest.approx(real.mean(), rel=0.03)
    assert abs((found == 0).mean() - (real == 0).mean()) < 0.02
    order = np.argsort(drawn, kind="stable")
    assert found[order][:100].mean() < found[order][-100:].mean()
    assert as_usual(drawn, usual_of(real), 3, rng).max() == 3


def test_the_rows_of_few_parents_are_neither_too_many_nor_too_few(monkeypatch):
    monkeypatch.setattr(module, "BranchConfig", lambda **_: BranchConfig(chains=1, rounds=0))
    rng = np.random.default_rng(0)
    artists = pd.DataFrame({"artist_id": np.arange(90), "style": rng.choice(["a", "b", "c"], 90)})
    counts = np.minimum(1 + rng.geometric(0.5, 90), 8)
    albums = pd.DataFrame({"album_id": np.arange(counts.sum()), "artist_id": np.repeat(np.arange(90), counts)})
    albums["length"] = rng.normal(40, 5, len(albums)).round(1)
    made = DatabaseSynthesizer(seed=0).fit(Database({"artists": artists, "albums": albums}, unit="artists")).sample(90)
    assert len(made["albums"]) == pytest.approx(len(albums), rel=0.08)


def test_rows_that_must_differ_do_where_they_can():
    """Five lists of a hundred things, one of them with nearly all: chance alone would repeat many."""
    rng = np.random.default_rng(0)
    often = np.array([95, 60, 40, 4, 1])
    owner = np.repeat(np.arange(100), 2)
    matched = rng.permutation(np.repeat(np.arange(5), often))
    found = parted(matched, owner, rng)
    assert not len(repeated(owner, found))
    assert (np.bincount(found) == often).all()
