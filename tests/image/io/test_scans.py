"""Files that belong together become one array; those that do not are refused by name."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from helpers.made_images import make_images
from helpers.made_scans import make_dicom, make_nifti

from synthgan import DataError, ImageRecords
from synthgan.image.io import dicom
from synthgan.image.io.writing import write_images

NUMBERS = np.random.default_rng(0).integers(0, 4096, (6, 5))


def folder_of(tmp_path, *headers):
    """A DICOM file for each header, in one class."""
    for index, header in enumerate(headers):
        make_dicom(tmp_path / "scans" / "ill" / f"{index}.dcm", **({"numbers": NUMBERS} | header))
    return tmp_path / "scans"


DIFFERENT = {
    "another size": ({"numbers": NUMBERS[:5]}, "size of the first image .5 x 6., however: 5 x 5"),
    "colour": ({"numbers": np.zeros((6, 5, 3)), "bits": 8}, "grey like the first image, however: colour"),
    "another modality": ({"Modality": "MR"}, "modality of the first image .CT., however: MR"),
    "another spacing": ({"PixelSpacing": [0.5, 0.51]}, "spacing .* .0.5 x 0.5 mm, within 1 %., however: 0.5 x 0.51 mm"),
    "no spacing": ({"PixelSpacing": None}, "however: not stated"),
}


@pytest.mark.parametrize(("other", "words"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_files_that_differ_are_refused_before_a_pixel_is_decoded(tmp_path, monkeypatch, other, words):
    monkeypatch.setattr(dicom, "pixel_array", lambda _: pytest.fail("it was decoded"))
    spacing = {"PixelSpacing": [0.5, 0.5]}
    path = folder_of(tmp_path, spacing, spacing, spacing | other)
    with pytest.raises(DataError, match=words) as refusal:
        ImageRecords.read(path)
    assert str(path / "ill" / "2.dcm") in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_kinds_of_files_do_not_mix(tmp_path):
    path = folder_of(tmp_path, {})
    write_images([make_images(1)], tmp_path / "png")
    (tmp_path / "png" / "0000001.png").rename(path / "ill" / "1.png")
    with pytest.raises(DataError, match=r"1\.png must be DICOM like the first image, however: it is a picture"):
        ImageRecords.read(path)


def test_what_most_files_say_is_kept_and_how_many_they_are(tmp_path):
    windows = [{"WindowCenter": 40, "WindowWidth": 400}] * 3 + [{"WindowCenter": 1, "WindowWidth": 2}]
    physical = ImageRecords.read(folder_of(tmp_path, *windows)).physical
    assert (physical.window, physical.held["window"]) == ((40.0, 400.0), 3)
    assert physical.common(4).window is None
    assert physical.common(4).modality == "CT"


def test_spacings_that_all_differ_a_little_become_a_rounded_one(tmp_path):
    sides = [0.70012, 0.70234, 0.69981, 0.70057]
    physical = ImageRecords.read(folder_of(tmp_path, *({"PixelSpacing": [s, s]} for s in sides))).physical
    assert physical.spacing == (0.7, 0.7)
    assert physical.common(4).spacing == (0.7, 0.7)


def test_whole_numbers_of_different_shifts_lose_nothing(tmp_path):
    headers = [
        {"signed": True, "RescaleIntercept": 0},
        {"bits": 12, "RescaleIntercept": -1024},
        {"RescaleIntercept": 17},
    ]
    found = ImageRecords.read(folder_of(tmp_path, *headers))
    assert found.physical.slope == 1
    wanted = NUMBERS + np.array([0, -1024, 17])[:, None, None]
    np.testing.assert_array_equal(found.physical.values(found.pixels)[..., 0], wanted)


def test_one_files_own_shift_never_becomes_that_of_the_set(tmp_path):
    headers = [{"bits": 12, "RescaleIntercept": index + 0.125} for index in range(3)]
    physical = ImageRecords.read(folder_of(tmp_path, *headers)).physical
    assert physical.intercept / (4096 * physical.slope) == round(physical.intercept / (4096 * physical.slope))


def test_different_slopes_are_brought_onto_one_grid(tmp_path):
    slopes = [0.5, 0.75, 1.25]
    found = ImageRecords.read(folder_of(tmp_path, *({"bits": 12, "RescaleSlope": slope} for slope in slopes)))
    physical, wanted = found.physical, NUMBERS * np.array(slopes)[:, None, None]
    assert np.abs(physical.values(found.pixels)[..., 0] - wanted).max() <= physical.slope / 2 < np.ptp(wanted) / 60_000
    assert physical.bits is None


def test_a_grid_does_not_tell_the_extremes_of_the_set(tmp_path):
    """One person's brightest and darkest voxel may move within a wide range without moving the grid."""
    grids = set()
    for low, high in ((-100.0, 1000.0), (-93.7, 1107.3), (-1.2, 1190.0)):
        numbers = np.linspace(low, high, 27, dtype=np.float32).reshape(3, 3, 3)
        make_nifti(tmp_path / f"{low}" / "a" / "0.nii", numbers)
        physical = ImageRecords.read(tmp_path / f"{low}").physical
        grids.add((physical.slope, physical.intercept))
    assert len(grids) == 1


@pytest.mark.parametrize(
    "numbers",
    [np.zeros((3, 4, 5)), np.full((3, 4, 5), -7.25), np.array([[[1e300, -1e-300]]]), np.array([[[0, 5e-324]]])],
)
def test_a_grid_holds_whatever_range_there_is(tmp_path, numbers):
    make_nifti(tmp_path / "a" / "b" / "0.nii", numbers)
    found = ImageRecords.read(tmp_path / "a")
    assert np.abs(found.physical.values(found.pixels).ravel() - numbers.T.ravel()).max() <= found.physical.slope / 2


@pytest.mark.parametrize(("name", "package"), [("a.dcm", "pydicom"), ("a.nii.gz", "nibabel")])
def test_a_missing_package_is_one_line_that_says_what_to_install(tmp_path, monkeypatch, name, package):
    (tmp_path / "scans" / "ill").mkdir(parents=True)
    (tmp_path / "scans" / "ill" / name).write_bytes(b"whatever")
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(DataError, match=rf"{name} needs the package {package}.* pip install 'synthgan\[medical\]'"):
        ImageRecords.read(tmp_path / "scans")
    with pytest.raises(DataError, match=rf"needs the package {package}.* pip install 'synthgan\[medical\]'"):
        write_images([make_images(4)], tmp_path / "out", "dicom" if package == "pydicom" else "nifti")
    assert not (tmp_path / "out").exists()


def test_pictures_never_import_pydicom_or_nibabel(tmp_path, package_environment):
    code = (
        "import sys, numpy, synthgan_cli.images; from synthgan import ImageRecords; "
        "from synthgan.image.io.writing import write_images; "
        "write_images([ImageRecords(numpy.zeros((2, 8, 8), 'uint8'), {'label': numpy.arange(2)})], 'out'); "
        "ImageRecords.read('out'); print([name for name in ('pydicom', 'nibabel') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=package_environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
