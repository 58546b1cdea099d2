"""Every DICOM file written is sound, says everywhere that it is synthetic, and carries nothing of its sources."""

from __future__ import annotations

import gzip
import warnings

import numpy as np
import pandas as pd
import pydicom
import pytest
from helpers.made_images import make_images
from helpers.made_scans import SENTINEL, SOURCE_ROOT, make_dicom
from pydicom import config
from pydicom.pixels.processing import apply_rescale

from synthgan import DataError, ImageRecords, ImageSynthesizer, __version__
from synthgan.image.io.dicom import open_dicom
from synthgan.image.io.scans import read_scans
from synthgan.image.io.writing import write_images
from synthgan.image.physical import Physical

CT = Physical((0.7, 0.8), 5.0, 0.5, -1024.0, (40.0, 400.0), "CT", 12)
TINY = {"steps": 2, "width": 4, "noise_width": 8, "batch_images": 8, "seed": 3, "device": "cpu"}


@pytest.fixture
def strict(monkeypatch):
    """pydicom raises where a value is not as the standard has it."""
    monkeypatch.setattr(config.settings, "reading_validation_mode", config.RAISE)
    monkeypatch.setattr(config.settings, "writing_validation_mode", config.RAISE)


def reopened(folder):
    """All files of a folder, in order, every element looked at."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        files = [pydicom.dcmread(path) for path in sorted(folder.glob("*.dcm"))]
        for file in files:
            str(file)
    return files


def grey(physical=CT, n=3):
    pixels = np.random.default_rng(0).integers(0, 4096, (n, 7, 5)).astype(np.uint16)
    return ImageRecords(pixels, {"label": np.arange(n) % 2}, physical)


@pytest.mark.usefixtures("strict")
def test_pixels_window_and_spacing_come_back_in_the_units_of_the_source(tmp_path):
    images = grey()
    assert write_images([images.take(np.arange(2)), images.take(np.array([2]))], tmp_path / "out", "dicom") == 3
    files = reopened(tmp_path / "out")
    for file, pixels in zip(files, images.pixels, strict=True):
        np.testing.assert_array_equal(file.pixel_array, pixels[..., 0])
        np.testing.assert_array_equal(apply_rescale(file.pixel_array, file), CT.values(pixels[..., 0]))
        assert (file.WindowCenter, file.WindowWidth, file.PixelSpacing, file.SliceThickness) == (40, 400, [0.7, 0.8], 5)
        assert (file.BitsStored, file.HighBit, file.Modality, file.RescaleType) == (12, 11, "CT", "HU")
    frame = pd.read_parquet(tmp_path / "out" / "metadata.parquet")
    assert frame["file_name"].tolist() == ["0000001.dcm", "0000002.dcm", "0000003.dcm"]
    found = ImageRecords.read(tmp_path / "out")
    np.testing.assert_array_equal(found.pixels, images.pixels)
    assert found.physical == CT
    assert found.columns["label"].tolist() == [0, 1, 0]


@pytest.mark.usefixtures("strict")
def test_every_file_says_that_it_is_synthetic_and_is_nobodys(tmp_path):
    for name in ("one", "two"):
        write_images([grey()], tmp_path / name, "dicom")
    files = [*reopened(tmp_path / "one"), *reopened(tmp_path / "two")]
    for file in files:
        assert file[0x0008001C].value == "YES"
        assert (file.ImageType, file.ConversionType) == (["DERIVED", "SECONDARY"], "SYN")
        assert file.file_meta.MediaStorageSOPClassUID.name == "Secondary Capture Image Storage"
        assert file.PatientID.startswith("SYN-")
        (equipment,) = file.ContributingEquipmentSequence
        (purpose,) = equipment.PurposeOfReferenceCodeSequence
        code = (purpose.CodeValue, purpose.CodingSchemeDesignator, purpose.CodeMeaning)
        assert code == ("109100", "DCM", "Synthesizing Equipment")
        assert (equipment.Manufacturer, equipment.SoftwareVersions) == ("synthgan", __version__)
    for keyword in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "PatientID"):
        assert len({file[keyword].value for file in files}) == 6, keyword


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize(
    ("channels", "dtype", "bits"), [(1, np.uint8, 8), (3, np.uint8, 8), (1, np.uint16, 16)], ids=str
)
def test_images_of_unknown_meaning_are_written_as_they_are(tmp_path, channels, dtype, bits):
    images = make_images(4, side=7, channels=channels, dtype=dtype)
    write_images([images], tmp_path / "out", "dicom")
    for file, pixels in zip(reopened(tmp_path / "out"), images.pixels, strict=True):
        np.testing.assert_array_equal(file.pixel_array.reshape(pixels.shape), pixels)
        assert file.BitsStored == bits
        assert len(file.PixelData) % 2 == 0
        assert "WindowCenter" not in file
        assert "PixelSpacing" not in file
        assert file.Modality == "OT"
    np.testing.assert_array_equal(ImageRecords.read(tmp_path / "out").pixels, images.pixels)


@pytest.mark.usefixtures("strict")
def test_long_numbers_fit_and_bits_grow_with_the_pixels(tmp_path):
    physical = Physical((1 / 3, 2 / 3), None, 1 / 3, -12345.678901234567, (1e-9 / 3, 1e12 / 3), "MR", 11)
    write_images([grey(physical)], tmp_path / "out", "dicom")
    for file, pixels in zip(reopened(tmp_path / "out"), grey().pixels[..., 0], strict=True):
        np.testing.assert_allclose(apply_rescale(file.pixel_array, file), physical.values(pixels), rtol=1e-8)
        assert (file.BitsStored, file.RescaleType) == (16, "US")
        assert float(file.PixelSpacing[0]) == pytest.approx(1 / 3)


def test_colour_of_16_bits_is_refused_and_nothing_is_left(tmp_path):
    with pytest.raises(DataError, match=r"0000001\.dcm: colour images of 16 bits cannot be written as DICOM"):
        write_images([make_images(4, channels=3, dtype=np.uint16)], tmp_path / "out", "dicom")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("strict")
def test_nothing_of_a_source_is_in_the_model_or_in_what_is_drawn(tmp_path):
    rng = np.random.default_rng(0)
    header = {"bits": 12, "RescaleIntercept": -1024, "PixelSpacing": [0.7, 0.8], "SliceThickness": 5}
    for index in range(24):
        window = (
            {"WindowCenter": 40, "WindowWidth": 400} if index % 2 else {"WindowCenter": 1000 + index, "WindowWidth": 7}
        )
        path = tmp_path / "scans" / ("ill", "well")[index % 2] / f"{SENTINEL}{index}.dcm"
        make_dicom(path, rng.integers(0, 4096, (8, 8)), **header, **window)
    assert SENTINEL.encode() in path.read_bytes()
    assert SOURCE_ROOT.encode() in path.read_bytes()
    synthesizer = ImageSynthesizer(**TINY).fit(tmp_path / "scans")
    synthesizer.save(tmp_path / "scans.synthgan")
    again = ImageSynthesizer.load(tmp_path / "scans.synthgan")
    drawn = again.sample(5)
    assert drawn.physical == Physical((0.7, 0.8), 5.0, 1.0, -1024.0, (40.0, 400.0), "CT", 12)
    out = tmp_path / "out"
    out.mkdir()
    for form in ("dicom", "nifti", "png"):
        assert write_images(again.sample_batches(5), out / form, form) == 5
    write_images([drawn], out / "a.npz", "npz")
    for file, pixels in zip(reopened(out / "dicom"), drawn.pixels[..., 0], strict=True):
        np.testing.assert_array_equal(apply_rescale(file.pixel_array, file), drawn.physical.values(pixels))
        assert (file.WindowCenter, file.WindowWidth, file.PixelSpacing) == (40, 400, [0.7, 0.8])
    for path in [tmp_path / "scans.synthgan", *out.rglob("*.*")]:
        content = path.read_bytes()
        content = gzip.decompress(content) if path.suffix == ".gz" else content
        assert SENTINEL.lower().encode() not in content.lower(), path
        assert SOURCE_ROOT.encode() not in content, path
    assert ImageRecords.read(out / "a.npz").physical == drawn.physical


def test_what_few_images_say_of_themselves_never_enters_a_model(tmp_path):
    windows = [(40, 400)] * 9 + [(1000 + index, 7) for index in range(11)]
    for index, (centre, width) in enumerate(windows):
        numbers = np.random.default_rng(index).integers(0, 4096, (8, 8))
        header = {"WindowCenter": centre, "WindowWidth": width, "SliceThickness": 1.25 + index}
        make_dicom(tmp_path / "scans" / "all" / f"{index}.dcm", numbers, bits=12, **header)
    synthesizer = ImageSynthesizer(**TINY).fit(tmp_path / "scans")
    assert synthesizer.manifest()["images"]["physical"] == {
        "spacing": None,
        "thickness": None,
        "slope": 1.0,
        "intercept": 0.0,
        "window": None,
        "modality": "CT",
        "bits": 12,
        "frame_ms": None,
    }


def test_text_that_is_burned_into_pixels_is_said(tmp_path):
    numbers = np.arange(64, dtype=np.uint16).reshape(8, 8)
    marked = make_dicom(tmp_path / "a.dcm", numbers, bits=12, BurnedInAnnotation="YES")
    plain = make_dicom(tmp_path / "b.dcm", numbers, bits=12, BurnedInAnnotation="NO")
    (note,) = read_scans([marked, plain], open_dicom).notes
    assert note.startswith("1 of 2 images: the header says that text is burned into the pixels")
