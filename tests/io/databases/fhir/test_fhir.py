"""FHIR bundles as linked tables and back: what is read, what is not, and that what is written can be read again."""

from __future__ import annotations

import datetime as dt
import json

import pandas as pd
import pytest

from synthgan import Database, DataError
from synthgan.io.databases.fhir.paths import put, steps
from synthgan.io.databases.stores import is_database, read_database

LOINC = "http://loinc.org"


def _concept(code, system=LOINC, display=None):
    return {"coding": [{"system": system, "code": code} | ({"display": display} if display else {})]}


def _resources(whom):
    about = {"subject": {"reference": f"Patient/{whom}"}, "encounter": {"reference": f"urn:uuid:{whom}-e"}}
    return [
        {
            "resourceType": "Patient",
            "id": whom,
            "name": [{"family": "Secret"}],
            "telecom": [{"value": "555-0100"}],
            "gender": "female",
            "birthDate": "1950-01-02",
            "address": [{"line": ["1 Secret Street"], "city": "Bonn", "postalCode": "53111"}],
        },
        {
            "resourceType": "Encounter",
            "id": f"{whom}-e",
            "status": "finished",
            "class": {"code": "IMP"},
            "subject": {"reference": f"https://x.org/fhir/Patient/{whom}/_history/3"},
            "period": {"start": "2020-01-01T10:00:00+01:00", "end": "2020-01-03T10:00:00+01:00"},
        },
        {"resourceType": "Condition", "id": f"{whom}-c", "code": _concept("I10", "icd"), "onsetDateTime": "2019"}
        | about,
        {
            "resourceType": "Observation",
            "id": f"{whom}-o",
            "status": "final",
            "code": _concept("85354-9", display="Blood pressure"),
            "effectivePeriod": {"start": "2020-01-01T11:00:00Z"},
            "component": [
                {"code": _concept("8480-6"), "valueQuantity": {"value": 120.5, "unit": "mmHg"}},
                {"code": _concept("8462-4"), "valueQuantity": {"value": 80, "unit": "mmHg"}},
            ],
        }
        | about,
        {"resourceType": "Medication", "id": "m1", "code": _concept("rx1", "rxnorm", "Aspirin")},
        {
            "resourceType": "MedicationRequest",
            "id": f"{whom}-m",
            "status": "active",
            "intent": "order",
            "medicationReference": {"reference": "Medication/m1"},
            "authoredOn": "2020-01-02",
        }
        | about,
        {"resourceType": "Claim", "id": "left out"},
    ]


