"""What a fit of linked tables would do: every table is named, and under epsilon no row has a say in it."""

from __future__ import annotations

import pytest
from helpers.hospital import hospital

from synthgan import Database, DatabaseSynthesizer, DataError, SchemaError
from synthgan.data.keys import ForeignKey, TableKeys
from synthgan.data.linked import DatabaseSchema
from synthgan.errors import PrivacyError

OWNED = ForeignKey(("patient_id",), "patients", ("patient_id",), "owner")
LISTED = ForeignKey(("item_id",), "items", ("item_id",), "dimension")
KEYS = DatabaseSchema(
    {
        "patients": TableKeys(("patient_id",)),
        "items": TableKeys(("item_id",)),
        "labs": TableKeys(foreign_keys=(OWNED, LISTED), order="taken"),
    },
    unit="patients",
)


def some(patients=60):
    made = {name: frame for name, frame in hospital(patients).items() if name in KEYS.tables}
    return made | {"labs": made["labs"].drop(columns="admission_id")}


def test_each_table_is_named_with_what_becomes_of_it():
    plan = DatabaseSynthesizer().plan(Database(some(), schema=KEYS))
    becomes = {one.name: one.becomes for one in plan.tables}
    assert becomes == {
        "patients": "the unit",
        "items": "kept as it is, as declared",
        "labs": "learned, given patients",
    }
    labs = next(one for one in plan.tables if one.name == "labs")
    assert labs.rows == len(some()["labs"])
    assert "value" in labs.columns
    assert "patient_id" not in labs.columns
    assert plan.rows_per_unit is None


def test_under_epsilon_the_budget_is_divided_by_what_is_declared_alone():
    private = DatabaseSynthesizer(epsilon=3, max_rows_per_unit=2)
    plans = [private.plan(Database(some(patients), schema=KEYS)) for patients in (60, 90)]
    assert plans[0] == plans[1]
    assert plans[0].rows_per_unit == 2
    assert sum(one.share for one in plans[0].tables if one.share is not None) == pytest.approx(1)
    assert all(one.rows is None for one in plans[0].tables)


def test_what_the_fit_would_refuse_is_refused():
    with pytest.raises(SchemaError, match="nobody said which it is"):
        DatabaseSynthesizer().plan(Database({"a": some()["patients"].set_axis(["x", "y", "z"], axis=1)}))
    with pytest.raises(DataError, match="at least 20 rows"):
        DatabaseSynthesizer().plan(Database({"patients": some()["patients"].head(5)}, unit="patients"))
    found = Database(some() | {"doctors": hospital()["doctors"]}, schema=KEYS.with_table("doctors", TableKeys()))
    with pytest.raises(PrivacyError, match="'doctors' belong to nobody"):
        DatabaseSynthesizer(epsilon=3).plan(found)
