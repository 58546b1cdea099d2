"""Columns of every kind are told to the networks, drawn together as rows, and rendered; given tables are rendered, too."""

from __future__ import annotations

import signal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from helpers.made_patients import make_patients
from sklearn.base import clone

from synthgan import Chains, ConfigError, DataError, ImageRecords, ImageSynthesizer, ModelFileError, Synthesizer
from synthgan.gan.updates import StandardUpdates
from synthgan.image.io.writing import write_images
from synthgan.image.rows import Rows
from synthgan.io import modelfile
from synthgan.runtime import Streams

PATIENTS = make_patients()
COLUMNS = ["label", "age", "sex", "seen", "dose", "smokes"]
OPTIONS = {"steps": 60, "width": 4, "noise_width": 4, "batch_images": 16, "learning_rate": 1e-2, "device": "cpu"}
OPTIONS |= {"ema_halflife_images": 160, "condition": COLUMNS, "holdout_share": 0.0}
TINY = OPTIONS | {"steps": 3, "batch_images": 8}


@pytest.fixture(scope="module")
def fitted():
    return ImageSynthesizer(**OPTIONS).fit(PATIENTS)


@pytest.fixture(scope="module")
def drawn(fitted):
    return fitted.sample(2_000)


def correlation(images):
    return np.corrcoef(images.pixels.reshape(len(images), -1).mean(1), images.columns["age"].astype(float))[0, 1]


def on_the_side(images):
    """The share of images whose bright half is that of their label."""
    right = images.pixels.reshape(len(images), 4, 2, 2).mean((1, 3)).argmax(1)
    return (right == (images.columns["label"] == "well")).mean()


def table(**changes):
    """Four rows to draw images for."""
    columns = {
        "label": ["ill", "well", "ill", "well"],
        "age": [30, 40, 50, 60],
        "sex": ["F", None, "M", "F"],
        "seen": pd.to_datetime(["2024-02-01", "2024-03-01", "2024-04-01", "2024-05-01"]),
        "dose": [0.5, None, 2.5, 3.0],
        "smokes": [True, False, False, True],
    }
    return pd.DataFrame({name: changes.get(name, column) for name, column in columns.items()})


def test_an_attribute_that_the_draft_knows_nothing_of_shapes_the_images(fitted, drawn):
    """Both halves at once: the class shows in the side, the age in the brightness; a draft alone would not follow age."""
    for label in ("ill", "well"):
        some = drawn.take(np.flatnonzero(drawn.columns["label"] == label))
        assert correlation(some) > 0.6  # real .999; without the attribute 0, beyond ±.2 with a chance of 1e-8
        assert on_the_side(some) > 0.95
    training = fitted.manifest()["training"]
    assert training["kept_step"] == 60
    held_out = ImageSynthesizer(**TINY | {"holdout_share": 0.3}).fit(PATIENTS).manifest()["training"]
    assert 0.2 < held_out["held_out_closeness_and_match"] <= 1
    young, old = (fitted.sample(200, where={"age": ends}).pixels.mean() for ends in ((None, 35), (75, None)))
    assert old - young > 20  # real about 55


def test_conditions_on_any_column_are_met_exactly(fitted):
    where = ["age>=65", "label=ill", "sex=F|M", "seen<2024-08-01", "dose=", "smokes=false"]
    columns = fitted.sample(60, where=where[:5]).columns
    assert columns["age"].min() >= 65
    assert set(columns["label"]) == {"ill"}
    assert set(columns["sex"]) <= {"F", "M"}
    assert columns["seen"].max() < np.datetime64("2024-08-01")
    assert np.isnan(columns["dose"]).all()
    assert not fitted.sample(20, where=where[5:]).columns["smokes"].any()


def test_rows_are_drawn_as_they_hang_together(drawn):
    real = PATIENTS.columns
    for label in ("ill", "well"):
        for sex in ("F", "M"):
            share, true = (((c["label"] == label) & (c["sex"] == sex)).mean() for c in (drawn.columns, real))
            # 2,000 independent draws at the true share are further off with a chance of 1e-6; independent columns are .12 off.
            assert share == pytest.approx(true, abs=0.05)


