"""The times of rows fit the times above them: players start at an age, and patients are seen until they are discharged."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from helpers.small_walks import small_walks

from synthgan import Database, DatabaseSynthesizer, ModelFileError
from synthgan.data.groups import Groups
from synthgan.io import modelfile
from synthgan.relational import parts
from synthgan.relational.milestones import Passed, share_left

PLAYERS = 300


def players() -> dict[str, pd.DataFrame]:
    """Players of a century who first play at 18 to 26 years, some for many years."""
    rng = np.random.default_rng(0)
    born = pd.Timestamp("1870-01-01") + pd.to_timedelta(rng.integers(0, 100 * 365, PLAYERS), "D")
    seasons = rng.integers(0, 9, PLAYERS)
    whose = np.repeat(np.arange(PLAYERS), seasons)
    first = born.year.to_numpy() + rng.integers(18, 27, PLAYERS)
    rows = pd.DataFrame({"id": whose, "year": first[whose] + Groups(seasons).position})
    rows["games"] = rng.integers(0, 150, len(rows))
    people = pd.DataFrame(
        {"id": np.arange(PLAYERS), "born": born.strftime("%Y-%m-%d"), "weight": rng.normal(80, 9, PLAYERS)}
    )
    return {"players": people, "seasons": rows}


def stays() -> dict[str, pd.DataFrame]:
    """Stays of a day to two weeks, with measurements from the admission to the very discharge."""
    rng = np.random.default_rng(0)
    begin = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 365 * 86400, PLAYERS), "s")
    hours = rng.integers(24, 336, PLAYERS)
    people = pd.DataFrame(
        {"id": np.arange(PLAYERS), "admitted": begin, "discharged": begin + pd.to_timedelta(hours, "h")}
    )
    whose = np.repeat(np.arange(PLAYERS), 5)
    at = begin[whose] + pd.to_timedelta((hours[whose] * np.tile([0, 0.25, 0.5, 0.75, 1], PLAYERS)).astype(int), "h")
    rows = pd.DataFrame({"id": whose, "at": at, "pulse": rng.normal(80, 10, len(at)).round()})
    return {"stays": people, "measured": rows}


def fit(tables: dict[str, pd.DataFrame], order: str) -> DatabaseSynthesizer:
    unit, below = tables
    database = Database(tables, primary_keys={unit: "id"}, order={below: order}, unit=unit)
    database.key(below, "id").references(unit, kind="owner")
    with small_walks():
        return DatabaseSynthesizer(seed=0, generator="chains").fit(database)


@pytest.fixture(scope="module")
def fitted():
    return fit(players(), "year")


def milestones_of(synthesizer: DatabaseSynthesizer, table: str) -> list[dict[str, object]]:
    return next(one for one in synthesizer.manifest()["parts"] if one["name"] == table)["shape"]["milestones"]


def ages(tables: dict[str, pd.DataFrame]) -> pd.Series:
    """How old players are at the end of the year of their first season."""
    first = tables["seasons"].groupby("id")["year"].min()
    return (first - pd.to_datetime(tables["players"].set_index("id")["born"]).dt.year).dropna()


def test_a_birth_is_found_and_a_weight_is_not(fitted):
    assert milestones_of(fitted, "seasons") == [{"table": "players", "column": "born", "begins": True}]


def test_players_first_play_at_their_age(fitted):
    drawn = fitted.sample(PLAYERS)
    for age in (ages(players()), ages(drawn)):
        assert 20 < age.mean() < 24
        assert age.std() < 4  # real 2.6; of the years themselves 29
        assert age.between(12, 35).mean() > 0.97


def test_rows_drawn_batch_by_batch_are_of_their_owners(fitted, monkeypatch):
    """What is known of owners goes along with them: players of every batch first play at their age."""
    monkeypatch.setattr(parts, "MAX_ROWS", 500)
    drawn = fitted.sample(PLAYERS)
    age = ages(drawn)
    assert len(age) > 0.8 * PLAYERS
    for some in np.array_split(age.sort_index().to_numpy(), 5):
        assert 20 < some.mean() < 24
    assert age.std() < 4


def test_a_discharge_is_seen_though_times_are_told_from_the_admission():
    synthesizer = fit(stays(), "at")
    assert {"table": "stays", "column": "discharged", "begins": False} in milestones_of(synthesizer, "measured")
    tables = synthesizer.sample(PLAYERS)
    last = tables["measured"].groupby("id")["at"].max()
    left = (tables["stays"].set_index("id")["discharged"] - last).dropna() / pd.Timedelta(hours=1)
    assert left.abs().median() < 12  # real 0; stays last 180 hours


def test_a_file_draws_the_same(fitted, tmp_path):
    fitted.save(tmp_path / "players.synthgan")
    again = DatabaseSynthesizer.load(tmp_path / "players.synthgan").sample(20)
    for name, frame in fitted.sample(20).items():
        pd.testing.assert_frame_equal(again[name], frame)


@pytest.mark.parametrize("damage", ["table", "column", "kind", "twice", "none"])
def test_a_forged_file_is_refused(fitted, tmp_path, damage):
    manifest, tensors = fitted.manifest(), dict(fitted.model_.tensors())
    shape = next(one for one in manifest["parts"] if one["name"] == "seasons")["shape"]
    (told,) = shape["milestones"]
    if damage == "table":
        told["table"] = "seasons"
    elif damage == "column":
        told["column"] = "nobody"
    elif damage == "kind":
        told["column"] = "id"
    elif damage == "twice":
        shape["milestones"] *= 2
    else:
        shape["milestones"] = []
    modelfile.write(tmp_path / "forged.synthgan", manifest, tensors)
    with pytest.raises(ModelFileError, match=r"forged.synthgan"):
        DatabaseSynthesizer.load(tmp_path / "forged.synthgan")


def test_the_share_that_is_left_of_times_told_from_others():
    rng = np.random.default_rng(0)
    born = rng.normal(1950, 30, 200)
    first = born + rng.normal(24, 3, 200)
    assert share_left(first, born) < 0.02
    assert share_left(first, rng.permutation(born)) > 1.5
    few = np.where(np.arange(200) < 19, born, np.nan)
    assert share_left(first, few) == 1  # too few have one
    assert share_left(np.full(200, 7.0), born) == 1  # nothing is left to tell


def test_milestones_are_taken_and_compared_group_by_group():
    passed = Passed(np.array([[10.0, np.nan], [20.0, 5.0], [30.0, 1.0]]), begins=0, place=0, spread=2.0)
    some = passed.take(np.array([2, 0]))
    assert some.first.tolist() == [30.0, 10.0]
    since = some.since(np.array([0, 1, 1]), np.array([34.0, 12.0, 10.0]))
    assert np.array_equal(since, [[2.0, 16.5], [1.0, np.nan], [0.0, np.nan]], equal_nan=True)
    away = some.away(np.array([[30.0, 31.0, 32.0], [np.nan] * 3]))
    assert away[0].tolist() == [0.0, 14.5, 0.5, 15.0, 1.0, 15.5]
    assert np.isnan(away[1]).all()
