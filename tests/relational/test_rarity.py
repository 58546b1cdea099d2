"""What too few groups hold is not told."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pandas as pd
import pytest
from helpers.stays import stays

from synthgan import Database, DatabaseSynthesizer, Synthesizer
from synthgan.data.table import Table
from synthgan.relational import density, learning
from synthgan.relational import fitting as module
from synthgan.relational.branch import BranchConfig
from synthgan.relational.parts import as_told, rows_told
from synthgan.relational.rarity import told_by_groups, without_constants
from synthgan.relational.referring import _untold


def test_a_level_of_one_patient_is_made_different_in_every_row():
    frame = pd.DataFrame({"drug": ["a", "b"] * 20 + ["secret"] * 12})
    owner = np.concatenate([np.arange(40), np.zeros(12, dtype=int)])
    column = Table.read(frame).schema.column("drug")
    levels = told_by_groups(Table.read(frame), owner, 10).levels(column).levels
    codes = told_by_groups(Table.read(frame), owner, 10).levels(column).codes
    assert len(set(codes[40:])) == 12
    assert len({str(levels[code])[0] for code in codes[40:]}) == 12  # they have no beginning in common, either
    assert told_by_groups(Table.read(frame), np.arange(52), 10).levels(column).levels == ("a", "b", "secret")


def test_a_level_of_one_patient_enters_no_file(monkeypatch):
    monkeypatch.setattr(learning, "BranchConfig", lambda: BranchConfig(chains=1, rounds=0))
    frame = stays()
    longest = frame["patient_id"].value_counts().index[:3]
    frame = pd.concat([frame, frame[frame["patient_id"].isin(longest)]], ignore_index=True)
    frame.loc[frame["patient_id"].isin(longest), "ward"] = "secret"
    assert (frame["ward"] == "secret").sum() >= 10
    model = Synthesizer(seed=0).fit(frame, group="patient_id", order="charttime")
    assert "secret" not in str(model.manifest())
    assert "secret" not in set(model.sample(40)["ward"])


def test_what_a_handful_of_rows_share_is_not_told(monkeypatch):
    monkeypatch.setattr(module, "BranchConfig", lambda **_: BranchConfig(chains=1, rounds=0))
    few = pd.DataFrame(
        {"clinic_id": range(5), "city": ["Hidden"] * 5, "beds": [7] * 5, "open": [True] * 5, "rate": [2.5] * 5}
    )
    patients = pd.DataFrame({"patient_id": range(100, 140), "clinic_id": [0, 1, 2, 3] * 10, "sex": ["F", "M"] * 20})
    table = without_constants(Table.read(few, identifiers=["clinic_id"]))
    frame = table.frame()
    assert frame["city"].isna().all()
    assert frame["rate"].isna().all()
    assert set(frame["beds"]) == {0}
    assert not frame["open"].any()
    alone = DatabaseSynthesizer(seed=0).fit(
        Database({"clinics": few, "patients": patients.drop(columns="clinic_id")}, unit="patients")
    )
    assert "Hidden" not in str(alone.manifest())


def test_a_row_of_a_list_that_few_name_is_merely_there():
    states = np.array(["3"] * 10 + ["4"] * 12 + ["null"] * 2 + ["own"])
    owner = np.concatenate([np.arange(10), np.zeros(12, dtype=int), np.arange(3)])
    told = rows_told(states, owner, 10).tolist()
    assert told == ["3"] * 10 + ["there"] * 12 + ["null"] * 2 + ["own"]
    assert (
        rows_told(states, np.where(owner == 0, -1, owner), 10).tolist() == states.tolist()
    )  # of nobody: each by itself
    assert as_told(states, ("4", "null")).tolist() == ["there"] * 10 + states[10:].tolist()


def orders(people: int) -> Database:
    """Three orders of each person; of an item .4 are missing, and half of those named are items that one person has."""
    rng = np.random.default_rng(0)
    rows = 3 * people
    common, rare = rng.integers(0, 3, rows), 3 + np.arange(rows)
    item = np.where(rng.random(rows) < 0.5, common, rare)
    item = pd.Series(item).where(rng.random(rows) > 0.4)
    tables = {
        "people": pd.DataFrame({"person": np.arange(people), "old": rng.random(people) < 0.5}),
        "orders": pd.DataFrame({"person": np.repeat(np.arange(people), 3), "item": item, "price": rng.random(rows)}),
        "items": pd.DataFrame({"item": np.arange(rows + 3), "label": [f"item {at}" for at in range(rows + 3)]}),
    }
    database = Database(tables, primary_keys={"people": "person", "items": "item"}, unit="people")
    database = database.key("orders", "person").references("people", kind="owner")
    return database.key("orders", "item").references("items", kind="dimension")


@pytest.mark.usefixtures("small_fits")
def test_keys_to_a_list_are_missing_as_often_as_real_ones(tmp_path):
    """Within .08 of 600: four standard errors. They went missing wherever the row that was named may not be told."""
    real = orders(200)
    synthesizer = DatabaseSynthesizer(seed=0).fit(real)
    made = synthesizer.sample(200, seed=0)["orders"]["item"]
    assert made.isna().mean() == pytest.approx(real.tables["orders"]["item"].isna().mean(), abs=0.08)
    assert set(made.dropna()) <= {0, 1, 2}
    seen = []
    with mock.patch.object(density, "_of_owned", lambda _, __, learned, ___: seen.append(learned) or np.zeros(200)):
        synthesizer.score_samples(real)  # given rows are told as those learned are
    (states,) = (one.levels(one.schema.column("key item")) for one in seen)
    assert {states.levels[code] for code in states.codes if code >= 0} == {"0", "1", "2", "there", "null"}


def test_where_no_row_of_a_list_may_be_told_any_is_named():
    positions = _untold(np.full(50, -1), np.arange(50) < 40, 7, np.random.default_rng(0))
    assert set(positions[:40]) == set(range(7))
    assert (positions[40:] == -1).all()
    assert (_untold(np.full(3, -1), np.ones(3, dtype=bool), 0, np.random.default_rng(0)) == -1).all()
