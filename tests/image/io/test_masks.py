"""Tests masks in files: arrays, folders beside images, DICOM segmentations, label maps; and written back."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synthgan.errors import DataError
from synthgan.image.io.masks import read_mask
from synthgan.image.io.writing import write_images
from synthgan.image.physical import Physical
from synthgan.image.records import ImageRecords

pydicom = pytest.importorskip("pydicom")
nibabel = pytest.importorskip("nibabel")


def records(dtype=np.uint8, volume=False):
    rng = np.random.default_rng(0)
    sides = (5, 8, 8) if volume else (8, 8)
    masks = rng.choice(np.array([0, 0, 3, 40], dtype), (4, *sides))
    return ImageRecords(
        rng.integers(0, 255, (4, *sides, 1), dtype=np.uint8), {"label": np.array(["a", "b", "a", "b"])}, masks=masks
    )


def folder_of(path, images, masks, layout="{label}/{i}"):
    """A folder of a folder for each class, and masks beside."""
    for i, (image, mask) in enumerate(zip(images, masks, strict=True)):
        name = layout.format(label="ab"[i % 2], i=i)
        for place, pixels in ((path / name, image), (path / "masks" / name, mask)):
            place.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(f"{place}.png")


def test_an_archive_has_masks_and_what_they_show(tmp_path):
    given = records()
    np.savez(
        tmp_path / "a.npz",
        images=given.pixels,
        labels=given.columns["label"],
        masks=given.masks.values(),
        structures=np.array(["nucleus", "wall"]),
    )
    read = ImageRecords.read(tmp_path / "a.npz")
    assert read.masks.structures.names == ("nucleus", "wall")
    np.testing.assert_array_equal(read.masks.values(), given.masks.values())
    assert not read.notes


def test_a_folder_beside_has_a_mask_for_each_image(tmp_path):
    given = records()
    folder_of(tmp_path, given.pixels[..., 0], given.masks.values())
    read = ImageRecords.read(tmp_path)
    assert sorted(set(read.columns["label"])) == ["a", "b"]
    order = [int(name[-1]) for name in read.names]
    np.testing.assert_array_equal(read.masks.values(), given.masks.values()[order])


@pytest.mark.parametrize("layout", ["masks/{label}/{i}_mask.png", "masks/{i}_mask.png"])
def test_masks_may_be_called_after_their_images(tmp_path, layout):
    given = records()
    folder_of(tmp_path, given.pixels[..., 0], given.masks.values())
    for i in range(4):
        place = tmp_path / layout.format(label="ab"[i % 2], i=i)
        (tmp_path / "masks" / "ab"[i % 2] / f"{i}.png").rename(place)
    masks = ImageRecords.read(tmp_path).masks
    np.testing.assert_array_equal(masks.values(), given.masks.values()[[0, 2, 1, 3]])
    place.rename(place.with_name("3_other.png"))
    with pytest.raises(DataError, match="a mask for each image, however: 'a/0' has none"):
        ImageRecords.read(tmp_path)


def test_images_and_masks_are_brought_to_one_size_together(tmp_path):
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 255, (10 + i, 14), dtype=np.uint8) for i in range(4)]
    folder_of(tmp_path, images, [(image > 128).astype(np.uint8) * 255 for image in images], "x/{i}")
    read = ImageRecords.read(tmp_path, resolution=8)
    assert read.masks.labels.shape == (4, 8, 8)
    assert read.masks.structures.values == (255,)


def test_an_image_without_a_mask_and_one_of_another_size_are_named(tmp_path):
    given = records()
    folder_of(tmp_path, given.pixels[..., 0], given.masks.values())
    Image.fromarray(np.zeros((3, 8), np.uint8)).save(tmp_path / "masks" / "a" / "0.png")
    with pytest.raises(DataError, match=r"masks/a/0.png must be of the size of its image \(8 x 8\), however: 8 x 3"):
        ImageRecords.read(tmp_path)
    (tmp_path / "masks" / "a" / "0.png").unlink()
    with pytest.raises(DataError, match="a mask for each image, however: 'a/0' has none"):
        ImageRecords.read(tmp_path)


def test_a_mask_that_belongs_to_no_image_is_said(tmp_path):
    given = records()
    folder_of(tmp_path, given.pixels[..., 0], given.masks.values())
    Image.fromarray(given.masks.values()[0]).save(tmp_path / "masks" / "spare.png")
    assert any("1 masks belong to no image" in note for note in ImageRecords.read(tmp_path).notes)


def test_a_palette_is_read_by_its_entries(tmp_path):
    numbers = records().masks.values()[0]
    image = Image.fromarray(numbers).convert("P")
    image.putpalette([255, 0, 0] * 256)
    image.save(tmp_path / "m.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "m.png").numbers, numbers)
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (4, 4, 3), np.uint8)).save(tmp_path / "c.png")
    with pytest.raises(
        DataError, match="the number of a structure for each pixel, however: it is of Pillow's mode RGB"
    ):
        read_mask(tmp_path / "c.png")


@pytest.mark.parametrize("form", ["png", "npz", "nifti"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_what_is_written_is_read_again(tmp_path, form, dtype):
    given = records(dtype)
    path = tmp_path / ("out.npz" if form == "npz" else "out")
    write_images([given.take(slice(0, 3)), given.take(slice(3, 4))], path, form)
    read = ImageRecords.read(path)
    np.testing.assert_array_equal(read.masks.values(), given.masks.values())
    np.testing.assert_array_equal(read.pixels, given.pixels)


def test_masks_of_volumes_are_label_maps(tmp_path):
    given = records(volume=True)
    write_images([given], tmp_path / "out", "nifti")
    read = ImageRecords.read(tmp_path / "out")
    np.testing.assert_array_equal(read.masks.values(), given.masks.values())


def test_a_label_map_of_shares_is_refused(tmp_path):
    nibabel.save(nibabel.Nifti1Image(np.full((4, 4, 4), 0.5), np.eye(4)), tmp_path / "m.nii")
    with pytest.raises(DataError, match="a whole number for each voxel"):
        read_mask(tmp_path / "m.nii")


def test_dicom_masks_are_segmentations(tmp_path):
    given = records()
    write_images(
        [ImageRecords(given.pixels, given.columns, Physical(spacing=(0.5, 0.5)), masks=given.masks)],
        tmp_path / "out",
        "dicom",
    )
    read = ImageRecords.read(tmp_path / "out")
    np.testing.assert_array_equal(read.masks.labels, given.masks.labels)
    assert read.masks.structures.names == ("3", "40")
    header = pydicom.dcmread(next((tmp_path / "out" / "masks").iterdir()))
    assert (header.Modality, header.SegmentationType, header[0x0008, 0x001C].value) == ("SEG", "BINARY", "YES")


def test_a_segmentation_of_another_maker_is_read():
    from pydicom.data import get_testdata_file

    found = read_mask(Path(get_testdata_file("liver_1frame.dcm")))
    assert found.numbers.shape == (512, 512)
    assert found.names[1] == "Liver"
    assert 0 < (found.numbers == 1).mean() < 0.5
