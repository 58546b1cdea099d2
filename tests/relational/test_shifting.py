"""All dates of a person moved together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from helpers.small_walks import small_walks

from synthgan import ConfigError, Database, DatabaseSynthesizer, Synthesizer
from synthgan.relational.shifting import with_shifted_dates, with_shifted_groups


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


def hours():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"patient_id": np.repeat(np.arange(40.0), 4)})
    frame.loc[::20, "patient_id"] = np.nan
    frame["at"] = pd.Timestamp("2020-01-01 08:00:00.000000123") + pd.to_timedelta(rng.integers(0, 300_000, 160), "min")
    frame["born"] = (pd.Timestamp("1950-01-01") + pd.to_timedelta(rng.integers(0, 9_000, 160), "D")).strftime(
        "%d.%m.%Y"
    )
    frame.loc[::7, "born"] = "n/a"
    frame["pulse"] = rng.normal(80, 9, 160).round()
    return frame


@pytest.mark.parametrize("container", [pd.DataFrame, pl.DataFrame, pa.Table.from_pandas])
def test_dates_of_a_group_move_together_in_every_container(container):
    given = container(hours())
    moved = with_shifted_groups(given, "patient_id", 3_650, np.random.default_rng(1))
    assert type(moved) is type(given)
    plain = moved if isinstance(moved, pd.DataFrame) else moved.to_pandas()
    by = plain["at"] - hours()["at"]
    assert (by % pd.Timedelta("7D") == pd.Timedelta(0)).all()  # to the nanosecond
    assert by.abs().max() <= pd.Timedelta("3650D")
    assert by.groupby(hours()["patient_id"]).nunique().eq(1).all()
    assert by[hours()["patient_id"].isna()].nunique() > 5
    known = hours()["born"] != "n/a"
    assert (plain.loc[~known, "born"] == "n/a").all()
    days = pd.to_datetime(plain["born"][known], format="%d.%m.%Y") - pd.to_datetime(
        hours()["born"][known], format="%d.%m.%Y"
    )
    assert (days == by[known]).all()
    assert (plain["pulse"] == hours()["pulse"]).all()


def test_clocks_stay_what_they_were_where_there_is_a_zone():
    at = pd.date_range("2021-01-04 09:30", periods=60, freq="D", tz="Europe/Berlin")
    moved = with_shifted_groups(pd.DataFrame({"who": range(60), "at": at}), "who", 365, np.random.default_rng(0))
    assert (moved["at"].dt.strftime("%H:%M") == "09:30").all()
    assert moved["at"].dt.strftime("%z").nunique() == 2
    assert moved["at"].dtype == at.dtype


def test_a_fit_of_groups_learns_shifted_dates_and_says_so(tmp_path):
    with small_walks():
        fitted = Synthesizer(seed=0, shift_dates=3_650).fit(hours(), group="patient_id", order="at")
    fitted.save(tmp_path / "hours.synthgan")
    assert fitted.manifest()["config"]["shift_dates"] == 3_650
    assert Synthesizer.load(tmp_path / "hours.synthgan").shift_dates == 3_650
    drawn = fitted.sample(60)["at"]
    assert drawn.min() < pd.Timestamp("2018-01-01")
    assert drawn.max() > pd.Timestamp("2022-01-01")


def test_rows_without_a_group_are_not_shifted():
    with pytest.raises(ConfigError, match="shift_dates must be for rows in groups"):
        Synthesizer(shift_dates=30).fit(hours())


@pytest.mark.parametrize(("days", "epsilon", "words"), [(6, None, "7 or more"), (30, 3, "must stand without epsilon")])
def test_groups_are_shifted_by_a_week_or_more_without_epsilon(days, epsilon, words):
    with pytest.raises(ConfigError, match=words):
        Synthesizer(shift_dates=days, epsilon=epsilon).fit(hours(), group="patient_id")
