"""What sets of images must be, and how equal numbers of each class are drawn."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.made_images import Records

from synthgan.errors import DataError
from synthgan.metrics.images.sets import MAX_SIDE, Images, ImageSets, drawn, shrunk


def _records(n=40, side=8, channels=1, dtype=np.uint8, labels=("ill", "well"), seed=0):
    pixels = np.random.default_rng(seed).integers(0, 200, (n, side, side, channels)).astype(dtype)
    return Records(pixels, {"label": np.resize(np.array(labels), n)})


REFUSED = {
    "one image": (_records(), _records(1), r"synthetic must have at least 20 images to be judged, however: 1; take more"),
    "another size": (_records(), _records(side=9), r"must be like the real ones \(grey, 8 x 8, 8 bits\), however: grey, 9 x 9"),
    "another mode": (_records(), _records(channels=3), r"however: colour, 8 x 8, 8 bits; convert them first"),
    "another depth": (_records(), _records(dtype=np.uint16), r"however: grey, 8 x 8, 16 bits; convert them first"),
    "no labels": (_records(), Records(_records().pixels), r"synthetic images must have the column 'label', however: found none"),
    "gaps": (
        _records(),
        _records(labels=("ill", "")),
        r"column 'label' of the synthetic images must be text or whole numbers without gaps",
    ),
    "broken numbers": (_records(labels=(0.5, np.nan)), _records(), r"column 'label' of the real images must be text or whole"),
    "an unknown label": (
        _records(),
        _records(labels=("ill", "dead")),
        r"labels of the synthetic images must be among the real ones \(ill, well\), however: 'dead'",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("real", "synthetic", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_compared_is_refused_in_one_line(real, synthetic, message):
    with pytest.raises(DataError, match=message) as refused:
        ImageSets.of(real, synthetic)
    assert "\n" not in str(refused.value)


def test_classes_are_known_by_their_words_and_numbers_are_in_order():
    real, synthetic = _records(labels=(10, 9, 1)), _records(labels=("1", "10"))
    sets = ImageSets.of(real, synthetic)
    assert sets.names == ("1", "9", "10")
    assert sets.synthetic.classes[:2].tolist() == [0, 2]
    assert ImageSets.of(real, synthetic, label=None).names == ("all",)


def test_learned_images_are_no_holdout():
    real, unseen = _records(), _records(seed=1)
    mixed = Records(np.concatenate([unseen.pixels, real.pixels[:5]]), {"label": np.resize(["ill", "well"], 45)})
    sets = ImageSets.of(real, real, mixed)
    assert (len(sets.holdout), sets.duplicates) == (40, 5)
    with pytest.raises(DataError, match="holdout must have at least 20 images that are not among the real ones"):
        ImageSets.of(real, real, real)


def test_as_many_of_each_class_are_drawn_from_all_sets():
    rng = np.random.default_rng(0)
    sets = [Images(np.arange(n)[:, None, None, None], np.sort(rng.integers(0, 3, n))) for n in (90, 60)]
    sets[1].classes[sets[1].classes == 1] = 2
    one, other = drawn(sets, rng)
    np.testing.assert_array_equal(one.classes, other.classes)
    assert set(one.classes) == {0, 2}
    assert len(np.unique(one.pixels)) == len(one)
    assert len(drawn(sets, rng, at_most=20)[0]) <= 20
    assert len(drawn(sets, rng, at_least=50)[0]) == 0


def test_large_images_are_averaged_down_and_small_ones_left_alone():
    pixels = np.random.default_rng(0).random((3, 200, 100, 1)).astype(np.float32)
    small = shrunk(pixels, MAX_SIDE)
    assert small.shape == (3, 1, MAX_SIDE, MAX_SIDE // 2)
    np.testing.assert_allclose(small.mean(axis=(1, 2, 3)), pixels.mean(axis=(1, 2, 3)), atol=0.01)
    np.testing.assert_array_equal(shrunk(pixels[:, :30, :20], MAX_SIDE)[:, 0], pixels[:, :30, :20, 0])
