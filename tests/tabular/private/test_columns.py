"""Single columns under privacy: what a schema of types alone says, and what noisy counts add to it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from synthgan.data.schema import Column, Kind, Schema
from synthgan.data.table import Table
from synthgan.errors import PrivacyError
from synthgan.privacy.curator import Curator
from synthgan.privacy.ledger import PrivacyLedger
from synthgan.tabular.encoding.levels import LevelCodec
from synthgan.tabular.encoding.registry import CODECS
from synthgan.tabular.private.columns import TWINS, learned_groups, measure_columns
from synthgan.tabular.private.levels import share_faint
from synthgan.tabular.queries import TableRecords

ROWS = 4_000


def measured(frame, schema=None, *, noise=2.0):
    schema = schema or Schema.infer(frame, types_only=True)
    table = Table.coerce(frame, schema)
    curator = Curator(TableRecords(table), PrivacyLedger(1e-6))
    known = measure_columns(schema, curator, lambda _, share: noise / share**0.5, 1e-9)
    return known, curator.ledger


def test_a_schema_of_types_says_nothing_of_the_rows():
    frame = pd.DataFrame(
        {
            "constant": [7] * 50,
            "half": [0.5] * 50,
            "text": ["a"] * 49 + ["unique"],
            "flag": [True] * 50,
            "when": pd.to_datetime(["2020-01-01"] * 50).as_unit("ns"),
            "level": pd.Categorical(["x"] * 50),
            "order": pd.Categorical(["x"] * 50, categories=["x", "y"], ordered=True),
            "lack": [1.0] * 49 + [np.nan],
        }
    )
    columns = {column.name: column for column in Schema.infer(frame, types_only=True)}
    assert {name: str(column.kind) for name, column in columns.items()} == {
        "constant": "integer",
        "half": "decimal",
        "text": "category",
        "flag": "boolean",
        "when": "datetime",
        "level": "category",
        "order": "ordered",
        "lack": "decimal",
    }
    assert all(column.missing is None and column.decimals is None for column in columns.values())
    assert columns["when"].unit == "nanosecond"
    assert columns["flag"].levels == (False, True)


def test_types_of_other_containers():
    table = pa.table(
        {
            "price": pa.array([Decimal("1.50")] * 3, pa.decimal128(9, 2)),
            "day": pa.array([dt.date(2020, 1, 1)] * 3),
            "stay": pa.array([dt.timedelta(hours=1)] * 3, pa.duration("s")),
            "zone": pa.array([dt.datetime(2020, 1, 1, tzinfo=dt.UTC)] * 3, pa.timestamp("us", "UTC")),
        }
    )
    kinds = {
        column.name: (str(column.kind), column.unit, column.decimals) for column in Schema.infer(table, types_only=True)
    }
    assert kinds == {
        "price": ("decimal", None, None),
        "day": ("date", "day", None),
        "stay": ("duration", "second", None),
        "zone": ("datetime", "microsecond", None),
    }
    assert Schema.infer(pl.DataFrame({"a": [None, None]}), types_only=True).column("a").kind is Kind.MISSING


def test_named_identifiers_are_made_in_a_form_that_no_row_chose():
    frame = pd.DataFrame({"key": ["P-001", "P-002"], "number": np.array([1, 2], np.int16), "x": [1, 2]})
    columns = {c.name: c for c in Schema.infer(frame, identifiers=["key", "number"], types_only=True)}
    assert (columns["key"].pattern, columns["number"].pattern) == ("uuid", "int:4")


def questions(column):
    ((twin, columns),) = learned_groups(Schema("pandas", (column,)))
    return twin.questions(columns, "pandas")


def test_every_kind_of_codec_has_a_private_twin():
    assert {kind.private_twin for kind in CODECS} - {None} == set(
        TWINS
    )  # none: found in the data, and so never under epsilon


def test_a_kind_without_one_is_refused_under_epsilon(monkeypatch):
    monkeypatch.setattr(LevelCodec, "private_twin", None)
    with pytest.raises(PrivacyError, match=r"'level' must be of a kind .* under epsilon, however: it is category"):
        measured(pd.DataFrame({"level": ["a"] * 50}))


def test_questions_of_a_column_share_its_budget():
    for column, asked in (
        (Column("a", Kind.INTEGER, "int64"), {"rough", "fine"}),
        (Column("a", Kind.INTEGER, "int64", minimum=0, maximum=9), {"fine"}),
        (Column("a", Kind.DECIMAL, "float64"), {"form", "rough", "fine"}),
        (Column("a", Kind.DECIMAL, "float64", decimals=1, minimum=0, maximum=9), {"fine"}),
        (Column("a", Kind.CATEGORY, "object"), {"rough", "fine"}),
        (Column("a", Kind.CATEGORY, "object", levels=("x",)), {"fine"}),
        (Column("a", Kind.DATETIME, "datetime64[ns]", unit="nanosecond"), {"form", "rough", "fine"}),
        (Column("a", Kind.DATETIME, "datetime64[ns]", unit="second"), {"rough", "fine"}),
        (Column("a", Kind.DATE, "object[date]", unit="day"), {"rough", "fine"}),
    ):
        assert set(questions(column)) == asked
        assert sum(questions(column).values()) == pytest.approx(1)


def test_digits_and_units_are_those_of_nearly_all_values():
    rng = np.random.default_rng(0)
    cents = rng.gamma(2, 30, ROWS).round(2)
    cents[0] = 1.23456789
    hours = pd.to_timedelta(rng.integers(0, 10_000, ROWS), unit="h")
    stamps = pd.Series((pd.Timestamp("2020-01-01") + hours).as_unit("ns"))
    stamps[0] = pd.Timestamp("2020-01-01 00:00:00.123456789")
    frame = pd.DataFrame(
        {
            "cents": cents,
            "whole": rng.integers(0, 50, ROWS).astype(float),
            "real": rng.normal(size=ROWS),
            "when": stamps,
        }
    )
    columns = {column.name: column for column in measured(frame)[0].transform.schema}
    assert columns["cents"].decimals == 2
    assert columns["whole"].kind is Kind.INTEGER
    assert columns["real"].decimals is None
    assert columns["when"].unit == "hour"


def test_levels_that_few_hold_are_never_named():
    levels = np.repeat(["common", "half", "patient zero"], [2_000, 1_995, 5])
    known, ledger = measured(pd.DataFrame({"level": levels, "x": np.arange(ROWS) % 7}))
    encoder = known.transform.codec("level").encoder
    assert encoder.levels == ("common", "half")
    assert encoder.has_rare
    assert not encoder.has_missing
    assert "patient" not in str(known.transform.schema.to_json())
    assert sum(charge.delta for charge in ledger.charges) == 1e-9


def test_a_column_of_nothing_but_rare_levels_is_withheld():
    known, _ = measured(pd.DataFrame({"note": [f"note {row}" for row in range(ROWS)], "x": 1}))
    encoder = known.transform.codec("note").encoder
    assert (encoder.levels, encoder.has_missing) == ((), True)
    assert [message.partition(",")[0] for message in known.lacking()] == ["column 'note' is withheld"]
    assert known.transform.schema.column("note").missing == "nan"


def test_a_column_that_could_not_be_read_is_named_by_what_was_counted():
    schema = Schema("pandas", (Column("a", Kind.INTEGER, "int64"),))
    known, ledger = measured(pd.DataFrame({"a": ["x"] * ROWS}), schema)
    assert [message.partition(";")[0] for message in known.lacking()] == ["column 'a' is missing in nearly all rows"]
    assert len(ledger.charges) == 2
    assert known.transform.schema.column("a").dtype == "Int64"


def test_levels_that_nobody_declared_are_other_and_never_drawn():
    """Noise told of the one missing value in none of 1,000 runs; of five it told in one of twelve."""
    frame = pd.DataFrame({"level": ["a"] * 2_000 + ["unheard of"] * 1_999 + [None]})
    known, _ = measured(frame, Schema("pandas", (Column("level", Kind.CATEGORY, "object", levels=("a", "b")),)))
    encoder, (held,) = known.transform.codec("level").encoder, known.held
    assert (encoder.levels, encoder.has_rare, encoder.has_missing) == (("a", "b"), True, False)
    assert encoder.emitted.tolist() == [True, True, False]
    assert held == pytest.approx([2_000, 0, 1_999], abs=20)


def test_decimals_of_a_type_are_measured_like_all_others():
    prices = pa.array([Decimal("1.50")] * (ROWS - 1) + [Decimal("1.12345678")], pa.decimal128(18, 8))
    assert measured(pa.table({"price": prices}))[0].transform.schema.column("price").decimals == 1


@pytest.mark.parametrize(
    ("values", "word"),
    [
        (pd.Series(["a", np.nan] * 2_000), "nan"),
        (pd.Series([1.5, np.nan] * 2_000), "nan"),
        (pd.Series(["a", None] * 2_000, dtype="string"), "null"),
        (pd.Series([True, None] * 2_000, dtype="boolean"), "null"),
    ],
)
def test_common_missing_values_come_back_in_the_form_of_the_type(values, word):
    known, _ = measured(pd.DataFrame({"a": values}))
    assert known.transform.schema.column("a").missing == word


def test_declared_levels_bounds_and_missing_are_taken_as_they_are():
    frame = pd.DataFrame({"level": ["a"] * ROWS, "x": np.arange(ROWS) % 10})
    schema = Schema(
        "pandas",
        (
            Column("level", Kind.CATEGORY, "object", levels=("a", "b"), missing="nan"),
            Column("x", Kind.INTEGER, "int64", minimum=0, maximum=19),
        ),
    )
    known, ledger = measured(frame, schema)
    assert known.transform.codec("level").encoder.levels == ("a", "b")
    assert len(ledger.charges) == 2
    assert known.rows == pytest.approx(ROWS, abs=50)


def test_faint_levels_share_what_they_hold_together():
    """Ten levels of 15 rows each are hidden by noise of 10 one by one and seen together; nothing alone is no row."""
    counted = np.array([500.0] + [15.0] * 10)
    np.testing.assert_allclose(share_faint(counted, 10.0), counted)
    np.testing.assert_allclose(share_faint(np.array([500.0, 25.0, 5.0, 5.0]), 10.0), [500, 25, 0, 0])
    np.testing.assert_allclose(share_faint(np.array([500.0, *np.tile([0.0, 19.0], 5)]), 10.0), [500] + [9.5] * 10)


def test_nobody_can_repeat_how_values_between_two_modes_are_encoded(monkeypatch):
    """With a seed that the file tells, a row more would move the codes of all that come after it: by more than is charged."""
    monkeypatch.setattr("synthgan.tabular.private.numbers.MAX_DECLARED", 256)  # 400 values are cut as more would be
    tenths = np.arange(ROWS) % 400 / 10
    column = Column("x", Kind.DECIMAL, "float64", decimals=1, minimum=0, maximum=39.9)
    known, _ = measured(pd.DataFrame({"x": tenths}), Schema("pandas", (column,)), noise=20.0)
    finer = Table.coerce(pd.DataFrame({"x": tenths + 0.05}), known.transform.schema)
    first, again = (TableRecords(finer).encoded(known.transform).codes for _ in range(2))
    assert (first != again).any()  # false alarms below 2e-9: a hundred rows and more lie half-way between two modes
    records = TableRecords(finer)
    assert records.encoded(known.transform) is records.encoded(known.transform)
