"""A database as a value: what it is made of, how keys are declared and corrected, and how it is shown."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from synthgan import Database, DataError, SchemaError
from synthgan.data.keys import ForeignKey, TableKeys

OWNER, DIMENSION = "owner", "dimension"


@pytest.fixture
def tables():
    return {
        "patients": pd.DataFrame({"patient_id": [1, 2, 3], "sex": ["F", "M", "F"]}),
        "admissions": pd.DataFrame({"admission_id": [10, 11, 12, 13], "patient_id": [1, 1, 2, 3]}),
        "labs": pd.DataFrame(
            {
                "patient_id": [1, 1, 1, 2, 3],
                "admission_id": [10, 10, 11, 12, 13],
                "itemid": [7, 8, 7, 7, 8],
                "value": [1.5, 2.5, 3.5, 4.5, 5.5],
            }
        ),
        "d_items": pd.DataFrame({"itemid": [7, 8, 9], "label": ["sodium", "lactate", "urea"]}),
    }


def test_keys_are_found(tables):
    database = Database(tables)
    assert database.keys("patients").primary_key == ("patient_id",)
    assert database.keys("admissions").owner.table == "patients"
    assert {key.table for key in database.keys("labs").foreign_keys} == {"patients", "admissions", "d_items"}
    assert database.keys("labs").owner.found_by == "names and inclusion 1.00"
    assert database.unit == "patients"


def test_the_owner_is_the_longest_path_to_the_unit(tables):
    database = Database(tables)
    assert database.path("labs") == ("labs", "admissions", "patients")
    assert database.owner("labs").columns == ("admission_id",)
    assert database.owned("patients") == ("admissions",)
    assert database.owner("patients") is None


def test_it_is_shown_as_a_tree(tables):
    assert repr(Database(tables)).splitlines() == [
        "patients  3 rows  (the unit)  key patient_id",
        "└─ admissions  4 rows  key admission_id",
        "   └─ labs  5 rows  no key;  patient_id -> patients.patient_id;  itemid -> d_items.itemid",
        "d_items  3 rows  key itemid",
    ]


def test_keys_are_corrected_in_words(tables):
    database = Database(tables).key("labs", "itemid").references("d_items", kind="dimension")
    assert [key.kind for key in database.keys("labs").foreign_keys if key.table == "d_items"] == ["dimension"]
    assert "(dimension)" in repr(database)
    database.key("labs", "patient_id").references("patients.patient_id", kind="owner")
    assert database.owner("labs").table == "patients"
    assert len([key for key in database.keys("labs").foreign_keys if key.kind == "owner"]) == 1
    database.key("labs", "admission_id").is_no_key()
    assert ("admission_id",) not in [key.columns for key in database.keys("labs").foreign_keys]
    database.key("labs", "value").is_order()
    assert database.keys("labs").order == "value"


def test_keys_are_declared(tables):
    database = Database(
        {"visits": tables["admissions"], "events": tables["labs"]},
        primary_keys={"visits": "admission_id"},
        foreign_keys={"events": {"admission_id": "visits"}},
        order={"events": "value"},
        unit="visits",
    )
    assert database.owner("events") == ForeignKey(
        ("admission_id",), "visits", ("admission_id",), "owner", nullable=False
    )
    assert database.keys("events").order == "value"
    assert database.unit == "visits"


def test_composite_keys_are_declared(tables):
    database = Database(
        {"orders": pd.DataFrame({"a": [1, 1], "b": [1, 2]}), "lines": pd.DataFrame({"x": [1, 1], "y": [2, 9]})},
        primary_keys={"orders": ("a", "b")},
        foreign_keys={"lines": {("x", "y"): "orders"}},
    )
    (key,) = database.keys("lines").foreign_keys
    assert key.referenced == ("a", "b")
    assert database.links("lines", key).tolist() == [1, -2]


def test_links_tell_nulls_from_orphans(tables):
    tables["labs"] = tables["labs"].assign(patient_id=[1.0, None, 99.0, 2.0, 3.0])
    database = Database(tables).key("labs", "patient_id").references("patients")
    key = next(key for key in database.keys("labs").foreign_keys if key.table == "patients")
    assert key.nullable
    assert database.links("labs", key).tolist() == [0, -1, -2, 1, 2]


def test_tables_come_back_in_the_container_they_came_in(tables):
    given = {"patients": pl.from_pandas(tables["patients"]), "labs": pa.Table.from_pandas(tables["labs"])}
    given["admissions"] = tables["admissions"]
    database = Database(given)
    assert database.owner("admissions").table == "patients"
    back = database.like_given(database.tables)
    assert back["patients"].equals(given["patients"])
    assert back["labs"].equals(given["labs"].replace_schema_metadata(None))
    assert back["admissions"] is given["admissions"]


def test_named_levels_of_an_index_are_columns_and_come_back(tables):
    tables["patients"] = tables["patients"].set_index("patient_id")
    tables["labs"] = tables["labs"].set_index(["patient_id", "admission_id"])
    database = Database(tables)
    assert database.path("labs") == ("labs", "admissions", "patients")
    for name, frame in database.like_given(database.tables).items():
        pd.testing.assert_frame_equal(frame, tables[name])


def test_a_schema_is_taken_as_it_is(tables):
    schema = Database(tables).schema
    assert Database(tables, schema=schema).schema == schema


REFUSED = {
    "no table": (lambda t: Database({}), DataError, "a database must be a mapping of names to tables, one or more"),
    "a list": (lambda t: Database([1]), DataError, "must be a mapping"),
    "a number as a table's name": (
        lambda t: Database({1: t["labs"]}),
        DataError,
        "names of tables must be text, however: found 1",
    ),
    "no frame": (lambda t: Database({"a": 3}), DataError, "a table must be a pandas, polars or pyarrow one"),
    "a name twice": (
        lambda t: Database({"a": pd.DataFrame([[1, 2]], columns=["x", "x"])}),
        DataError,
        "table 'a' must have columns of different names, however: found 'x' twice",
    ),
    "a number as name": (
        lambda t: Database({"a": pd.DataFrame([[1, 2]])}),
        DataError,
        "table 'a' must have columns with names of text, however: found 0",
    ),
    "no such unit": (
        lambda t: Database(t, unit="patient"),
        SchemaError,
        "unit must be a table of the database, however: found 'patient'; did you mean 'patients'",
    ),
    "no such table": (lambda t: Database(t).key("lab", "x"), SchemaError, "found no 'lab'; did you mean 'labs'"),
    "no such column": (lambda t: Database(t).key("labs", "item"), SchemaError, "table 'labs': the column of a key"),
    "no such target": (
        lambda t: Database(t).key("labs", "itemid").references("items"),
        SchemaError,
        "found no 'items'",
    ),
    "no key there": (
        lambda t: Database(t).key("labs", "itemid").references("labs"),
        SchemaError,
        "table 'labs' must have a primary key of 1 columns to be referred to, however: found none; name it: 'labs.column'",
    ),
    "rows repeat it": (
        lambda t: Database(t, primary_keys={"labs": "itemid"}),
        DataError,
        "table 'labs': primary key itemid must tell all rows apart, however: 3 rows repeat one",
    ),
    "it is missing": (
        lambda t: Database({"a": pd.DataFrame({"x": [1.0, None]})}, primary_keys={"a": "x"}),
        DataError,
        "it is missing in some rows",
    ),
    "two orders": (lambda t: Database(t).key("labs", "itemid", "value").is_order(), SchemaError, "order must be one"),
    "an odd kind": (
        lambda t: Database(t).key("labs", "itemid").references("d_items", kind="dimensions"),
        SchemaError,
        "kind of a foreign key must be one of owner, reference, dimension, however: found 'dimensions'; did you mean",
    ),
    "too few columns": (
        lambda t: ForeignKey(("a", "b"), "t", ("c",)),
        SchemaError,
        "as many columns as the key it refers to, however: 2 refer to 1",
    ),
    "two owners": (
        lambda t: TableKeys(
            foreign_keys=(ForeignKey(("a",), "t", ("c",), OWNER), ForeignKey(("b",), "t", ("c",), OWNER))
        ),
        SchemaError,
        "a table must have one owner at most, however: found a -> t.c and b -> t.c",
    ),
    "a key twice": (
        lambda t: TableKeys(foreign_keys=(ForeignKey(("a",), "t", ("c",)), ForeignKey(("a",), "u", ("c",)))),
        SchemaError,
        "a foreign key must be named once, however: found a twice",
    ),
}


@pytest.mark.parametrize(("make", "kind", "message"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused(tables, make, kind, message):
    with pytest.raises(kind) as caught:
        make(tables)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