def test_types_and_gaps_come_back_as_they_went_in(drawn):
    assert list(drawn.columns) == COLUMNS
    for name in COLUMNS[1:]:
        assert drawn.columns[name].dtype == PATIENTS.columns[name].dtype, name
    assert drawn.columns["label"].dtype.kind == "U"
    assert set(drawn.columns["sex"]) == {"F", "M", None}
    assert np.isnan(drawn.columns["dose"]).mean() == pytest.approx(0.2, abs=0.1)
    assert set(drawn.columns["dose"][~np.isnan(drawn.columns["dose"])]) <= set(np.arange(1, 9) / 2)


def test_a_model_file_holds_the_rows_too(tmp_path, fitted):
    fitted.save(tmp_path / "m.synthgan")
    again = ImageSynthesizer.load(tmp_path / "m.synthgan", device="cpu")
    for asked in ({"n": 9, "where": {"age": (40, None)}}, {"rows": table()}):
        first, second = fitted.sample(**asked, seed=1), again.sample(**asked, seed=1)
        np.testing.assert_array_equal(first.pixels, second.pixels)
        for name, column in first.columns.items():
            np.testing.assert_array_equal(second.columns[name], column)
    assert again.get_params() == fitted.get_params()
    again.save(tmp_path / "again.synthgan")
    assert (tmp_path / "m.synthgan").read_bytes() == (tmp_path / "again.synthgan").read_bytes()
    manifest, tensors = modelfile.read(tmp_path / "m.synthgan")
    tensors.pop(next(name for name in tensors if name.startswith("rows/table/")))
    modelfile.write(tmp_path / "torn.synthgan", manifest, tensors)
    with pytest.raises(ModelFileError, match="must be a complete model"):
        ImageSynthesizer.load(tmp_path / "torn.synthgan")


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow", "csv"])
def test_a_table_of_any_kind_gets_an_image_for_each_row(tmp_path, fitted, kind):
    frame = pd.concat([table().assign(bed=[7, 8, 9, 7], file_name="x.png")] * 10, ignore_index=True)
    given = {
        "pandas": lambda: frame,
        "polars": lambda: pl.from_pandas(frame),
        "pyarrow": lambda: pa.Table.from_pandas(frame),
        "csv": lambda: frame.to_csv(tmp_path / "rows.csv", index=False) or tmp_path / "rows.csv",
    }[kind]()
    images = fitted.sample(rows=given)
    assert list(images.columns) == [*COLUMNS, "bed"]  # and no name of a file that is not there yet
    assert images.columns["bed"].tolist() == [7, 8, 9, 7] * 10
    for name in COLUMNS[1:]:
        assert images.columns[name].dtype == PATIENTS.columns[name].dtype, name
    assert images.columns["sex"][:4].tolist() == ["F", None, "M", "F"]
    assert images.columns["seen"][0] == np.datetime64("2024-02-01")
    assert on_the_side(images) > 0.95
    np.testing.assert_array_equal(images.pixels, fitted.sample(rows=frame).pixels)


def test_given_rows_shape_their_images(fitted):
    """The same patients at 25 and at 89, the oldest learned; and at 120, as if they were 89."""
    at = {age: fitted.sample(rows=pd.concat([table(age=[age] * 4)] * 50)).pixels.astype(float) for age in (25, 89, 120)}
    assert at[89].mean() - at[25].mean() > 20
    assert abs(at[120].mean() - at[89].mean()) < 10


def test_rows_of_another_model_are_rendered(tmp_path, fitted):
    columns = {name: PATIENTS.columns[name] for name in COLUMNS}
    tables = Synthesizer(generator=Chains(chains=1, rounds=0), device="cpu").fit(pd.DataFrame(columns))
    patients = tables.sample(50, where={"age": (60, None)})
    patients.to_parquet(tmp_path / "patients.parquet")
    images = fitted.sample(rows=tmp_path / "patients.parquet")
    assert images.columns["age"].tolist() == patients["age"].tolist()
    assert images.columns["sex"].tolist() == [None if pd.isna(sex) else sex for sex in patients["sex"]]


