"""The benchmark of pairs and words, on tiny data."""

import json

import numpy as np
import pytest

from benchmarks.runs import masks
from synthgan.metrics.images import segmentation, structures


@pytest.fixture
def nuclei(tmp_path, monkeypatch):
    """Tiles of 8 x 8 pixels of 30 pictures, and a U-Net that hardly learns."""
    rng = np.random.default_rng(0)
    shown = np.zeros((300, 8, 8), bool)
    for index, mask in enumerate(shown):
        side = 2 + index % 3
        for _ in range(1 + index % 2):
            row, column = rng.integers(0, 8 - side, 2)
            mask[row : row + side, column : column + side] = True
    (tmp_path / "images").mkdir()
    pixels = (shown * 150 + rng.integers(0, 60, shown.shape)).astype(np.uint8)
    labels, source = (np.arange(300) // 5 % 3).astype(np.uint8), np.arange(300) // 10
    np.savez(
        tmp_path / "images" / "bbbc038_nuclei64.npz", images=pixels, labels=labels, masks=shown, source_image=source
    )
    learn = segmentation.learn_structures
    for module in (masks, structures):
        monkeypatch.setattr(module, "learn_structures", lambda *given: learn(*given, steps=1))
    monkeypatch.setattr(masks, "SEEN", 8)
    return tmp_path


@pytest.mark.parametrize("flags", [[], ["--words"]], ids=["pairs", "words"])
def test_a_run_says_what_pairs_and_words_are_worth(nuclei, tmp_path, flags):
    masks.main([*flags, "--steps", "1", "--data", str(nuclei), "--output", str(tmp_path / "out.json")])
    (run,) = json.loads((tmp_path / "out.json").read_text())["runs"]
    if flags:
        assert set(run["agreement"]) == {"kind", "count", "area"}
        told = [side for levels in run["agreement"].values() for one in levels.values() for side in one.values()]
        assert all(side is None or 0 <= side <= 1 for side in told)
        assert sum(side is not None for side in told) > len(told) // 2
    else:
        assert {"dice_real", "dice_synthetic", "mask_areas_ks", "mask_counts_ks"} <= set(run["scores"])
        assert 0 <= run["dice_few_and_synthetic"] <= 1
