"""Editors know what a schema may say: the JSON Schema in the package takes what is written, and refuses what is refused."""

from __future__ import annotations

import copy
import json
from dataclasses import fields
from importlib.resources import files

import jsonschema
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from synthgan.data.column import Column, Kind
from synthgan.data.distances import Following
from synthgan.data.formulas.find import with_formulas
from synthgan.data.formulas.formula import Formula
from synthgan.data.rare import CHOICES
from synthgan.data.schema import Schema
from synthgan.data.stamps import NANOSECONDS
from synthgan.errors import SchemaError

DESCRIBED = json.loads(files("synthgan.data").joinpath("schema.schema.json").read_text(encoding="utf-8"))
COLUMN = DESCRIBED["$defs"]["column"]["properties"]


def check(document):
    jsonschema.validate(document, DESCRIBED, cls=jsonschema.Draft202012Validator)


@pytest.fixture(scope="module")
def table():
    rng, rows = np.random.default_rng(0), 60
    stamps = pd.date_range("2020-01-01", periods=rows, freq="15min", tz="Europe/Berlin")
    weight = rng.normal(80, 9, rows).round(1)
    return pd.DataFrame(
        {
            "id": [f"P-{n:05d}" for n in range(rows)],
            "sex": ["F", "M", None] * 20,
            "grade": pd.Categorical(["a", "b"] * 30, categories=["a", "b"], ordered=True),
            "weight": weight,
            "pounds": (weight * 2.2046).round(1),
            "dead": [True, False] * 30,
            "stamp": stamps,
            "stay": pd.to_timedelta(rng.integers(0, 99, rows), unit="h"),
            "cost": [f"{value:.2f} €".replace(".", ",") for value in rng.normal(900, 99, rows)],
            "here": "yes",
            "nothing": [None] * rows,
            "lat": rng.uniform(47, 55, rows),
            "lon": rng.uniform(6, 15, rows),
            "big": rng.integers(0, 10_000, rows) + 2**60,
        },
        index=pd.Index(range(rows), name="row"),
    )


def test_the_description_is_a_json_schema_that_names_what_the_code_has():
    jsonschema.Draft202012Validator.check_schema(DESCRIBED)
    assert set(COLUMN) == {field.name for field in fields(Column)}
    assert COLUMN["kind"]["enum"] == list(Kind)
    assert COLUMN["unit"]["enum"] == list(NANOSECONDS)
    assert COLUMN["rare"]["enum"] == list(CHOICES)
    assert set(DESCRIBED["$defs"]["formula"]["properties"]) == {
        "formula" if field.name == "text" else field.name for field in fields(Formula)
    } - {"sources"}
    assert set(DESCRIBED["$defs"]["distance"]["properties"]) == {field.name for field in fields(Following)}
    assert set(DESCRIBED["properties"]) == {field.name for field in fields(Schema)} | {"$schema"}


def test_what_is_written_is_taken(table):
    schema = with_formulas(Schema.infer(table), table)
    assert schema.formulas
    kinds = {column.kind for column in schema}
    assert len(kinds) > 10
    check(schema.to_dict())
    rules = ["weight >= 0", {"columns": ["sex", "dead"], "allowed": [["F", True], ["M", False], [None, True]]}]
    distances = [{"target": "weight", "sources": ["big"], "use": False}]
    edited = schema.to_dict() | {"rules": rules, "distances": distances, "$schema": "synthgan.schema.json"}
    check(edited)
    read = Schema.from_dict(edited)
    assert "$schema" not in read.to_dict()
    check(read.to_dict())


@pytest.mark.parametrize("frame", [pl.DataFrame({"x": [1, 2] * 9}), pa.table({"x": [1.5, None] * 9})])
def test_schemas_of_other_containers_are_taken(frame):
    check(Schema.infer(frame).to_dict())
    check(Schema.infer(frame, types_only=True).to_dict())


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("weight", {"kind": "number"}),
        ("weight", {"minimun": 0}),
        ("weight", {"levels": [1, 2]}),
        ("weight", {"unit": "day"}),
        ("stamp", {"unit": None}),
        ("sex", {"decimals": 1}),
        ("sex", {"rare": "keep"}),
        ("sex", {"pattern": "uuid"}),
        ("here", {"levels": ["yes", "no"]}),
    ],
)
def test_what_is_refused_is_underlined(table, name, change):
    document = copy.deepcopy(Schema.infer(table).to_dict())
    (column,) = (one for one in document["columns"] if one["name"] == name)
    for key, value in change.items():
        column[key] = value
        if value is None:
            del column[key]
    with pytest.raises(jsonschema.ValidationError):
        check(document)
    with pytest.raises(SchemaError):
        Schema.from_dict(document)


@pytest.mark.parametrize("rules", [[3], [{"columns": ["sex"]}], "sex = F"])
def test_what_is_no_rule_is_underlined(table, rules):
    with pytest.raises(jsonschema.ValidationError):
        check(Schema.infer(table).to_dict() | {"rules": rules})
