"""Sequences, learned and drawn as whole groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from helpers.stays import stays

from synthgan import Chains, ConfigError, DataError, ModelFileError, Schema, SchemaError, Synthesizer
from synthgan.io import modelfile

pytestmark = pytest.mark.usefixtures("small_fits")

REAL = stays()


@pytest.fixture(scope="module")
def fitted():
    return Synthesizer(seed=0).fit(REAL, group="patient_id", order="charttime")


@pytest.fixture(scope="module")
def drawn(fitted):
    return fitted.sample(80)


def test_so_many_groups_come_back_in_the_form_of_the_table(drawn):
    assert drawn["patient_id"].nunique() == 80
    assert list(drawn.columns) == list(REAL.columns)
    assert (drawn.dtypes == REAL.dtypes).all()


def test_what_holds_in_every_group_holds(drawn):
    groups = drawn.groupby("patient_id", sort=False)
    assert groups["sex"].nunique().max() == 1
    assert groups["charttime"].apply(lambda times: times.is_monotonic_increasing).all()
    assert groups["dose"].apply(lambda doses: doses.is_monotonic_increasing).all()
    assert drawn["patient_id"].ne(drawn["patient_id"].shift()).sum() == 80  # side by side


def test_nobody_real_is_named(drawn):
    assert not set(drawn["patient_id"]) & set(REAL["patient_id"])
    assert drawn["patient_id"].str.fullmatch("P-[0-9]{5}").all()


def test_groups_are_as_long_as_real_ones(drawn):
    lengths = drawn.groupby("patient_id").size()
    assert lengths.between(1, 6).all()
    assert abs(lengths.mean() - REAL.groupby("patient_id").size().mean()) < 0.7


def test_a_file_opens_as_what_was_saved(fitted, drawn, tmp_path):
    fitted.save(tmp_path / "stays.synthgan")
    opened = Synthesizer.load(tmp_path / "stays.synthgan")
    pd.testing.assert_frame_equal(opened.sample(80), drawn)
    assert opened.manifest() | fitted.manifest() == opened.manifest()
    assert opened.manifest()["confidential"]


def test_the_same_seed_draws_the_same_and_another_draws_another(fitted, drawn):
    pd.testing.assert_frame_equal(fitted.sample(80), drawn)
    assert not fitted.sample(80, seed=1).equals(drawn)


def test_conditions_speak_of_whole_groups(fitted):
    assert set(fitted.sample(20, where={"sex": "F"})["sex"]) == {"F"}


def test_other_frames_and_whole_number_groups():
    frame = pl.from_pandas(REAL.assign(patient_id=REAL["patient_id"].str[2:].astype(int)))
    made = Synthesizer(seed=0).fit(frame, group="patient_id", order="charttime").sample(20)
    assert isinstance(made, pl.DataFrame)
    assert made.schema == frame.schema
    assert made["patient_id"].n_unique() == 20


def test_a_regular_grid_stays_one_and_no_order_is_needed():
    frame = pd.DataFrame({"id": np.repeat(np.arange(40), 5), "hour": np.tile(np.arange(5), 40)})
    frame["x"] = np.random.default_rng(0).normal(size=200).round(2)
    made = Synthesizer(seed=0).fit(frame, group="id", order="hour").sample(30)
    assert (made["hour"].to_numpy().reshape(-1, 5) == np.arange(5)).all()
    made = Synthesizer(seed=0).fit(frame, group="id").sample(30)
    assert (made.groupby("id").size() == 5).all()


def test_groups_of_one_row():
    frame = pd.DataFrame({"id": np.arange(60), "x": np.random.default_rng(0).integers(0, 5, 60)})
    made = Synthesizer(seed=0).fit(frame, group="id").sample(30)
    assert made["id"].nunique() == len(made) == 30


def test_a_row_without_a_group_is_one_of_its_own():
    frame = REAL.assign(patient_id=REAL["patient_id"].where(REAL.index % 7 > 0))
    made = Synthesizer(seed=0).fit(frame, group="patient_id", order="charttime").sample(40)
    assert len(made) >= 40


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"group": "patient"}, DataError, "group must name a column"),
        ({"group": "patient_id", "order": "time"}, DataError, "order must name a column"),
        ({"group": "patient_id", "order": "ward"}, DataError, "order must be a column of numbers"),
        ({"order": "charttime"}, ConfigError, "order must be left out"),
        ({"group": "sex", "schema": Schema.infer(REAL)}, SchemaError, "must be an identifier to tell groups apart"),
    ],
)
def test_what_cannot_be_is_refused(arguments, error, said):
    with pytest.raises(error, match=said):
        Synthesizer().fit(REAL, **arguments)


def test_groups_of_one_row_each_with_several_columns():
    frame = REAL.drop_duplicates("patient_id")
    made = Synthesizer(generator=Chains(chains=2), seed=0).fit(frame, group="patient_id", order="charttime").sample(30)
    assert made["patient_id"].is_unique
    assert len(made) == 30
    assert list(made) == list(frame)


def test_nothing_but_groups_is_refused():
    with pytest.raises(DataError, match="must have columns beside the group"):
        Synthesizer().fit(REAL[["patient_id"]], group="patient_id")


def test_no_promise_is_made_that_is_not_kept():
    with pytest.raises(ConfigError, match="resume must be left out"):
        list(Synthesizer().fit_steps(REAL, group="patient_id", resume=True))


def test_what_is_asked_of_flat_tables_alone_is_refused(fitted):
    with pytest.raises(DataError, match="must be one of a flat table"):
        fitted.impute(REAL)


@pytest.mark.parametrize("damage", ["known", "chain", "margin", "step", "extra", "column", "critic"])
def test_a_file_with_wrong_contents_is_refused(fitted, tmp_path, damage):
    manifest, tensors = fitted.manifest(), dict(fitted.model_.tensors())
    if damage == "known":
        tensors["walk/known"] = tensors["walk/known"] + 10_000
    elif damage == "chain":
        tensors["walk/chain/0/order"] = tensors["walk/chain/0/order"] * 0
    elif damage == "margin":
        tensors["walk/margin/0/wanted"] = tensors["walk/margin/0/wanted"][:-1]
    elif damage == "step":
        manifest["walk"]["steps"][0]["codec"] = 99
    elif damage == "extra":
        tensors["other"] = tensors["walk/known"]
    elif damage == "column":
        manifest["sequence"]["above"] = []
    else:
        manifest["walk"]["critics"] = 7
    modelfile.write(tmp_path / "forged.synthgan", manifest, tensors)
    with pytest.raises(ModelFileError, match=r"forged.synthgan"):
        Synthesizer.load(tmp_path / "forged.synthgan")
