"""The grammar of conditions, in text and in Python."""

from __future__ import annotations

import datetime as dt
import decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from synthgan.data.clause_text import has_operator, read_text
from synthgan.data.clauses import MAX_VALUES, Clause, read_where, rows_of_conditions
from synthgan.errors import DataError

KNOWN: dict[str, Any] = {
    "BMI": None,
    "BMI>=30": ("yes", "no"),
    "drug": ("x|y", "z", "<5", "=7", "a, b", "None", '"q"'),
    "in": ("A", "B"),
    "a = b": None,
    "3": None,
}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("BMI>=30", ("BMI", ">=", ("30",))),
        ("BMI>=30=yes", ("BMI>=30", "=", ("yes",))),
        ("BMI>=30 != no", ("BMI>=30", "!=", ("no",))),
        ('"BMI>=30"=yes', ("BMI>=30", "=", ("yes",))),
        ("'BMI>=30' = 'yes'", ("BMI>=30", "=", ("yes",))),
        ("drug=x|y", ("drug", "=", ("x|y",))),
        ("drug=x|y|z", ("drug", "=", ("x|y", "z"))),
        ('drug="x|y"|z', ("drug", "=", ("x|y", "z"))),
        ("drug=<5", ("drug", "=", ("<5",))),
        ("drug==7", ("drug", "=", ("=7",))),
        ("drug==z", ("drug", "==", ("z",))),
        ('drug="q"', ("drug", "=", ('"q"',))),
        ("drug=", ("drug", "=", (None,))),
        ('drug=""', ("drug", "=", ("",))),
        ("drug=None", ("drug", "=", ("None",))),
        ("drug!=z|", ("drug", "!=", ("z", None))),
        ("drug not in (c, d)", ("drug", "not in", ("c", "d"))),
        ("drug not in (a, b)", ("drug", "not in", ("a, b",))),
        ('drug not in ["a, b", z]', ("drug", "not in", ("a, b", "z"))),
        ("drug NOT  IN x|y|z", ("drug", "not in", ("x|y", "z"))),
        ("in in A|B", ("in", "in", ("A", "B"))),
        ("a = b = 5", ("a = b", "=", ("5",))),
        ("a = b<=5", ("a = b", "<=", ("5",))),
        ("3>4", ("3", ">", ("4",))),
        (" BMI < 4 ", ("BMI", "<", ("4",))),
        ("other=d'Or", ("other", "=", ("d'Or",))),
        ('other="say \\"so\\""', ("other", "=", ('say "so"',))),
    ],
)
def test_known_names_and_levels_win_and_quotes_name_the_rest(text: str, said: tuple[Any, ...]) -> None:
    assert read_text(text, KNOWN) == said


def test_a_clause_is_written_as_it_can_be_read() -> None:
    for text in ('"BMI>=30"=yes', 'drug="x|y"|z', "drug!=z|", "BMI>3", 'drug=""'):
        (clause,) = read_where([text], {})
        assert read_where([str(clause)], {}) == [clause]
    assert str(Clause("x")) == "x!="


@pytest.mark.parametrize("text", ["", "sex", "=F", "  ", "inside", "in"])
def test_what_has_no_operator_or_no_name_is_no_condition(text: str) -> None:
    with pytest.raises(DataError, match="must be like sex=F"):
        read_where(text)


def test_whether_a_text_can_be_a_condition_is_known_without_a_table() -> None:
    assert all(map(has_operator, ("sex=F", "a!=b", "a in (b)", "a not in b|c", '"x y">3')))
    assert not any(map(has_operator, ("sex", "age", "inside out")))


@pytest.mark.parametrize("values", [
    [10, 30], (value for value in ()), np.array([10, 30]), pd.Series([10, 30]), pd.Index([10, 30]), pd.array([10, 30]), pl.Series([10, 30]),
    pa.array([10, 30]), pa.chunked_array([[10, 30]]), {10: 1, 30: 1}.keys(), range(10, 31, 20),
])  # fmt: skip
def test_whatever_holds_values_is_a_list_of_values(values: Any) -> None:
    if not hasattr(values, "__len__"):
        with pytest.raises(DataError, match="found a generator"):
            read_where({"x": values})
        return
    assert read_where({"x": values}) == [Clause("x", (10, 30))]
    assert read_where({"x": {"not in": values}}) == [Clause("x", (10, 30), negated=True)]


