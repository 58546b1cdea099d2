"""NIfTI files come as slices or volumes with their meaning and go out the same, or are refused in one line."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import nibabel
import numpy as np
import pytest
from helpers.made_images import make_images
from helpers.made_scans import make_nifti
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgan import DataError, ImageRecords
from synthgan.image.io.nifti import open_nifti, write_nifti
from synthgan.image.io.scans import read_scans
from synthgan.image.io.writing import write_images
from synthgan.image.physical import Physical

VOXELS = np.random.default_rng(0).integers(-500, 500, (5, 6, 7)).astype(np.int16)


def read_one(path):
    """Pixels and meaning of one file."""
    pixels, physical = read_scans([path], open_nifti)[:2]
    return pixels[0], physical


@settings(max_examples=30)
@given(
    dtype=st.sampled_from(["i1", "u1", "i2", "u2", ">i2"]),
    slope=st.sampled_from([1.0, 0.375, -2.0]),
    inter=st.sampled_from([0.0, -1024.0, 6.5]),
    shape=st.sampled_from([(4, 3, 5), (4, 3), (4, 3, 1), (1, 4, 3), (4, 1, 3), (4, 3, 5, 1)]),
    zipped=st.booleans(),
)
def test_values_are_those_of_the_source_and_go_out_the_same(dtype, slope, inter, shape, zipped):
    info = np.iinfo(dtype)
    numbers = np.linspace(info.min, info.max, np.prod(shape)).round().astype(dtype).reshape(shape)
    with tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder) / f"a.nii{'.gz' * zipped}", Path(folder) / "b.nii.gz"
        make_nifti(first, numbers, slope=slope, inter=inter)
        pixels, physical = read_one(first)
        write_nifti(pixels, second, physical)
        again, meaning = read_one(second)
        written = np.asarray(nibabel.load(second).dataobj)
    assert pixels.dtype == np.dtype(f"u{info.bits // 8}")
    wanted = slope * np.squeeze(numbers).T.astype(float) + inter
    np.testing.assert_allclose(physical.values(pixels)[..., 0], wanted)
    np.testing.assert_array_equal(again, pixels)
    assert meaning == physical
    np.testing.assert_allclose(np.squeeze(written).T, wanted, rtol=1e-6, atol=abs(slope) / 100)


def test_floats_and_wide_numbers_are_brought_onto_a_grid(tmp_path):
    floats = np.random.default_rng(0).normal(0, 3, (5, 6, 7)).astype(np.float32)
    pixels, physical = read_one(make_nifti(tmp_path / "a.nii", floats))
    assert pixels.dtype == np.uint16
    error = np.abs(physical.values(pixels)[..., 0].T - floats).max()
    assert error <= physical.slope / 2 <= np.ptp(floats) / 60_000
    pixels, physical = read_one(make_nifti(tmp_path / "b.nii", VOXELS.astype(np.int32) + 70_000))
    np.testing.assert_array_equal(physical.values(pixels)[..., 0].T, VOXELS + 70_000.0)


def test_however_a_file_lies_in_space_voxels_come_in_one_order(tmp_path):
    affine = np.diag([2.0, 3, 4, 1])
    straight = nibabel.Nifti1Image(VOXELS, affine)
    wanted, physical = read_one(make_nifti(tmp_path / "ras.nii", VOXELS, affine=affine))
    assert wanted.shape == (7, 6, 5, 1)
    assert physical.spacing == (4.0, 3.0, 2.0)
    for codes in ("LPS", "ASR", "PIR"):
        updates = nibabel.orientations.ornt_transform(
            nibabel.orientations.axcodes2ornt("RAS"), nibabel.orientations.axcodes2ornt(codes)
        )
        turned = straight.as_reoriented(updates)
        pixels, meaning = read_one(
            make_nifti(tmp_path / f"{codes}.nii", np.asarray(turned.dataobj), affine=turned.affine)
        )
        np.testing.assert_array_equal(pixels, wanted, codes)
        assert meaning == physical


def test_spacing_is_in_millimetres_where_it_is_stated(tmp_path):
    micron = make_nifti(tmp_path / "a.nii", VOXELS, affine=np.diag([20.0, 30, 40, 1]), units="micron")
    assert read_one(micron)[1].spacing == pytest.approx((0.04, 0.03, 0.02))
    assert read_one(make_nifti(tmp_path / "b.nii", VOXELS, units="unknown"))[1].spacing == (4.0, 3.0, 2.0)
    nowhere = make_nifti(tmp_path / "c.nii", VOXELS, affine=np.eye(4), units="unknown")
    assert read_one(nowhere)[1].spacing is None
    assert read_one(make_nifti(tmp_path / "d.nii", VOXELS, affine=np.eye(4)))[1].spacing == (1.0, 1.0, 1.0)


def test_what_is_written_says_that_it_is_synthetic(tmp_path):
    physical = Physical(spacing=(4.0, 3.0, 2.0), slope=0.5, intercept=-20.0, window=(40.0, 400.0))
    volumes = ImageRecords(
        np.arange(420, dtype=np.uint16).reshape(2, 7, 6, 5), {"label": np.array(["a", "b"])}, physical
    )
    assert write_images([volumes], tmp_path / "out") == 2
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "0000001.nii.gz",
        "0000002.nii.gz",
        "metadata.parquet",
    ]
    image = nibabel.load(tmp_path / "out" / "0000002.nii.gz")
    assert image.header["descrip"].item().decode().startswith("synthetic: drawn by synthgan")
    assert image.header.get_zooms() == (2.0, 3.0, 4.0)
    assert nibabel.aff2axcodes(image.affine) == ("R", "A", "S")
    assert image.header.get_xyzt_units()[0] == "mm"
    np.testing.assert_array_equal(image.get_fdata(), physical.values(volumes.pixels[1, ..., 0]).T)
    found = ImageRecords.read(tmp_path / "out")
    np.testing.assert_array_equal(found.pixels, volumes.pixels)
    assert (found.physical.spacing, found.physical.window) == ((4.0, 3.0, 2.0), (40.0, 400.0))


def test_images_are_written_as_slices_and_colour_is_refused(tmp_path):
    images = make_images(4)
    write_images([images], tmp_path / "out", "nifti")
    found = ImageRecords.read(tmp_path / "out")
    np.testing.assert_array_equal(found.pixels, images.pixels)
    assert found.physical.spacing is None
    with pytest.raises(DataError, match="colour: images in colour cannot be written as nifti"):
        write_images([make_images(4, channels=3)], tmp_path / "colour", "nifti")
    assert not (tmp_path / "colour").exists()


def _rgb(at):
    numbers = np.zeros((4, 4, 4), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    nibabel.save(nibabel.Nifti1Image(numbers, np.eye(4)), at)


def _patch(at, offset, some):
    """Bytes of the header changed."""
    content = bytearray(gzip.decompress(at.read_bytes()) if at.suffix == ".gz" else at.read_bytes())
    content[offset : offset + len(some)] = some
    at.write_bytes(gzip.compress(bytes(content)) if at.suffix == ".gz" else content)


REFUSED = {
    "five dimensions": (
        lambda at: make_nifti(at, np.zeros((4, 4, 4, 2, 3), np.uint8)),
        r"5 dimensions \(4 x 4 x 4 x 2 x 3\)",
    ),
    "one dimension": (lambda at: make_nifti(at, np.zeros(4, np.uint8)), "1 dimensions"),
    "a long side": (
        lambda at: make_nifti(at, np.zeros((1025, 4, 4), np.uint8)),
        "1024 voxels a side, however: 1025 x 4 x 4",
    ),
    "a long row": (lambda at: make_nifti(at, np.zeros((1025, 4), np.uint8)), "1024 pixels a side, however: 1025 x 4"),
    "gaps": (lambda at: make_nifti(at, np.full((4, 4, 4), np.nan)), "finite numbers, however: it has NaN"),
    "colour": (_rgb, "one plain number for each voxel"),
    "waves": (lambda at: make_nifti(at, np.zeros((4, 4, 4), np.complex64)), "complex64"),
    "no directions": (lambda at: _patch(at, 296, bytes(16)), "affine is degenerate"),
    "no intercept": (lambda at: _patch(at, 116, np.array([np.nan], "<f4").tobytes()), "invalid intercept nan"),
    "text": (lambda at: at.write_text("no image"), "must be a sound"),
    "nothing": (lambda at: at.write_bytes(b""), "must be a sound"),
    "cut short": (lambda at: at.write_bytes(at.read_bytes()[:-40]), "must be a sound"),
    "no header": (lambda at: at.write_bytes(at.read_bytes()[:300]), "must be a sound"),
}


@pytest.mark.parametrize(("spoil", "words"), REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_bad_files_are_refused_by_name(tmp_path, spoil, words, name, capfd):
    path = make_nifti(tmp_path / "scans" / "ill" / name, VOXELS)
    spoil(path)
    with pytest.raises(DataError, match=words) as refusal:
        ImageRecords.read(path.parents[1])
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert capfd.readouterr() == ("", "")


@settings(max_examples=100)
@given(st.data())
def test_no_damage_is_more_than_one_line(data):
    """A few bytes of a sound header are changed: it reads, or says why not."""
    with tempfile.TemporaryDirectory() as folder:
        path = make_nifti(Path(folder) / "a.nii", VOXELS)
        content = bytearray(path.read_bytes())
        for _ in range(2):
            content[data.draw(st.integers(0, 351))] = data.draw(st.integers(0, 255))
        path = Path(folder) / "a.nii.gz"
        path.write_bytes(gzip.compress(bytes(content)))
        said = ""
        try:
            assert read_one(path)[0].dtype in (np.uint8, np.uint16)
        except DataError as refusal:
            said = str(refusal)
        assert said.isprintable()
