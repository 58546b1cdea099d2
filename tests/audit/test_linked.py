"""Judging linked tables by person: what is found of good ones and of bad ones, and what is refused."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pandas as pd
import pytest
from helpers.hospital import hospital
from helpers.stays import stays

from synthgan import ConfigError, Database, DataError, SchemaError, Threads, evaluate

STRUCTURE = {"orphans", "foreign_key_violations", "primary_keys_broken", "rows_outside_stay", "orders_broken"}
FIDELITY = {
    "c2st_aggregates",
    "c2st_units",
    "c2st_trajectory",
    "c2st_transition",
    "c2st_rows",
    "cardinality",
    "gap_error",
}


@pytest.fixture
def real():
    return Database(hospital(60), unit="patients")


def values(report):
    return {score.name: score.value for score in report}


@pytest.fixture(scope="module")
def judged():
    """Stays of 220 people judged by 220 others."""
    return evaluate(stays(220), stays(220, 1), holdout=stays(220, 2), group="patient_id", order="charttime")


def test_groups_are_judged_as_wholes_beside_what_real_ones_score(judged):
    found = values(judged)
    for name in FIDELITY - {"cardinality", "gap_error"}:
        assert found[name] > 0.8, name
        assert judged[name].reference > 0.8
        assert judged[name].low <= found[name] <= judged[name].high
    assert judged["gap_error"].high < 0.2
    assert 0.4 < judged["nearer_to_train"].value < 0.6
    assert found["histories_copied"] == 0
    assert found["membership_p_value"] > 0.01
    assert found["constants_broken"] == found["monotone_broken"] == 0
    assert found["utility_synthetic"] is None
    linked = judged.details.linked
    assert (linked.unit, linked.against, linked.units) == ("patient_id", "holdout", (220, 220, 220))


def test_measures_are_tasks_that_travel_and_find_the_same(judged):
    done = []

    class Elsewhere(Threads):
        def map(self, task, indices, shared):
            task, shared = pickle.loads(pickle.dumps((task, shared)))  # noqa: S301 (as processes do)
            done.append(task)
            return super().map(task, indices, shared)

    sides = stays(220), stays(220, 1)
    found = evaluate(*sides, holdout=stays(220, 2), group="patient_id", order="charttime", executor=Elsewhere(2))
    assert len(done) == 1
    assert found.to_json() == judged.to_json()


def test_what_lies_behind_is_there_and_names_no_few(judged):
    linked = judged.details.linked
    assert {band.column for band in linked.bands} == {"pressure", "dose"}
    for band in linked.bands:
        assert np.isnan(band.real[0, -1])  # too few people have six rows for a tenth of them to be ten
        assert np.isfinite(band.real[2]).all()
    (ward,) = linked.transitions
    assert np.allclose(np.nansum(ward.real, axis=1)[:2], 1)
    assert ward.real[0, 0] > 0.6
    assert all(curve.real[0] >= curve.real[-1] for curve in linked.survival)
    assert linked.counts == ("rows of events",)
    assert linked.gaps == ("gaps of events (hours)",)
    assert {str(column.name) for column in judged.details.columns} >= {
        "rows of events",
        "events.ward",
        "patient_id.sex",
    }


def test_bad_histories_are_told_and_the_rules_they_break_named():
    bad = stays(220, 1)
    bad["pressure"] = bad["pressure"].sample(frac=1, random_state=0).to_numpy()
    bad["dose"] = bad["dose"].sample(frac=1, random_state=0).to_numpy()
    bad["sex"] = bad["sex"].sample(frac=1, random_state=1).to_numpy()
    report = evaluate(stays(220), bad, group="patient_id", order="charttime")
    found = values(report)
    assert found["c2st_trajectory"] < 0.4
    assert found["transition_error"] > 0.2
    assert found["monotone_broken"] > 0.2
    assert "dose never falls" in report["monotone_broken"].reading
    assert found["constants_broken"] > 0.5
    assert report["c2st_rows"].reference is None
    assert report.details.linked.against == "real"


def test_a_level_that_few_people_have_stands_nowhere(tmp_path):
    def with_ward(seed):
        frame = stays(220, seed).assign(died=lambda one: (one["dose"] > 4).astype(int))
        frame.loc[frame["patient_id"].isin([f"P-{at:05d}" for at in range(4)]), "ward"] = "Sankt-Nimmerlein"
        return frame

    options = {"holdout": with_ward(2), "group": "patient_id", "order": "charttime", "target": "died"}
    report = evaluate(with_ward(0), with_ward(1), **options)
    names = [str(one.name) for one in report.details.importances]
    assert "events.ward: share of ICU" in names
    assert any(name.startswith("events.ward: share of rare level") for name in names)
    report.to_html(tmp_path / "report.html")
    assert "Nimmerlein" not in (tmp_path / "report.html").read_text("utf-8") + (tmp_path / "report.json").read_text(
        "utf-8"
    )
    assert "Nimmerlein" not in report.to_json()


def test_copies_are_found_whole_however_their_times_are_shifted():
    real = stays(220)
    copies = real.assign(
        patient_id=real["patient_id"].str.replace("P", "Q"), charttime=real["charttime"] + pd.Timedelta(days=100)
    )
    report = evaluate(real, copies, holdout=stays(220, 2), group="patient_id", order="charttime")
    assert report["histories_copied"].value == 1
    assert report["histories_copied"].reference == 0
    assert report["nearer_to_train"].value > 0.9
    assert report["membership_p_value"].value <= 0.01


def test_people_of_the_holdout_who_were_learned_are_told():
    both = pd.concat([stays(220), stays(30, 5).assign(patient_id=lambda one: "N" + one["patient_id"])])
    report = evaluate(both, stays(60, 1), holdout=stays(220), group="patient_id", order="charttime")
    assert any("220 of the 220 holdout people equal a training person" in note for note in report.notes)
    assert report["histories_copied"].reference == 1


def test_below_two_hundred_people_structure_is_shown_and_fidelity_refused(real):
    report = evaluate(real, hospital(60, 1), holdout=hospital(60, 2))
    (note,) = [note for note in report.notes if "fidelity" in note]
    assert note.startswith(
        "fidelity is not judged: it needs 200 people on each side, and the real table patients has 60"
    )
    found = values(report)
    assert all(found[name] is not None for name in STRUCTURE)
    assert found["histories_copied"] == 0
    assert all(found[name] is None for name in (*FIDELITY, "nearer_to_train", "utility_synthetic"))
    assert not report.details.linked.judged
    json.loads(report.to_json())


def test_broken_keys_times_and_rules_are_counted(real):
    made = hospital(60, 1)
    made["labs"].loc[:9, "admission_id"] = 77
    made["labs"].loc[10:29, "taken"] = pd.Timestamp("1999-01-01")
    made["admissions"].loc[:19, "discharged"] = pd.Timestamp("1999-01-01")
    made["patients"].loc[0, "patient_id"] = 2
    report = evaluate(real, made)
    found = values(report)
    assert found["foreign_key_violations"] > 0
    assert "admission_id" in report["foreign_key_violations"].reading
    assert found["orphans"] > report["orphans"].reference > 0  # some real labs name an item that no list has
    assert found["primary_keys_broken"] > 0
    assert found["rows_outside_stay"] > 0.05
    assert found["orders_broken"] > 0.05
    assert "admitted ≤ discharged" in report["orders_broken"].reading


def test_the_real_tables_break_nothing_that_is_called_a_rule(real):
    report = evaluate(real, real)
    assert all(report[name].value == (report[name].reference or 0) for name in STRUCTURE)
    assert any("holds the very people of the real one" in note for note in report.notes)


def test_a_target_of_rows_becomes_one_of_people():
    def with_outcome(seed):
        frame = stays(220, seed)
        dead = frame.groupby("patient_id")["dose"].transform("max") > 2
        last = frame["charttime"] == frame.groupby("patient_id")["charttime"].transform("max")
        return frame.assign(died=(dead & last).astype(int))

    options = {"holdout": with_outcome(2), "group": "patient_id", "order": "charttime"}
    report = evaluate(with_outcome(0), with_outcome(1), **options)
    assert report.details.linked.target == ("events.died", "found by its name")
    assert report["utility_synthetic"].value > 0.9
    assert any("what models predict was found by its name: events.died" in note for note in report.notes)


@pytest.mark.parametrize(
    ("options", "kind", "told"),
    [
        ({"target": "wrd"}, DataError, "target must be one of the columns judged"),
        ({"target": "ward"}, None, ""),
        (
            {"unit": "admissions"},
            SchemaError,
            "unit must be a table that belongs to no other, however: rows of 'admissions'",
        ),
        ({"unit": "people"}, SchemaError, "a table must be in the database, however: found no 'people'"),
        ({"order": "taken"}, ConfigError, "order must not come with linked tables"),
        ({"survival": ("a", "b")}, ConfigError, "survival must not come with linked tables"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(real, options, kind, told):
    if kind is None:
        options = {"target": "patients.sex"}
        assert evaluate(real, real, **options)
        return
    real.key("admissions", "patient_id").references("patients", kind="owner")
    with pytest.raises(kind) as caught:
        evaluate(real, real, **options)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_tables_that_one_side_lacks_are_told_or_refused(real):
    made = hospital(60, 1)
    lacking = {name: frame for name, frame in made.items() if name != "seen"}
    report = evaluate(real, lacking | {"more": made["seen"]})
    assert any("the synthetic side has no such tables: seen" in note for note in report.notes)
    assert any("the real side has no such tables: more" in note for note in report.notes)
    with pytest.raises(
        SchemaError, match="the holdout must have each table of the real side, however: it lacks 'seen'"
    ):
        evaluate(real, made, holdout=lacking)
    with pytest.raises(SchemaError, match="the synthetic tables must have the unit"):
        evaluate(real, {name: frame for name, frame in made.items() if name != "patients"})
    with pytest.raises(SchemaError, match=r"the synthetic tables: table 'labs'.* found no 'admission_id'"):
        evaluate(real, made | {"labs": made["labs"].drop(columns="admission_id")})


def test_a_table_without_rows_is_not_compared(real):
    report = evaluate(real, hospital(60, 1) | {"seen": hospital(60)["seen"].head(0)})
    assert any(
        note.startswith("table seen: not compared, as one of the sides has no rows in it") for note in report.notes
    )


def test_groups_that_are_not_named_are_refused():
    with pytest.raises(
        DataError, match="group must be a column of each table, however: the real table has no 'patient'"
    ):
        evaluate(stays(10), stays(10), group="patient")
    with pytest.raises(ConfigError, match="order must come with group"):
        evaluate(stays(10), stays(10), order="charttime")
    with pytest.raises(ConfigError, match="unit must not come with rows in groups"):
        evaluate(stays(10), stays(10), group="patient_id", unit="ward")
