"""Volumes beside images: told apart by their shape, described, coded, written and read back."""

from __future__ import annotations

import numpy as np
import pytest

from synthgan import DataError, ImageRecords
from synthgan.image.config import ImageConfig
from synthgan.image.encoding import ImageEncoding
from synthgan.image.io.writing import write_images
from synthgan.image.limits import check_size
from synthgan.image.physical import Physical
from synthgan.image.resampling import Target

LABEL = np.repeat(["ill", "well"], 10)
PHYSICAL = Physical(spacing=(3.0, 2.0, 1.5), slope=0.5, intercept=-7.0)


def make_volumes(dtype=np.uint16):
    """Of three different sides."""
    pixels = np.random.default_rng(0).integers(0, 200, (20, 7, 6, 5, 1)).astype(dtype)
    return ImageRecords(pixels, {"label": LABEL}, PHYSICAL)


@pytest.mark.parametrize(
    ("shape", "found"),
    [
        ((2, 8, 9), (2, 8, 9, 1)),
        ((2, 8, 9, 1), (2, 8, 9, 1)),
        ((2, 8, 9, 3), (2, 8, 9, 3)),
        ((2, 8, 9, 5), (2, 8, 9, 5, 1)),
        ((2, 8, 9, 3, 1), (2, 8, 9, 3, 1)),
    ],
)
def test_images_and_volumes_are_told_apart_by_their_shape(shape, found):
    assert ImageRecords(np.zeros(shape, np.uint8)).pixels.shape == found


@pytest.mark.parametrize("shape", [(8,), (2, 8), (2, 8, 9, 2), (2, 8, 9, 4), (2, 8, 9, 7, 3), (2, 8, 9, 7, 5, 1)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(DataError, match="1 or 3") as refusal:
        ImageRecords(np.zeros(shape, np.uint8))
    assert str(list(shape)) in str(refusal.value)


def test_volumes_are_as_large_as_a_model_file_may_say():
    ImageRecords(np.zeros((1, 128, 128, 128), np.uint8)).checked()
    with pytest.raises(DataError, match="1024 voxels a side, however: 8 x 8 x 1025; resolution=64"):
        ImageRecords(np.zeros((1, 1025, 8, 8), np.uint8)).checked()
    with pytest.raises(DataError, match="134,217,728 voxels in all, however: 1024 x 1024 x 129; resolution=64"):
        check_size(1024, 1024, "volumes", 129)


def test_volumes_are_described_and_taken():
    volumes = make_volumes()
    assert volumes.describe() == "20 grey volumes of 5 x 6 x 7 voxels, 16 bits"
    taken = volumes.take(np.array([3, 1]))
    np.testing.assert_array_equal(taken.pixels, volumes.pixels[[3, 1]])
    assert taken.columns["label"].tolist() == ["ill", "ill"]


def test_an_encoding_takes_volumes_apart_and_puts_them_together():
    volumes = make_volumes(np.uint8)
    encoding = ImageEncoding.fit(volumes, ImageConfig(rare_below=2))
    assert encoding.describe().startswith("20 grey volumes of 5 x 6 x 7 voxels, 8 bits, in 2 classes")
    again = ImageEncoding.from_json(encoding.as_json())
    assert (again.shape, again.physical) == ((7, 6, 5, 1), PHYSICAL)
    import torch

    coded = again.encode(volumes.pixels)
    assert coded.shape == (20, 1, 7, 6, 5)
    back = again.decode(coded, torch.as_tensor(again.classes(volumes)))
    np.testing.assert_array_equal(back.pixels, volumes.pixels.clip(again.low, again.high))
    assert back.columns["label"].tolist() == LABEL.tolist()
    assert back.physical == PHYSICAL


def test_cubes_are_scaled_and_their_spacing_grows():
    cubes = ImageRecords(np.arange(512, dtype=np.uint16).reshape(1, 8, 8, 8, 1), {}, PHYSICAL)
    scaled = cubes.brought(Target(4))
    assert scaled.pixels.shape == (1, 4, 4, 4, 1)
    assert abs(scaled.pixels[0, 1, 1, 1, 0] - cubes.pixels[0, 2:4, 2:4, 2:4].mean()) <= 1
    assert scaled.physical.spacing == (6.0, 4.0, 3.0)


@pytest.mark.parametrize("name", ["out", "out.npz"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_volumes_come_back_to_the_last_bit_with_what_they_mean(tmp_path, name, dtype):
    volumes = make_volumes(dtype)
    assert write_images([volumes.take(np.arange(4)), volumes.take(np.arange(4, 20))], tmp_path / name) == 20
    found = ImageRecords.read(tmp_path / name)
    np.testing.assert_array_equal(found.pixels, volumes.pixels)
    assert found.columns["label"].tolist() == LABEL.tolist()
    physical = found.physical
    assert (physical.spacing, physical.slope, physical.intercept) == ((3.0, 2.0, 1.5), 0.5, -7.0)


def test_thin_volumes_keep_their_last_axis_in_a_file(tmp_path):
    write_images([ImageRecords(np.zeros((2, 8, 9, 3, 1), np.uint8), {"label": LABEL[:2]})], tmp_path / "out.npz")
    assert ImageRecords.read(tmp_path / "out.npz").pixels.shape == (2, 8, 9, 3, 1)


@pytest.mark.parametrize("form", ["png", "dicom"])
def test_volumes_are_written_as_nifti_or_npz_alone(tmp_path, form):
    with pytest.raises(DataError, match=f"must be written as nifti or npz, however: {form}"):
        write_images([make_volumes()], tmp_path / "out", form)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["no JSON", '{"slope": 0}', '{"weight": 3}', "[]"])
def test_a_file_that_says_nonsense_of_its_pixels_is_refused(tmp_path, text):
    np.savez(tmp_path / "bad.npz", images=np.zeros((2, 8, 8), np.uint8), labels=LABEL[:2], physical=np.array(text))
    with pytest.raises(DataError, match=r"bad\.npz must say in 'physical' what pixels mean"):
        ImageRecords.read(tmp_path / "bad.npz")
