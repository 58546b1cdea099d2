"""The commands on images: recognised, described, learned, drawn into a folder or a file, refused in one line."""

from __future__ import annotations

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest
from helpers.made_clips import make_clips
from helpers.made_images import make_images
from helpers.made_patients import make_patients
from PIL import Image
from pydicom.data import get_testdata_file

from synthgan import ImageRecords, ImageSynthesizer
from synthgan.image.io.dicom import open_dicom
from synthgan.image.io.writing import write_images
from synthgan.image.physical import Physical
from synthgan.io.sidecar import origin_at
from synthgan_cli.manifests import check_found

USAGE, DATA, PRIVACY = 2, 3, 4


@pytest.fixture
def small_images(monkeypatch):
    """Makes every fit of images a tiny one."""

    def make(**options):
        return ImageSynthesizer(**({"steps": 3, "width": 4, "batch_images": 8} | options))

    make.load = ImageSynthesizer.load
    monkeypatch.setattr("synthgan.ImageSynthesizer", make)


@pytest.fixture
def scans(folder):
    """Images in a file."""
    write_images([make_images(40)], folder / "scans.npz")
    return folder / "scans.npz"


@pytest.mark.usefixtures("small_images")
def test_masks_are_learned_named_asked_for_and_written(run, folder):
    images = make_images(40)
    masks = images.pixels[..., 0] > 150
    write_images([ImageRecords(images.pixels, images.columns, masks=masks)], folder / "cells.npz")
    done = run("fit", "cells.npz", "--structures", "cell")
    assert done.code == 0, done.err
    assert "with masks of 'cell'" in done.err
    done = run("sample", "cells.synthgan", "-n", 5, "--where", "area:cell>.3", "-o", "drawn")
    assert done.code == 0, done.err
    drawn = ImageRecords.read(folder / "drawn")
    assert drawn.masks.areas().min() > 0.3
    assert set(np.unique(drawn.masks.values())) <= {0, 255}


@pytest.mark.usefixtures("small_images", "quick_features")
def test_large_images_are_enlarged_from_small_ones_without_another_option(run, folder):
    for seed, name in enumerate(("large", "unseen")):
        write_images([make_images(40, side=20, seed=seed)], folder / name)
    planned = run("fit", "large", "--base", 10, "--dry-run").out
    assert "learned at 10 x 10 pixels first, then enlarged to 20 x 20 in tiles of 20 x 20" in planned
    done = run("fit", "large", "--base", 10)
    assert done.code == 0, done.err
    assert "large images are learned at 10 x 10 pixels first" in done.err
    assert "enlarging 2-fold is learned from 80 pieces of 40 images" in done.err
    assert run("sample", "large.synthgan", "-n", 40, "-o", "made").code == 0
    assert ImageRecords.read(folder / "made").sides == (20, 20)
    assert run("evaluate", "large", "made", "--holdout", "unseen", "--model", "large.synthgan").code in (0, 1)
    assert "2-fold (3 steps)" in run("inspect", "large.synthgan").out
    assert "learned at" not in run("fit", "large", "--base", 20, "--dry-run").out


@pytest.mark.usefixtures("small_images", "quick_features")
def test_clips_go_in_and_come_out_in_three_commands(run, folder):
    for seed, name in enumerate(("loops", "unseen")):
        write_images([make_clips(40, frames=7, side=4, channels=3, seed=seed)], folder / name)
    done = run("fit", "loops", "--frames", 4)
    assert done.code == 0, done.err
    assert "40 of 40 images: 4 of its frames are learned" in done.err
    assert "40 colour clips of 4 frames of 4 x 4 pixels" in done.err
    assert run("sample", "loops.synthgan", "-n", 40, "-o", "made").code == 0
    assert ImageRecords.read(folder / "made").physical.frame_ms == 80
    done = run("evaluate", "loops", "made", "--holdout", "unseen", "--json")
    assert done.code == 0, done.err
    assert {"detected_frames", "detected_differences", "detected_clips"} <= {
        s["name"] for s in json.loads(done.out)["scores"]
    }
    inspected = run("inspect", "loops.synthgan").out
    assert "40 colour clips of 4 frames of 4 x 4 pixels, uint8, a frame every 80 ms" in inspected
    assert "40 colour images of 4 x 4 pixels" in run("fit", "loops", "--frames", 1, "--dry-run").out


