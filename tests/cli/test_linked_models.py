"""Linked tables on the command line: learned from a folder or a database, and written as one."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from helpers.hospital import hospital

from synthgan.io.sidecar import origin_at
from synthgan.relational import fitting as module
from synthgan.relational.branch import BranchConfig


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(module, "BranchConfig", lambda **_: BranchConfig(chains=1, rounds=0))


@pytest.fixture
def tables(folder):
    (folder / "hospital").mkdir()
    for name, frame in hospital().items():
        if name in {"patients", "admissions"}:
            frame.drop(columns="doctor_id", errors="ignore").to_parquet(folder / "hospital" / f"{name}.parquet")
    return "hospital"


def test_a_folder_is_learned_and_drawn_as_one(run, folder, tables):
    told = run("fit", tables, "--unit", "patients", "--set", "chains=2", "--shift-dates", "28")
    assert told.code == 0, told.err
    assert json.loads(run("inspect", "hospital.synthgan", "--json").out)["config"]["shift_dates"] == 28
    assert "2 linked tables" in told.err
    made = run("sample", "hospital.synthgan", "-n", "30", "--where", "patients.sex=F", "-o", "made")
    assert made.code == 0, made.err
    late = run("sample", "hospital.synthgan", "-n", "9", "--where", "admissions.admitted>=2020-06-01", "-o", "late")
    assert late.code == 0, late.err
    assert (
        pd.read_parquet(folder / "late" / "admissions.parquet").groupby("patient_id")["admitted"].max() >= "2020-06-01"
    ).sum() == 9
    patients, admissions = (pd.read_parquet(folder / "made" / f"{name}.parquet") for name in ("patients", "admissions"))
    assert set(patients["sex"]) == {"F"}
    assert len(patients) == 30
    assert admissions["patient_id"].isin(patients["patient_id"]).all()
    assert json.loads(run("inspect", "hospital.synthgan", "--json").out)["unit"] == "patients"
    assert run("inspect", "hospital.synthgan").code == 0
    assert run("sample", "hospital.synthgan", "-n", "5", "-o", "made.sqlite").code == 0
    assert run("sample", "hospital.synthgan", "-n", "5", "-o", f"duckdb:///{folder}/absolute.duckdb").code == 0
    for name in ("made/patients.parquet", "made/admissions.parquet", "made.sqlite", "absolute.duckdb"):
        assert origin_at(folder / name)["synthetic"], name
    assert origin_at(folder / "made" / "patients.parquet")["where"] == ["patients.sex=F"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("fit", "hospital", "--id", "patient_id"), "--id must be for one table"),
        (("fit", "hospital", "--epsilon", "1"), "nobody said which it is"),
        (("fit", "hospital", "--unit", "patient"), "did you mean 'patients'"),
    ],
)
def test_what_linked_tables_have_not_is_refused(run, tables, words, said):
    refused = run(*words)
    assert refused.code in (2, 3)
    assert said in refused.err


def test_a_schema_file_lists_rules_that_can_be_switched_off(run, folder, tables):
    told = run("schema", tables, "-o", "hospital.json")
    assert told.code == 0, told.err
    assert "rules of times, constants and totals" in told.err
    given = json.loads((folder / "hospital.json").read_text())
    assert any(rule["column"] == "discharged" and rule["relation"] == ">=" for rule in given["rules"])
    stray = {**given, "rules": [{**given["rules"][0], "column": "leaving"}]}
    (folder / "stray.json").write_text(json.dumps(stray))
    refused = run("fit", tables, "--schema", "stray.json", "--unit", "patients", "--dry-run")
    assert refused.code == 3
    assert "found no 'leaving'" in refused.err
    given["rules"] = [{**rule, "use": False} for rule in given["rules"]]
    (folder / "hospital.json").write_text(json.dumps(given))
    assert run("fit", tables, "--schema", "hospital.json", "--unit", "patients", "--set", "chains=1").code == 0
    assert json.loads(run("inspect", "hospital.synthgan", "--json").out)["linked"]["rules"] == given["rules"]


def test_dates_of_one_table_are_not_shifted(run, folder, tables):
    told = run("fit", f"{tables}/patients.parquet", "--shift-dates", "28")
    assert told.code == 2
    assert "--shift-dates must be for linked tables or rows in groups" in told.err


def test_drawing_is_refused_where_it_cannot_be(run, folder, tables):
    run("fit", tables, "--unit", "patients", "--set", "chains=1", "--set", "rounds=0")
    assert "-o - is stdout" in run("sample", "hospital.synthgan", "-n", "5", "-o", "-").err
    assert "must name one" in run("sample", "hospital.synthgan", "-n", "5", "--where", "sex=F").err
    assert "--format must be for" in run("sample", "hospital.synthgan", "-n", "5", "--format", "png").err


def test_histories_go_on(run, folder, tables):
    run("fit", tables, "--unit", "patients", "--set", "chains=1", "--set", "rounds=0")
    (folder / "first").mkdir()
    for name in ("patients", "admissions"):
        given = pd.read_parquet(folder / tables / f"{name}.parquet")
        given[given["patient_id"] <= 20].to_parquet(folder / "first" / f"{name}.parquet")
    known = len(pd.read_parquet(folder / "first" / "admissions.parquet"))
    told = run("sample", "hospital.synthgan", "--continue", "first", "--until", "4 rows")
    assert told.code == 0, told.err
    assert "as you keep these" in told.err
    made = pd.read_parquet(folder / "first.continued" / "admissions.parquet")
    assert len(made) >= known
    assert len(pd.read_parquet(folder / "first.continued" / "patients.parquet")) == 20
    assert run("sample", "hospital.synthgan", "--continue", "first", "-o", "made.duckdb").code == 0
    assert run("sample", "hospital.synthgan", "--continue", "made.duckdb", "-o", "more.sqlite").code == 0
    for words, said in (
        (("--continue", "first", "-n", "5"), "-n must stand without --continue"),
        (("--continue", "first", "-o", "-"), "-o - is stdout"),
        (("--continue", "first", "--force", "--until", "soon"), "--until must be like '72h'"),
        (("--continue", f"{tables}/patients.parquet"), "must be a folder of tables"),
        (("--continue", "frist"), "must be"),
        (("--continue", "first", "--workers", "2"), "--workers must stand without --continue"),
    ):
        refused = run("sample", "hospital.synthgan", *words)
        assert said in refused.err
        assert refused.code in (2, 3)


def test_linked_tables_under_epsilon(run, folder):
    from unittest import mock

    import duckdb

    with duckdb.connect(str(folder / "h.duckdb")) as connection:
        connection.execute("create table patients (patient_id integer primary key, sex varchar)")
        connection.execute("insert into patients select range, if(range % 2 = 0, 'F', 'M') from range(800)")
        connection.execute(
            "create table visits (visit_id integer primary key, patient_id integer references patients (patient_id), ward varchar)"
        )
        connection.execute("insert into visits select range, range % 800, if(range % 3 = 0, 'A', 'B') from range(1500)")
    planned = run("fit", "h.duckdb", "--unit", "patients", "--epsilon", "3", "--dry-run")
    assert planned.code == 0, planned.err
    assert "learned as steps, given patients" in planned.out
    assert "nothing was spent" in planned.err
    assert sorted(path.name for path in folder.iterdir()) == ["h.duckdb"]
    quick = {"FIRST_STEPS": 5, "ROUND_STEPS": 2, "LAST_STEPS": 2}
    with mock.patch.multiple("synthgan.tabular.private.rounds", **quick):
        told = run("fit", "h.duckdb", "--unit", "patients", "--epsilon", "3", "--max-rows-per-unit", "2")
    assert told.code == 0, told.err
    assert "Learned 2 linked tables" in told.err
    assert "not learned under epsilon" in run("sample", "h.synthgan", "--continue", "h.duckdb").err
    shown = run("inspect", "h.synthgan").out
    assert "keep the promise above" in shown
    ledger = json.loads(run("inspect", "h.synthgan", "--json").out)["privacy"]
    assert ledger["epsilon"] <= 3
    assert run("sample", "h.synthgan", "-n", "20", "-o", "made.duckdb", "--where", "patients.sex=F").code == 0
    with duckdb.connect(str(folder / "made.duckdb")) as connection:
        assert connection.execute("select count(*), count(distinct sex) from patients").fetchone() == (20, 1)
        assert connection.execute("select count(*) from visits anti join patients using (patient_id)").fetchone() == (
            0,
        )


def test_a_dry_run_names_each_table_and_learns_nothing(run, folder, tables):
    planned = run("fit", tables, "--unit", "patients", "--dry-run")
    assert planned.code == 0, planned.err
    assert "the unit" in planned.out
    assert "learned, given patients" in planned.out
    assert "Nothing was fitted" in planned.err
    assert not list(folder.glob("*.synthgan"))
    assert run("fit", tables, "--unit", "nobody", "--dry-run").code == 3


def test_what_must_come_with_epsilon_is_refused(run, folder):
    (folder / "h").mkdir()
    pd.DataFrame({"patient_id": [1, 2]}).to_parquet(folder / "h" / "patients.parquet")
    pd.DataFrame({"patient_id": [1, 2], "ward": ["A", "B"]}).to_parquet(folder / "h" / "visits.parquet")
    refused = run("fit", "h", "--max-rows-per-unit", "2")
    assert refused.code == 4
    assert "--max-rows-per-unit must come with --epsilon" in refused.err
    refused = run("fit", "h", "--drop", "visits.ward")
    assert refused.code == 2
    refused = run("fit", "h", "--epsilon", "3", "--unit", "patients")
    assert refused.code == 4
    assert "must belong to 'patients' or be public under epsilon" in refused.err
    assert not (folder / "h.synthgan.spent.json").exists()
