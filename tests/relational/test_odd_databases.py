"""Databases of odd make: keys beyond what floats hold, circles, keys that are never there, calendars."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from helpers.small_walks import small_walks

from synthgan import Database, DatabaseSynthesizer, DataError, ModelFileError
from synthgan.io import modelfile

PEOPLE = 60


def tables(keys: np.ndarray | None = None) -> dict[str, pd.DataFrame]:
    """People, and visits of these."""
    rng = np.random.default_rng(0)
    keys = np.arange(1, PEOPLE + 1) if keys is None else keys
    whose = np.repeat(np.arange(PEOPLE), rng.integers(0, 4, PEOPLE))
    people = pd.DataFrame({"person": keys, "sex": rng.choice(["F", "M"], PEOPLE)})
    visits = pd.DataFrame(
        {"visit": np.arange(len(whose)) + 500, "person": keys[whose], "cost": rng.normal(size=len(whose))}
    )
    return {"people": people, "visits": visits.round(2)}


def learned(given: dict[str, pd.DataFrame], **more: dict[str, str]) -> DatabaseSynthesizer:
    """A model of them; ``more`` are further foreign keys by table."""
    database = Database(
        given,
        primary_keys={"people": "person", "visits": "visit"},
        foreign_keys={**more, "visits": {"person": "people", **more.get("visits", {})}},
        unit="people",
    )
    with small_walks():
        return DatabaseSynthesizer(seed=0, generator="chains").fit(database)


def test_keys_that_floats_cannot_hold_lead_where_they_should_though_some_are_missing():
    given = tables(2**60 + 7 * np.arange(PEOPLE))
    given["visits"]["person"] = given["visits"]["person"].astype("Int64").where(np.arange(len(given["visits"])) % 4 > 0)
    made = learned(given).sample(60)
    there = made["visits"]["person"].dropna()
    assert made["visits"]["person"].dtype == "Int64"
    assert 0.1 < made["visits"]["person"].isna().mean() < 0.5
    assert there.isin(made["people"]["person"]).all()


def test_a_key_that_is_never_there_is_never_made():
    given = tables()
    given["visits"]["referred_by"] = np.nan
    assert learned(given, visits={"referred_by": "people"}).sample(60)["visits"]["referred_by"].isna().all()


@pytest.mark.parametrize("everyone", [False, True])
def test_a_circle_is_closed_by_rows_of_its_own(everyone, tmp_path):
    """A person's main visit is one of that person's; visits are drawn after people."""
    given = tables()
    if everyone:  # has visits, so that the key need not be missing
        bare = given["people"].loc[~given["people"]["person"].isin(given["visits"]["person"]), "person"].to_numpy()
        more = pd.DataFrame({"visit": 900 + np.arange(len(bare)), "person": bare, "cost": 0.5})
        given["visits"] = pd.concat([given["visits"], more], ignore_index=True)
    main = given["visits"].groupby("person")["visit"].max().reindex(given["people"]["person"])
    given["people"]["main"] = main.astype("Int64").to_numpy() if not everyone else main.to_numpy().astype(int)
    model = learned(given, people={"main": "visits"})
    model.save(tmp_path / "circle.synthgan")
    made = DatabaseSynthesizer.load(tmp_path / "circle.synthgan").sample(60)
    assert made["people"]["main"].dtype == given["people"]["main"].dtype
    there = made["people"].dropna(subset="main")
    assert abs(len(there) / 60 - given["people"]["main"].notna().mean()) < 0.2
    whose = made["visits"].set_index("visit")["person"]
    own = there["person"].isin(whose)
    assert own.mean() > 0.8  # whoever has a visit; how many have none is drawn with the key
    assert (whose.loc[there.loc[own, "main"].astype(int)].to_numpy() == there.loc[own, "person"].to_numpy()).all()


def test_what_rows_above_a_circle_refer_to_is_known_in_time():
    """A key that follows one which closes a circle is filled after it."""
    given = tables()
    main = given["visits"].groupby("person")["visit"].max().reindex(given["people"]["person"])
    given["people"]["main"] = main.astype("Int64").to_numpy()
    given["notes"] = pd.DataFrame(
        {"note": np.arange(80) + 70, "person": given["people"]["person"].to_numpy()[np.arange(80) % 60]}
    )
    given["notes"]["about"] = given["people"].set_index("person")["main"].loc[given["notes"]["person"]].to_numpy()
    made = learned(given, people={"main": "visits"}, notes={"person": "people", "about": "visits"}).sample(60)
    main = made["people"].set_index("person")["main"]
    about = made["notes"].dropna(subset="about")
    assert len(about) > 10
    assert (about["about"].to_numpy() == main.loc[about["person"]].to_numpy()).mean() > 0.9


def test_a_calendar_is_refused_with_what_to_do():
    given = tables()
    given["days"] = pd.DataFrame({"day": pd.date_range("2020-01-01", periods=60), "holiday": np.arange(60) % 7 == 0})
    given["visits"]["day"] = given["days"]["day"].to_numpy()[np.arange(len(given["visits"])) % 60]
    database = Database(
        given, primary_keys={"days": "day"}, foreign_keys={"visits": {"day": "days", "person": "people.person"}}
    )
    with pytest.raises(
        DataError, match=r"table 'days': the key 'day' must be text or whole numbers.*declare 'days' a dimension"
    ):
        DatabaseSynthesizer(seed=0).fit(database, unit="people")
    with small_walks():
        model = DatabaseSynthesizer(seed=0, generator="chains").fit(
            database.key("visits", "day").references("days", kind="dimension"), unit="people"
        )
    assert model.sample(30)["visits"]["day"].isin(given["days"]["day"]).all()


def test_a_key_that_says_no_table_is_refused(tmp_path):
    given = tables()
    given["people"]["main"] = (
        given["visits"].groupby("person")["visit"].max().reindex(given["people"]["person"]).to_numpy()
    )
    learned(given, people={"main": "visits"}).save(tmp_path / "circle.synthgan")
    manifest, tensors = modelfile.read(tmp_path / "circle.synthgan")
    people = next(one for one in manifest["parts"] if one["name"] == "people")
    for table in (None, "visits", "nowhere"):
        people["shape"]["references"][0]["table"] = table
        modelfile.write(tmp_path / "forged.synthgan", manifest, tensors)
        with pytest.raises(ModelFileError, match="references of people"):
            DatabaseSynthesizer.load(tmp_path / "forged.synthgan")


def test_tables_that_were_not_learned_go_on_as_they_are():
    """A table of one row says nothing; a rare level stands for itself where others were put together."""
    given = tables()
    given["sites"] = pd.DataFrame({"site": [1], "name": ["Main hospital"]})
    given["people"]["site"] = 1
    given["visits"]["ward"] = np.where(np.arange(len(given["visits"])) % 9 == 0, "rare", "usual")
    database = Database(
        given,
        primary_keys={"people": "person", "visits": "visit", "sites": "site"},
        foreign_keys={"visits": {"person": "people"}, "people": {"site": "sites"}},
        unit="people",
    )
    with small_walks():
        made = DatabaseSynthesizer(seed=0, generator="chains").fit(database).sample(history=given)
    for name, frame in given.items():
        pd.testing.assert_frame_equal(made[name].iloc[: len(frame)], frame, check_dtype=False)
