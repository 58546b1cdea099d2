"""The benchmark of who was learned of images, on tiny data."""

import json

import numpy as np
from scipy.ndimage import gaussian_filter

from benchmarks.runs import members


def test_a_run_attacks_with_the_check_and_without(tmp_path, capsys):
    rng = np.random.default_rng(0)
    (tmp_path / "images").mkdir()
    pixels = (128 + 200 * gaussian_filter(rng.normal(size=(700, 8, 8)), (0, 1, 1))).clip(0, 255).astype(np.uint8)
    np.savez(tmp_path / "images" / "mnist.npz", train_images=pixels, train_labels=np.arange(700) % 2)
    out = tmp_path / "out.json"
    members.main(["--sizes", "220", "--steps", "1", "--data", str(tmp_path), "--output", str(out)])
    fine, checked = json.loads(out.read_text())["runs"]
    assert [run["check"]["by"] for run in (fine, checked)] == ["skipped", "not proved"]
    for run in (fine, checked):
        assert set(members.SHOWN) <= set(run["found"])
        assert set(run["control"]) < set(run["found"])
    assert fine["found"]["file_p_value"][0] <= 0.01
    assert "220 images, seed 0, 1 steps" in capsys.readouterr().out
