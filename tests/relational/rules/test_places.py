"""Numbers of rows: found where they are places, and kept once each."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from helpers.small_walks import small_walks

from synthgan import Database, DatabaseSynthesizer, SchemaError
from synthgan.data.linked import DatabaseSchema
from synthgan.data.linkedrules import LinkedRule
from synthgan.relational.matching import in_places
from synthgan.relational.rules.finding import find_rules

PLACES = ("place", "slot", "line")


def races(seed: int = 0, *, ties: int = 0) -> dict[str, pd.DataFrame]:
    """Drivers, races, and results of both: a place in each race, a slot from 0 on, the lines of a driver, and a number by chance."""
    rng = np.random.default_rng(seed)
    drivers = pd.DataFrame({"driver": np.arange(40) + 100, "speed": rng.normal(size=40).round(2)})
    circuits = pd.DataFrame({"race": np.arange(60) + 900, "wet": rng.random(60) < 0.3})
    parts = []
    for race in circuits["race"]:
        who = rng.choice(40, rng.integers(3, 8), replace=False)
        order = np.argsort(-drivers["speed"].to_numpy()[who] + rng.normal(size=len(who)) * 0.3)
        ranks = np.empty(len(who), dtype=int)
        ranks[order] = np.arange(len(who)) + 1
        parts.append(
            pd.DataFrame({"driver": who + 100, "race": race, "place": ranks, "slot": rng.permutation(len(who))})
        )
    results = pd.concat(parts, ignore_index=True)
    results.insert(0, "result", np.arange(len(results)) + 5_000)
    results["line"] = results.groupby("driver").cumcount() + 1
    results["luck"] = rng.integers(1, 5, len(results))
    results["won"] = np.where(results["place"] == 1, 25, 0)
    results.loc[results.index[:ties], "place"] = 1
    return {"drivers": drivers, "races": circuits, "results": results}


def linked(tables: dict[str, pd.DataFrame]) -> Database:
    database = Database(
        tables,
        primary_keys={"drivers": "driver", "races": "race", "results": "result"},
        foreign_keys={"results": {"driver": "drivers", "race": "races"}},
        unit="drivers",
    )
    database.key("results", "driver").references("drivers", kind="owner")
    return database


REAL = races()


@pytest.fixture(scope="module")
def model():
    with small_walks():
        return DatabaseSynthesizer(seed=0).fit(linked(REAL))


def numbered(results: pd.DataFrame, column: str, of: str, start: int = 1) -> bool:
    """Whether a column numbers the rows of each group."""
    place = results.groupby(of)[column].rank(method="first") - 1 + start
    return bool((place == results[column]).all())


def test_places_are_found_and_what_is_none_is_not():
    found = {(rule.column, rule.of) for rule in find_rules(linked(races(ties=8))) if rule.relation == "place"}
    assert found == {("place", "races"), ("slot", "races"), ("line", "drivers")}
    (rule,) = [one for one in find_rules(linked(races(ties=8))) if one.column == "place"]
    assert 0 < rule.broken < 0.05
    assert str(rule) == "results.place numbers the rows in races"


def test_no_chance_makes_a_place():
    rng = np.random.default_rng(0)
    for seed in range(8):
        tables = races(seed)
        tables["results"] = (
            tables["results"]
            .drop(columns=list(PLACES))
            .assign(
                one=1, two=rng.integers(1, 3, len(tables["results"])), three=rng.integers(1, 4, len(tables["results"]))
            )
        )
        assert not [rule for rule in find_rules(linked(tables)) if rule.relation == "place"]


def test_every_number_comes_once(model):
    results = model.sample(60)["results"]
    assert numbered(results, "place", "race")
    assert numbered(results, "slot", "race", 0)
    assert numbered(results, "line", "driver")
    assert results["luck"].between(1, 4).all()
    assert ((results["place"] == 1) == (results["won"] == 25)).all()  # computed from it
    assert results["place"].dtype == REAL["results"]["place"].dtype


def test_who_was_drawn_before_others_is_placed_before_them(model):
    """Places go with speed as they do in real races, of which by chance none would be left."""
    made = model.sample(200)
    both = made["results"].merge(made["drivers"], on="driver")
    real = REAL["results"].merge(REAL["drivers"], on="driver")
    assert both["speed"].corr(both["place"]) < 0.5 * real["speed"].corr(real["place"])


def test_rows_are_dealt_out_by_their_values():
    """Whoever was drawn third is third somewhere, where as many were drawn so as there are."""
    rng = np.random.default_rng(0)
    counts = rng.integers(1, 6, 30)
    matched = rng.permutation(np.repeat(np.arange(30), counts))
    values = rng.permutation(np.concatenate([np.arange(count) for count in counts])) + 1.0
    dealt = in_places(matched, values, rng)
    assert np.array_equal(np.bincount(dealt), counts)
    for row, count in enumerate(counts):
        assert sorted(values[dealt == row]) == list(range(1, count + 1))


def test_conditions_come_before_places(model):
    made = model.sample(10, where="all:results.place<=2")
    assert (made["results"]["place"] <= 2).all()


def test_given_rows_keep_their_places_and_others_follow(model):
    made = model.sample(history=REAL, seed=0)["results"]
    known = len(REAL["results"])
    pd.testing.assert_frame_equal(made.iloc[:known], REAL["results"], check_dtype=False)
    assert len(made) > known
    assert numbered(made, "place", "race")
    assert numbered(made, "line", "driver")


def test_places_are_declared_kept_and_refused():
    rule = LinkedRule("results", "luck", "place", "races")
    database = linked(REAL).with_rules([rule])
    again = DatabaseSchema.from_json(database.schema.to_json())
    assert again.rules == (rule,)
    with small_walks():
        made = DatabaseSynthesizer(seed=0).fit(database).sample(40)
    assert numbered(made["results"], "luck", "race")
    with pytest.raises(SchemaError, match="must be of a table above its own"):
        linked(REAL).with_rules([LinkedRule("drivers", "speed", "place", "races")])
    with pytest.raises(SchemaError, match="a rule of place must name no column as other"):
        LinkedRule("results", "luck", "place", "races", "wet")
