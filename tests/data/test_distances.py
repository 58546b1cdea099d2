"""Distances are declared in a schema, checked against its columns, and written as they came."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from synthgan.data.distances import Following
from synthgan.data.schema import Schema
from synthgan.errors import SchemaError

DAYS = pd.date_range("2020-01-01", periods=40, freq="7h")
TABLE = pd.DataFrame(
    {
        "came": DAYS,
        "icu": DAYS,
        "left": DAYS,
        "day": DAYS.date,
        "zoned": DAYS.tz_localize("UTC"),
        "age": range(40),
        "sex": ["F", "M"] * 20,
    }
)
SCHEMA = Schema.infer(TABLE)


def test_they_are_read_and_written_as_json():
    given = [
        {"target": "left", "sources": ["icu", "came"]},
        {"target": "icu", "sources": ["came"], "use": False, "found_by": "search"},
    ]
    schema = Schema.from_dict(SCHEMA.to_dict() | {"distances": given})
    assert schema.distances == (Following("left", ("icu", "came")), Following("icu", ("came",), "search", use=False))
    assert schema.to_dict()["distances"] == [given[0] | {"found_by": "declared"}, given[1]]
    assert Schema.from_json(schema.to_json()) == schema
    assert str(schema.distances[0]) == "left after icu or came"
    assert "distances" not in SCHEMA.to_dict()
    without = schema.of_columns(column for column in schema if column.name != "icu")
    assert without.distances == ()
    assert SCHEMA.of_columns(SCHEMA.columns[:2]).distances is None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("left", "distances must be a list"),
        (["left after came"], "must be an object of target and sources"),
        ([{"target": "left"}], "must be an object of target and sources"),
        ([{"target": "left", "sources": ["came"], "by": 3}], "must be an object of target and sources"),
        ([{"target": "left", "sources": "came"}], "must have a list of sources"),
        ([{"target": "left", "sources": ["came"], "use": 1}], "and use that is true or false"),
        ([{"target": "left", "sources": []}], "must be from other columns, each once"),
        ([{"target": "left", "sources": ["left"]}], "must be from other columns, each once"),
        ([{"target": "left", "sources": ["cane"]}], "found no 'cane'; did you mean 'came'"),
        ([{"target": "left", "sources": ["age"]}], "'left after age' has 'left', a datetime, and 'age', a integer"),
        ([{"target": "left", "sources": ["zoned"]}], "must lie between numbers, between moments"),
        ([{"target": "sex", "sources": ["sex", "came"]}], "must be from other columns"),
        ([{"target": "sex", "sources": ["age"]}], "has 'sex', a category"),
        ([{"target": "left", "sources": ["came"]}, {"target": "left", "sources": ["icu"]}], "however: 'left' has two"),
        ([{"target": "left", "sources": ["icu"]}, {"target": "icu", "sources": ["left"]}], "must not go round in a circle"),
    ],
)  # fmt: skip
def test_what_is_no_distance_is_refused(given, words):
    with pytest.raises(SchemaError, match=words):
        Schema.from_dict(SCHEMA.to_dict() | {"distances": given})


def test_one_of_columns_that_are_not_there_is_refused():
    with pytest.raises(SchemaError, match="found no 'gone'"):
        replace(SCHEMA, distances=[Following("left", ("gone",))])


def test_dates_and_stamps_lie_on_one_line():
    assert replace(SCHEMA, distances=[Following("left", ("day",))]).distances
