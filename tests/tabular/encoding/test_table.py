"""A whole table there and back: random schemas of every container, exactly."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from helpers.frame_strategies import arrow_tables, pandas_frames, polars_frames
from helpers.frames import read_levels, read_numbers
from helpers.generators import small
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from synthgan import Schema, Synthesizer
from synthgan.config import EncodingConfig
from synthgan.data.rows import number_of_rows, take
from synthgan.data.schema import CODED, Kind
from synthgan.data.table import Table
from synthgan.errors import DataError
from synthgan.runtime import Streams
from synthgan.tabular.encoding.counting import make_identifiers
from synthgan.tabular.encoding.numbers import NUMERIC
from synthgan.tabular.encoding.table import TableTransform
from synthgan.tabular.registry import GENERATORS

any_frame = st.one_of(pandas_frames(), polars_frames(), arrow_tables())
STREAMS = Streams(0)


def inferred(frame: object) -> Schema:
    try:
        schema = Schema.infer(frame)
    except DataError:  # prose and the like: refused, and tested where that is decided
        assume(False)
    assume(any(column.kind in NUMERIC | CODED for column in schema))
    return schema


def assert_same_values(schema: Schema, built: object, given: object) -> None:
    """All learned columns are equal as numbers or as levels."""
    for column in schema:
        if column.kind in NUMERIC:
            np.testing.assert_array_equal(read_numbers(built, column), read_numbers(given, column), str(column))
        elif column.kind in CODED:
            (codes, levels), (wanted, known) = read_levels(built, column), read_levels(given, column)
            texts, others = ([*map(str, names), "missing"] for names in (levels, known))
            assert [texts[code] for code in codes] == [others[code] for code in wanted]


@given(any_frame)
@settings(max_examples=60)
def test_every_frame_comes_back_exactly_where_nothing_is_rare(frame: object) -> None:
    schema = inferred(frame)
    table = Table.read(frame, schema)
    transform = TableTransform.fit(table, EncodingConfig(rare_below=1), STREAMS)
    encoded = transform.transform(table, STREAMS)
    again = transform.inverse(encoded, STREAMS).frame()
    assert Schema.infer(again).container == schema.container
    assert_same_values(schema, again, frame)
    state, tensors = transform.state()
    restored = TableTransform.from_state(schema, state, tensors)
    assert_same_values(schema, restored.inverse(encoded, STREAMS).frame(), frame)


@given(any_frame, st.sampled_from(list(GENERATORS)))
@settings(max_examples=25)
def test_every_frame_can_be_learned_and_sampled_in_its_own_dtypes(frame: object, generator: str) -> None:
    inferred(frame)
    rows = number_of_rows(frame)
    table = take(frame, np.arange(rows * 30) % rows)
    schema = inferred(table)
    synthesizer = Synthesizer(generator=small(generator, chains=2, steps=1, classes=2), rare_below=2)
    synthetic = synthesizer.fit(table).sample(40)
    assert type(synthetic) is type(table)
    schema.validate(synthetic)
    if isinstance(synthetic, pd.DataFrame):
        given, built = table.dtypes.astype(str), synthetic.dtypes.astype(str)
        assert (given == built).all()
    elif isinstance(synthetic, pl.DataFrame):  # an Enum comes back without the levels that nobody has
        bases = [[dtype if dtype != pl.Enum else pl.Enum for dtype in part.dtypes] for part in (synthetic, table)]
        assert bases[0] == bases[1]
    else:
        assert synthetic.schema == table.schema


@pytest.mark.parametrize(
    ("pattern", "form"),
    [
        ("int:6", r"1\d{5}"),
        ("text:P-:4", r"P-1\d{3}"),
        ("text::3", r"1\d{2}"),
        ("text:a:b:2", r"a:b\d\d"),
        ("uuid", r"[0-9a-f-]{36}"),
    ],
)
def test_identifiers_have_the_form_of_the_original_ones(pattern: str, form: str) -> None:
    dtype = "int64" if pattern.startswith("int") else "object"
    column = next(
        iter(
            Schema.from_dict(
                {
                    "container": "pandas",
                    "columns": [{"name": "x", "kind": Kind.IDENTIFIER.value, "dtype": dtype, "pattern": pattern}],
                }
            )
        )
    )
    first, second = make_identifiers(column, 0, 40, STREAMS), make_identifiers(column, 40, 40, STREAMS)
    assert pd.Series(first).astype(str).str.fullmatch(form).all()
    assert len({*first, *second}) == 80
