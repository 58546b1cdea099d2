"""The benchmark of clips, on tiny data."""

import json

import numpy as np

from benchmarks.datasets.moving import DIGIT, FRAMES, SIDE, clips_of
from benchmarks.runs import clips as run
from synthgan.metrics.images import clips


def test_digits_move_at_a_steady_pace_and_stay_inside():
    digits = np.zeros((5, 28, 28), np.uint8)
    digits[:, 13:15, 13:15] = 255
    moving = clips_of(digits, np.arange(5), np.random.default_rng(0))
    assert moving.pixels.shape == (5, FRAMES, SIDE, SIDE, 1)
    bright = moving.pixels[..., 0].astype(float)
    rows, columns = ((bright.sum(axis) * np.arange(SIDE)).sum(-1) / bright.sum((2, 3)) for axis in (3, 2))
    steps = np.hypot(np.diff(rows), np.diff(columns))
    assert steps.max() < 4
    assert steps.max() > 0.5
    middle = (SIDE - 1) / 2
    assert max(np.abs(rows - middle).max(), np.abs(columns - middle).max()) <= (SIDE - DIGIT) / 2 + 0.5


def test_a_run_judges_all_models_alike(tmp_path, monkeypatch):
    monkeypatch.setattr(clips, "STEPS", 1)
    rng = np.random.default_rng(0)
    (tmp_path / "images").mkdir()
    arrays = {
        f"{part}_{what}": rng.integers(0, 256, (60, 28, 28), dtype=np.uint8) if what == "images" else np.arange(60) % 2
        for part in ("train", "test")
        for what in ("images", "labels")
    }
    np.savez(tmp_path / "images" / "mnist.npz", **arrays)
    out = tmp_path / "out.json"
    words = ["--clips", "40", "--steps", "1", "--width", "2", "--data", str(tmp_path), "--output", str(out)]
    run.main(words)
    (found,) = json.loads(out.read_text())["runs"]
    assert set(found["detected"]) == {"independent_frames", "pca_gaussian", "synthgan"}
    assert set(found["detected"]["synthgan"]) == {"detected_frames", "detected_differences", "detected_clips"}
