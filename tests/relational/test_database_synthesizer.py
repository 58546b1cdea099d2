"""Linked tables, learned and drawn with the keys that hold them together."""

from __future__ import annotations

import sqlite3
from unittest import mock

import numpy as np
import pandas as pd
import polars as pl
import pytest
from helpers.hospital import hospital

from synthgan import Database, DatabaseSynthesizer, DataError, ModelFileError, SchemaError, Synthesizer
from synthgan.errors import DataWarning
from synthgan.io import modelfile
from synthgan.relational import databaselearning

pytestmark = pytest.mark.usefixtures("small_fits")

REAL = hospital()


def database(tables=REAL):
    found = Database(
        tables,
        primary_keys={"labs": ("admission_id", "line"), "seen": ("admission_id", "doctor_id")},
        foreign_keys={
            "doctors": {"chief_id": "doctors"},
            "admissions": {"patient_id": "patients", "doctor_id": "doctors"},
            "labs": {"admission_id": "admissions", "patient_id": "patients"},
            "seen": {"admission_id": "admissions", "doctor_id": "doctors"},
        },
        order={"admissions": "admitted", "labs": "taken"},
        unit="patients",
    )
    return found.key("labs", "item_id").references("items", kind="dimension")


@pytest.fixture(scope="module")
def grown():
    """What was asked of each table that grew from another, filled by ``fitted``."""
    return mock.Mock(wraps=databaselearning.grow)


@pytest.fixture(scope="module")
def fitted(grown):
    with mock.patch.object(databaselearning, "grow", grown):
        return DatabaseSynthesizer(seed=0, generator="chains").fit(database())


@pytest.fixture(scope="module")
def drawn(fitted):
    return fitted.sample(60)


def test_all_tables_come_back_in_their_form(drawn):
    assert set(drawn) == set(REAL)
    for name, real in REAL.items():
        assert list(drawn[name].columns) == list(real.columns)
        assert (drawn[name].dtypes == real.dtypes).all()
    assert len(drawn["patients"]) == 60
    assert 0.5 < len(drawn["labs"]) / len(REAL["labs"]) < 2


def test_what_is_told_of_single_values_is_counted_by_patient(fitted, grown):
    """Of labs, which belong to admissions, too: one patient's many admissions are one person's."""
    units = {tuple(call.args[0].schema.names): call.args[2] for call in grown.call_args_list}
    of_labs = next(one for names, one in units.items() if "taken" in names)
    whose = REAL["patients"].reset_index().set_index("patient_id")["index"]
    assert np.array_equal(of_labs, whose[REAL["admissions"]["patient_id"]])


def test_every_key_leads_where_real_ones_do(drawn):
    assert drawn["admissions"]["patient_id"].isin(drawn["patients"]["patient_id"]).all()
    assert drawn["labs"]["admission_id"].isin(drawn["admissions"]["admission_id"]).all()
    doctor = drawn["admissions"]["doctor_id"]
    assert doctor.dropna().isin(drawn["doctors"]["doctor_id"]).all()
    assert 0.05 < doctor.isna().mean() < 0.4
    lost = ~drawn["labs"]["item_id"].isin(drawn["items"]["item_id"])
    assert 0.02 < lost.mean() < 0.2  # of the real ones one in ten


def test_primary_keys_tell_rows_apart_and_nobody_real_is_named(drawn):
    for name, columns in {
        "patients": ["patient_id"],
        "labs": ["admission_id", "line"],
        "seen": ["admission_id", "doctor_id"],
    }.items():
        assert not drawn[name].duplicated(columns).any()
        assert drawn[name][columns].notna().all(axis=None)
    assert not set(drawn["admissions"]["admission_id"]) & set(REAL["admissions"]["admission_id"])
    assert not set(drawn["doctors"]["doctor_id"]) & set(REAL["doctors"]["doctor_id"])


def test_a_counter_counts_and_a_repeated_key_is_the_one_above(drawn):
    labs = drawn["labs"]
    assert (labs["line"] == labs.groupby("admission_id").cumcount() + 1).all()
    of_admission = drawn["admissions"].set_index("admission_id")["patient_id"]
    assert (labs["patient_id"] == of_admission.loc[labs["admission_id"]].to_numpy()).all()


def test_times_lie_inside_the_stay_and_in_order(drawn):
    labs = drawn["labs"].merge(drawn["admissions"], on="admission_id")
    assert (labs["taken"] >= labs["admitted"]).all()
    assert (labs["taken"] <= labs["discharged"]).all()
    assert drawn["labs"].groupby("admission_id")["taken"].apply(lambda times: times.is_monotonic_increasing).all()


def test_a_table_refers_to_itself_without_a_circle(drawn):
    doctors = drawn["doctors"].set_index("doctor_id")["chief_id"]
    assert doctors.dropna().isin(doctors.index).all()
    assert doctors.isna().any()
    at = doctors.index.to_series()
    for _ in range(len(doctors)):
        at = at.map(doctors)
    assert at.isna().all()


def test_a_declared_list_is_kept_and_told_of(fitted, drawn):
    pd.testing.assert_frame_equal(drawn["items"], REAL["items"])
    assert "table items is kept as it is, as declared" in fitted.manifest()["disclosures"]