@pytest.mark.slow
@pytest.mark.usefixtures("small_images")
def test_the_colour_loop_of_pydicom_goes_in_and_comes_out(run, folder):
    (folder / "loops").mkdir()
    for index in range(10):
        shutil.copy(get_testdata_file("examples_ybr_color.dcm"), folder / "loops" / f"{index}.dcm")
    pd.DataFrame({"file_name": [f"{index}.dcm" for index in range(10)], "label": 1}).to_csv(
        folder / "loops" / "metadata.csv"
    )
    done = run("fit", "loops", "--size", 64)
    assert done.code == 0, done.err
    assert run("sample", "loops.synthgan", "-n", 2, "--original-size", "-o", "made").code == 0
    again = open_dicom(folder / "made" / "0000002.dcm")
    assert again.read().shape == (16, 240, 320, 3)
    assert again.clip
    assert again.frame_ms == pytest.approx(33.333 * 29 / 15)


@pytest.fixture
def image_model(folder):
    """A tiny model of images."""
    synthesizer = ImageSynthesizer(steps=1, width=4, batch_images=8, seed=5)
    synthesizer.fit(make_images(40, dtype=np.uint16)).save(folder / "scans.synthgan")
    return folder / "scans.synthgan"


@pytest.mark.usefixtures("small_images")
@pytest.mark.parametrize("as_folder", [True, False], ids=["folder", "npz"])
def test_fit_recognises_images_says_what_it_found_and_what_to_type_next(run, scans, folder, as_folder):
    if as_folder:
        write_images([ImageRecords.read(scans)], folder / "scans")
    done = run("fit", "scans" if as_folder else "scans.npz", "--seed", 2)
    assert done.code == 0, done.err
    assert done.out == ""
    assert "found 40 grey images of 8 x 8 pixels, 8 bits, in 2 classes of 'label' (ill: 10, well: 30)" in done.err
    assert "Learned 40 images" in done.err
    assert done.lines[-2] == "Next: synthgan sample scans.synthgan -n 40"
    assert done.lines[-1].startswith(
        "note: Keep scans.synthgan as you keep the images: what it gives away was not checked: it needs 600 images beside those "
        "held out, drawn under classes alone."
    )
    assert "Samples carry no guarantee either" in done.lines[-1]
    assert ImageSynthesizer.load(folder / "scans.synthgan").seed == 2


@pytest.mark.usefixtures("small_images")
def test_without_the_check_the_file_is_kept_as_the_images(run, scans):
    done = run("fit", scans, "--no-check")
    assert done.code == 0, done.err
    assert "what it gives away of those learned was not checked, as asked." in done.lines[-1]


def test_what_the_check_of_images_found_is_said():
    check = {"by": "measured", "found": 0.031, "high": 0.0442, "kept_out": 0, "coarser": 0}
    said = check_found({"images": {}, "check": check})
    assert said == (
        "an attack on the file finds 3.1% of the images learned, where 1% is chance (at most 4.4%, in priors of thirds of them)"
    )
    for coarser, times in ((1, "once"), (2, "twice"), (4, "4 times")):
        said = check_found({"images": {}, "check": check | {"coarser": coarser}})
        assert said.endswith(f"; its prior was made coarser {times})")


def test_dry_run_says_what_would_be_learned(run, scans, folder):
    done = run("fit", "scans.npz", "--dry-run")
    assert done.code == 0, done.err
    assert done.out.startswith("40 grey images of 8 x 8 pixels")
    assert [path.name for path in folder.iterdir()] == ["scans.npz"]


