"""Clips in files: animated pictures, multi-frame DICOM, NIfTI over time and npz are read, and written back as they came."""

from __future__ import annotations

from dataclasses import replace

import nibabel
import numpy as np
import pytest
from helpers.made_clips import make_clips
from helpers.made_scans import item, make_dicom
from PIL import Image
from pydicom.data import get_testdata_file

from synthgan import DataError, ImageRecords, PrivacyError
from synthgan.image.intake import FrameAsker, take_in
from synthgan.image.io.dicom import open_dicom
from synthgan.image.io.nifti import open_nifti
from synthgan.image.io.picture import scan_of_picture
from synthgan.image.io.unread import list_unread
from synthgan.image.io.writing import write_images
from synthgan.image.physical import Physical
from synthgan.image.synthesizer import ImageSynthesizer
from synthgan.privacy.ledger import PrivacyLedger

RNG = np.random.default_rng(0)
ULTRASOUND = "1.2.840.10008.5.1.4.1.1.3.1"


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("form", ["png", "dicom", "npz", "nifti"])
def test_clips_are_written_and_read_back(tmp_path, form, channels):
    clips = make_clips(n=3, channels=channels)
    clips.pixels[0, 2] = clips.pixels[0, 1]  # frames that are alike are frames all the same
    path = tmp_path / ("c.npz" if form == "npz" else "c")
    if form == "nifti" and channels == 3:
        with pytest.raises(DataError, match="in colour cannot be written as NIfTI"):
            write_images([clips], path, form)
        return
    write_images([clips], path, form)
    again = ImageRecords.read(path)
    assert again.clips
    np.testing.assert_array_equal(again.pixels, clips.pixels)
    assert again.physical.frame_ms == 40


@pytest.mark.parametrize(
    ("physical", "ending"),
    [
        (Physical(frame_ms=20), ".png"),
        (Physical(modality="US", frame_ms=20), ".dcm"),
        (Physical(spacing=(2, 1), frame_ms=20), ".nii.gz"),
    ],
)
def test_clips_are_written_as_they_came(tmp_path, physical, ending):
    write_images([replace(make_clips(n=2), physical=physical)], tmp_path / "c")
    assert (tmp_path / "c" / f"0000001{ending}").is_file()
    again = ImageRecords.read(tmp_path / "c").physical
    assert (again.frame_ms, again.modality, again.spacing) == (20, physical.modality, physical.spacing)


def test_clips_of_16_bits_have_formats_of_their_own(tmp_path):
    deep = ImageRecords(RNG.integers(0, 2**16, (2, 3, 4, 5)).astype(np.uint16), clips=True)
    write_images([deep], tmp_path / "dicom", "dicom")
    np.testing.assert_array_equal(ImageRecords.read(tmp_path / "dicom").pixels, deep.pixels)
    with pytest.raises(DataError, match="clips of 16 bits cannot be written as PNG; choose dicom, nifti or npz"):
        write_images([deep], tmp_path / "png", "png")


@pytest.mark.parametrize("ending", ["gif", "png", "webp"])
def test_animations_are_clips(tmp_path, ending):
    frames = [Image.fromarray(np.full((6, 9), value, np.uint8)) for value in (10, 200, 90)]
    frames[0].save(tmp_path / f"a.{ending}", save_all=True, append_images=frames[1:], duration=80, lossless=True)
    scan = scan_of_picture(tmp_path / f"a.{ending}")
    assert scan.clip
    assert scan.frame_ms in (80, None)  # of WebP Pillow tells the time with its pixels alone
    numbers = scan.read()
    assert numbers.shape == scan.shape
    assert numbers[:, 3, 4, 0].tolist() == [10, 200, 90]


def test_the_colour_loop_of_pydicom_is_read():
    scan = open_dicom(get_testdata_file("examples_ybr_color.dcm"))
    assert scan.clip
    assert (scan.shape, scan.frame_ms) == ((30, 240, 320, 3), 33.333)
    taken = scan.of_frames(16)
    assert taken.notes == ("16 of its frames are learned, evenly from the first to the last",)
    assert taken.frame_ms == pytest.approx(33.333 * 29 / 15)
    np.testing.assert_array_equal(taken.read()[[0, -1]], scan.read()[[0, -1]])


