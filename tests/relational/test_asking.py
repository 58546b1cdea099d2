"""Conditions across tables: what is asked of rows that belong to units, met by every unit or refused."""

from __future__ import annotations

import pandas as pd
import pytest
from helpers.hospital import hospital
from helpers.stays import stays

from synthgan import Database, DatabaseSynthesizer, DataError, Synthesizer
from synthgan.relational import search

pytestmark = pytest.mark.usefixtures("small_fits")

REAL = hospital()


@pytest.fixture(scope="module")
def fitted():
    database = Database(
        REAL,
        primary_keys={"labs": ("admission_id", "line"), "seen": ("admission_id", "doctor_id")},
        foreign_keys={
            "admissions": {"patient_id": "patients", "doctor_id": "doctors"},
            "labs": {"admission_id": "admissions", "patient_id": "patients"},
            "seen": {"admission_id": "admissions", "doctor_id": "doctors"},
        },
        order={"admissions": "admitted", "labs": "taken"},
        unit="patients",
    )
    database.key("labs", "item_id").references("items", kind="dimension")
    return DatabaseSynthesizer(seed=0, generator="chains").fit(database)


@pytest.fixture(scope="module")
def sequences():
    return Synthesizer(seed=0).fit(stays(), group="patient_id", order="charttime")


def labs_of(drawn):
    return drawn["labs"].merge(drawn["admissions"][["admission_id", "patient_id"]], on=["admission_id", "patient_id"])


@pytest.mark.parametrize(
    "where",
    [
        ["patients.sex=F", "labs.item_id=50", "labs.value>=50"],
        {"patients": {"sex": "F"}, "labs": {"item_id": 50, "value": (50, None)}},
        ["all:patients.sex=F", '"labs"."item_id"=50', "labs.value >= 50"],
    ],
)
def test_every_unit_has_one_row_that_meets_all_that_is_asked_of_its_table(fitted, where):
    drawn = fitted.sample(25, where=where)
    labs = labs_of(drawn)
    met = labs[(labs["item_id"] == 50) & (labs["value"] >= 50)]
    assert set(drawn["patients"]["sex"]) == {"F"}
    assert len(drawn["patients"]) == 25
    assert set(met["patient_id"]) == set(drawn["patients"]["patient_id"])


def test_every_row_meets_what_is_asked_of_all(fitted):
    late = pd.Timestamp("2020-06-01")
    drawn = fitted.sample(25, where=["all:admissions.admitted>=2020-06-01", "admissions.admitted>=2020-06-01"])
    assert (drawn["admissions"]["admitted"] >= late).all()
    assert drawn["admissions"]["patient_id"].nunique() == 25
    drawn = fitted.sample(25, where={"all:admissions": {"admitted": {">=": late}}})
    assert drawn["admissions"]["patient_id"].nunique() < 25  # who has none breaks nothing


def test_several_rounds_make_one_database(fitted, monkeypatch):
    monkeypatch.setattr(search, "MAX_ROWS_AT_ONCE", 300)
    drawn = fitted.sample(60, where={"labs": {"item_id": {"!=": [50, 51]}}})
    assert len(drawn["patients"]) == 60
    for name, key in {"patients": "patient_id", "admissions": "admission_id"}.items():
        assert drawn[name][key].is_unique
    assert drawn["admissions"]["patient_id"].isin(drawn["patients"]["patient_id"]).all()
    labs = drawn["labs"]
    assert labs["admission_id"].isin(drawn["admissions"]["admission_id"]).all()
    assert (labs["line"] == labs.groupby("admission_id").cumcount() + 1).all()
    assert set(labs.loc[labs["item_id"] == 52, "patient_id"]) == set(drawn["patients"]["patient_id"])
    assert (drawn["labs"].dtypes == REAL["labs"].dtypes).all()


def test_what_too_few_meet_is_refused_by_name_with_its_share(fitted, sequences, monkeypatch):
    monkeypatch.setattr(search, "MAX_ROWS", 2_000)
    monkeypatch.setattr(search, "MAX_TIMES", 1)
    with pytest.raises(DataError, match=r"drawn meet labs.value>=101 \(.*\), and 50 were asked for") as refused:
        fitted.sample(50, where=["labs.value>=101"])
    assert str(refused.value.remedy) == "ask for fewer, or for less at once"
    with pytest.raises(DataError, match=r"drawn meet all:ward=ICU \(0\..*\) and|drawn meet .*all:ward=ICU"):
        sequences.sample(500, where={"all:ward": "ICU", "dose": 9})


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (["sex=F"], "must name one, as in 'patients.sex=F'"),
        (["patient.sex=F"], "did you mean 'patients'"),
        ({"lab": {"value": 50}}, "did you mean 'labs'"),
        ({"labs": {"valeu": 50}}, "table 'labs': .* did you mean 'value'"),
        ({"labs": {"value": 1e6}}, "table 'labs': .*never was"),
        ({"labs": {"patient_id": 3}}, "'patient_id' is a key"),
        ({"labs": {"item_id": 98}}, "must name a row of 'items'"),
        ({"labs": {"item_id": (50, 51)}}, "is a range; use ="),
        ({"doctors": {"ward": "A"}}, "must speak of 'patients' or of tables whose rows belong to its"),
        ({"items": {"label": "Na"}}, "must speak of 'patients'"),
        ({"labs": [{"value": 50}, {"value": 51}]}, "must be one for all units"),
        ({"patients": [{"sex": "F"}, {"sex": "M"}], "labs": {"item_id": 50}}, "must stand alone"),
        ({"patients": {"sex": "F"}, "all:patients": {"sex": "F"}}, "must be said once"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_line(fitted, where, said):
    with pytest.raises(DataError, match=said):
        fitted.sample(20, where=where)


def test_rows_of_a_group_meet_what_is_asked(sequences):
    drawn = sequences.sample(30, where={"ward": "ICU", "pressure": {">=": 120}, "all:dose": {"<": 5}, "sex": "F"})
    assert drawn["patient_id"].nunique() == 30
    assert set(drawn["sex"]) == {"F"}
    assert drawn["dose"].max() < 5
    met = drawn[(drawn["ward"] == "ICU") & (drawn["pressure"] >= 120)]
    assert met["patient_id"].nunique() == 30
    assert drawn["patient_id"].ne(drawn["patient_id"].shift()).sum() == 30
    assert set(sequences.sample(20, where=["all:ward=ICU"])["ward"]) == {"ICU"}
    missing = sequences.sample(20, where=["pressure="])
    assert missing.groupby("patient_id")["pressure"].apply(lambda one: one.isna().any()).all()


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (["wrad=ICU"], "did you mean 'ward'"),
        ({"all:wrad": "ICU"}, "did you mean 'ward'"),
        (["patient_id=P-00001"], "names the group"),
        ({"ward": "home"}, "'home' never was"),
        ([{"ward": "ICU"}, {"sex": "F"}], "'ward' differs inside"),
    ],
)
def test_what_cannot_be_asked_of_groups_is_refused(sequences, where, said):
    with pytest.raises(DataError, match=said):
        sequences.sample(20, where=where)
