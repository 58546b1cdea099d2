"""Tests masks: their numbers, their fields, their areas, and how they change size with images."""

import numpy as np
import pytest
import torch

from synthgan.errors import DataError
from synthgan.image.masks import MAX_STRUCTURES, REACH, STEPS, Masks, Structures, field_of, labels_of
from synthgan.image.records import ImageRecords
from synthgan.image.resampling import Target


def blobs(n=6, side=12, seed=0):
    rng = np.random.default_rng(seed)
    numbers = np.zeros((n, side, side), np.uint8)
    for mask in numbers:
        row, column = rng.integers(0, side - 5, 2)
        mask[row : row + 4, column : column + 3] = 7
        mask[row + 4, column] = 200
    return numbers


def test_numbers_come_back_as_they_were():
    numbers = blobs()
    masks = Masks.of(numbers)
    assert masks.structures == Structures(("7", "200"), (7, 200), "uint8")
    assert masks.values().dtype == np.uint8
    np.testing.assert_array_equal(masks.values(), numbers)


@pytest.mark.parametrize("dtype", [bool, np.uint16, np.int16, np.int32, np.int64])
def test_the_type_of_numbers_comes_back(dtype):
    numbers = (blobs() == 7).astype(dtype)
    masks = Masks.of(numbers)
    assert masks.structures.names == ("mask",)
    assert masks.values().dtype == dtype
    np.testing.assert_array_equal(masks.values(), numbers)


def test_fields_say_every_pixel_to_the_label():
    masks = Masks.of(blobs())
    fields = torch.as_tensor(masks.fields()).movedim(-1, 1).float() / STEPS
    np.testing.assert_array_equal(labels_of(fields), masks.labels)
    assert fields.abs().min() >= 0.5 / REACH - 1 / STEPS


def test_fields_of_all_and_of_nothing_are_at_their_ends():
    assert set(field_of(np.ones((4, 4), bool)).ravel()) == {STEPS}
    assert set(field_of(np.zeros((4, 4), bool)).ravel()) == {-STEPS}


def test_rare_structures_become_background():
    numbers = blobs()
    numbers[numbers == 200] = 0
    numbers[0, 0, 0] = 200
    masks, rare = Masks.of(numbers).without_rare(2)
    assert rare == ["200"]
    assert masks.structures.values == (7,)
    np.testing.assert_array_equal(masks.values(), np.where(numbers == 7, 7, 0))
    assert Masks.of(numbers).without_rare(99)[0] is None


def test_masks_learned_before_keep_their_codes():
    known = Structures(("a", "b", "c"), (3, 7, 200))
    masks = Masks.of(blobs()).as_learned(known)
    assert masks.structures is known
    np.testing.assert_array_equal(masks.values(), blobs())
    one = Masks.of(blobs() == 7).as_learned(Structures(("nucleus",), (255,)))  # the only one, whatever its number
    np.testing.assert_array_equal(one.values(), np.where(blobs() == 7, 255, 0))
    with pytest.raises(DataError, match="structures that were learned \\(3\\), however: 7"):
        Masks.of(blobs()).as_learned(Structures(("a",), (3,)))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (np.zeros((2, 4, 4), np.uint8), "must show a structure, however: all are background"),
        (np.arange(32, dtype=np.uint8).reshape(2, 4, 4), f"at most {MAX_STRUCTURES} structures, however: 31 numbers"),
        (np.full((2, 4, 4), 0.5), "must be booleans or whole numbers, however: they are float64"),
    ],
)
def test_what_is_no_mask_is_refused(given, words):
    with pytest.raises(DataError, match=words):
        Masks.of(given)


def test_names_must_be_one_for_each_structure():
    with pytest.raises(DataError, match="one name for each of 7, 200, however: nucleus"):
        Masks.of(blobs(), ["nucleus"])


def test_records_take_masks_of_their_size_alone():
    pixels = np.zeros((6, 12, 12), np.uint8)
    records = ImageRecords(pixels, masks=blobs()[..., None])
    assert records.masks.labels.shape == (6, 12, 12)
    np.testing.assert_array_equal(records.take(np.array([3])).masks.values(), blobs()[[3]])
    joined = ImageRecords.joined([records.take(slice(0, 2)), records.take(slice(2, 6))])
    np.testing.assert_array_equal(joined.masks.values(), blobs())
    with pytest.raises(DataError, match=r"one of its size for each image \(\[6, 12, 12\]\)"):
        ImageRecords(pixels, masks=blobs(side=11))


def test_no_label_is_invented_at_another_size_and_it_goes_back():
    records = ImageRecords(np.zeros((6, 12, 8), np.uint8), masks=blobs()[:, :, :8])
    small = records.brought(Target(6))
    assert small.masks.labels.shape == (6, 6, 6)
    assert set(np.unique(small.masks.values())) <= {0, 7, 200}
    assert not small.masks.labels[:, :, 0].any()  # padded on either side
    large = records.brought(Target(24))
    np.testing.assert_array_equal(large.restored().masks.values(), records.masks.values())


def test_areas_are_shares_of_the_image():
    assert Masks.of(blobs()).areas().tolist() == [[12 / 144, 1 / 144]] * 6