@pytest.mark.parametrize(
    "header",
    [{"FrameTime": "25"}, {"FrameTimeVector": [0, 20, 30, 25]}, {"CineRate": 40}, {"RecommendedDisplayFrameRate": 40}],
)
def test_grey_frames_over_time_are_a_clip(tmp_path, header):
    frames = RNG.integers(0, 4096, (4, 6, 5))
    scan = open_dicom(make_dicom(tmp_path / "a.dcm", frames, bits=12, NumberOfFrames=4, PixelSpacing=[2, 3], **header))
    assert (scan.clip, scan.frame_ms, scan.spacing) == (True, 25, (2, 3))
    np.testing.assert_array_equal(scan.read()[..., 0], frames)
    kind = open_dicom(make_dicom(tmp_path / "b.dcm", frames, bits=12, NumberOfFrames=4, SOPClassUID=ULTRASOUND))
    assert kind.clip
    assert kind.frame_ms is None


def test_frames_with_scales_of_their_own_come_as_values(tmp_path):
    frames = RNG.integers(0, 256, (3, 4, 5))
    scales = [(1, 0), (2, -10), (0.5, 3)]
    groups = [
        item(PixelValueTransformationSequence=[item(RescaleSlope=slope, RescaleIntercept=start)])
        for slope, start in scales
    ]
    header = {"NumberOfFrames": 3, "PerFrameFunctionalGroupsSequence": groups}
    scan = open_dicom(make_dicom(tmp_path / "a.dcm", frames, bits=8, **header))
    expected = [frame * slope + start for frame, (slope, start) in zip(frames, scales, strict=True)]
    np.testing.assert_allclose(scan.values()[..., 0], expected)
    assert not scan.clip


@pytest.mark.parametrize(("unit", "time"), [("sec", 1500), ("msec", 1.5), ("unknown", None)])
def test_volumes_over_time_are_clips_of_their_middle_slice(tmp_path, unit, time):
    voxels = RNG.integers(0, 200, (5, 4, 3, 2)).astype(np.uint8)
    image = nibabel.Nifti1Image(voxels, np.diag([2.0, 3, 4, 1]))
    image.header.set_zooms((2, 3, 4, 1.5))
    image.header.set_xyzt_units("mm", unit)
    nibabel.save(image, tmp_path / "a.nii")
    scan = open_nifti(tmp_path / "a.nii")
    assert (scan.clip, scan.shape, scan.spacing, scan.frame_ms) == (True, (2, 4, 5, 1), (3, 2), time)
    assert scan.notes == ("of volumes over time, the slice in the middle is learned as a clip",)
    np.testing.assert_array_equal(scan.read()[..., 0], np.moveaxis(voxels[:, :, 1].T, 0, 0))


def test_clips_of_several_lengths_are_as_long_as_the_shortest(tmp_path):
    for index, frames in enumerate((4, 7)):
        write_images([make_clips(n=1, frames=frames)], tmp_path / str(index))
        (tmp_path / "all" / "a").mkdir(parents=True, exist_ok=True)
        (tmp_path / str(index) / "0000001.png").rename(tmp_path / "all" / "a" / f"{index}.png")
    found = ImageRecords.read(tmp_path / "all")
    assert found.pixels.shape[1] == 4
    assert found.notes == ("1 of 2 images: 4 of its frames are learned, evenly from the first to the last",)
    assert ImageRecords.read(tmp_path / "all", frames=1).pixels.shape == (2, 8, 8, 1)
    with pytest.raises(DataError, match=r"0\.png must have at least 5 frames, however: 4; frames=4"):
        ImageRecords.read(tmp_path / "all", frames=5)
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "all" / "a" / "2.png")
    with pytest.raises(DataError, match=r"2\.png must be a clip like the first, however: one image; frames=1"):
        ImageRecords.read(tmp_path / "all")


def test_colour_over_time_needs_no_name_in_npz(tmp_path):
    np.savez(tmp_path / "a.npz", images=np.zeros((2, 3, 4, 5, 3), np.uint8), labels=np.arange(2))
    assert ImageRecords.read(tmp_path / "a.npz").clips
    np.savez(tmp_path / "b.npz", clips=np.zeros((2, 3, 4, 5), np.uint8), labels=np.arange(2))
    assert ImageRecords.read(tmp_path / "b.npz").pixels.shape == (2, 3, 4, 5, 1)


def test_files_of_clips_are_refused_under_epsilon_once_it_is_known_that_most_are(tmp_path):
    write_images([make_clips(n=40)], tmp_path / "c")
    unread = list_unread(tmp_path / "c", "label")
    asker = FrameAsker(None, noise=0.01, delta=0.1)
    with pytest.raises(PrivacyError, match="clips must be learned without epsilon"):
        take_in(unread, ImageSynthesizer()._configs()[0], asker, PrivacyLedger(1e-5, "one image"))
