"""What holds between linked tables, as values and as JSON."""

from __future__ import annotations

import json

import pytest

from synthgan.data.keys import TableKeys
from synthgan.data.linked import DatabaseSchema
from synthgan.data.linkedrules import LinkedRule
from synthgan.errors import SchemaError

RULES = (
    LinkedRule("labs", "taken", ">=", "admissions", "admitted", unit="day", broken=0.002, found_by="search"),
    LinkedRule("labs", "ward", "constant", "admissions", use=False),
    LinkedRule("labs", "dose", "rising", "patients"),
    LinkedRule("bills", "total", "sum", "items", "price", times="pieces"),
    LinkedRule("patients", "stays", "count", "admissions"),
)


def test_a_rule_comes_back_from_json():
    tables = {name: TableKeys() for name in ("patients", "admissions", "labs", "bills", "items")}
    schema = DatabaseSchema(tables, rules=RULES)
    assert DatabaseSchema.from_json(schema.to_json()).rules == RULES
    assert DatabaseSchema.from_json(DatabaseSchema(tables).to_json()).rules is None
    assert DatabaseSchema.from_json(DatabaseSchema(tables, rules=()).to_json()).rules == ()


def test_rules_read_as_people_write_them():
    assert [str(rule) for rule in RULES] == [
        "labs.taken >= admissions.admitted (by days)",
        "labs.ward is constant in admissions",
        "labs.dose never falls in patients",
        "bills.total = sum(items.price * items.pieces)",
        "patients.stays = count(admissions)",
    ]


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"relation": "before"}, "one of <=, >=, constant"),
        ({"other": None}, "must name a column as other"),
        ({"relation": "constant"}, "must name no column as other"),
        ({"times": "pieces"}, "times must stand in a rule of sum"),
        ({"unit": "fortnight"}, "unit of an order of times"),
        ({"broken": 2}, "a share between 0 and 1"),
        ({"broken": "no"}, "use must be true or false"),
        ({"column": 3}, "name columns by text"),
        ({"colour": "red"}, "must be an object of table, column"),
    ],
)
def test_what_is_no_rule_is_refused(changed, found):
    given = {"table": "labs", "column": "taken", "relation": ">=", "of": "admissions", "other": "admitted", **changed}
    with pytest.raises(SchemaError, match=found):
        LinkedRule.from_dict({key: value for key, value in given.items() if value is not None})


def test_rules_of_tables_that_are_not_there_are_refused():
    with pytest.raises(SchemaError, match="a rule must name tables of the database, however: found 'bills'"):
        DatabaseSchema({"items": TableKeys()}, rules=(RULES[3],))
    given = json.loads(DatabaseSchema({"items": TableKeys()}).to_json()) | {"rules": "none"}
    with pytest.raises(SchemaError, match="rules must be a list"):
        DatabaseSchema.from_dict(given)
