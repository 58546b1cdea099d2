"""What too few groups hold is not told."""

from __future__ import annotations

import numpy as np
import pandas as pd
from helpers.stays import stays

from synthgan import Database, DatabaseSynthesizer, Synthesizer
from synthgan.data.table import Table
from synthgan.relational import fitting as module
from synthgan.relational import learning
from synthgan.relational.branch import BranchConfig
from synthgan.relational.rarity import told_by_groups, without_constants


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
