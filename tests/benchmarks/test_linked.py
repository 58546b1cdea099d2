"""The benchmark of linked tables: what it counts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.runs.linked import KEY, ORDER, PLAYER, broken, judged, nearer_to_train, others, read, twins
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


def test_nobody_who_was_learned_is_judged_against(tmp_path):
    players, seasons = careers(40, 0)
    whole = [frame.set_axis([f"{name}_" for name in frame.columns], axis=1) for frame in (players, seasons)]
    for name, frame in zip(("players", "fielding"), whole, strict=True):
        frame.to_parquet(tmp_path / f"{name}.parquet")
    train = players.head(15), seasons[seasons[KEY] < 15]
    test = others(tmp_path, train)
    assert test[0][KEY].tolist() == list(range(15, 40))
    assert len(test[1]) + len(train[1]) == len(seasons)
    assert test[1][KEY].min() == 15
    assert list(test[1].columns) == list(seasons.columns)


def test_keys_of_other_types_in_two_tables_are_the_same_keys(tmp_path):
    pd.DataFrame({KEY: ["0", "1"]}).to_parquet(tmp_path / "players.parquet")
    pd.DataFrame({KEY: [0, 0, 1]}).to_parquet(tmp_path / "fielding.parquet")
    players, seasons = read(tmp_path, "players", "fielding")
    assert seasons[KEY].isin(players[KEY]).all()


def test_broken_keys_and_twins_are_counted():
    patients = pd.DataFrame({"patient_id": [1, 2, 3, 4]})
    visits = pd.DataFrame({"visit_id": [1, 2, 3, 4], "patient_id": [1, 1, 2, 3]})
    database = Database({"patients": patients, "visits": visits}, unit="patients")
    made = {"patients": patients, "visits": visits.assign(visit_id=[1, 1, 2, 3], patient_id=[1, 9, 2, 2])}
    assert list(broken(database, made).values()) == [[0.25, 0.0]]
    assert twins(database, made) == 1


def test_a_private_fit_is_told_of_columns_and_not_of_rows():
    from benchmarks.runs.linked import KEY, declared

    events = pd.DataFrame({KEY: ["a", "b"], "yearID": [1900, 1901], "GS": [1.0, None], "POS": ["P", "C"]})
    kinds = {column.name: str(column.kind) for column in declared(events)}
    assert kinds == {KEY: "identifier", "yearID": "integer", "GS": "integer", "POS": "category"}
    assert declared(events) == declared(events.head(0))