@pytest.mark.parametrize("output", [None, "out", "out.npz"])
def test_sample_writes_what_was_asked_for(run, image_model, folder, output):
    done = run("sample", "-n", 6, "--where", "label=ill", *([] if output is None else ["-o", output]))
    assert done.code == 0, done.err
    assert done.out == ""
    written = folder / (output or "scans.synthetic")
    assert done.lines[-1].startswith(f"Wrote {written.name}: 6 images in ")
    found = ImageRecords.read(written)
    assert (found.pixels.shape, found.pixels.dtype) == ((6, 8, 8, 1), np.uint16)
    assert set(found.columns["label"]) == {"ill"}
    wanted = ImageSynthesizer.load(image_model).sample(6, where="label=ill")
    np.testing.assert_array_equal(found.pixels, wanted.pixels)
    if written.is_dir():
        assert pd.read_parquet(written / "metadata.parquet").columns.tolist() == ["file_name", "label"]
    assert origin_at(written / "metadata.parquet" if written.is_dir() else written)["where"] == ["label=ill"]
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(("form", "suffix"), [("png", ".png"), ("dicom", ".dcm"), ("nifti", ".nii.gz"), ("npz", "")])
def test_sample_writes_in_the_format_asked_for(run, image_model, folder, form, suffix):
    done = run("sample", "-n", 3, "--format", form)
    assert done.code == 0, done.err
    written = folder / ("scans.synthetic.npz" if form == "npz" else "scans.synthetic")
    assert done.lines[-1].startswith(f"Wrote {written.name}: 3 images in ")
    wanted = ImageSynthesizer.load(image_model).sample(3)
    np.testing.assert_array_equal(ImageRecords.read(written).pixels, wanted.pixels)
    if written.is_dir():
        frame = pd.read_parquet(written / "metadata.parquet")
        assert frame["file_name"].tolist() == [f"000000{index}{suffix}" for index in (1, 2, 3)]


def test_inspect_shows_images_and_classes(run, image_model):
    done = run("inspect", image_model)
    assert done.code == 0, done.err
    assert "40 grey images of 8 x 8 pixels, uint16" in done.out
    assert [line.split() for line in done.out.splitlines()[-3:]] == [["label", "images"], ["ill", "10"], ["well", "30"]]
    assert "in every row" not in done.out
    assert json.loads(run("inspect", image_model, "--json").out)["kind"] == "image"


def test_inspect_shows_what_headers_said_of_the_set(run, folder):
    physical = Physical(spacing=(0.7, 0.8), window=(40.0, 400.0), modality="CT")
    images = make_images(40)
    synthesizer = ImageSynthesizer(steps=1, width=4, batch_images=8)
    synthesizer.fit(ImageRecords(images.pixels, images.columns, physical)).save(folder / "ct.synthgan")
    done = run("inspect", "ct.synthgan")
    assert "40 grey images of 8 x 8 pixels, uint8, CT, 0.8 x 0.7 mm, window 40 / 400" in done.out, done.err
    said = "note: PNG does not say what pixels mean (units, spacing): --format dicom and nifti do, and npz"
    assert said in run("sample", "ct.synthgan", "-n", 1, "-o", "pictures").err
    for form, output in (("dicom", "scans"), ("npz", "scans.npz")):
        assert "PNG" not in run("sample", "ct.synthgan", "-n", 1, "--format", form, "-o", output).err


@pytest.fixture
def quick_features(monkeypatch):
    """Networks that learn for a moment."""
    from synthgan.metrics.images import clips, features

    monkeypatch.setattr(features, "EPOCHS", 1)
    monkeypatch.setattr(clips, "STEPS", 1)


@pytest.mark.usefixtures("quick_features")
def test_evaluate_judges_images_and_writes_their_page(run, scans, folder):
    for seed, name in enumerate(("made", "unseen"), start=1):
        write_images([make_images(60, seed=seed)], folder / name)
    done = run("evaluate", scans, "made", "--holdout", "unseen", "--report", "report.html", "--json")
    assert done.code == 0, done.err
    names = [score["name"] for score in json.loads(done.out)["scores"]]
    assert names[:2] == ["fd_self", "kid_self"]
    assert "nearer_to_train" in names
    assert "Wrote report.html" in done.err
    page = (folder / "report.html").read_text("utf-8")
    assert "compared 60 synthetic images with the 40 real images they were made from and with 60 more" in page
    assert page.count("<img") == 2
    assert "not for release" not in page
    done = run("evaluate", scans, "made", "--report", "report.html", "--internal", "--force")
    assert done.code == 0, done.err
    assert (folder / "report.html").read_text("utf-8").count("<img") == 4


