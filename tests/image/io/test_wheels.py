"""Every image that comes with pydicom and nibabel is read, or refused in one line that names the file."""

from __future__ import annotations

from pathlib import Path

import nibabel
import pydicom
import pytest
from helpers.opened_images import opened

from synthgan import DataError
from synthgan.image.io.kinds import kind_of

FOLDERS = {
    "pydicom": Path(pydicom.__file__).parent / "data",
    "nibabel": Path(nibabel.__file__).parent / "tests" / "data",
}
MIN_READ = {"pydicom": 89, "nibabel": 14}
# Why files that are no images, or that nothing here decodes, are refused; what is damaged says how.
REASONS = (
    "it has no pixels",
    "install a decoder",
    "(colour: 8) for a value",
    "no mark DICM",
    "its header states none",
    "it is not installed",
    "it is a Cifti2Image",
    "invalid literal for int()",
    "Unable to decode",
    "The number of bytes of pixel data",
)
_NO_IMAGES = (".py", ".pyc", ".json", ".md", ".rst", ".txt", ".m", ".dump", ".icc")


def images(folder):
    """Every file that is called like an image, or begins as DICOM does."""
    found = [file for file in sorted(folder.rglob("*")) if file.is_file() and file.suffix.lower() not in _NO_IMAGES]
    return [file for file in found if is_image(file)]


def is_image(file):
    try:
        return bool(kind_of(file))
    except DataError:
        return False


@pytest.mark.parametrize("package", FOLDERS)
def test_every_file_is_read_or_refused_in_one_line(package):
    read, refused = opened(images(FOLDERS[package]), DataError)
    assert not [line for line in refused.values() if not any(reason in line for reason in REASONS)]
    assert read >= MIN_READ[package]
