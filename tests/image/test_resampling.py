"""Images of any size are brought to one by a stated rule, and back."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.made_scans import make_nifti
from PIL import Image

from synthgan import DataError, ImageRecords
from synthgan.image.physical import Physical
from synthgan.image.resampling import Fit, Target, nearest_to, scaled_to

RNG = np.random.default_rng(0)


def discs(folder, sides=((60, 90), (300, 120), (75, 75)), copies=1):
    """Bright discs of a third of the shorter side, in the middle of dark pictures."""
    (folder / "a").mkdir(parents=True)
    for index, (height, width) in enumerate(sides * copies):
        y, x = np.mgrid[:height, :width]
        disc = np.hypot(y - (height - 1) / 2, x - (width - 1) / 2) < min(height, width) / 3
        Image.fromarray(np.where(disc, 200, 30).astype(np.uint8)).save(folder / "a" / f"{index:03}.png")
    return folder


@pytest.mark.parametrize("resolution", [32, (24, 48), 16])
def test_pictures_of_all_sizes_become_one_and_keep_their_shape(tmp_path, resolution):
    found = ImageRecords.read(discs(tmp_path / "d"), resolution=resolution)
    box = (resolution, resolution) if isinstance(resolution, int) else resolution
    assert found.pixels.shape == (3, *box, 1)
    for image, (height, width) in zip(found.pixels[..., 0], ((60, 90), (300, 120), (75, 75)), strict=True):
        factor = min(box[0] / height, box[1] / width)
        bright = image > 115
        wanted = np.pi * (factor * min(height, width) / 3) ** 2
        assert abs(bright.sum() - wanted) < 0.35 * wanted + 4
        tall, wide = np.ptp(np.argwhere(bright), axis=0) + 1
        assert abs(tall - wide) <= 2  # a disc is still one
        assert image[0, 0] == image.min() == 30  # padded with the darkest value


def test_a_fine_pattern_becomes_grey_and_no_coarse_one():
    board = np.indices((64, 64)).sum(0)[..., None] % 2 * 200
    assert np.ptp(scaled_to(board.astype(np.uint8), (20, 20))) < 25


def test_volumes_are_resampled_to_millimetres(tmp_path):
    for index, (shape, voxel) in enumerate((((20, 20, 30), (1, 1, 2)), ((10, 14, 16), (2, 2, 3)))):
        make_nifti(tmp_path / "v" / "a" / f"{index}.nii", np.ones(shape, np.int16), affine=np.diag([*voxel, 1.0]))
    found = ImageRecords.read(tmp_path / "v", spacing=4)
    assert found.pixels.shape == (2, 15, 7, 5, 1)
    assert found.physical.spacing == (4, 4, 4)
    assert ImageRecords.read(tmp_path / "v", spacing=4, resolution=8).pixels.shape == (2, 8, 8, 8, 1)
    with pytest.raises(DataError, match=r"spacing of the first image|size of the first image .*resolution=16"):
        ImageRecords.read(tmp_path / "v")


def test_whole_brains_are_read_as_they_are_or_at_a_size(tmp_path):
    make_nifti(tmp_path / "v" / "a" / "0.nii", RNG.integers(0, 99, (91, 109, 91)).astype(np.int16))
    assert ImageRecords.read(tmp_path / "v").pixels.shape == (1, 91, 109, 91, 1)
    assert ImageRecords.read(tmp_path / "v", resolution=64).pixels.shape == (1, 64, 64, 64, 1)


def test_spacing_needs_one_to_begin_with(tmp_path):
    with pytest.raises(DataError, match=r"must state its spacing .* resolution=90"):
        ImageRecords.read(discs(tmp_path / "d"), spacing=1)


def test_the_way_back_takes_the_padding_off():
    image = RNG.integers(50, 99, (12, 20, 1), dtype=np.uint8)
    for box in ((10, 10), (24, 40), (16, 10)):
        fit = Fit((12, 20), Target(box).scaled((12, 20), None, "x"))
        back = fit.back(fit.forth(image, box))
        assert back.shape == image.shape
        assert abs(back.astype(float).mean() - image.mean()) < 3
    records = ImageRecords(image[None].repeat(3, 0), {}, Physical(spacing=(2.0, 1.0))).brought(Target(10))
    assert records.physical.spacing == (4.0, 2.0)
    assert records.restored().pixels.shape == (3, 12, 20, 1)
    assert records.restored().physical.spacing == (2.0, 1.0)
    with pytest.raises(DataError, match="must have had another size"):
        records.restored().restored()


@pytest.mark.parametrize("sides", [(5, 9), (20, 7), (3, 3)])
def test_labels_are_taken_from_the_nearest_pixel(sides):
    labels = RNG.choice([0, 3, 250], (10, 12, 1)).astype(np.uint8)
    assert nearest_to(labels, sides).shape == (*sides, 1)
    assert set(np.unique(nearest_to(labels, sides))) <= {0, 3, 250}
    large = nearest_to(labels, (20, 24))
    np.testing.assert_array_equal(large[::2, ::2], labels)


def test_what_has_the_size_stays_to_the_bit():
    records = ImageRecords(RNG.integers(0, 256, (4, 8, 8), dtype=np.uint8))
    assert records.brought(Target(8)) is records