@pytest.mark.usefixtures("quick_features")
def test_the_test_part_of_a_file_is_taken_for_the_holdout_and_said_to_be(run, folder):
    parts = {name: make_images(40, seed=seed) for seed, name in enumerate(("train", "test"))}
    arrays = {f"{name}_images": part.pixels[..., 0] for name, part in parts.items()}
    labels = {f"{name}_labels": part.columns["label"][:, None] for name, part in parts.items()}
    np.savez(folder / "med.npz", **arrays, **labels)
    write_images([make_images(40, seed=5)], folder / "made.npz")
    done = run("evaluate", "med.npz", "made.npz", "--json")
    assert done.code == 0, done.err
    assert "note: the test part of med.npz is taken for the holdout" in done.err
    scores = {score["name"]: score["value"] for score in json.loads(done.out)["scores"]}
    assert scores["nearer_to_train"] is not None


@pytest.mark.usefixtures("quick_features")
def test_the_model_file_of_images_is_attacked_as_well(run, image_model, folder):
    for seed, name in enumerate(("scans", "made", "unseen")):
        write_images([make_images(200, seed=seed)], folder / f"{name}.npz")
    done = run("evaluate", "scans.npz", "made.npz", "--holdout", "unseen.npz", "--model", image_model, "--json")
    assert done.code == 0, done.err
    scores = {score["name"]: score["value"] for score in json.loads(done.out)["scores"]}
    assert 0 < scores["file_p_value"] <= 1
    assert 0 < scores["membership_p_value"] <= 1


