"""The benchmark of linked tables: what it counts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.runs.linked import KEY, ORDER, PLAYER, broken, judged, nearer_to_train, twins
from synthgan import Database


def careers(players, seed):
    rng = np.random.default_rng(seed)
    parents = pd.DataFrame({KEY: np.arange(players), **dict.fromkeys(PLAYER, 0.0)})
    for name in PLAYER:
        parents[name] = rng.normal(size=players)
    owner = np.repeat(np.arange(players), rng.integers(1, 5, players))
    seasons = pd.DataFrame({KEY: owner, ORDER: rng.integers(1900, 2000, len(owner)), "G": rng.normal(size=len(owner))})
    return parents, seasons


def test_players_of_one_kind_are_not_told_apart_and_copies_lie_near():
    train, test, other = (careers(150, seed) for seed in range(3))
    found = judged(test, other, 0)
    assert found["cardinality"] > 0.85
    assert found["trajectory"] > 0.6
    assert nearer_to_train(train, test, train) > 0.99
    assert 0.3 < nearer_to_train(train, test, other) < 0.7


def test_broken_keys_and_twins_are_counted():
    patients = pd.DataFrame({"patient_id": [1, 2, 3, 4]})
    visits = pd.DataFrame({"visit_id": [1, 2, 3, 4], "patient_id": [1, 1, 2, 3]})
    database = Database({"patients": patients, "visits": visits}, unit="patients")
    made = {"patients": patients, "visits": visits.assign(visit_id=[1, 1, 2, 3], patient_id=[1, 9, 2, 2])}
    assert list(broken(database, made).values()) == [[0.25, 0.0]]
    assert twins(database, made) == 1
