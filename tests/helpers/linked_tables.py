"""A small made database with all that keys can be: composite, to the own table, missing, several in one table."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pandas as pd

from synthgan import Database


def made_tables():
    """Four linked tables: staff with superiors, patients, stays with two numbers as key, doses that refer to stays."""
    return {
        "staff": pd.DataFrame(
            {"staff_id": [3, 1, 2], "boss": pd.array([2, None, 1], "Int64"), "name": ["Ann", "Bea", "Cem"]}
        ),
        "patients": pd.DataFrame(
            {
                "patient_id": ["p-1", "p-2", "p-3"],
                "born": [dt.date(1950, 1, 1), dt.date(1961, 2, 3), None],
                "weight": [70.5, None, 81.25],
                "alive": [True, False, True],
            }
        ),
        "stays": pd.DataFrame(
            {
                "patient_id": ["p-1", "p-1", "p-2"],
                "number": [1, 2, 1],
                "began": pd.to_datetime(["2020-01-01 10:00", "2021-05-05 00:00", "2020-07-01 12:30"]),
                "doctor": [3, 3, 1],
            }
        ),
        "doses": pd.DataFrame(
            {
                "patient_id": ["p-1", "p-1", "p-2", None],
                "number": pd.array([1, 2, 1, None], "Int64"),
                "dose": [Decimal("1.50"), Decimal("2.25"), Decimal("0.75"), Decimal("3.00")],
            }
        ),
    }


def made_database():
    """The same as a database whose keys are declared."""
    return Database(
        made_tables(),
        primary_keys={"staff": "staff_id", "patients": "patient_id", "stays": ("patient_id", "number")},
        foreign_keys={
            "staff": {"boss": "staff"},
            "stays": {"patient_id": "patients", "doctor": "staff"},
            "doses": {("patient_id", "number"): "stays"},
        },
        unit="patients",
    )


def keys_of(database):
    """The keys of a database as text, without what they were found by."""
    return {
        name: (keys.primary_key, sorted(map(str, keys.foreign_keys))) for name, keys in database.schema.tables.items()
    }
