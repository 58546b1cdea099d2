"""The benchmark of linked tables: what is learned, what is kept unseen, and that the product's judge has the word."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.datasets.linked_parts import (
    KEY,
    ORDER,
    PLAYER,
    UNIT,
    Parts,
    careers,
    judged_by,
    others,
    parts_of,
    players_of,
    siblings,
    told_of_careers,
)
from benchmarks.runs import linked
from synthgan import Database


def made_careers(players, seed):
    rng = np.random.default_rng(seed)
    parents = pd.DataFrame({KEY: np.arange(players), **{name: rng.normal(size=players) for name in PLAYER}})
    owner = np.repeat(np.arange(players), rng.integers(0, 5, players))
    seasons = pd.DataFrame({KEY: owner, ORDER: rng.integers(1900, 2000, len(owner)), "G": rng.normal(size=len(owner))})
    return {UNIT: parents, "fielding": seasons}


def test_the_judge_is_that_of_the_product():
    train, unseen, made = (made_careers(60, seed) for seed in range(3))
    kept = linked.figures(linked.judged(Parts(careers(train), unseen), made))
    assert kept["scores"]["foreign_key_violations"] == [0, 0]
    assert kept["scores"]["histories_copied"][0] == 0
    assert "c2st_trajectory" not in kept["scores"]  # of 60 players fidelity is not judged
    assert kept["tables"]["fielding"]["rows"] == [len(side["fielding"]) for side in (train, made, unseen)]
    run = {"table": "baseball", "model": "synthgan", "seed": 0, **kept, "cardinality": {"a": 0.9, "b": 0.8}}
    assert "worst cardinality 0.800 (b)" in linked.line(run)


def test_players_without_seasons_are_learned_too():
    train = made_careers(60, 0)
    idle = ~train[UNIT][KEY].isin(train["fielding"][KEY])
    assert idle.any()
    database = careers(train)
    assert database.rows[UNIT] == 60
    assert database.owner("fielding").table == UNIT
    assert database.schema.tables["fielding"].order == ORDER


def test_nobody_who_was_learned_is_judged_against(tmp_path):
    tables = made_careers(40, 0)
    for name, frame in tables.items():
        frame.set_axis([f"{column}_" for column in frame.columns], axis=1).to_parquet(tmp_path / f"{name}.parquet")
    first = tables[UNIT].head(15), tables["fielding"][tables["fielding"][KEY] < 15]
    train = dict(zip((UNIT, "fielding"), first, strict=True))
    test = others(tmp_path, train)
    assert test[UNIT][KEY].tolist() == list(range(15, 40))
    assert len(test["fielding"]) + len(train["fielding"]) == len(tables["fielding"])
    assert test["fielding"][KEY].min() >= 15
    assert list(test["fielding"].columns) == list(tables["fielding"].columns)


def test_keys_of_other_types_in_two_tables_are_the_same_keys(tmp_path):
    pd.DataFrame({KEY: ["0", "1"]}).to_parquet(tmp_path / "players.parquet")
    pd.DataFrame({KEY: [0, 0, 1]}).to_parquet(tmp_path / "fielding.parquet")
    tables = players_of(tmp_path, "players", "fielding")
    assert tables["fielding"][KEY].isin(tables[UNIT][KEY]).all()


def test_siblings_and_patients_are_parted_by_person(tmp_path):
    (tmp_path / "linked/baseball").mkdir(parents=True)
    (tmp_path / "tables").mkdir()
    names = dict.fromkeys(("nameFirst", "nameLast"), "x")
    pd.DataFrame({"id": range(20), "weight": 80.0, **names}).to_parquet(tmp_path / "linked/baseball/players.parquet")
    seasons = pd.DataFrame({"players_id": np.repeat(np.arange(20), 2), "year": 1900, "G": 1.0})
    for name in ("batting", "fielding"):
        seasons.to_parquet(tmp_path / f"linked/baseball/{name}.parquet")
    parts = siblings(tmp_path, 0)
    learned, unseen = (set(side[UNIT]["id"]) for side in (parts.learned.tables, parts.unseen))
    assert not learned & unseen
    assert len(learned | unseen) == 20
    assert set(parts.learned.tables["batting"]["players_id"]) == learned
    hours = pd.DataFrame({"patient_id": np.repeat(np.arange(10), 3), "ICULOS": 1, "SepsisLabel": 0})
    hours.to_parquet(tmp_path / "tables/sepsis2019.parquet")
    parts = parts_of("sepsis2019", tmp_path, people=3)
    assert parts.learned["patient_id"].nunique() == parts.unseen["patient_id"].nunique() == 3
    assert not set(parts.learned["patient_id"]) & set(parts.unseen["patient_id"])


def test_a_private_fit_is_told_of_columns_and_not_of_rows():
    players = pd.DataFrame({KEY: ["a", "b"], "bats": ["L", "R"]})
    seasons = pd.DataFrame({KEY: ["a", "b"], ORDER: [1900, 1901], "GS": [1.0, None]})
    events, schema = told_of_careers({UNIT: players, "fielding": seasons})
    assert {column.name: str(column.kind) for column in schema} == {
        KEY: "identifier",
        ORDER: "integer",
        "GS": "integer",
        "bats": "category",
    }
    assert told_of_careers({UNIT: players, "fielding": seasons.head(0)})[1] == schema
    assert len(events) == 2
    with pytest.raises(SystemExit, match="must be for baseball"):
        linked.as_groups(Parts(events), 0, 3.0)


def test_seeds_go_to_the_workers_that_are_asked_for_and_are_not_repeated(monkeypatch, tmp_path, workers, capsys):
    train, unseen, made = (made_careers(40, seed) for seed in range(3))
    parts = Parts(careers(train), unseen)
    monkeypatch.setattr(linked, "parts_of", lambda *_: parts)
    monkeypatch.setattr(linked, "drawn_of", lambda *_, **__: (made, {"fit_seconds": 1.0, "draw_seconds": 1.0}))
    words = [
        "--data",
        str(tmp_path),
        "--systems",
        f"{linked.OURS},{next(iter(linked.PEERS))}",
        "--seeds",
        "2",
        "--workers",
        "2",
    ]
    for _ in range(2):
        linked.main([*words, "--output", str(tmp_path / "linked.json")])
    assert workers == [2, 2]  # what peers drew is not there, so they are asked for once more
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == [f"baseball, synthgan, seed {seed}" for seed in range(2)]


def test_a_system_that_nobody_knows_is_refused(capsys):
    with pytest.raises(SystemExit):
        linked.main(["--systems", "nobody"])
    assert "--systems must be some of" in capsys.readouterr().err


def test_peers_are_judged_by_the_columns_that_all_have():
    tables = made_careers(5, 0)
    wide = tables | {UNIT: tables[UNIT].assign(nameFirst="x")}
    assert list(judged_by(wide)[UNIT].columns) == [KEY, *PLAYER]
    assert isinstance(careers(wide), Database)
