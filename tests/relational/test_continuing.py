"""Histories that a model goes on with."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest
from helpers.stays import stays

from synthgan import ConfigError, DataError, SchemaError, Synthesizer

pytestmark = pytest.mark.usefixtures("small_fits")

REAL = stays(80)
LATER = stays(30, seed=7).assign(patient_id=lambda frame: "Q" + frame["patient_id"])


@pytest.fixture(scope="module")
def fitted():
    return Synthesizer(seed=0).fit(REAL, group="patient_id", order="charttime")


def first_rows(frame, rows):
    return (
        frame.sort_values(["patient_id", "charttime"]).groupby("patient_id").head(rows).sample(frac=1, random_state=0)
    )


def parted(drawn, given):
    """The rows of each patient that were given, and those that follow, in the order in which they came back."""
    position = drawn.groupby("patient_id").cumcount()
    known = drawn["patient_id"].map(given.groupby("patient_id").size())
    return drawn[position < known], drawn[position >= known]


def test_given_rows_come_back_first_and_others_follow(fitted):
    given = first_rows(LATER, 2)
    drawn = fitted.sample(history=given)
    old, new = parted(drawn, given)
    order = ["patient_id", "charttime"]
    pd.testing.assert_frame_equal(
        old.sort_values(order).reset_index(drop=True), given.sort_values(order).reset_index(drop=True)
    )
    assert (drawn.dtypes == REAL.dtypes).all()
    assert set(drawn["patient_id"]) == set(LATER["patient_id"])
    assert len(new) > 20
    groups = drawn.groupby("patient_id", sort=False)
    assert groups["charttime"].apply(lambda times: times.is_monotonic_increasing).all()
    assert groups["dose"].apply(lambda doses: doses.is_monotonic_increasing).all()
    assert groups["sex"].nunique().max() == 1
    assert drawn["patient_id"].ne(drawn["patient_id"].shift()).sum() == 30
    pd.testing.assert_frame_equal(fitted.sample(history=given), drawn)
    assert not fitted.sample(history=given, seed=1).equals(drawn)


def test_no_group_is_shorter_than_its_history_nor_longer_than_any(fitted):
    assert fitted.sample(history=LATER).groupby("patient_id").size().between(1, 6).all()
    long = pd.concat([first_rows(LATER, 6)] * 3).assign(patient_id="Q-1", sex="F", dose=3)
    drawn = fitted.sample(history=long)
    assert len(drawn) == len(long)  # longer than any that was learned: nothing follows


def test_what_follows_knows_what_was(fitted):
    given = first_rows(REAL, 1)
    _, new = parted(fitted.sample(history=given), given)
    after = new.groupby("patient_id").first()
    before = given.set_index("patient_id").loc[after.index]
    assert (after["ward"] == before["ward"]).mean() > 0.6  # of real rows four in five
    assert (after["charttime"] - before["charttime"]).dt.total_seconds().between(0, 6 * 3600).all()
    there = before["pressure"].notna() & after["pressure"].notna()
    assert np.corrcoef(before["pressure"][there], after["pressure"][there])[0, 1] > 0.4


def test_histories_may_lie_later_than_all_that_was_learned(fitted):
    given = first_rows(LATER, 2)
    given["charttime"] += pd.Timedelta(days=3_000)
    old, new = parted(fitted.sample(history=given), given)
    passed = new.groupby("patient_id")["charttime"].first() - old.groupby("patient_id")["charttime"].last()
    assert passed.dropna().dt.total_seconds().between(3600, 6 * 3600).all()


@pytest.mark.parametrize("until", ["5h", dt.timedelta(hours=5), "4 rows", "2020-06-01", dt.date(2020, 6, 1)])
def test_nothing_is_drawn_beyond_the_end(fitted, until):
    given = first_rows(LATER, 2)
    old, new = parted(fitted.sample(history=given, until=until), given)
    assert len(old) == len(given)
    assert len(new)
    if until == "4 rows":
        assert new.groupby("patient_id").size().max() <= 2
    elif "5" in str(until):
        start = new["patient_id"].map(old.groupby("patient_id")["charttime"].first())
        assert (new["charttime"] - start <= pd.Timedelta(hours=5)).all()
    else:
        assert (new["charttime"] <= "2020-06-01").all()


def test_other_frames_orders_and_files(tmp_path):
    frame = REAL.sort_values(["patient_id", "charttime"]).drop(columns="charttime")
    frame = frame.assign(hour=frame.groupby("patient_id").cumcount(), ward=frame["ward"].astype("category"))
    for kind in (pd.DataFrame, pl.DataFrame):
        data = frame if kind is pd.DataFrame else pl.from_pandas(frame)
        model = Synthesizer(seed=0).fit(data, group="patient_id", order="hour")
        given = frame[(frame["hour"] < 2) & (frame["ward"] == "ICU")].assign(hour=lambda one: one["hour"] * 1)
        given = given.assign(ward=given["ward"].cat.remove_unused_categories())
        drawn = model.sample(history=given if kind is pd.DataFrame else pl.from_pandas(given), until=3)
        assert isinstance(drawn, kind)
        drawn = drawn if kind is pd.DataFrame else drawn.to_pandas()
        assert drawn["hour"].max() == 3
        assert set(drawn["ward"]) == {"ICU", "ward"}
    given.to_parquet(tmp_path / "given.parquet")
    bare = Synthesizer(seed=0).fit(frame, group="patient_id")
    assert bare.sample(history=tmp_path / "given.parquet", until="2 rows").groupby("patient_id").size().max() == 2
    with pytest.raises(ConfigError, match="like '24 rows' where rows have no order"):
        bare.sample(history=given, until=3)


def _with(name, value):
    changed = LATER.copy()
    changed.loc[changed.index[0], name] = value
    return changed


@pytest.mark.parametrize(
    ("history", "error", "said"),
    [
        (_with("ward", "IUC"), DataError, "column 'ward' must hold levels that were learned, .* did you mean 'ICU'"),
        (_with("sex", "X"), DataError, "column 'sex' must hold levels"),
        (LATER.drop(columns="dose"), DataError, "column 'dose' must name a column of the table"),
        (LATER.assign(dose="much"), SchemaError, "column 'dose' must hold numbers"),
        (
            LATER.assign(sex=["F", "M"] * (len(LATER) // 2) + ["F"] * (len(LATER) % 2)),
            DataError,
            "constant in every group",
        ),
        (_with("patient_id", None), SchemaError, "column 'patient_id' must have nothing missing"),
        (LATER.iloc[:0], DataError, "must have a row to go on from"),
        (pl.from_pandas(LATER), DataError, "must be a pandas table"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(fitted, history, error, said):
    with pytest.raises(error, match=said):
        fitted.sample(history=history)


def test_what_cannot_stand_together_is_refused(fitted):
    for arguments, said in (
        ({"n": 5, "history": LATER}, "n must be left out"),
        ({"history": LATER, "where": {"sex": "F"}}, "where must be left out"),
        ({"n": 5, "until": "3h"}, "until must stand with a history"),
        ({"history": LATER, "until": "72"}, "until must be like '72h'"),
        ({"history": LATER, "until": "soon"}, "until must be like '72h'"),
        ({}, "n must be a whole number"),
    ):
        with pytest.raises(ConfigError, match=said):
            fitted.sample(**arguments)
