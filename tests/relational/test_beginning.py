"""First rows of groups are drawn by a walk of their own, since they follow nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from helpers.small_walks import small_walks

from synthgan import Database, DatabaseSynthesizer, ModelFileError
from synthgan.data.groups import Groups
from synthgan.io import modelfile
from synthgan.relational.beginning import FEWEST, has_beginning

PATIENTS = 300


def visits() -> dict[str, pd.DataFrame]:
    """Patients whose first visit is of a kind and a cost of its own, by their sex, and is not like those that follow."""
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 6, PATIENTS)
    owner, position = Groups(counts).owner, Groups(counts).position
    sex = rng.choice(["female", "male"], PATIENTS)
    rows = pd.DataFrame({"patient": owner, "day": position * 7 + rng.integers(0, 3, len(owner))})
    rows["kind"] = np.where(position == 0, np.where(sex[owner] == "male", "new", "referred"), "again")
    rows["cost"] = np.where(position == 0, 500, 50) + rng.integers(0, 20, len(owner))
    return {"patients": pd.DataFrame({"patient": np.arange(PATIENTS), "sex": sex}), "visits": rows}


@pytest.fixture(scope="module")
def fitted():
    database = Database(visits(), primary_keys={"patients": "patient"}, order={"visits": "day"}, unit="patients")
    database.key("visits", "patient").references("patients", kind="owner")
    with small_walks():
        return DatabaseSynthesizer(seed=0, generator="chains").fit(database)


def walk_of(manifest: dict) -> dict:
    return next(one for one in manifest["parts"] if one["name"] == "visits")["walk"]


def test_there_must_be_enough_first_rows_and_enough_others():
    assert has_beginning(Groups(np.full(FEWEST, 2)))
    assert not has_beginning(Groups(np.full(FEWEST - 1, 9)))
    assert not has_beginning(Groups(np.ones(5 * FEWEST, dtype=np.int64)))
    assert has_beginning(Groups(np.r_[np.full(FEWEST, 2), np.zeros(9, dtype=np.int64)]))


def test_first_rows_are_like_first_rows(fitted):
    tables = fitted.sample(PATIENTS)
    rows = tables["visits"].merge(tables["patients"], on="patient").sort_values(["patient", "day"], kind="stable")
    first = ~rows["patient"].duplicated()
    assert walk_of(fitted.manifest())["beginning"] is not None
    assert (rows.loc[first, "kind"] == np.where(rows.loc[first, "sex"] == "male", "new", "referred")).mean() > 0.95
    assert (rows.loc[~first, "kind"] == "again").mean() > 0.95
    assert (rows.loc[first, "cost"] >= 400).mean() > 0.95
    assert (rows.loc[~first, "cost"] < 400).mean() > 0.95


def test_a_day_is_learned_though_it_is_a_key_beside_its_patient(fitted):
    """A key of (patient, day) is found; days were drawn anew as identifiers are, in no order and of no meaning."""
    rows = fitted.sample(PATIENTS)["visits"]
    assert not rows.duplicated(["patient", "day"]).any()
    gaps = rows.groupby("patient")["day"].diff().dropna()
    assert gaps.between(4, 10).mean() > 0.95  # real 5 to 9
    assert rows["day"].max() <= 40  # real 30


def test_patients_without_visits_have_none(fitted):
    tables = fitted.sample(PATIENTS)
    assert 0.05 < (~tables["patients"]["patient"].isin(tables["visits"]["patient"])).mean() < 0.35  # real .17


def test_a_file_draws_the_same(fitted, tmp_path):
    fitted.save(tmp_path / "visits.synthgan")
    again = DatabaseSynthesizer.load(tmp_path / "visits.synthgan").sample(20)
    for name, frame in fitted.sample(20).items():
        pd.testing.assert_frame_equal(again[name], frame)


@pytest.mark.parametrize("damage", ["none", "first", "chains", "known"])
def test_a_forged_file_is_refused(fitted, tmp_path, damage):
    manifest, tensors = fitted.manifest(), dict(fitted.model_.tensors())
    walk = walk_of(manifest)
    if damage == "none":
        walk["beginning"] = None
    elif damage == "first":
        walk["beginning"]["first"] = 1
    elif damage == "chains":
        walk["beginning"]["chains"] += 1
    else:
        name = next(one for one in tensors if one.endswith("beginning/known"))
        tensors[name] = tensors[name] + 10_000
    modelfile.write(tmp_path / "forged.synthgan", manifest, tensors)
    with pytest.raises(ModelFileError, match=r"forged.synthgan"):
        DatabaseSynthesizer.load(tmp_path / "forged.synthgan")
