"""Tests the scores of masks."""

import numpy as np
import pytest

from synthgan import DataError, ImageRecords
from synthgan.metrics.images import structures
from synthgan.metrics.images.structures import mask_scores, shapes_of
from synthgan.runtime import Streams


def squares(n, seed, size=5):
    rng = np.random.default_rng(seed)
    masks = np.zeros((n, 16, 16), bool)
    for mask in masks:
        row, column = rng.integers(0, 16 - size, 2)
        mask[row : row + size, column : column + size] = True
    pixels = (150 * masks + rng.integers(0, 80, masks.shape)).astype(np.uint8)
    return ImageRecords(pixels, masks=masks)


def test_pairs_are_worth_what_they_teach_and_shapes_are_compared(monkeypatch):
    monkeypatch.setattr(structures, "learn_structures", lambda *given: _learn(*given, steps=2))
    sets = {"real": squares(80, 0), "synthetic": squares(80, 1, 7), "holdout": squares(60, 2)}
    scores, said = mask_scores(sets, Streams(0))
    found = {score.name: score for score in scores}
    assert not said
    assert found["dice_synthetic"].reference == found["dice_real"].value
    assert found["mask_areas_ks"].value == 1.0  # all squares are larger
    assert found["mask_areas_ks"].reference == 0.0
    assert found["mask_counts_ks"].value == 0.0


_learn = structures.learn_structures


def test_pieces_are_counted_and_measured():
    labels = np.zeros((1, 12, 12), np.uint8)
    labels[0, 1:5, 1:5] = 1
    labels[0, 7:9, 0:8] = 1
    labels[0, 11, 11] = 1  # too small to have a shape
    labels[0, 0:3, 8:11] = 2
    areas, counts, elongations = shapes_of(labels, 2)
    assert areas.tolist() == [33 / 144, 9 / 144]
    assert counts.tolist() == [3, 1]
    np.testing.assert_allclose(sorted(elongations), [1, 1, 4], rtol=1e-6)


def test_a_single_structure_is_the_same_whatever_its_number(monkeypatch):
    monkeypatch.setattr(structures, "learn_structures", lambda *given: _learn(*given, steps=1))
    real = squares(40, 0)
    pictures = ImageRecords(real.pixels, masks=real.masks.values().astype(np.uint8) * 255)  # as files hold booleans
    scores, _ = mask_scores({"real": real, "synthetic": pictures}, Streams(0))
    assert next(score.value for score in scores if score.name == "mask_areas_ks") == 0


def test_masks_of_one_side_alone_are_said_and_strange_structures_refused():
    plain = ImageRecords(squares(30, 0).pixels)
    assert mask_scores({"real": plain, "synthetic": plain}, Streams(0)) == ([], [])
    assert "masks were not judged" in mask_scores({"real": squares(30, 0), "synthetic": plain}, Streams(0))[1][0]
    strange = squares(30, 0).masks.values().astype(np.uint8) * 9
    strange[:, 0, 0] = 1
    strange = ImageRecords(plain.pixels, masks=strange)
    with pytest.raises(DataError, match=r"synthetic masks must show structures of the real ones \(1\), however: 9"):
        mask_scores({"real": squares(30, 0), "synthetic": strange}, Streams(0))
