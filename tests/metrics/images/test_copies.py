"""Copies: planted ones are found, and unseen real images raise an alarm no more often than is promised."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from synthgan.metrics.images import copies
from synthgan.metrics.images.copies import changes_of, exact_copies, near_copies, nearer_to_learned
from synthgan.metrics.images.sets import Images


def _images(pixels):
    return Images(pixels, np.zeros(len(pixels), dtype=np.int64))


def test_exact_copies_are_counted():
    rng = np.random.default_rng(0)
    learned, synthetic = rng.integers(0, 255, (2, 50, 4, 4, 1)).astype(np.uint8)
    synthetic[:10] = learned[5]
    assert exact_copies(_images(learned), _images(synthetic)).value == pytest.approx(0.2)
    assert exact_copies(_images(learned), _images(learned)).value == 1


def test_near_copies_are_found_and_blurred_images_are_not():
    rng = np.random.default_rng(0)
    learned, unseen, synthetic = rng.normal(size=(3, 100, 1, 8, 8)).astype(np.float32)
    synthetic[:7] = learned[:7] + 0.1 * synthetic[:7]
    synthetic[7:9] = learned[7:9]  # exact copies are counted elsewhere
    synthetic[9:40] *= 0.05  # grey, and so nearer to everything than real images are
    assert np.flatnonzero(near_copies(synthetic, learned, unseen)).tolist() == list(range(7))
    assert near_copies(learned, learned, unseen).sum() == 0


@pytest.mark.parametrize("shape", [(8, 8), (6, 9)])
def test_copies_that_were_turned_shifted_or_cropped_are_found(shape):
    rng = np.random.default_rng(0)
    learned, unseen, synthetic = (
        gaussian_filter(rng.normal(size=(100, 1, *shape)), (0, 0, 1, 1)).astype(np.float32) for _ in range(3)
    )
    changes = changes_of(*shape)
    assert len(changes) == (25 if shape == (8, 8) else 21)
    for index, change in enumerate(changes):
        made = synthetic.copy()
        made[:5] = change(learned)[:5] + 0.02 * made[:5]
        assert np.flatnonzero(near_copies(made, learned, unseen, change)).tolist() == list(range(5)), index
        assert near_copies(synthetic, learned, unseen, change).sum() == 0
        assert not np.allclose(change(learned), learned)


def test_alarms_are_as_rare_as_promised_where_nothing_was_learned_by_heart(monkeypatch):
    monkeypatch.setattr(copies, "PERMUTATIONS", 99)
    p_values = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        learned, unseen = rng.normal(size=(2, 60, 3))
        # Crowded synthetic images: each real one is the nearest of many, and a binomial test would cry wolf.
        synthetic = 0.1 * rng.normal(size=(300, 3)) + rng.normal(size=(5, 3)).repeat(60, axis=0)
        p_values.append(nearer_to_learned(synthetic, learned, unseen, np.arange(60) % 2, seed).p_value)
    assert np.mean(np.array(p_values) <= 0.05) <= 0.1
    assert np.mean(np.array(p_values) <= 0.5) == pytest.approx(0.5, abs=0.13)


def test_what_was_learned_by_heart_raises_one():
    rng = np.random.default_rng(0)
    learned, unseen = rng.normal(size=(2, 100, 3))
    found = nearer_to_learned(learned + 0.01, learned, unseen, np.zeros(100, dtype=int), 0)
    assert found.share.value == 1
    assert found.p_value == 1 / 300
    # The other way round nothing is proved.
    assert nearer_to_learned(unseen + 0.01, learned, unseen, np.zeros(100, dtype=int), 0).p_value > 0.99


def test_ties_count_half():
    points = np.random.default_rng(0).normal(size=(30, 3))
    found = nearer_to_learned(points + 0.1, points, points, np.zeros(30, dtype=int), 0)
    assert found.share.value == 0.5
    assert found.p_value == 1
