"""All dates of a person moved together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from helpers.small_walks import small_walks

from synthgan import ConfigError, Database, DatabaseSynthesizer
from synthgan.relational.shifting import with_shifted_dates


def stays():
    rng = np.random.default_rng(0)
    people = pd.DataFrame(
        {"patient_id": np.arange(50), "born": pd.Timestamp("1950-01-01"), "sex": rng.choice(["F", "M"], 50)}
    )
    people["born"] += pd.to_timedelta(rng.integers(0, 9_000, 50), "D")
    visits = pd.DataFrame({"patient_id": np.repeat(np.arange(50.0), 3), "visit_id": np.arange(150) + 900})
    visits.loc[::15, "patient_id"] = np.nan
    visits["begun"] = pd.Timestamp("2020-01-01 08:00") + pd.to_timedelta(rng.integers(0, 300_000, 150), "min")
    visits["noted"] = visits["begun"].dt.strftime("%d.%m.%Y").where(rng.random(150) < 0.8)
    wards = pd.DataFrame({"ward_id": np.arange(30), "built": pd.date_range("1990-01-01", periods=30)})
    given = Database(
        {"patients": people, "visits": visits, "wards": wards},
        primary_keys={"patients": "patient_id", "visits": "visit_id", "wards": "ward_id"},
        foreign_keys={"visits": {"patient_id": "patients"}},
        unit="patients",
    )
    return given.key("visits", "patient_id").references("patients", kind="owner")


def test_dates_of_a_person_move_together_by_whole_weeks():
    given = stays()
    moved = with_shifted_dates(given, "patients", 60, np.random.default_rng(1))
    by = (moved.tables["patients"]["born"] - given.tables["patients"]["born"]).dt.days
    assert by.abs().max() <= 56
    assert by.nunique() > 10
    assert (by % 7 == 0).all()
    begun = (moved.tables["visits"]["begun"] - given.tables["visits"]["begun"]).dt.days
    known = given.tables["visits"]["patient_id"].notna()
    assert (begun[known].to_numpy() == by.to_numpy()[given.tables["visits"].loc[known, "patient_id"].astype(int)]).all()
    assert begun[~known].nunique() > 3
    pd.testing.assert_frame_equal(moved.tables["wards"], given.tables["wards"])


def test_dates_of_text_keep_their_form_and_their_gaps():
    given = stays()
    moved = with_shifted_dates(given, "patients", 365, np.random.default_rng(1)).tables["visits"]
    assert (moved["noted"].isna() == given.tables["visits"]["noted"].isna()).all()
    there = moved["noted"].notna()
    assert (moved["noted"][there] == moved["begun"].dt.strftime("%d.%m.%Y")[there]).all()
    assert (moved.dtypes == given.tables["visits"].dtypes).all()


def test_a_fit_learns_shifted_dates_and_says_so(tmp_path):
    with small_walks():
        fitted = DatabaseSynthesizer(seed=0, shift_dates=3_650).fit(stays())
    fitted.save(tmp_path / "stays.synthgan")
    assert DatabaseSynthesizer.load(tmp_path / "stays.synthgan").shift_dates == 3_650
    begun = fitted.sample(50)["visits"]["begun"]
    assert begun.min() < pd.Timestamp("2019-06-01")
    assert begun.max() > pd.Timestamp("2021-06-01")


@pytest.mark.parametrize("days", [6, 0, -7, 7.5, True])
def test_less_than_a_week_is_refused(days):
    with pytest.raises(ConfigError, match="must be a number of days, 7 or more"):
        DatabaseSynthesizer(shift_dates=days).fit(stays())


def test_epsilon_does_without_it():
    with pytest.raises(ConfigError, match="must stand without epsilon"):
        DatabaseSynthesizer(epsilon=3, shift_dates=30).fit(stays())
