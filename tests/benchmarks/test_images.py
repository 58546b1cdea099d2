"""The benchmark of images: its classifier, its baseline, its picture, and a whole run on tiny data."""

from __future__ import annotations

import json

import numpy as np
import pytest
from helpers.made_images import make_images
from PIL import Image
from sklearn.svm import SVC

from benchmarks.datasets import image_sets
from benchmarks.runs import images
from synthgan import ImageRecords

REAL = make_images(60, side=4)


def test_training_data_are_worth_what_a_classifier_makes_of_them():
    others = make_images(40, side=4, seed=1)
    assert set(images.value_as_training_data(REAL, others).values()) == {1.0}
    swapped = np.where(REAL.columns["label"] == "ill", "well", "ill")
    assert images.value_as_training_data(ImageRecords(REAL.pixels, {"label": swapped}), others)["auc"] == 0


def test_small_classes_are_filled_up_to_the_mean():
    asked = {}

    def drawn(label, n):
        asked[label] = n
        return make_images(4 * n, side=4).take(np.arange(n) * 4)

    filled = images.augmented(REAL, drawn)
    assert asked == {"ill": 15}
    assert (filled.columns["label"] == "ill").sum() == 30
    assert len(filled) == 75


@pytest.mark.parametrize("weighed", [True, False])
def test_classes_weigh_alike_only_if_asked(monkeypatch, weighed):
    taken = []
    monkeypatch.setattr(images, "SVC", lambda class_weight: taken.append(class_weight) or SVC())
    images.value_as_training_data(REAL, REAL, weighed=weighed)
    assert taken == ["balanced" if weighed else None]


def test_small_classes_are_filled_with_their_own_images_too():
    again = images.drawn_again(REAL, 0, "ill", 7)
    own = {image.tobytes() for image in REAL.pixels[REAL.columns["label"] == "ill"]}
    assert len(again) == 7
    assert {image.tobytes() for image in again.pixels} <= own
    found = images.filling(REAL, make_images(40, side=4, seed=1), [REAL], 0)
    assert list(found) == ["real", "real and real again", "real and ours"]
    assert found["real"] == found["real and ours"]


def test_the_baseline_keeps_means_and_variances_of_each_class():
    drawn = images.pca_gaussian(make_images(4_000, side=2), 0)
    for label in ("ill", "well"):
        real, made = (
            part.pixels[part.columns["label"] == label].reshape(-1, 4).astype(float)
            for part in (make_images(4_000, side=2), drawn)
        )
        np.testing.assert_allclose(made.mean(0), real.mean(0), atol=2)  # five standard errors
        np.testing.assert_allclose(made.std(0), real.std(0), rtol=0.1)


def test_a_run_writes_figures_and_a_picture(tmp_path, capsys):
    (tmp_path / "images").mkdir()
    np.savez(tmp_path / "images" / "digits.npz", images=REAL.pixels, labels=REAL.columns["label"])
    out, grid = tmp_path / "out.json", tmp_path / "grid.png"
    images.main(["--steps", "1", "--data", str(tmp_path), "--output", str(out), "--picture", str(grid)])
    told = capsys.readouterr().out
    assert "digits: 40 images learned in " in told
    assert "trained on real: auc 1.000, accuracy 1.000" in told
    assert "no class weighed, real and real again: auc 1.000" in told
    assert "ours (real images in its place): fd_self " in told
    (run,) = json.loads(out.read_text())["runs"]
    assert (run["images"], run["test_images"], run["trained_on"]["real"]["accuracy"]) == (40, 20, 1.0)
    assert set(run["trained_on"]) == {"real", "ours", "pca_gaussian", "real and ours"}
    assert set(run["scores"]) == {"ours", "pca_gaussian"}
    with Image.open(grid) as picture:
        assert picture.size == ((2 * images.SHOWN + 1) * 4 * images.ENLARGED, 2 * 4 * images.ENLARGED)


