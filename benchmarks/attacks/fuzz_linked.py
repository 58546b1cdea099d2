"""Rows in groups and linked tables, small, of which model files are made that are then changed."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import pandas as pd

from synthgan import Database
from synthgan.data.keys import ForeignKey, TableKeys
from synthgan.data.linked import DatabaseSchema
from synthgan.relational.branch import BranchConfig

PATIENTS = 60
GROUPED: Final = {"group": "patient", "order": "at"}


def small_branch(**_: int) -> BranchConfig:
    """Walks of few and shallow chains, whatever is asked for."""
    return BranchConfig(chains=2, rounds=1)


@cache
def visits() -> pd.DataFrame:
    """Visits of patients: what is constant, times, numbers with gaps, levels that stay."""
    rng = np.random.default_rng(0)
    patient = np.repeat(np.arange(PATIENTS), rng.integers(1, 6, PATIENTS))
    count = len(patient)
    return pd.DataFrame(
        {
            "patient": [f"P{index:03d}" for index in patient],
            "sex": np.array(["F", "M"])[patient % 2],
            "at": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 10_000, count), "h"),
            "pulse": np.where(rng.random(count) < 0.2, np.nan, rng.normal(80, 9, count).round()),
            "ward": rng.choice(["A", "B", "C"], count),
        }
    )


KEYS: Final = DatabaseSchema(
    {
        "patients": TableKeys(("patient",), foreign_keys=(ForeignKey(("home",), "homes", ("home",), "dimension"),)),
        "wards": TableKeys(("ward",)),
        "homes": TableKeys(("home",)),
        "visits": TableKeys(
            ("visit",),
            foreign_keys=(
                ForeignKey(("patient",), "patients", ("patient",), "owner"),
                ForeignKey(("ward",), "wards", ("ward",), "dimension"),
                ForeignKey(("before",), "visits", ("visit",)),
            ),
            order="at",
        ),
        "labs": TableKeys(
            ("visit", "line"), foreign_keys=(ForeignKey(("visit",), "visits", ("visit",), "owner"),), order="taken"
        ),
        "notes": TableKeys(foreign_keys=(ForeignKey(("patient",), "patients", ("patient",), "owner"),)),
    },
    unit="patients",
)


@cache
def linked_tables() -> Database:
    """Patients with visits, of which each may name an earlier one, labs of these in lines, notes beside them, and public lists."""
    rng, seen = np.random.default_rng(1), visits()
    patients = seen.drop_duplicates("patient")[["patient", "sex"]].reset_index(drop=True)
    patients["home"] = rng.integers(0, 2, len(patients))
    patients["born"] = rng.integers(1930, 2000, len(patients))
    own = seen.drop(columns="sex").assign(visit=1_000 + np.arange(len(seen)))
    own["before"] = own.groupby("patient")["visit"].shift().astype("Int64")
    of_visit = np.repeat(np.arange(len(own)), rng.integers(0, 4, len(own)))
    labs = pd.DataFrame({"visit": own["visit"].to_numpy()[of_visit]})
    labs["line"] = labs.groupby("visit").cumcount() + 1
    labs["taken"] = own["at"].to_numpy()[of_visit] + pd.to_timedelta(labs["line"] * 30, "min")
    labs["value"] = rng.normal(5, 1, len(labs)).round(1)
    notes = pd.DataFrame({"patient": rng.choice(patients["patient"], 90), "kind": rng.choice(["a", "b"], 90)})
    wards = pd.DataFrame({"ward": ["A", "B", "C"], "floor": [1, 2, 3]})
    homes = pd.DataFrame({"home": [0, 1], "of": ["north", "south"]})
    frames = {"patients": patients, "wards": wards, "homes": homes, "visits": own, "labs": labs, "notes": notes}
    return Database(frames, schema=KEYS)
