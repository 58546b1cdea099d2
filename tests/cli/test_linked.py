"""`synthgan schema` of linked tables: keys with what they were found by, and what is asked."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from helpers.linked_tables import made_database

from synthgan.data.linked import DatabaseSchema


@pytest.fixture
def hospital(folder):
    made_database().write(folder / "hospital.sqlite")
    return folder / "hospital.sqlite"


def test_keys_are_printed_as_json_that_reads_back(run, hospital):
    done = run("schema", hospital)
    assert (done.code, done.err) == (0, "")
    assert DatabaseSchema.from_json(done.out).tables["stays"].owner.table == "patients"


def test_a_file_is_written_and_the_tree_is_shown(run, hospital, folder):
    done = run("schema", f"sqlite:///{hospital}", "-o", "keys.json")
    assert done.code == 0
    assert "└─ stays  3 rows" in done.out
    assert "Wrote keys.json. Edit it, then: synthgan fit" in done.err
    assert "--schema keys.json" in done.err
    assert json.loads((folder / "keys.json").read_text())["unit"] == "patients"


def test_what_is_uncertain_is_asked(run, folder):
    (folder / "in").mkdir()
    pd.DataFrame({"plane_id": range(85)}).to_csv(folder / "in/planes.csv", index=False)
    pd.DataFrame({"plane_id": range(100), "miles": 0.5}).to_csv(folder / "in/flights.csv", index=False)
    done = run("schema", "in")
    assert done.code == 0
    assert "asked: flights.plane_id -> planes.plane_id (names and inclusion 0.85): a key?" in done.err
    assert json.loads(done.out)["asked"][0]["of"] == "flights"


@pytest.mark.parametrize("option", [("--public",), ("--strict",), ("--id", "x"), ("--drop", "x")])
def test_options_of_one_table_are_refused(run, hospital, option):
    done = run("schema", hospital, *option)
    assert done.code == 2
    assert f"{option[0]} must be for one table, however: linked tables were given" in done.err


def test_the_source_is_not_overwritten(run, hospital):
    done = run("schema", hospital, "-o", hospital)
    assert done.code == 2
    assert "the output must not be an input" in done.err


def test_no_secret_of_a_url_is_told(run):
    done = run("schema", "postgresql://ann:s3cret@localhost:1/hospital?token=qwerty", "--debug")
    assert done.code == 3
    assert not any(secret in done.out + done.err for secret in ("ann", "s3cret", "qwerty"))
    assert "postgresql://localhost:1/hospital" in done.err


URL = "postgresql://ann:s3cret@localhost:1/hospital?token=qwerty"


@pytest.mark.parametrize(
    "words",
    [
        ("evaluate", "people.parquet", URL),
        ("sample", "model", "-n", "5", "-o", URL),
        ("split", URL),
        ("impute", "people.parquet", "--model", "model", "-o", URL),
        ("fit", "people.parquet", "-o", URL),
        ("schema", "people.parquet", "-o", URL),
    ],
    ids=["held against", "sampled", "parted", "filled", "fitted", "described"],
)
def test_a_url_where_a_file_or_one_table_belongs_is_refused_without_its_secrets(run, table, model, words):
    done = run(*(model if word == "model" else word for word in words))
    assert done.code == 2
    must = (
        "a file, however: it is the URL of a database"
        if words[0] in {"fit", "schema"}
        else "one table, however: it is a whole database"
    )
    assert f"postgresql://localhost:1/hospital: must be {must}" in done.err
    assert not any(secret in done.out + done.err for secret in ("ann", "s3cret", "qwerty"))


@pytest.mark.parametrize("debug", [(), ("--debug",)], ids=["plain", "with a traceback"])
def test_no_secret_is_told_wherever_a_url_is_given(run, debug):
    done = run("inspect", URL, *debug)
    assert done.code == 3
    assert "localhost:1/hospital" in done.err
    assert not any(secret in done.out + done.err for secret in ("s3cret", "qwerty"))


def test_linked_tables_are_written_to_a_url_and_its_secrets_are_not_told(folder, monkeypatch):
    from synthgan_cli import linked
    from synthgan_cli.console import Screen

    written = []

    class Model:
        schema_, sample_seed_ = made_database().schema, 7
        model_ = type("Learned", (), {"stored": ("", "")})

        def sample(self, *_, **__):
            return made_database().tables

        def write(self, target, _):
            written.append(target)

    monkeypatch.setattr("synthgan.DatabaseSynthesizer.load", lambda _: Model())
    monkeypatch.setattr(linked, "refuse_others", lambda *_: None)
    monkeypatch.setattr(Screen, "say", lambda _, text, **__: written.append(text))
    context = type("Context", (), {"obj": [], "params": {"n": 3, "where": None, "seed": None}})
    checked = []
    monkeypatch.setattr("synthgan.io.databases.sql.check_free", lambda names, url: checked.append((list(names), url)))
    linked.draw_linked(Screen(), context, folder / "x.synthgan", URL)
    assert checked == [(list(made_database().tables), URL)]
    assert written[0] == URL
    assert written[1].startswith("Wrote postgresql://localhost:1/hospital: 4 tables, 13 rows")