def test_a_model_that_one_machine_fitted_is_judged_on_another(tmp_path, capsys, monkeypatch):
    (tmp_path / "images").mkdir()
    np.savez(tmp_path / "images" / "digits.npz", images=REAL.pixels, labels=REAL.columns["label"])
    models, out = tmp_path / "models", tmp_path / "out.json"
    words = ["--data", str(tmp_path), "--models", str(models)]
    images.main([*words, "--steps", "1", "--width", "4", "--only-fit"])
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(images.ImageSynthesizer, "fit", None)
    images.main([*words, "--output", str(out)])
    (run,) = json.loads(out.read_text())["runs"]
    assert (run["steps"], run["width"], run["batch_images"]) == (1, 4, 64)
    assert run["fit_seconds"] == json.loads((models / "digits.json").read_text())["fit_seconds"]


def test_a_gpu_learns_a_million_images_by_wider_networks_unless_told_otherwise(monkeypatch, tmp_path):
    taken = []
    monkeypatch.setattr(images, "load", lambda *_: (REAL, REAL))
    monkeypatch.setattr(images, "fitted", lambda _name, _train, options, _models: taken.append(options))
    images.main(["--device", "cuda", "--only-fit", "--models", str(tmp_path), "--width", "8"])
    assert taken == [images.LARGER | {"width": 8, "device": "cuda", "seed": 0, "minutes": None}]
    assert images.LARGER["steps"] * images.LARGER["batch_images"] >= 1_000_000


def test_models_that_are_only_fitted_must_go_somewhere(capsys):
    with pytest.raises(SystemExit):
        images.main(["--only-fit"])
    assert "must have a folder for its models, however: --models was not given" in capsys.readouterr().err


def test_chests_and_the_commonest_cells_are_one_set(tmp_path):
    (tmp_path / "images").mkdir()
    arrays = {"train_images": np.zeros((9, 28, 28), np.uint8), "train_labels": np.arange(9) % 2}
    arrays |= {"test_images": np.zeros((4, 28, 28), np.uint8), "test_labels": np.arange(4) % 2}
    np.savez(tmp_path / "images" / "pneumoniamnist.npz", **arrays)
    labels = np.repeat(np.arange(6), [3, 9, 9, 9, 9, 6])
    cells = np.broadcast_to(np.array([0, 30, 90], np.uint8), (45, 32, 32, 3))
    np.savez(tmp_path / "images" / "chula_rbc12_crops32.npz", images=cells, labels=labels, smear=np.arange(45) % 3)
    train, test = image_sets.load("chests_and_cells", tmp_path)
    assert (train.pixels.shape[1:], len(train), len(test)) == ((64, 64, 1), 9 + 24, 4 + 12)
    assert sorted(set(train.columns["label"])) == ["cell 1", "cell 2", "cell 3", "cell 4", "chest 0", "chest 1"]
    assert set(train.pixels[train.columns["label"] == "cell 1"].ravel()) == {40}


def test_medmnist_brings_a_test_part_of_its_own(tmp_path):
    (tmp_path / "images").mkdir()
    arrays = {"train_images": REAL.pixels, "train_labels": np.arange(60), "test_images": REAL.pixels[:9]}
    np.savez(tmp_path / "images" / "m.npz", **arrays, test_labels=np.arange(9)[:, None])
    train, test = image_sets.load("m", tmp_path)
    assert (len(train), len(test), test.columns["label"].shape) == (60, 9, (9,))


def test_a_smear_is_on_one_side(tmp_path):
    (tmp_path / "images").mkdir()
    smear = np.arange(60) // 6
    pixels = np.broadcast_to(smear[:, None, None].astype(np.uint8), (60, 4, 4))
    np.savez(tmp_path / "images" / "chula_rbc12_crops32.npz", images=pixels, labels=np.arange(60) % 2, smear=smear)
    train, test = image_sets.load("chula", tmp_path)
    assert len(test) == 18
    assert not set(train.pixels[:, 0, 0, 0]) & set(test.pixels[:, 0, 0, 0])


def test_unknown_sets_are_refused(capsys):
    with pytest.raises(SystemExit):
        images.main(["--sets", "cats"])
    assert (
        "a set must be one of digits, pneumoniamnist, chula, mnist, chests_and_cells, however: cats"
        in capsys.readouterr().err
    )
