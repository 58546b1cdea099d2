"""Linked tables come back as the kind they came from, where nobody names another."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from helpers.hospital import hospital

from synthgan import Database, DatabaseSynthesizer
from synthgan.io.writers import write_table
from synthgan.relational import fitting as module
from synthgan.relational.branch import BranchConfig


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(module, "BranchConfig", lambda **_: BranchConfig(chains=1, rounds=0))


def tables():
    real = hospital()
    return {"patients": real["patients"], "admissions": real["admissions"].drop(columns="doctor_id")}


def source(kind: str, folder: Path) -> str:
    """The made hospital as a file or folder of some kind."""
    if kind in ("sqlite", "duckdb"):
        Database(tables(), foreign_keys={"admissions": {"patient_id": "patients"}}).write(folder / f"in.{kind}")
        return f"in.{kind}"
    (folder / "in").mkdir()
    for name, frame in tables().items():
        if kind == "csv":
            frame.to_csv(folder / "in" / f"{name}.csv", sep=";", index=False)
        else:
            write_table(frame, folder / "in" / f"{name}.{kind}")
    return "in"


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "csv", "xpt", "parquet"])
def test_what_names_no_kind_becomes_what_was_learned(run, folder, kind):
    assert run("fit", source(kind, folder), "--unit", "patients", "-o", "model.synthgan").code == 0
    told = run("sample", "model.synthgan", "-n", "25")
    assert told.code == 0, told.err
    made = f"model.synthetic.{kind}" if kind in ("sqlite", "duckdb") else "model.synthetic"
    assert f"Wrote {made}:" in told.err
    back = Database.read(folder / made)
    assert back.source is not None
    assert back.source.ending == ("" if kind in ("sqlite", "duckdb") else f".{kind}")
    assert len(back.tables["patients"]) == 25
    assert back.tables["admissions"]["patient_id"].isin(back.tables["patients"]["patient_id"]).all()
    if kind == "csv":
        assert (folder / made / "patients.csv").read_text().splitlines()[0].replace('"', "") == "patient_id;sex;born"


def test_an_ending_or_a_slash_says_otherwise(run, folder):
    run("fit", source("sqlite", folder), "--unit", "patients", "-o", "model.synthgan")
    for output, made in (("one.duckdb", "one.duckdb"), ("two/", "two/patients.parquet"), ("three", "three.sqlite")):
        assert run("sample", "model.synthgan", "-n", "25", "-o", output).code == 0
        assert (folder / made).is_file()


def test_fhir_comes_back_as_fhir(run, folder):
    entries = []
    for number in range(40):
        whom = {"reference": f"Patient/p{number}"}
        gender = ("female", "male")[number % 2]
        entries.append(
            {"resourceType": "Patient", "id": f"p{number}", "gender": gender, "birthDate": f"19{40 + number}-01-02"}
        )
        for visit in range(1 + number % 2):
            period = {"start": f"2020-0{visit + 1}-01T0{number % 9}:00:00Z", "end": f"2020-0{visit + 1}-02T09:00:00Z"}
            entries.append(
                {
                    "resourceType": "Encounter",
                    "id": f"e{number}-{visit}",
                    "status": "finished",
                    "subject": whom,
                    "period": period,
                }
            )
    text = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in entries]})
    (folder / "in.json").write_text(text)
    assert run("fit", "in.json", "-o", "model.synthgan").code == 0
    told = run("sample", "model.synthgan", "-n", "25", "-o", "made")
    assert told.code == 0, told.err
    back = Database.read(folder / "made")
    assert back.source is not None
    assert back.source.kind == "FHIR"
    assert len(back.tables["patient"]) == 25
    assert back.tables["encounter"]["patient_id"].isin(back.tables["patient"]["id"]).all()


def test_a_model_tells_what_its_files_said_and_no_value_of_keys(folder):
    model = DatabaseSynthesizer(seed=0).fit(source("csv", folder), unit="patients")
    manifest = model.manifest()
    assert manifest["stored"] == {"kind": "folder", "ending": ".csv"}
    assert manifest["forms"]["patients"]["source"]["delimiter"] == ";"
    model.save("model.synthgan")
    opened = DatabaseSynthesizer.load("model.synthgan")
    assert opened.write("again", opened.sample(25)) == Path("again")
    again = pd.read_csv("again/patients.csv", sep=";")
    assert again["born"].tolist() == list(map(str, model.sample(25)["patients"]["born"].to_pylist()))
