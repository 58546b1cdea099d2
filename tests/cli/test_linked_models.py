"""Linked tables on the command line: learned from a folder or a database, and written as one."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from helpers.hospital import hospital

from synthgan.relational import synthesizer as module
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
    told = run("fit", tables, "--unit", "patients", "--set", "chains=2")
    assert told.code == 0, told.err
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


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("fit", "hospital", "--id", "patient_id"), "--id must be for one table"),
        (("fit", "hospital", "--epsilon", "1"), "--epsilon must be for one table"),
        (("fit", "hospital", "--unit", "patient"), "did you mean 'patients'"),
    ],
)
def test_what_linked_tables_have_not_is_refused(run, tables, words, said):
    refused = run(*words)
    assert refused.code in (2, 3)
    assert said in refused.err


def test_drawing_is_refused_where_it_cannot_be(run, folder, tables):
    run("fit", tables, "--unit", "patients", "--set", "chains=1", "--set", "rounds=0")
    assert "-o - is stdout" in run("sample", "hospital.synthgan", "-n", "5", "-o", "-").err
    assert "must name one" in run("sample", "hospital.synthgan", "-n", "5", "--where", "sex=F").err
    assert "--format must be for" in run("sample", "hospital.synthgan", "-n", "5", "--format", "png").err