@pytest.mark.usefixtures("quick_features")
def test_images_of_several_labels_at_once_or_of_none_are_judged(run, folder):
    parts = {name: make_images(40, seed=seed) for seed, name in enumerate(("train", "test"))}
    arrays = {f"{name}_images": part.pixels[..., 0] for name, part in parts.items()}
    labels = {
        f"{name}_labels": (part.columns["label"] == "ill")[:, None] & [True, False] for name, part in parts.items()
    }
    np.savez(folder / "chest.npz", **arrays, **labels)
    several = {"label_0": make_images(40, seed=5).columns["label"] == "ill", "label_1": np.zeros(40, bool)}
    write_images([ImageRecords(make_images(40, seed=5).pixels, several)], folder / "made.npz")
    done = run("evaluate", "chest.npz", "made.npz", "--json")
    assert done.code == 0, done.err
    assert "utility_synthetic" in done.out
    np.savez(folder / "plain.npz", **{name: array for name, array in arrays.items() if name == "train_images"})
    done = run("evaluate", "plain.npz", "made.npz", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["verdict"]


@pytest.mark.usefixtures("small_images")
def test_images_are_learned_with_several_columns_and_drawn_as_rows(run, folder):
    patients = make_patients(100)
    write_images([patients], folder / "scans")
    done = run("fit", "scans", "--condition", "label", "--condition", "age", "--condition", "sex")
    assert done.code == 0, done.err
    assert f"in 2 classes of 'label' (ill: {(patients.columns['label'] == 'ill').sum()}, well:" in done.err
    assert "with 'age', 'sex'" in done.err
    shown = run("inspect", "scans.synthgan")
    assert "100 grey images" in shown.out, shown.err
    assert [line.split()[:2] for line in shown.out.splitlines()[-3:]] == [
        ["label", "category"],
        ["age", "integer"],
        ["sex", "category"],
    ]
    where = ("--where", "age>=50", "--where", "label=ill", "--where", "sex=F|M")  # an .npz file has no gaps
    done = run("sample", "-n", 6, *where, "-o", "old")
    assert done.code == 0, done.err
    frame = pd.read_parquet(folder / "old" / "metadata.parquet")
    assert frame.columns.tolist() == ["file_name", "label", "age", "sex"]
    assert frame["age"].min() >= 50
    assert set(frame["label"]) == {"ill"}
    done = run("sample", "--rows", "old/metadata.parquet", "-o", "again.npz")
    assert done.code == 0, done.err
    assert done.lines[-1].startswith("Wrote again.npz: 6 images in ")
    assert ImageRecords.read(folder / "again.npz").columns["age"].tolist() == frame["age"].tolist()


@pytest.mark.usefixtures("small_images")
@pytest.mark.parametrize("words", [["--sources", "early.npz"], ["--enlarge", 2]])
def test_images_are_made_from_others(run, scans, folder, words):
    write_images([make_images(40, side=4, seed=1)], folder / "early.npz")
    done = run("fit", "scans.npz", *words)
    assert done.code == 0, done.err
    assert done.lines[-2] == "Next: synthgan sample scans.synthgan --sources IMAGES"
    done = run("sample", "scans.synthgan", "--sources", "early.npz", "-o", "late.npz")
    assert done.code == 0, done.err
    made, sources = ImageRecords.read(folder / "late.npz"), ImageRecords.read(folder / "early.npz")
    assert made.pixels.shape == (40, 8, 8, 1)
    assert made.columns["label"].tolist() == sources.columns["label"].tolist()
    assert np.corrcoef(made.pixels.mean((1, 2, 3)), sources.pixels.mean((1, 2, 3)))[0, 1] > 0.9


@pytest.mark.usefixtures("small_images")
def test_one_column_decides_the_classes(run, folder):
    write_images([make_patients(100)], folder / "scans")
    done = run("fit", "scans", "--condition", "smokes", "--dry-run")
    assert "in 2 classes of 'smokes'" in done.out, done.err
    assert ", with " not in done.out


def test_a_private_fit_says_what_it_found_warns_and_shows_its_ledger(run, folder):
    write_images([make_images(600)], folder / "scans.npz")
    done = run("fit", "scans.npz", "--epsilon", 10, "--delta", "1e-5")
    assert done.code == 0, done.err
    assert "in 2 classes of 'label' (ill: " in done.err
    assert "are too few: the noise will blur classes into each other" in done.err
    assert re.search(r"Learned about \d+ images \(a noisy count\)", done.err)
    shown = run("inspect", "scans.synthgan")
    assert re.search(r"about \d+ grey images \(a noisy count\) of 8 x 8 pixels", " ".join(shown.out.split()))
    assert "second moments of each class" in shown.out, shown.err
    assert "gaussian" in shown.out
    ledger = json.loads(run("inspect", "scans.synthgan", "--json").out)["privacy"]
    assert 9 < ledger["epsilon"] <= 10
    assert ledger["delta"] == 1e-5
    assert ImageSynthesizer.load(folder / "scans.synthgan").epsilon == 10


def test_delta_is_held_against_a_noisy_number_and_a_dry_run_looks_at_no_image(run, folder):
    write_images([make_images(600)], folder / "scans.npz")
    done = run("fit", "scans.npz", "--epsilon", 10, "--delta", 0.01)
    assert done.code == PRIVACY
    assert re.search(r"delta must be below one in \d{3} images \(a noisy count\)", done.err)
    write_images([make_images(40)], folder / "scans")
    for source, words in (("scans.npz", "grey images of 8 x 8 pixels, 8 bits, whose number"), ("scans", "no file was")):
        planned = run("fit", source, "--epsilon", 10, "--dry-run")
        assert planned.code == 0, planned.err
        assert words in planned.out
        assert "600" not in planned.out


REFUSED = {
    "units": ("fit scans.npz --epsilon 1 --unit label", PRIVACY, "each of which is a unit; leave it out"),
    "rows of units": ("fit scans.npz --epsilon 1 --max-rows-per-unit 2", PRIVACY, "--max-rows-per-unit must be for a"),
    "a private way of tables": ("fit scans.npz --epsilon 1 --mechanism marginals", USAGE, "one of moments, dpsgd"),
    "a range alone": ("fit scans.npz --value-range 0:9", PRIVACY, "--value-range must come with --epsilon"),
    "a range of a table": ("fit people.csv --value-range 0:9", USAGE, "--value-range must be for images"),
    "half a range": ("fit scans.npz --epsilon 1 --value-range 9", USAGE, "must be like -1024:3071, however: '9'"),
    "a range upside down": (
        "fit scans.npz --epsilon 1 --value-range 9:0",
        USAGE,
        "must be two finite numbers, the lower one first",
    ),
    "a dry run with steps": (
        "fit scans.npz --epsilon 1 --set steps=5 --dry-run",
        PRIVACY,
        "steps must be left alone under epsilon",
    ),
    "a private resumption": ("fit scans.npz --epsilon 1 --resume", PRIVACY, "must be made in one go"),
    "delta alone": ("fit scans.npz --delta 1e-5", PRIVACY, "--delta must come with --epsilon"),
    "a schema": ("fit scans.npz --id name", USAGE, "--id must be for a table"),
    "a missing file": ("fit scan.npz", DATA, "did you mean scans.npz"),
    "an empty folder": ("fit empty", DATA, "the folder is empty"),
    "standard output": ("sample scans.synthgan -n 3 -o -", USAGE, "-o - is stdout"),
    "a class unknown": ("sample scans.synthgan -n 3 --where label=il", DATA, "did you mean 'ill'"),
    "a full folder": ("sample scans.synthgan -n 3 -o full", DATA, "must be a new folder"),
    "no such format": (
        "sample scans.synthgan -n 3 --format gif",
        USAGE,
        "one of png, npz, dicom, nifti, however: 'gif'",
    ),
    "a format of a file": ("sample scans.synthgan -n 3 --format npz -o out", USAGE, "a file ending in .npz"),
    "a format of a folder": ("sample scans.synthgan -n 3 --format png -o out.npz", USAGE, "without the ending .npz"),
    "a table among images": (
        "evaluate scans.npz people.csv",
        DATA,
        "people.csv must be a folder of images or an .npz file",
    ),
    "images among tables": ("evaluate people.csv scans.npz", DATA, "scans.npz"),
    "an option of tables": (
        "evaluate scans.npz scans.npz --survival a,b",
        USAGE,
        "--survival must be for a table, however: scans.npz",
    ),
    "an option of images": (
        "evaluate people.csv people.csv --features m.pt",
        USAGE,
        "--features must be for images, however: people.csv",
    ),
    "features that are none": (
        "evaluate scans.npz scans.npz --features m.pt",
        DATA,
        "m.pt must be a TorchScript model",
    ),
    "the wrong kind": (
        "evaluate scans.npz small.npz",
        DATA,
        "must be like the real ones (grey, 8 x 8, 8 bits), however: grey, 8 x 8, 16 bits",
    ),
    "another column": (
        "evaluate scans.npz scans.npz --target sex",
        DATA,
        "real images must have the column 'sex', however: found 'label'",
    ),
    "one image": (
        "evaluate scans.npz one.npz",
        DATA,
        "synthetic must have at least 20 images to be judged, however: 1",
    ),
    "a condition that is no column": ("fit scans.npz --condition age", DATA, "'age' is none of 'label'"),
    "neither a number nor rows": ("sample scans.synthgan", USAGE, "-n must say how many"),
    "a number beside rows": ("sample scans.synthgan --rows rows.csv -n 3", USAGE, "--rows must stand without"),
    "a condition beside rows": ("sample scans.synthgan --rows rows.csv --where label=ill", USAGE, "must stand without"),
    "rows that are missing": ("sample scans.synthgan --rows row.csv", DATA, "did you mean rows.csv"),
    "rows without the class": ("sample scans.synthgan --rows rows.csv", DATA, "'label' must be in the table"),
    "sources that are missing": ("fit scans.npz --sources early.npz", DATA, "early.npz"),
    "too few sources": (
        "fit scans.npz --sources one.npz",
        DATA,
        "sources must be one for each of 40 images, however: 1",
    ),
    "two kinds of sources": ("fit scans.npz --sources one.npz --enlarge 2", USAGE, "--enlarge must stand without"),
    "masks beside a factor": (
        "fit scans.npz --from-masks --enlarge 2",
        USAGE,
        "--from-masks must stand without --enlarge",
    ),
    "no masks to make images from": ("fit scans.npz --from-masks", DATA, "must have masks to be made from them"),
    "masks of a table": ("fit people.csv --from-masks", USAGE, "--from-masks must be for images"),
    "structures of no masks": ("fit scans.npz --structures nucleus", DATA, "must be those of masks"),
    "an area without masks": ("sample scans.synthgan -n 3 --where area:x>0", DATA, "must name a structure"),
    "sides that cannot be enlarged": ("fit scans.npz --enlarge 3", DATA, "must have sides that are multiples of 3"),
    "a factor of one": ("fit scans.npz --enlarge 1", USAGE, "condition_image must be"),
    "sources under epsilon": ("fit scans.npz --sources one.npz --epsilon 1", PRIVACY, "condition_image"),
    "sources of a table": ("fit people.csv --sources scans.npz", USAGE, "--sources must be for images"),
    "a base for a table": ("fit people.csv --base 32", USAGE, "--base must be for images"),
    "a base of what is made from others": (
        "fit scans.npz --enlarge 2 --base 4",
        USAGE,
        "--base must be left out for images that are made from others",
    ),
    "a factor for a table": ("fit people.csv --enlarge 2", USAGE, "--enlarge must be for images"),
    "a number beside sources": ("sample scans.synthgan --sources one.npz -n 3", USAGE, "--sources must stand without"),
    "sources to draw from that are missing": ("sample scans.synthgan --sources none.npz", DATA, "none.npz"),
    "sources beside rows": ("sample scans.synthgan --rows rows.csv --sources one.npz", USAGE, "--rows must stand"),
    "sources for a model that needs none": (
        "sample scans.synthgan --sources one.npz",
        USAGE,
        "makes images from noise",
    ),
    "sources that would be overwritten": ("sample scans.synthgan --sources one.npz -o one.npz", USAGE, "overwritten"),
    "rows that would be overwritten": ("sample scans.synthgan --rows rows.npz -o rows.npz", USAGE, "overwritten"),
}


@pytest.mark.parametrize(("words", "code", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_images_cannot_do_is_one_line(run, scans, image_model, folder, words, code, reason):
    (folder / "empty").mkdir()
    (folder / "full").mkdir()
    (folder / "rows.csv").write_text("age\n3\n", encoding="utf-8")
    (folder / "rows.npz").touch()
    (folder / "full" / "kept").touch()
    (folder / "people.csv").write_text("age\n1\n2\n")
    (folder / "m.pt").write_text("none")
    write_images([make_images(40, dtype=np.uint16)], folder / "small.npz")
    write_images([make_images(1)], folder / "one.npz")
    before = sorted(path.name for path in folder.iterdir())
    forced = ["--force"] if words.startswith("fit ") else []  # the model is there
    done = run(*words.split(), *forced)
    assert done.code == code, done.err
    assert len(done.lines) == 1, done.err
    assert reason in done.err
    assert sorted(path.name for path in folder.iterdir()) == before


def test_pictures_of_any_size_are_learned_drawn_and_judged_without_another_option(run, folder):
    rng = np.random.default_rng(0)
    for index in range(80):
        (folder / "any" / "ab"[index % 2]).mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (rng.integers(10, 40), rng.integers(10, 40)), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "any" / "ab"[index % 2] / f"{index:02}.png")
    refused = run("fit", "any")
    assert refused.code == 3
    assert "--size 16" in refused.err
    assert "--size must be like 64" in run("fit", "any", "--size", "large").err
    assert run("fit", "any", "--size", "8", "--set", "steps=1", "--set", "width=4").code == 0
    assert run("sample", "any.synthgan", "-n", "40", "-o", "made").code == 0
    judged = run("evaluate", "any", "made")
    assert judged.code == 0
    assert "any was brought to 8 x 8, the size of the synthetic images" in judged.err
    assert "original_size must be left out" in run("sample", "any.synthgan", "-n", "2", "--original-size").err