@pytest.mark.parametrize("value", [
    None, float("nan"), np.nan, np.float32("nan"), pd.NA, pd.NaT, np.datetime64("NaT"), np.timedelta64("NaT"), decimal.Decimal("nan"),
    pa.scalar(None), np.array(np.nan),
])  # fmt: skip
def test_whatever_is_missing_is_missing(value: Any) -> None:
    assert read_where({"x": value}) == [Clause("x", (None,))]
    assert read_where({"x": [value, "a"]}) == [Clause("x", (None, "a"))]
    assert read_where({"x": (value, 5)}) == [Clause("x", high=5)]


def test_operators_and_intervals_have_open_ends() -> None:
    assert read_where({"x": {">": 3, "<=": 5, "!=": 4}}) == [
        Clause("x", low=3, strict=True),
        Clause("x", high=5),
        Clause("x", (4,), negated=True),
    ]
    assert read_where({"x": pd.Interval(3, 5, closed="left")}) == [Clause("x", low=3), Clause("x", high=5, strict=True)]
    assert read_where({"x": np.int8(3), "y": np.str_("a"), "z": pa.scalar(2)}) == [
        Clause("x", (3,)),
        Clause("y", ("a",)),
        Clause("z", (2,)),
    ]


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"x": []}, r"must have 1 to 100,000, however: it is empty"),
        ({"x": np.array([])}, "it is empty"),
        ({"x": set()}, "it is empty"),
        ({"x": range(MAX_VALUES + 1)}, "it is of 100,001"),
        ({"x": {}}, r"must say something, however: found \{\}"),
        ({"x": {"not": 3}}, "must be by operators, however: found 'not'; did you mean 'not in'"),
        ({"x": {">": None}}, "must have a bound"),
        ({"x": [[1, 2]]}, "found a list"),
        ({"x": np.zeros((2, 2))}, "found a ndarray"),
        ({"x": slice(1, 2)}, r"found slice\(1, 2, None\)"),
        ({"x": b"F"}, "found a bytes"),
        ({"x": 1j}, "found a complex"),
        ({"x": len}, "found a builtin_function_or_method"),
        ({"x": pd.DataFrame({"x": [1]})}, "found a DataFrame"),
        ({"x": object()}, "found a object"),
        ({"x": (1, 2, 3)}, r"must be \(low, high\)"),
        ({"x": (1, [2])}, "found a list"),
        (5, "found int"),
        (b"x=1", "found bytes"),
        (len, "found builtin_function_or_method"),
        ([5], "found int"),
        ([["sex=F"]], "found list"),
        (["sex=F", {"sex": "F"}], "found dict"),
        (pd.DataFrame({"sex": ["F"]}), "found DataFrame"),
    ],
)
def test_all_else_is_refused_in_one_line(where: Any, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        read_where(where)
    assert "\n" not in str(caught.value)


def test_tables_and_lists_of_mappings_are_conditions_of_rows() -> None:
    rows = [{"sex": "F", "age": 3}, {"sex": "M", "age": 4}]
    for frame in (pd.DataFrame(rows), pl.DataFrame(rows), pa.Table.from_pylist(rows), rows, tuple(rows)):
        assert rows_of_conditions(frame) == rows
    for other in (None, [], {"sex": "F"}, ["sex=F"], "sex=F", 5):
        assert rows_of_conditions(other) is None  # type: ignore[arg-type]
    with pytest.raises(DataError, match="must have a row"):
        rows_of_conditions(pd.DataFrame({"sex": []}))


def test_no_conditions_are_none() -> None:
    assert read_where(None) == read_where([]) == read_where({}) == []
    assert read_where({"when": dt.date(2020, 1, 1)}) == [Clause("when", (dt.date(2020, 1, 1),))]