def test_images_with_classes_alone_are_rendered_for_rows(fitted):
    numbered = ImageRecords(PATIENTS.pixels, {"stage": (PATIENTS.columns["label"] == "ill").astype(np.uint8)})
    synthesizer = ImageSynthesizer(**TINY | {"condition": "stage"}).fit(numbered)
    images = synthesizer.sample(rows=pd.DataFrame({"stage": ["1", "0", "1"], "bed": [1, 2, 3]}))
    assert images.columns["stage"].tolist() == [1, 0, 1]
    assert images.columns["stage"].dtype == np.uint8
    assert images.columns["bed"].tolist() == [1, 2, 3]
    with pytest.raises(DataError, match="learned without"):
        ImageSynthesizer(**TINY | {"condition": None}).fit(PATIENTS).sample(rows=table())


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (table().drop(columns="sex"), "column 'sex' must be in the table"),
        (table().drop(columns="label"), "column 'label' must be in the table"),
        (table(label=["ill", "wel", "ill", "ill"]), r"'label' must hold what was learned.*'wel'.*did you mean 'well'"),
        (table(label=["ill", None, "ill", "ill"]), "'label' must name a class in every row, however: 1"),
        (table(sex=["F", "X", "M", "F"]), "'sex' must hold what was learned.*'X' never was; known: F, M"),
        (table(age=[20, None, 30, 40]), "'age' must have nothing missing"),
        (table(age=[20, "old", 30, 40]), "'age' must"),
        (table().head(0), "must have rows"),
        ([1, 2], "a table must be"),
    ],
)
def test_rows_that_cannot_be_rendered_are_refused_before_anything_is_drawn(fitted, rows, words):
    with pytest.raises(DataError, match=words) as refusal:
        fitted.sample_batches(rows=rows)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("asked", [{"n": 4}, {"where": {"label": "ill"}}])
def test_rows_stand_alone(fitted, asked):
    with pytest.raises(ConfigError, match="rows must stand alone"):
        fitted.sample_batches(rows=table(), **asked)


@pytest.mark.parametrize(
    ("where", "words"),
    [({"label": "il"}, "did you mean 'ill'"), ({"ages": 3}, "did you mean 'age'"), (["age>200"], "cannot be met")],
)
def test_bad_conditions_are_refused_before_anything_is_drawn(fitted, where, words):
    with pytest.raises(DataError, match=words):
        fitted.sample_batches(3, where=where)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (["label", "weight"], "'weight' is none of 'age'"),
        (["label", "name"], r"'name' must say something.*a key; leave it out"),
        (["label", "gone"], r"'gone' must say something.*missing in every row"),
        (["label", "one"], r"must have a column to learn.*leave it out of the condition"),
        (["label", "odd"], r"'odd' must have a level held by at least 10.*leave it out of the condition"),
        (["dose", "label"], "'dose' must be text or whole numbers"),
    ],
)
def test_columns_that_say_nothing_of_images_are_refused(condition, words):
    odd = np.array([f"kind {chr(97 + index % 25)}{chr(97 + index % 2)}" for index in range(200)])
    name = np.array([f"scan {index:03d}" for index in range(200)])
    extra = {"gone": np.full(200, np.nan), "one": np.ones(200), "odd": odd, "name": name}
    records = ImageRecords(PATIENTS.pixels, {**PATIENTS.columns, **extra})
    with pytest.raises(DataError, match=words) as refusal:
        ImageSynthesizer(**TINY | {"condition": condition}).plan(records)
    assert "--" not in str(refusal.value)  # the remedies of tables


@pytest.mark.parametrize("condition", [[], ["label", "label"], ["label", 3]])
def test_lists_of_columns_are_checked(condition):
    with pytest.raises(ConfigError, match="condition must be the name of a column, a list of different ones"):
        ImageSynthesizer(**TINY | {"condition": condition}).fit(PATIENTS)


def test_what_few_images_hold_is_neither_kept_nor_drawn(tmp_path):
    sex, age = PATIENTS.columns["sex"].copy(), PATIENTS.columns["age"].copy()
    sex[:9], age[:9] = "seldom", 17_171
    records = ImageRecords(PATIENTS.pixels, {**PATIENTS.columns, "sex": sex, "age": age})
    synthesizer = ImageSynthesizer(**TINY | {"steps": 0, "condition": ("label", "age", "sex")}).fit(records)
    synthesizer.save(tmp_path / "m.synthgan")
    assert b"seldom" not in (tmp_path / "m.synthgan").read_bytes()
    columns = synthesizer.sample(1_000).columns
    assert "seldom" not in columns["sex"]
    assert 17_171 not in columns["age"]
    with pytest.raises(DataError, match="'seldom' never was"):
        synthesizer.sample(rows=table(sex=["F", "seldom", "M", None]))


