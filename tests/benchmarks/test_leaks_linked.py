"""The leakage bench of linked tables: people are parted whole, and a planted leak is one."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.hospital import hospital

from benchmarks.datasets.linked_parts import Parts
from benchmarks.runs import leaks_linked
from synthgan import Database, Report, evaluate
from synthgan.audit.linked import judged_of
from synthgan.metrics.details import Details
from synthgan.metrics.privacy.membership.ensemble import AT_FIRST
from synthgan.metrics.privacy.membership.rates import curve
from synthgan.metrics.relational.units import briefly, whole_people
from synthgan.metrics.score import Score


@pytest.fixture(scope="module")
def database():
    made = Database(hospital(90), unit="patients")
    made.key("admissions", "patient_id").references("patients", kind="owner")
    return made.key("labs", "admission_id").references("admissions", kind="owner")


def test_people_stay_with_all_that_belongs_to_them(database):
    some = leaks_linked.people_of(database, np.arange(10))
    assert len(some["patients"]) == 10
    ids = set(some["patients"]["patient_id"])
    assert set(some["labs"]["patient_id"]) <= ids
    whole = database.tables["labs"]
    assert len(some["labs"]) == whole["patient_id"].isin(ids).sum() > 0
    assert len(some["doctors"]) == 40


def test_a_planted_leak_is_whole_people_and_is_found(database):
    members, others = (leaks_linked.people_of(database, np.arange(90)[side::2]) for side in (0, 1))
    made = leaks_linked.planted(members, others, database.schema, np.random.default_rng(0))
    assert len(made["patients"]) == len(others["patients"])
    planted = made["patients"]["patient_id"].isin(members["patients"]["patient_id"])
    assert planted.sum() == 1
    report = evaluate(Database(members, schema=database.schema), members, holdout=others)
    assert report["histories_copied"].value == 1
    assert report["histories_copied"].reference < 0.1


def test_figures_say_what_was_found_at_first_sight():
    first = curve(AT_FIRST, np.arange(100.0), np.arange(100) >= 50)
    report = Report(
        (Score("histories_copied", 0.1, None, None, 0.0, "minimize", ""),), details=Details(attacks=(first,))
    )
    figures = leaks_linked.figures_of(report, 2.0)
    assert figures == {"copied": 0.1, "copied_unseen": 0.0, "tpr_first": 1.0, "auc_first": 1.0, "seconds": 2.0}


def test_first_sight_is_of_people_their_first_rows_and_how_many_there_are(database):
    judged = judged_of(database, database.tables, None, None)[0]
    people = whole_people(judged).real
    names = briefly(judged, people)
    assert {"sex", "born", "admissions: rows", "labs: rows", "labs.value: first"} <= set(names)
    assert len(names) < len(people.names) / 3
    assert not any("mean" in str(name) or "share" in str(name) for name in names)


def test_both_parts_are_one_database_again(database):
    first, second = (leaks_linked.people_of(database, np.arange(90)[side::2]) for side in (0, 1))
    again = leaks_linked.everybody(Parts(Database(first, schema=database.schema), second))
    assert again.rows["patients"] == 90
    with pytest.raises(SystemExit, match="rows in groups are named"):
        leaks_linked.everybody(Parts(first["patients"]))


def test_a_generator_that_nobody_knows_is_refused(capsys):
    with pytest.raises(SystemExit):
        leaks_linked.main(["--generators", "magic"])
    assert "--generators must be some of" in capsys.readouterr().err
