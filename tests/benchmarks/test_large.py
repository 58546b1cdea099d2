"""The benchmark of large images, on tiny data."""

import json

import numpy as np

from benchmarks.datasets import large
from benchmarks.runs import large as run
from synthgan.metrics.images import clips, features


def test_mosaics_are_of_one_picture_and_pictures_are_on_one_side(tmp_path, monkeypatch):
    monkeypatch.setattr(large, "FEWEST", 1)
    pictures = np.arange(12).repeat(9)
    tiles = (pictures * 10)[:, None, None] * np.ones((1, 64, 64), np.uint8)
    (tmp_path / "images").mkdir()
    arrays = {"images": tiles.astype(np.uint8), "labels": pictures % 3, "source_image": pictures}
    np.savez(tmp_path / "images" / "bbbc038_nuclei64.npz", **arrays)
    train, unseen = large.mosaics(tmp_path)
    assert (train.pixels.shape, unseen.pixels.shape) == ((16, 128, 128, 1), (8, 128, 128, 1))
    shades = [{int(image.max()) for image in side.pixels} for side in (train, unseen)]
    assert all(np.ptp(image) == 0 for side in (train, unseen) for image in side.pixels)
    assert not shades[0] & shades[1]
    assert (train.columns["label"] == train.pixels[:, 0, 0, 0] // 10 % 3).all()


def test_lesions_are_where_the_label_says():
    train, unseen = large.phantoms(40, 20)
    assert (len(train), len(unseen)) == (40, 20)
    bright = (np.abs(train.pixels[..., 0].astype(int) - 190) < 15).reshape(40, -1).mean(1)
    ill = train.columns["label"] == "lesion"
    assert bright[ill].mean() > 2 * bright[~ill].mean()


def test_a_run_judges_all_models_alike(tmp_path, monkeypatch):
    monkeypatch.setattr(clips, "STEPS", 1)
    monkeypatch.setattr(features, "MAX_STEPS", 1)
    monkeypatch.setattr(run, "phantoms", lambda n, others: tuple(map(small, large.phantoms(n, others))))
    monkeypatch.setattr(run, "SIDE", 32)
    out = tmp_path / "out.json"
    words = ["--set", "phantoms", "--images", "48", "--steps", "1", "--width", "2", "--base", "16"]
    run.main([*words, "--output", str(out)])
    runs = json.loads(out.read_text())["runs"]
    assert [found["model"] for found in runs] == ["stages", "direct", "pca_gaussian"]
    assert [len(found.get("steps", [])) if isinstance(found.get("steps"), list) else 0 for found in runs] == [2, 1, 0]
    assert all(len(found[name]) == 2 for found in runs for name in ("fd_self", "kid_self", "detected"))


def small(records):
    """Every fourth pixel."""
    return type(records)(records.pixels[:, ::4, ::4], records.columns)
