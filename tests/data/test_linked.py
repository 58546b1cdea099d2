"""Schemas of linked tables: written as JSON, edited, read again, and refused in one line where something is wrong."""

from __future__ import annotations

import json

import pytest
from helpers.linked_tables import made_database, made_tables

from synthgan import Database, SchemaError
from synthgan.data.linked import DatabaseSchema


@pytest.fixture
def written():
    return json.loads(made_database().schema.to_json())


def test_it_reads_what_it_writes():
    schema = made_database().schema
    assert DatabaseSchema.from_json(schema.to_json()) == schema


def test_it_says_what_each_key_was_found_by(written):
    assert written["unit"] == "patients"
    assert written["tables"]["stays"] == {
        "primary_key": {"columns": ["patient_id", "number"], "found_by": "declared"},
        "owner": {
            "columns": ["patient_id"],
            "table": "patients",
            "referenced": ["patient_id"],
            "nullable": False,
            "found_by": "declared",
        },
        "references": [
            {
                "columns": ["doctor"],
                "table": "staff",
                "referenced": ["staff_id"],
                "nullable": False,
                "found_by": "declared",
            }
        ],
        "order": {"column": "began", "found_by": "times"},
    }


def test_an_edited_schema_is_taken_as_it_is(written):
    stays = written["tables"]["stays"]
    stays["owner"], stays["references"] = stays["references"][0], [{**stays["owner"], "kind": "dimension"}]
    database = Database(made_tables(), schema=DatabaseSchema.from_dict(written))
    assert database.owner("stays").table == "staff"
    assert [key.kind for key in database.keys("stays").foreign_keys] == ["owner", "dimension"]
    written["tables"]["doses"]["owner"] = None
    assert Database(made_tables(), schema=DatabaseSchema.from_dict(written)).owner("doses") is None


def test_questions_are_written_too():
    database = Database(made_tables())
    schema = database.schema
    asked = {
        **schema.to_dict(),
        "asked": [{"of": "stays", "columns": ["doctor"], "table": "staff", "referenced": ["staff_id"]}],
    }
    read = DatabaseSchema.from_dict(asked)
    assert str(read.asked[0]) == "stays.doctor -> staff.staff_id (declared)"
    assert DatabaseSchema.from_json(read.to_json()) == read


def _with(**changes):
    def change(written):
        written["tables"]["stays"] |= changes
        return written

    return change


KEY = {"columns": ["doctor"], "table": "staff", "referenced": ["staff_id"]}
REFUSED = {
    "a list": (lambda w: [w], "a schema of linked tables must be a JSON object with an object of tables"),
    "no tables": (lambda w: {"tables": {}}, "with an object of tables"),
    "a stray entry": (
        lambda w: w | {"units": 1},
        "must say unit, unit_found_by, tables, rules, asked only, however: found 'units'",
    ),
    "a unit of numbers": (lambda w: w | {"unit": 3}, "unit must be the name of a table or null, however: found 3"),
    "a unit that is no table": (lambda w: w | {"unit": "patient"}, "found 'patient'; did you mean 'patients'"),
    "asked is no list": (lambda w: w | {"asked": {}}, "asked must be a list of keys, however: found dict"),
    "asked is no key": (
        lambda w: w | {"asked": [3]},
        "a key that is asked for must be a JSON object, however: found 3",
    ),
    "a table is no object": (lambda w: w | {"tables": {"a": 3}}, "table 'a' must be a JSON object, however: found 3"),
    "a stray entry of a table": (
        _with(owners=None),
        "table 'stays' must say primary_key, owner, references, order only",
    ),
    "references are no list": (_with(references=KEY), "table 'stays': references must be a list of keys"),
    "a key to nowhere": (
        _with(owner={**KEY, "table": "staf"}, references=[]),
        "table 'stays': a foreign key must refer to a table of the database, however: found 'staf'",
    ),
    "a key to no name": (_with(owner={**KEY, "table": 3}), "table 'stays': owner must name a table"),
    "a key of a text": (
        _with(owner={**KEY, "columns": "doctor"}),
        "table 'stays': owner: columns must be a list of the names",
    ),
    "a key of another length": (
        _with(owner={**KEY, "columns": ["a", "b"]}),
        "table 'stays': owner: a foreign key must name",
    ),
    "a kind that is none": (
        _with(references=[{**KEY, "kind": "x"}]),
        "table 'stays': a reference: kind of a foreign key must be",
    ),
    "two of one": (_with(references=[KEY, KEY]), "table 'stays': a foreign key must be named once"),
    "an order of two": (_with(order={"column": ["a"]}), "table 'stays': order must name one column"),
    "an order of nothing": (_with(order={}), "table 'stays': order must say column and found_by"),
    "a primary key of nothing": (
        _with(primary_key={"columns": []}),
        "table 'stays': primary_key must be a list of the names",
    ),
}


@pytest.mark.parametrize(("change", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_schema_is_refused(written, change, message):
    with pytest.raises(SchemaError) as caught:
        DatabaseSchema.from_dict(change(written))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_text_that_is_no_json_is_refused():
    with pytest.raises(SchemaError, match="a schema must be JSON, however"):
        DatabaseSchema.from_json("{")


def test_a_schema_of_other_tables_is_refused(written):
    tables = made_tables()
    with pytest.raises(SchemaError, match="must say all of them, however: it says nothing of 'more'"):
        Database({**tables, "more": tables["staff"]}, schema=DatabaseSchema.from_dict(written))
    with pytest.raises(
        SchemaError, match="table 'stays': the column of a key must be there, however: found no 'doctor'"
    ):
        Database({**tables, "stays": tables["stays"].drop(columns="doctor")}, schema=DatabaseSchema.from_dict(written))
    with pytest.raises(SchemaError, match="a table must be in the database, however: found no 'doses'"):
        Database(
            {name: tables[name] for name in ("staff", "patients", "stays")}, schema=DatabaseSchema.from_dict(written)
        )


def test_a_file_is_read(tmp_path, written):
    path = tmp_path / "keys.json"
    written["tables"]["doses"]["owner"] = None
    path.write_text(json.dumps(written), encoding="utf-8")
    assert Database(made_tables(), schema=path).owner("doses") is None
    assert Database(made_tables(), schema=str(path)).owner("stays").table == "patients"


def test_a_file_that_is_no_schema_is_refused(tmp_path):
    path = tmp_path / "keys.json"
    with pytest.raises(
        SchemaError, match="must be a schema, however: there is no such file; make one with `synthgan schema SOURCE`"
    ):
        Database(made_tables(), schema=path)
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(SchemaError, match=r"keys.json: a schema of linked tables must be a JSON object"):
        Database(made_tables(), schema=path)
    path.write_bytes(b"\xff\xfe{}")
    with pytest.raises(SchemaError, match=r"keys.json: a schema must be UTF-8 text, however: it is not"):
        Database(made_tables(), schema=path)


def test_a_file_that_cannot_be_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "keys.json"
    path.write_text("{}", encoding="utf-8")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_text", refuse)
    with pytest.raises(SchemaError, match=r"keys.json must be a schema to read, however: permission denied"):
        Database(made_tables(), schema=path)
