"""The text of a formula is read as a tree of known nodes, and nothing else is."""

import ast

import numpy as np
import pandas as pd
import pytest

from synthgan.data.formulas.formula import Formula
from synthgan.data.formulas.grammar import names_in, parse, quoted
from synthgan.data.formulas.lookups import Lookup
from synthgan.data.schema import Schema
from synthgan.data.table import Table
from synthgan.errors import SchemaError


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("total - hdl - triglycerides / 5", ("total", "hdl", "triglycerides")),
        ("log(`white cells`) + age ** 2", ("white cells", "age")),
        ("`a``b` + `3`", ("a`b", "3")),
        ("lookup(origin, goal)", ("origin", "goal")),
        ("state == 'dead' and not age > 80", ("state", "age")),
        ("'`quoted`' == x", ("x",)),
    ],
)
def test_names_are_those_of_columns(text, names):
    assert names_in(parse(text)) == names


@pytest.mark.parametrize(
    "text",
    [
        *(
            "__import__('os')",
            "x.__class__",
            "x[0]",
            "[x for x in y]",
            "lambda: x",
            "f'{x}'",
            "x := 3",
            "(x, y)",
            "x if y else z",
        ),
        *(
            "exec(x)",
            "log(x, base=2)",
            "log(x, y)",
            "lookup()",
            "1j * x",
            "x @ y",
            "x < y < z",
            "x is y",
            "x << 3",
            "*x",
            "b'x'",
        ),
        *("x +", "", "x\ny", "import os", "log", "(" * 500 + "x" + ")" * 500),
    ],
)
def test_what_is_no_formula_is_refused(text):
    with pytest.raises(SchemaError, match="however"):
        Formula.of("target", text, ["x", "y", "z", "target"])


@pytest.mark.parametrize("text", ["x" * 20_000, "+".join("x" * 3_000), 3])
def test_what_is_too_long_or_no_text_is_refused(text):
    with pytest.raises(SchemaError, match="must"):
        parse(text)


@pytest.mark.parametrize("name", ["age", "white cells", "a`b", "class", "ä", "3", 3, "log", "x.y", ""])
def test_any_name_can_be_written(name):
    assert names_in(parse(f"{quoted(name)} + 1")) == (str(name),)
    assert isinstance(parse(quoted(name)), ast.Name)


@pytest.mark.parametrize(
    ("formula", "why"),
    [
        (lambda: Formula.of("bmi", "weight / bmi", ["weight", "bmi"]), "of itself"),
        (lambda: Formula.of("bmi", "weight / height", ["weight", "bmi"]), "'height'"),
        (lambda: Formula.of("bmi", "3 + 4", ["weight", "bmi"]), "names none"),
        (lambda: Formula("bmi", "weight", ("height",)), "name its sources"),
        (lambda: Formula.from_dict({"target": "bmi"}, ["bmi"]), "target and formula"),
        (lambda: Formula.from_dict({"target": "a", "formula": "b", "use": 3}, ["a", "b"]), "flags"),
        (lambda: Formula.from_dict({"target": "a", "formula": "lookup(b)", "lookup": 3}, ["a", "b"]), "list of lists"),
        (lambda: Lookup((("a",), ("a",)), (1, 2)), "there twice"),
        (lambda: Lookup((("a",), ("b", "c")), (1, 2)), "each with its value"),
    ],
)
def test_formulas_that_contradict_themselves_are_refused(formula, why):
    with pytest.raises(SchemaError, match=why):
        formula()


STARTS = ["2024-02-29", "2023-12-31 23:59", None, "2020-01-01 06:30"] * 5
ENDS = ["2024-03-31", "2024-12-30 23:59", "2020-01-01", "2021-01-01"] * 5
TABLE = Table.read(
    pd.DataFrame(
        {
            "number": [1.5, 2.0, np.nan, 4.0] * 5,
            "text": ["a", "b", "a", None] * 5,
            "flag": [True, False, True, True] * 5,
            "day": pd.to_datetime(STARTS, format="ISO8601"),
            "end": pd.to_datetime(ENDS, format="ISO8601"),
            "target": [0.5, 1, 2, 3] * 5,
            "when": pd.to_datetime(["2024-02-29", "2023-12-31", None, "2020-01-01"] * 5),
            "span": pd.to_timedelta([1, 2, 3, 4] * 5, unit="h"),
            "kind": list("abcd") * 5,
        }
    )
)


@pytest.mark.parametrize(
    ("target", "text", "why"),
    [
        ("target", "text + 1", "numbers"),
        ("target", "year(number)", "date or a stamp"),
        ("target", "log(day)", "numbers"),
        ("target", "lookup(text)", "table"),
        ("target", "text", "kind"),
        ("when", "number", "kind"),
        ("target", f"{'9' * 400} * number", "finite"),
    ],
)
def test_what_gives_another_sort_of_value_is_refused(target, text, why):
    with pytest.raises(SchemaError, match=why):
        Formula.of(target, text, TABLE.schema.names).compute(TABLE)


