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
    assert "Wrote keys.json." in done.err
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
