"""Text that holds several numbers: parted and put together again, byte for byte, in every container."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgan.data.clauses import Clause
from synthgan.data.column import Column, Kind
from synthgan.data.composites import Composite, form_of
from synthgan.data.parting import clauses_on_parts, composed, parted, rejoined
from synthgan.data.schema import Schema
from synthgan.data.table import Table
from synthgan.errors import DataError, SchemaError

LITERALS = st.text("/ ±x()[]:;%{}-", min_size=1, max_size=3).filter(str.strip)
NUMBERS = st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,3})?", fullmatch=True)
BP = Composite("bp", "{}/{}", ("bp.1", "bp.2"))


@pytest.fixture(scope="module")
def table():
    rng, rows = np.random.default_rng(0), 200
    low = rng.integers(50, 100, rows)
    pressure = [f"{high}/{one}" for high, one in zip(low + rng.integers(30, 70, rows), low, strict=True)]
    pressure[3], pressure[5] = None, "refused"
    return pd.DataFrame(
        {
            "age": rng.integers(20, 90, rows),
            "bp": pd.Series(pressure, dtype=object),
            "dose": [f"{one:.1f} ± {other:.2f}" for one, other in rng.uniform(0, 9, (rows, 2))],
        }
    )


@given(st.lists(LITERALS, min_size=1, max_size=3), st.data())
@settings(max_examples=200, deadline=None)
def test_what_is_split_is_joined_again(literals, data):
    around = ["", *literals, data.draw(st.sampled_from(["", " mg", "%", ")"]))]
    parts = tuple(f"x.{index}" for index in range(len(around) - 1))
    one = Composite("x", form_of(around), parts)
    assert one.literals == around
    rows = st.lists(st.tuples(*[NUMBERS] * len(parts)), min_size=1, max_size=5)
    pieces = data.draw(rows)
    texts = pa.array([form_of(around).format(*row) for row in pieces] + [None, "refused", ""])
    split = one.split(texts)
    assert [*zip(*(part.to_pylist() for part in split), strict=True)][: len(pieces)] == pieces
    assert one.join(split).to_pylist() == texts.to_pylist()


@given(st.lists(st.one_of(st.none(), st.text(max_size=12)), min_size=1, max_size=6))
@settings(max_examples=200, deadline=None)
def test_any_text_stays_what_it_was_but_a_number_alone(texts):
    one = Composite("x", "{}/{}", ("x.1", "x.2"))
    split = one.split(pa.array(texts, pa.large_string()))
    for text, again, first in zip(texts, one.join(split).to_pylist(), split[0].to_pylist(), strict=True):
        assert again == text or (again is None and first is None)


def test_signs_belong_to_numbers_and_hyphens_between_them_do_not():
    one = Composite("x", "{}-{}", ("x.1", "x.2"))
    assert [part.to_pylist() for part in one.split(pa.array(["5-10", "-5--3", "5 - 10"]))] == [
        ["5", "-5", "5 "],
        ["10", "-3", " 10"],
    ]


@pytest.mark.parametrize("container", ["pandas", "polars", "pyarrow"])
def test_a_frame_is_read_and_written_as_it_was(table, container):
    frame = {"pandas": lambda: table, "polars": lambda: pl.from_pandas(table), "pyarrow": lambda: pa.table(table)}[
        container
    ]()
    read = Table.read(frame, split=True)
    assert read.schema.names == ("age", "bp.1", "bp.2", "dose.1", "dose.2")
    assert read.frame().equals(frame)
    again = Table.read(frame, read.schema)
    assert again.frame().equals(frame)
    assert Table.read(parted(frame, read.schema.composites), read.schema).frame().equals(frame)
    assert Table.read(frame).schema.composites == ()
    read.schema.validate(frame)


def test_a_schema_says_them_and_is_read_again(table):
    schema = Schema.infer(table)
    assert schema.composites == (BP, Composite("dose", "{} ± {}", ("dose.1", "dose.2")))
    assert [(one.kind, one.form) for one in schema.columns[1:3]] == [(Kind.INTEGER, "number:0")] * 2
    assert Schema.from_json(schema.to_json()) == schema
    assert "composites" in json.loads(schema.to_json())
    assert schema.of_columns([schema.column("age")]).composites == ()
    assert Schema.infer(table, drop=["bp", "dose"]).composites == ()
    assert Schema.infer(table, identifiers=["bp"]).column("bp").kind is Kind.IDENTIFIER
    assert Schema.infer(table, types_only=True).composites == ()
    assert Schema.infer(table.assign(**{"bp.1": 1.5})).column("bp").kind is Kind.IDENTIFIER


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("bp", "{}/{}", ("bp.1",)), "a {} for each of its 1 parts"),
        (("bp", "{}{}", ("a", "b")), "a sign that parts its numbers"),
        (("bp", "{", ("a", "b")), "form must be such as"),
        (("bp", "{}/{0}", ("a", "b")), "a {} for each"),
        (("bp", 3, ("a", "b")), "a {} for each"),
        (("bp", "{}/{}", ("a", "a")), "parts must differ"),
        (("bp", "{}/{}", ("a", "bp")), "parts must differ"),
        (("bp", "{}", ()), "1 to 4 columns"),
        ((None, "{}/{}", ("a", "b")), "text or a whole number"),
    ],
)
def test_what_is_no_composite_is_refused(given, words):
    with pytest.raises(SchemaError, match=words.replace("{", r"\{").replace("}", r"\}")):
        Composite(*given)


def test_a_schema_with_a_wrong_composite_is_refused(table):
    schema = json.loads(Schema.infer(table).to_json())
    for change, words in (
        ({"composites": [{"name": "bp"}]}, "name, form and parts"),
        ({"composites": 3}, "must be a list"),
        ({"composites": [{"name": "bp", "form": "{}/{}", "parts": 3}]}, "must be a list"),
        ({"composites": [{"name": "age", "form": "{}/{}", "parts": ["bp.1", "bp.2"]}]}, "of its own"),
        ({"composites": [{"name": "bp", "form": "{}/{}", "parts": ["bp.1", "age"]}]}, "a form of numbers"),
    ):
        with pytest.raises(SchemaError, match=words):
            Schema.from_dict(schema | change)


def test_a_condition_on_the_text_is_one_on_its_numbers(table):
    schema = Schema.infer(table)
    told = clauses_on_parts(
        [Clause("bp", ("129/84",)), Clause("age", (3,)), Clause("dose", (None,))], schema.columns, schema.composites
    )
    assert told == [
        Clause("bp.1", ("129",)),
        Clause("bp.2", ("84",)),
        Clause("age", (3,)),
        Clause("dose.1", (None,)),
        Clause("dose.2", (None,)),
    ]
    assert len(clauses_on_parts([Clause("bp", (None,), negated=True)], schema.columns, schema.composites)) == 2
    for wrong in (
        Clause("bp", ("129/84", "3/4")),
        Clause("bp", ("129/84",), negated=True),
        Clause("bp", low="129/84"),
        Clause("bp", ("129",)),
        Clause("bp", ("refused",)),
    ):
        with pytest.raises(DataError) as caught:
            clauses_on_parts([wrong], schema.columns, schema.composites)
        assert "bp.1, bp.2" in str(caught.value)
    marked = schema.of_columns(
        Column.from_dict(one.to_dict() | {"marks": ["refused"]}) if one.name in BP.parts else one for one in schema
    )
    assert clauses_on_parts([Clause("bp", ("refused",))], marked.columns, marked.composites) == [
        Clause("bp.1", ("refused",)),
        Clause("bp.2", ("refused",)),
    ]


def test_what_was_given_stays_and_gaps_are_filled(table):
    schema = Schema.infer(table)
    filled = parted(table, schema.composites)
    filled.loc[3, ["bp.1", "bp.2"]] = "120", "80"
    whole = rejoined(filled, table, list(table), schema.columns, schema.composites)
    assert list(whole) == list(table)
    assert whole["bp"][3] == "120/80"
    assert whole.drop(3).equals(table.drop(3))


def test_a_named_level_of_an_index_stays_whole(table):
    frame = table.drop([3, 5]).set_index("bp")
    schema = Schema.infer(frame)
    assert schema.index == ("bp",)
    assert [one.name for one in schema.composites] == ["dose"]
    assert Table.read(frame, split=True).frame().index.name == "bp"


def test_parts_alone_stay_parts():
    columns = [Column("bp.2", Kind.INTEGER, "object", form="number:0")]
    assert composed(columns, [pa.array(["84"])], [BP])[0] == columns