def test_sqlite_finds_nothing_wrong(drawn, tmp_path):
    sound = {name: frame for name, frame in drawn.items() if name != "items"}
    sound["labs"] = sound["labs"].drop(columns="item_id")
    tables = {name: frame for name, frame in REAL.items() if name != "items"} | {
        "labs": REAL["labs"].drop(columns="item_id")
    }
    written = Database(
        tables, foreign_keys={"labs": {"admission_id": "admissions"}, "admissions": {"patient_id": "patients"}}
    )
    written.write(tmp_path / "made.sqlite", sound)
    with sqlite3.connect(tmp_path / "made.sqlite") as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_file_opens_as_what_was_saved(fitted, drawn, tmp_path):
    fitted.save(tmp_path / "hospital.synthgan")
    opened = DatabaseSynthesizer.load(tmp_path / "hospital.synthgan")
    again = opened.sample(60)
    for name in drawn:
        pd.testing.assert_frame_equal(again[name], drawn[name])
    with pytest.raises(ModelFileError, match="open it with DatabaseSynthesizer"):
        Synthesizer.load(tmp_path / "hospital.synthgan")


def test_other_frames_come_back_as_they_came():
    tables = {name: pl.from_pandas(REAL[name]) for name in ("patients", "admissions", "doctors")}
    made = DatabaseSynthesizer(seed=0).fit(tables, unit="patients").sample(20)
    assert all(isinstance(frame, pl.DataFrame) for frame in made.values())


def test_rows_without_an_owner_stay_without():
    tables = {name: REAL[name].copy() for name in ("patients", "admissions")}
    lost = np.arange(len(tables["admissions"])) % 5 == 0
    tables["admissions"]["patient_id"] = tables["admissions"]["patient_id"].where(~lost).astype("Int64")
    given = Database(tables, foreign_keys={"admissions": {"patient_id": "patients"}}, unit="patients")
    given.key("admissions", "patient_id").references("patients", kind="owner")
    made = DatabaseSynthesizer(seed=0).fit(given).sample(60)
    assert 0.1 < made["admissions"]["patient_id"].isna().mean() < 0.3


def test_empty_tables_stay_empty_and_a_list_owns_nobody(tmp_path):
    tables = {name: REAL[name] for name in ("patients", "doctors", "admissions")}
    tables["notes"] = pd.DataFrame(
        {"note_id": pd.Series([], dtype="int64"), "admission_id": pd.Series([], dtype="int64")}
    )
    keys = {"notes": {"admission_id": "admissions"}, "admissions": {"patient_id": "patients", "doctor_id": "doctors"}}
    given = Database(tables, primary_keys={"notes": "note_id"}, foreign_keys=keys, unit="patients")
    given.key("admissions", "doctor_id").references("doctors", kind="owner")
    given.key("doctors", "chief_id").references("doctors", kind="dimension")
    model = DatabaseSynthesizer(seed=0).fit(given)
    model.save(tmp_path / "made.synthgan")
    made = DatabaseSynthesizer.load(tmp_path / "made.synthgan").sample(60)
    assert not len(made["notes"])
    assert list(made["notes"].columns) == ["note_id", "admission_id"]
    pd.testing.assert_frame_equal(made["doctors"], REAL["doctors"])
    assert "table notes" not in str(model.manifest()["disclosures"])


def test_what_is_withheld_is_told_with_its_table():
    tables = {name: REAL[name].copy() for name in ("patients", "admissions")}
    tables["patients"]["town"] = [f"town {index // 2}" for index in range(60)]
    with pytest.warns(DataWarning, match="table 'patients': column 'town'") as told:
        DatabaseSynthesizer(seed=0).fit(
            Database(tables, foreign_keys={"admissions": {"patient_id": "patients"}}, unit="patients")
        )
    assert all(str(one.message).startswith("table '") for one in told)


def test_a_unit_must_be_named_and_large_enough():
    owned = database().key("labs", "admission_id").references("admissions", kind="owner")
    with pytest.raises(SchemaError, match="belongs to no other"):
        DatabaseSynthesizer().fit(owned, unit="labs")
    with pytest.raises(SchemaError, match="unit must name the table"):
        DatabaseSynthesizer().fit({"things": pd.DataFrame({"x": range(30)})})
    with pytest.raises(DataError, match="at least 20 rows"):
        DatabaseSynthesizer().fit(
            {"patients": pd.DataFrame({"patient_id": range(5), "sex": list("FMFMF")})}, unit="patients"
        )


@pytest.mark.parametrize("damage", ["role", "shape", "owner", "kept", "tensor", "unit", "how"])
def test_a_file_with_wrong_contents_is_refused(fitted, tmp_path, damage):
    manifest, tensors = fitted.manifest(), dict(fitted.model_.tensors())
    names = [part["name"] for part in manifest["parts"]]
    labs, items = names.index("labs"), names.index("items")
    if damage == "role":
        manifest["parts"][labs]["role"] = "root"
    elif damage == "shape":
        manifest["parts"][labs]["shape"]["anchor"] = "value"
    elif damage == "owner":
        manifest["parts"] = manifest["parts"][::-1]
    elif damage == "kept":
        tensors[f"part/{items}/data"] = tensors[f"part/{items}/data"][:-40]
    elif damage == "tensor":
        tensors["more"] = tensors[f"part/{items}/data"]
    elif damage == "unit":
        manifest["unit"] = "labs"
    else:
        manifest["parts"][labs]["shape"]["references"][0]["how"] = "magic"
    modelfile.write(tmp_path / "forged.synthgan", manifest, tensors)
    with pytest.raises(ModelFileError, match=r"forged.synthgan"):
        DatabaseSynthesizer.load(tmp_path / "forged.synthgan")
