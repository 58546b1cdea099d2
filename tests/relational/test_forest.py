"""Owners and the order of making: many to many, self references, circles."""

from __future__ import annotations

import pandas as pd

from synthgan import Database


def _table(**columns):
    return pd.DataFrame(columns)


def test_of_many_to_many_the_one_with_fewer_rows_owns():
    database = Database(
        {
            "playlists": _table(playlist_id=[1, 2]),
            "tracks": _table(track_id=[1, 2, 3]),
            "entries": _table(playlist_id=[1, 1, 1, 2], track_id=[1, 2, 3, 1]),
        },
        primary_keys={"entries": ("playlist_id", "track_id")},
    )
    assert database.owner("entries").table == "tracks"


def test_otherwise_the_one_with_more_rows_owns():
    database = Database(
        {
            "wards": _table(ward_id=[1, 2]),
            "drugs": _table(drug_id=[1, 2, 3]),
            "doses": _table(ward_id=[1, 2, 2], drug_id=[3, 1, 1]),
        }
    )
    assert database.owner("doses").table == "wards"


def test_a_key_that_is_never_missing_owns_before_one_that_is():
    database = Database(
        {
            "stays": _table(stay_id=[1, 2], patient_id=[1, 2]),
            "patients": _table(patient_id=[1, 2]),
            "drugs": _table(stay_id=[1.0, None, 2.0], patient_id=[1, 1, 2]),
        }
    )
    assert database.owner("drugs").table == "patients"


def test_a_table_that_refers_to_itself_is_filled_last():
    database = Database({"staff": _table(staff_id=[1, 2, 3], boss=[None, 1.0, 1.0])})
    database.key("staff", "boss").references("staff")
    assert database.owner("staff") is None
    assert [(table, key.columns) for table, key in database.making.deferred] == [("staff", ("boss",))]


def test_a_circle_is_cut_where_a_key_may_be_missing():
    database = Database(
        {
            "departments": _table(department_id=[1, 2], head=[1.0, None]),
            "employees": _table(employee_id=[1, 2, 3], department_id=[1, 1, 2]),
        }
    )
    database.key("departments", "head").references("employees")
    assert database.making.tables == ("departments", "employees")
    assert [(table, key.columns) for table, key in database.making.deferred] == [("departments", ("head",))]
    assert database.owner("departments") is None
    database.unit = "departments"
    assert database.path("employees") == ("employees", "departments")


def test_a_circle_without_such_a_key_is_cut_all_the_same():
    database = Database({"a": _table(a_id=[1, 2], b_id=[1, 2]), "b": _table(b_id=[1, 2], a_id=[2, 1])})
    assert sorted(database.making.tables) == ["a", "b"]
    assert len(database.making.deferred) == 1
