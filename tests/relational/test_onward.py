"""Histories of linked tables, and what a model draws after them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest
from helpers.small_walks import small_walks

from synthgan import ConfigError, Database, DatabaseSynthesizer, DataError, SchemaError
from synthgan.data.groups import Groups
from synthgan.data.linkedrules import LinkedRule
from synthgan.relational.completing import by_walk, drawn_above, ways_of
from synthgan.relational.parts import count_name
from synthgan.relational.siblings import Beside
from synthgan.relational.walk import Walk
from synthgan.runtime import Streams

STREAMS = Streams(0)
PEOPLE = 120


def clinic(people: int = PEOPLE, seed: int = 0, prefix: str = "P") -> dict[str, pd.DataFrame]:
    """Patients with totals of their visits, the visits with labs that count on, payments beside these, and wards as a list.

    Who has many visits pays by card; each visit lies days after the one before; a lab lies inside its visit.
    """
    rng = np.random.default_rng(seed)
    often = rng.random(people) < 0.5
    count = np.where(often, rng.integers(2, 6, people), rng.integers(0, 3, people))
    whose = Groups(count)
    begin = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 300, people), "D")
    visits = pd.DataFrame({"visit_id": rng.permutation(len(whose.owner)) + 5_000})
    visits["person"] = np.array([f"{prefix}-{at:04d}" for at in range(people)])[whose.owner]
    gaps = rng.integers(5, 30, whose.rows)
    passed = np.cumsum(gaps) - np.repeat((np.cumsum(gaps) - gaps)[whose.first], count[count > 0])
    visits["day"] = begin[whose.owner] + pd.to_timedelta(passed, "D")
    visits["ward"] = rng.choice(["A", "B", "C"], whose.rows)
    visits["cost"] = rng.integers(10, 90, whose.rows)
    labs = Groups(rng.integers(0, 4, whose.rows))
    tests = pd.DataFrame({"visit_id": visits["visit_id"].to_numpy()[labs.owner], "line": labs.position + 1})
    tests["taken"] = visits["day"].to_numpy()[labs.owner] + pd.to_timedelta(60 * labs.position + 30, "min")
    tests["value"] = rng.normal(size=labs.rows).round(2)
    paid = Groups(np.minimum(count, rng.integers(1, 4, people)))
    payments = pd.DataFrame({"person": np.array([f"{prefix}-{at:04d}" for at in range(people)])[paid.owner]})
    payments["way"] = np.where(often[paid.owner], "card", "cash")
    persons = pd.DataFrame(
        {"person": [f"{prefix}-{at:04d}" for at in range(people)], "sex": rng.choice(["F", "M"], people)}
    )
    persons["often"] = np.where(often, "yes", "no")
    persons["visits"] = count
    persons["spent"] = np.bincount(whose.owner, visits["cost"], minlength=people).astype(int)
    persons["last"] = pd.Series(visits["day"]).groupby(whose.owner).max().reindex(range(people)).to_numpy()
    wards = pd.DataFrame({"ward": ["A", "B", "C"], "floor": [1, 2, 3]})
    return {"persons": persons, "visits": visits, "tests": tests, "payments": payments, "wards": wards}


def linked(tables: dict[str, pd.DataFrame]) -> Database:
    database = Database(
        tables,
        primary_keys={"persons": "person", "visits": "visit_id", "tests": ("visit_id", "line"), "wards": "ward"},
        foreign_keys={
            "visits": {"person": "persons", "ward": "wards"},
            "tests": {"visit_id": "visits"},
            "payments": {"person": "persons"},
        },
        order={"visits": "day", "tests": "taken"},
        unit="persons",
    )
    return database.key("visits", "ward").references("wards", kind="dimension")


def begun(tables: dict[str, pd.DataFrame], visits: int = 1) -> dict[str, pd.DataFrame]:
    """The first visits of each person with their first test, and what is known of the person so far; rows in any order."""
    first = tables["visits"].sort_values("day").groupby("person").head(visits).sample(frac=1, random_state=0)
    tests = tables["tests"][tables["tests"]["visit_id"].isin(first["visit_id"]) & (tables["tests"]["line"] == 1)]
    persons = tables["persons"].copy()
    so_far = first.groupby("person")
    persons["visits"] = persons["person"].map(so_far.size()).fillna(0).astype(int)
    persons["spent"] = persons["person"].map(so_far["cost"].sum()).fillna(0).astype(int)
    persons["last"] = persons["person"].map(so_far["day"].max())
    kept = {"persons": persons, "visits": first, "tests": tests, "payments": tables["payments"].iloc[:0]}
    return {name: frame.reset_index(drop=True) for name, frame in kept.items()}


REAL, LATER = clinic(), clinic(60, seed=7, prefix="Q")


@pytest.fixture(scope="module")
def fitted():
    with small_walks():
        return DatabaseSynthesizer(seed=0).fit(linked(REAL))


@pytest.fixture(scope="module")
def given():
    return begun(LATER)


@pytest.fixture(scope="module")
def made(fitted, given):
    return fitted.sample(history=given, seed=0)


TOTALS = ["visits", "spent", "last"]


def test_given_rows_come_back_first_as_they_were(made, given):
    assert set(made) == set(REAL)
    for name, frame in given.items():
        assert (made[name].dtypes == REAL[name].dtypes).all()
        back = made[name].iloc[: len(frame)].drop(columns=TOTALS, errors="ignore").reset_index(drop=True)
        pd.testing.assert_frame_equal(back, frame.drop(columns=TOTALS, errors="ignore"), check_dtype=False)
    assert len(made["persons"]) == 60
    assert len(made["visits"]) > len(given["visits"]) + 30
    assert len(made["tests"]) > len(given["tests"])
    assert len(made["payments"])


def test_every_key_leads_to_a_row_and_tells_rows_apart(made):
    visits, tests = made["visits"], made["tests"]
    assert visits["person"].isin(made["persons"]["person"]).all()
    assert tests["visit_id"].isin(visits["visit_id"]).all()
    assert visits["ward"].isin(made["wards"]["ward"]).all()
    assert visits["visit_id"].is_unique
    assert not tests.duplicated(["visit_id", "line"]).any()
    assert (
        tests.sort_values(["visit_id", "line"]).groupby("visit_id")["line"].cumcount() + 1
        == tests.sort_values(["visit_id", "line"])["line"]
    ).all()


def test_totals_are_those_of_all_rows(made):
    persons, visits = made["persons"].set_index("person"), made["visits"]
    of = visits.groupby("person")
    assert (persons["visits"] == of.size().reindex(persons.index).fillna(0)).all()
    assert (persons["spent"] == of["cost"].sum().reindex(persons.index).fillna(0)).all()
    assert (persons["last"].dropna() == of["day"].max().reindex(persons.index).dropna()).all()


def test_what_follows_comes_after_and_knows_what_was(made, given):
    known = len(given["visits"])
    new = made["visits"].iloc[known:]
    last = given["visits"].groupby("person")["day"].max()
    after = new[new["person"].isin(last.index)]
    assert (after["day"] >= after["person"].map(last)).all()
    assert (after["day"] > after["person"].map(last)).mean() > 0.8
    often = made["persons"].set_index("person")["often"]
    sizes = made["visits"].groupby("person").size().reindex(often.index).fillna(0)
    assert sizes[often == "yes"].mean() > sizes[often == "no"].mean() + 1
    way = made["payments"]["person"].map(often)
    assert (made["payments"]["way"].eq("card") == way.eq("yes")).mean() > 0.8
    tests = made["tests"].merge(made["visits"], on="visit_id")
    assert (tests["taken"] >= tests["day"]).all()


def test_the_same_seed_gives_the_same_rows(fitted, given, made, tmp_path):
    fitted.save(tmp_path / "clinic.synthgan")
    again = DatabaseSynthesizer.load(tmp_path / "clinic.synthgan").sample(history=given, seed=0)
    other = fitted.sample(history=given, seed=1)
    for name in made:
        pd.testing.assert_frame_equal(again[name], made[name])
    assert not other["visits"].equals(made["visits"])


def test_those_who_were_learned_go_on_too(fitted):
    """Their keys stay, and no new key is one of them."""
    whole = fitted.sample(history={name: frame for name, frame in REAL.items() if name != "wards"}, seed=0)
    for name in ("visits", "tests"):
        pd.testing.assert_frame_equal(whole[name].iloc[: len(REAL[name])], REAL[name], check_dtype=False)
    assert whole["visits"]["visit_id"].is_unique
    assert whole["visits"].groupby("person").size().max() <= 6


@pytest.mark.parametrize("until", ["30d", dt.timedelta(days=30), "2 rows", "2021-06-01", dt.date(2021, 6, 1)])
def test_nothing_is_drawn_beyond_the_end(fitted, given, until):
    made = fitted.sample(history=given, until=until, seed=0)
    new = made["visits"].iloc[len(given["visits"]) :]
    assert len(new)
    assert made["tests"]["visit_id"].isin(made["visits"]["visit_id"]).all()
    if until == "2 rows":
        assert made["visits"].groupby("person").size().max() <= 2
    elif "30" in str(until):
        first = given["visits"].groupby("person")["day"].min()
        assert (new["day"] - new["person"].map(first) <= pd.Timedelta(days=30))[new["person"].isin(first.index)].all()
    else:
        assert (new["day"] <= "2021-06-01").all()


def test_other_frames_files_and_databases(fitted, given, made, tmp_path):
    for name, frame in given.items():
        frame.to_parquet(tmp_path / f"{name}.parquet")
    for history in (
        tmp_path,
        linked({**given, "wards": REAL["wards"]}),
        {n: pl.from_pandas(f) for n, f in given.items()},
    ):
        again = fitted.sample(history=history, seed=0)
        assert isinstance(again["visits"], pd.DataFrame)
        assert {name: len(frame) for name, frame in again.items()} == {name: len(frame) for name, frame in made.items()}
        pd.testing.assert_frame_equal(again["visits"], made["visits"], check_dtype=False)


def _without(name):
    return {one: frame for one, frame in begun(LATER).items() if one != name}


def _with(table, column, value, at=0):
    tables = begun(LATER)
    tables[table][column] = tables[table][column].astype(object)
    tables[table].loc[at, column] = value
    return tables


@pytest.mark.parametrize(
    ("history", "error", "said"),
    [
        (_without("persons"), DataError, "history must hold 'persons', the unit"),
        ({**begun(LATER), "vists": REAL["visits"]}, DataError, "did you mean 'visits'"),
        (
            _without("visits"),
            DataError,
            "table 'tests': 'visit_id' must lead to a row of 'visits'.*give these rows, too",
        ),
        (
            {**begun(LATER), "visits": begun(LATER)["visits"].drop(columns="cost")},
            DataError,
            "table 'visits': column 'cost' must name",
        ),
        (_with("visits", "person", "P-none"), DataError, "'P-none' does not"),
        (_with("visits", "cost", "much"), SchemaError, "table 'visits': column 'cost' must hold"),
        (_with("persons", "sex", "X"), DataError, "table 'persons': column 'sex' must hold levels that were learned"),
        (
            _with("persons", "person", "Q-0001"),
            DataError,
            "table 'persons': the key 'person' must be there and tell rows apart",
        ),
        (_with("visits", "ward", "Z"), DataError, "'ward' must lead to a row of 'wards'"),
        (
            {name: frame.iloc[:0] for name, frame in begun(LATER).items()},
            DataError,
            "history must have a row of 'persons'",
        ),
        (3, DataError, "history must be tables by name"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(fitted, history, error, said):
    with pytest.raises(error, match=said):
        fitted.sample(history=history)


def test_what_cannot_stand_together_is_refused(fitted, given):
    for arguments, said in (
        ({"n": 5, "history": given}, "n must be left out"),
        ({"history": given, "where": {"persons": {"sex": "F"}}}, "where must be left out"),
        ({"n": 5, "until": "3h"}, "until must stand with a history"),
        ({"history": given, "until": "soon"}, "until must be like '72h'"),
        ({}, "n must be a whole number"),
    ):
        with pytest.raises(ConfigError, match=said):
            fitted.sample(**arguments)


def test_drawn_values_are_none_below_their_floors():
    """Those that nothing is drawn for are as others that are so high, or stay."""
    rng = np.random.default_rng(0)
    floors = np.array([[0.0, -np.inf], [4.0, -np.inf], [9.0, -np.inf], [2.0, -np.inf]])
    drawn = drawn_above(lambda rows, _: rng.integers(0, 6, (len(rows), 2)).astype(float), floors, 50, STREAMS)
    assert (drawn[:, :, 0] >= floors[:, 0]).all()
    assert set(drawn[:, 1, 0]) == {4.0, 5.0}
    assert set(drawn[:, 2, 0]) == {9.0}
    assert set(drawn[:, 0, 0]) == set(range(6))


def test_given_rows_are_seen_as_the_walk_sees_them(fitted):
    """What is known before a row that is given is what a walk that draws it in its place sees."""
    part, unit = fitted.model_.parts["visits"], fitted.model_.parts["persons"]
    counts, context = np.arange(40) % 4, np.zeros((40, unit.context.width), np.float32)
    seen, step = [], Walk._step

    def spied(walk, past, *rest):
        seen.append((walk, past.known))
        return step(walk, past, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Walk, "_step", spied)
        drawn = part.branch.draw(None, Groups(counts), context, STREAMS, Beside(40))
    ways = list(ways_of(part.branch, drawn.rows, Groups(counts), counts, context, Beside(40), STREAMS))
    order, starts, compared = np.argsort(-counts, kind="stable"), Groups(counts).starts, 0
    for way in ways:
        known = dict(zip(way.at.tolist(), way.past.known, strict=True))
        steps = list(way.walk.memory.rows.steps)
        assert steps, "days are told as steps"
        assert (way.rows.codes[:, steps] == drawn.rows.codes[way.at][:, steps]).mean() > 0.7  # as they were drawn
        own = [features for walk, features in seen if walk is way.walk]
        positions = range(way.walk.first, way.walk.first + len(own))
        for position, features in zip(positions, own, strict=True):
            rows = starts[order[: len(features)]] + position
            assert np.allclose(features, [known[row] for row in rows.tolist()], atol=1e-6)
            compared += len(rows)
    assert compared == counts.sum()


def test_how_many_rows_follow_is_drawn_given_the_row(fitted):
    """Of visits that are given, how many tests they have in the end, by a walk that is told all else."""
    part = fitted.model_.parts["visits"]
    name, groups = count_name("tests"), Groups(np.full(30, 2))
    context = np.zeros((30, fitted.model_.parts["persons"].context.width), np.float32)
    table = part.draw(groups, context, Beside(30), STREAMS)
    draw = by_walk(part.branch, groups, groups.counts, context, Beside(30), table, [name], STREAMS)
    values = draw(np.arange(60), STREAMS.below("draw"))
    assert values.shape == (60, 1)
    assert set(np.unique(values)) <= {0.0, 1.0, 2.0, 3.0}
    assert len(np.unique(values)) > 1


def test_rules_that_are_declared_hold_for_what_follows(given):
    database = linked(REAL).with_rules([LinkedRule("persons", "visits", "count", "visits")])
    with small_walks():
        model = DatabaseSynthesizer(seed=0).fit(database)
    made = model.sample(history=given, seed=0)
    size = made["visits"].groupby("person").size().reindex(made["persons"]["person"]).fillna(0).to_numpy()
    assert (made["persons"]["visits"] == size).all()
    assert (made["persons"]["spent"] == given["persons"]["spent"]).all()  # no rule says it