def _bundle(resources):
    return json.dumps(
        {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": one} for one in resources]}
    )


@pytest.fixture(params=["a bundle", "bundles", "lines"])
def source(request, tmp_path):
    people = ("p1", "p2")
    if request.param == "a bundle":
        path = tmp_path / "in.json"
        path.write_text(_bundle([one for whom in people for one in _resources(whom)]))
        return path
    folder = tmp_path / "in"
    folder.mkdir()
    for whom in people:
        if request.param == "bundles":
            (folder / f"{whom}.json").write_text(_bundle(_resources(whom)))
            continue
        for one in _resources(whom):
            with (folder / f"{one['resourceType']}.ndjson").open("a") as file:
                file.write(json.dumps(one) + "\n")
    return folder


def test_resources_become_linked_tables(source):
    assert is_database(source)
    database = Database.read(source)
    assert {name: len(frame) for name, frame in database.tables.items()} == {
        "patient": 2, "encounter": 2, "condition": 2, "observation": 2, "observation_component": 4, "medication_request": 2,
    }  # fmt: skip
    assert database.unit == "patient"
    assert database.path("observation_component") == ("observation_component", "observation", "encounter", "patient")
    assert database.owner("condition").found_by == "FHIR"
    assert database.keys("observation_component").primary_key == ("observation_id", "position")
    assert database.keys("encounter").order == "start"


def test_values_are_read(source):
    tables = {name: table.to_pylist()[0] for name, table in read_database(source).tables.items()}
    assert tables["patient"]["birth_date"] == dt.date(1950, 1, 2)
    assert tables["encounter"]["patient_id"] == "p1"
    assert tables["encounter"]["start"] == dt.datetime(2020, 1, 1, 9, tzinfo=dt.UTC)
    assert tables["condition"]["onset"] == "2019"
    assert tables["observation"]["effective"] == dt.datetime(2020, 1, 1, 11, tzinfo=dt.UTC)
    assert tables["observation_component"]["value_number"] == 120.5
    assert tables["medication_request"]["medication_display"] == "Aspirin"


def test_names_streets_and_telephones_are_not_read(source):
    text = str({name: table.to_pydict() for name, table in read_database(source).tables.items()})
    assert "Secret" not in text
    assert "555" not in text


def test_what_is_written_reads_back_and_is_marked(source, tmp_path):
    database = Database.read(source)
    target = tmp_path / ("out.json" if source.suffix else "out")
    database.write(target)
    back = Database.read(target)
    for name, frame in database.tables.items():
        pd.testing.assert_frame_equal(back.tables[name], frame)
    files = [target] if target.is_file() else sorted(target.iterdir())
    texts = [file.read_text(encoding="utf-8") for file in files]
    resources = [
        one
        for file, text in zip(files, texts, strict=True)
        for one in (
            map(json.loads, text.splitlines())
            if file.suffix == ".ndjson"
            else [entry["resource"] for entry in json.loads(text)["entry"]]
        )
    ]
    assert len(resources) == 10
    assert {one["meta"]["tag"][0]["code"] for one in resources} == {"HTEST"}
    assert all(one["status"] for one in resources if one["resourceType"] in {"Encounter", "Observation"})


def test_a_patient_has_a_bundle_of_its_own(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "all.json").write_text(_bundle([*_resources("p1"), *_resources("p2")]))
    Database.read(folder).write(tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["p1.json", "p2.json"]


def test_tables_of_fhir_go_to_other_databases(source, tmp_path):
    Database.read(source).write(tmp_path / "x.sqlite")
    assert len(Database.read(tmp_path / "x.sqlite").tables) == 6


def test_what_a_resource_lacks_is_filled_and_what_is_missing_is_not_written(tmp_path):
    (tmp_path / "in.json").write_text(_bundle(_resources("p1")))
    database = Database.read(tmp_path / "in.json")
    tables = {"encounter": pd.DataFrame({"id": ["a"], "patient_id": [None], "reason": [float("nan")]})}
    database.write(tmp_path / "out.json", tables)
    (entry,) = json.loads((tmp_path / "out.json").read_text())["entry"]
    assert {"resourceType": "Encounter", "id": "a", "status": "unknown"}.items() <= entry["resource"].items()
    assert not {"subject", "reasonCode"} & set(entry["resource"])


REFUSED = {
    "no JSON": ('{"resourceType": "Bundle", ', "must be a readable FHIR file"),
    "nothing of ours": (_bundle([{"resourceType": "Claim", "id": "1"}]), "must hold FHIR resources (Patient, "),
    "entries of nothing": (
        '{"resourceType": "Bundle", "entry": [3, {"resource": 5}, {"resource": {"id": 4}}]}',
        "found none",
    ),
    "entries that are none": ('{"resourceType": "Bundle", "entry": 7}', "must be a readable FHIR file"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_refused(tmp_path, text, message):
    (tmp_path / "in.json").write_text(text)
    with pytest.raises(DataError) as caught:
        Database.read(tmp_path / "in.json")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_resource_is_not_written(tmp_path):
    (tmp_path / "in.json").write_text(_bundle(_resources("p1")))
    database = Database.read(tmp_path / "in.json")
    with pytest.raises(DataError, match=r"table 'patient': id must be one of FHIR .* however: found 'a b'"):
        database.write(tmp_path / "out.json", {"patient": pd.DataFrame({"id": ["a b"]})})
    more = Database({**database.tables, "beds": pd.DataFrame({"bed": [1]})})
    more.source = database.source
    with pytest.raises(DataError, match=r"tables to write as FHIR must be patient, .* however: found 'beds'"):
        more.write(tmp_path / "out.json")
    assert not (tmp_path / "out.json").exists()


def test_paths():
    resource = {}
    put(resource, "a[1].b", 5)
    assert resource == {"a": [None, {"b": 5}]}
    with pytest.raises(ValueError, match=r"a\[x\]"):
        steps("a[x]")