def test_a_look_up_is_asked_by_as_many_columns_as_its_keys_have_parts():
    found = Lookup((("a", 1.5), ("b", 2.0)), ("x", "y"))
    with pytest.raises(SchemaError, match="2 columns"):
        Formula.of("kind", "lookup(text)", TABLE.schema.names, lookup=found).compute(TABLE)
    with pytest.raises(SchemaError, match="moments"):
        Formula.of("kind", "lookup(text, day)", TABLE.schema.names, lookup=found).compute(TABLE)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("number ** 2 - 1", [1.25, 3, None, 15]),
        ("-number // 2 + number % 2", [0.5, -1, None, -2]),
        ("round(number / 3, 1)", [0.5, 0.7, None, 1.3]),
        ("min(number, 2) + max(number, 2)", [3.5, 4, None, 6]),
        ("mean(number, flag)", [1.25, 1, None, 2.5]),
        ("number > 1.5", [0, 1, None, 1]),
        ("text == 'a' or flag", [1, 0, 1, None]),
        ("not text != kind", [1, 1, 0, None]),
        ("missing(number) + missing(text)", [0, 0, 1, 1]),
        ("log(number - 1.5)", [None, np.log(0.5), None, np.log(2.5)]),
        ("year(day) * 100 + month(day)", [202402, 202312, None, 202001]),
        ("day(day) + hour(day) / 100", [29, 31.23, None, 1.06]),
        ("weekday(day)", [3, 6, None, 2]),
        ("week(day) + quarter(day) * 100", [109, 452, None, 101]),
        ("dayofyear(day)", [60, 365, None, 1]),
        ("minute_of_day(day)", [0, 1439, None, 390]),
        ("years(day, end) * 100 + months(day, end)", [1, 11, None, 112]),
        ("days(day, end)", [31, 365, None, 365.7291666666667]),
        ("(end - day) / 86400", [31, 365, None, 365.7291666666667]),
        ("span / 3600 + cut(number, 1.6, 3)", [1, 3, None, 6]),
        ("clock(minute_of_day(1435) + 30 * flag)", [1505, 1435, 1505, 1505]),
        ("day < end", [1, 1, None, 1]),
    ],
)
def test_what_formulas_give(text, values):
    columns = [
        column if column.name != "target" else type(column)("target", "decimal", "float64") for column in TABLE.schema
    ]
    free = Table(Schema("pandas", tuple(columns)), TABLE.columns)
    found = Formula.of("target", text, TABLE.schema.names).compute(free).float64()[:4]
    np.testing.assert_allclose(found, [np.nan if value is None else value for value in values], rtol=1e-12)


@pytest.mark.parametrize(
    ("target", "text", "values"),
    [
        ("when", "date(day)", [pd.Timestamp("2024-02-29"), pd.Timestamp("2023-12-31"), pd.NaT, pd.Timestamp("2020-01-01")]),
        ("when", "datetime(2000 + number, 2, 29)", [pd.NaT, pd.NaT, pd.NaT, pd.Timestamp("2004-02-29")]),
        ("when", "date(day) + 86400 * flag", [pd.Timestamp("2024-03-01"), pd.Timestamp("2023-12-31"), pd.NaT, pd.Timestamp("2020-01-02")]),
        ("span", "(end - day) / 24", [pd.Timedelta(hours=31), pd.Timedelta(hours=365), pd.NaT, pd.Timedelta(hours=366)]),
        ("flag", "number >= 2", [False, True, None, True]),
    ],
)  # fmt: skip
def test_moments_durations_and_truth_come_in_the_form_of_their_column(target, text, values):
    computed = Formula.of(target, text, TABLE.schema.names).compute(TABLE)
    frame = Table(Schema("pandas", (TABLE.schema.column(target),)), {target: computed})
    if target == "flag":
        assert [None if code < 0 else computed.levels[code] for code in computed.codes[:4]] == values
    else:
        assert frame.frame()[target].head(4).tolist() == values


COLUMNS = [{"name": name, "kind": "decimal", "dtype": "float64"} for name in "abc"]


def schema_of(*formulas):
    return Schema.from_dict({"container": "pandas", "columns": COLUMNS, "formulas": list(formulas)})


def test_a_schema_lists_formulas_and_comes_back():
    schema = schema_of(
        {"target": "a", "formula": "b + `c`"},
        {"target": "b", "formula": "a - c", "use": False, "found_by": "search"},
        {"target": "b", "formula": "lookup(c)", "lookup": [[1, 2.5], [2, 3]]},
    )
    assert Schema.from_json(schema.to_json()) == schema
    assert schema.to_dict()["formulas"][0] == {"target": "a", "formula": "b + `c`", "found_by": "declared"}
    assert Schema.from_dict({"container": "pandas", "columns": COLUMNS}).formulas is None


@pytest.mark.parametrize(
    ("formulas", "why"),
    [
        (["a = b"], "object of target"),
        ([{"target": "d", "formula": "b"}], "'d'"),
        ([{"target": "a", "formula": "b"}, {"target": "a", "formula": "c"}], "'a' has two"),
        ([{"target": "a", "formula": "b"}, {"target": "b", "formula": "c"}, {"target": "c", "formula": "a"}], "circle"),
        ([{"target": "a", "formula": "b", "slack": -1}], "flags"),
    ],
)
def test_a_schema_refuses_formulas_that_cannot_be_computed(formulas, why):
    with pytest.raises(SchemaError, match=why):
        schema_of(*formulas)


def test_formulas_of_a_schema_are_a_list_of_its_columns():
    with pytest.raises(SchemaError, match="must be a list"):
        Schema.from_dict({"container": "pandas", "columns": COLUMNS, "formulas": "a = b"})
    columns = schema_of().columns
    with pytest.raises(SchemaError, match="names 'b'"):
        Schema("pandas", columns[:1], formulas=(Formula.of("a", "b", "ab"),))
