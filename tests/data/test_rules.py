"""Rules are read from text and JSON, checked against the columns, and written as they came."""

from __future__ import annotations

import pytest

from synthgan.data.column import Column
from synthgan.data.rule_text import Comparison
from synthgan.data.rules import Rule
from synthgan.data.schema import Schema
from synthgan.errors import SchemaError

NAMES = ["admitted", "icu", "discharged", "age", "sex", "salt and pepper", "a<b", 7]


@pytest.mark.parametrize(
    ("text", "premise", "consequence"),
    [
        ("admitted <= discharged", (), (Comparison("admitted", "<=", other="discharged"),)),
        ("age >= 18", (), (Comparison("age", ">=", ("18",)),)),
        ("18 <= age", (), (Comparison("age", ">=", ("18",)),)),
        (
            "admitted <= icu<discharged",
            (),
            (Comparison("admitted", "<=", other="icu"), Comparison("icu", "<", other="discharged")),
        ),
        ("0 <= age < 120", (), (Comparison("age", ">=", ("0",)), Comparison("age", "<", ("120",)))),
        ("sex = F|M", (), (Comparison("sex", "=", ("F", "M")),)),
        ("age=", (), (Comparison("age", "=", (None,)),)),
        ("sex == M => age != 3", (Comparison("sex", "=", ("M",)),), (Comparison("age", "!=", ("3",)),)),
        (
            "sex = M and age >= 3 => icu = ",
            (Comparison("sex", "=", ("M",)), Comparison("age", ">=", ("3",))),
            (Comparison("icu", "=", (None,)),),
        ),
        ("not (sex = M and age < 3)", (Comparison("sex", "=", ("M",)),), (Comparison("age", ">=", ("3",)),)),
        ('"salt and pepper" = "x => y"', (), (Comparison("salt and pepper", "=", ("x => y",)),)),
        ('"a<b" = "say \\"no\\""', (), (Comparison("a<b", "=", ('say "no"',)),)),
        ("7 < age", (), (Comparison(7, "<", other="age"),)),
    ],
)
def test_texts_are_read(text, premise, consequence):
    rule = Rule.read(text, NAMES)
    assert (rule.premise, rule.consequence) == (premise, consequence)
    assert (rule.kind, rule.to_json(), str(rule)) == ("comparison", text, text)


def test_columns_are_unique_together_and_combinations_allowed():
    assert Rule.read("unique(admitted, 7)", NAMES).unique == ("admitted", 7)
    given = {"columns": ["sex", "age"], "allowed": [["F", 3], ["M", None]]}
    rule = Rule.read(given, NAMES)
    assert (rule.columns, rule.allowed) == (("sex", "age"), (("F", 3), ("M", None)))
    assert (rule.names, rule.to_json(), str(rule)) == (("sex", "age"), given, "one of 2 combinations of sex, age")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("admitted", "must be like admitted <= discharged"),
        ("admitted + icu = discharged", "found no 'admitted \\+ icu'"),
        ("admited <= discharged", "found no 'admited'; did you mean"),
        ("age >= 3|4", "must be like"),
        ("age != icu != sex", "must be like"),
        ("age <= age", "must be like"),
        ("sex = M => age > 3 => icu = 2", "must be like"),
        ("sex = M => maybe", "must be like"),
        ("not (sex)", "must be like"),
        ("unique(age, age)", "must be like"),
        ("unique(age, who)", "found no 'who'"),
        (3, "must be like"),
        ({"columns": ["age"]}, "must be like"),
        ({"columns": ["age"], "allowed": [[1, 2]]}, "must be lists as long"),
        ({"columns": ["who"], "allowed": [[1]]}, "found no 'who'"),
    ],
)
def test_what_is_no_rule_is_refused(given, words):
    with pytest.raises(SchemaError, match=words):
        Rule.read(given, NAMES)


def test_a_schema_keeps_its_rules():
    columns = (Column("sex", "category", "string"), Column("age", "integer", "int64"))
    schema = Schema("pyarrow", columns, rules=("age >= 18", {"columns": ["sex"], "allowed": [["F"]]}))
    assert Schema.from_json(schema.to_json()) == schema
    assert schema.to_dict()["rules"] == ["age >= 18", {"columns": ["sex"], "allowed": [["F"]]}]
    assert [str(rule) for rule in schema.of_columns(columns[1:]).rules] == ["age >= 18"]
    assert "rules" not in Schema("pyarrow", columns).to_dict()
    with pytest.raises(SchemaError, match="rules must be a list, however: found 'age >= 18'"):
        Schema.from_dict({**schema.to_dict(), "rules": "age >= 18"})