def test_numbers_are_told_as_modes_places_and_scores():
    """Neighbouring ages are neighbours on one axis, which rises with age; levels have an axis of their own."""
    columns = {name: PATIENTS.columns[name] for name in ("label", "age", "sex")}
    rows = Rows.fit(columns, 10, Streams(0))
    attributes = rows.encode(columns, Streams(0))
    assert attributes.shape == (200, rows.width)
    assert attributes.dtype == torch.float32
    scores = attributes[:, -1].double().numpy()
    order = np.argsort(columns["age"])
    assert np.corrcoef(scores[order], np.arange(200))[0, 1] > 0.95
    sex = attributes[:, rows.transform.layout.span("sex").start :][:, :3]
    assert sex.sum(1).tolist() == [1] * 200
    assert sex.argmax(1).tolist() == [["F", "M", None].index(value) for value in columns["sex"]]


def test_a_resumed_fit_equals_an_uninterrupted_one(tmp_path, monkeypatch):
    synthesizer, path, turn, updates = ImageSynthesizer(**TINY), tmp_path / "c", StandardUpdates.generator, []
    whole = clone(synthesizer).fit(PATIENTS).model_.tensors()

    def interrupt(*arguments):
        updates.append(len(updates))
        if len(updates) == 2:
            signal.raise_signal(signal.SIGINT)
        return turn(*arguments)

    monkeypatch.setattr(StandardUpdates, "generator", interrupt)
    with pytest.raises(KeyboardInterrupt):
        list(clone(synthesizer).fit_steps(PATIENTS, checkpoint=path))
    monkeypatch.undo()
    assert set(ImageSynthesizer.load(path).sample(4, where={"label": "ill"}).columns["label"]) == {"ill"}
    older = ImageRecords(PATIENTS.pixels, {**PATIENTS.columns, "age": PATIENTS.columns["age"] + 1})
    with pytest.raises(DataError, match="same data"):
        list(clone(synthesizer).fit_steps(older, checkpoint=path, resume=True))
    with pytest.raises(DataError, match="condition was"):
        list(clone(synthesizer).set_params(condition="label").fit_steps(PATIENTS, checkpoint=path, resume=True))
    resumed = clone(synthesizer).set_params(condition=tuple(COLUMNS))
    list(resumed.fit_steps(PATIENTS, checkpoint=path, resume=True))
    assert resumed.model_.tensors().keys() == whole.keys()
    for name, tensor in whole.items():
        np.testing.assert_array_equal(resumed.model_.tensors()[name], tensor, name)


def test_folders_and_files_keep_the_rows(tmp_path, fitted):
    drawn = fitted.sample(30)
    write_images([drawn], tmp_path / "folder")
    frame = pd.read_parquet(tmp_path / "folder" / "metadata.parquet")
    assert frame.columns.tolist() == ["file_name", *COLUMNS]
    again = ImageSynthesizer(**TINY).plan(tmp_path / "folder")
    assert again.description.endswith("with 'age', 'sex', 'seen', 'dose', 'smokes'")
    with pytest.raises(DataError, match=r"'sex' must be numbers, dates or text without gaps.*write a folder"):
        write_images([drawn], tmp_path / "x.npz")
    whole = ImageRecords(drawn.pixels, drawn.columns | {"sex": np.array(["F", "M"] * 15, dtype=object)})
    write_images([whole], tmp_path / "x.npz")
    for name, column in ImageRecords.read(tmp_path / "x.npz").columns.items():
        np.testing.assert_array_equal(column, whole.columns[name])
    with pytest.raises(DataError, match="must not be called 'images'"):
        write_images([ImageRecords(drawn.pixels, {"images": np.zeros(30)})], tmp_path / "y.npz")


def test_batches_without_a_value_are_written(tmp_path):
    """The first batch of a column with gaps may hold nothing else."""
    pixels = np.zeros((2, 4, 4), np.uint8)
    batches = [ImageRecords(pixels, {"sex": np.array(sexes, dtype=object)}) for sexes in ([None, None], ["F", None])]
    write_images(batches, tmp_path / "folder")
    sexes = pd.read_parquet(tmp_path / "folder" / "metadata.parquet")["sex"]
    assert sexes.fillna("").tolist() == ["", "", "F", ""]
