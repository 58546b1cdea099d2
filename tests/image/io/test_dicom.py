"""DICOM files come as unsigned pixels with their meaning, or are refused in one line that names the file."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pydicom
import pytest
from helpers.made_scans import SENTINEL, item, make_dicom
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.pixels.processing import apply_windowing, convert_color_space
from pydicom.uid import (
    MPEG2MPML,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

from synthgan import DataError, ImageRecords, ResourceError
from synthgan.image.io import dicom
from synthgan.image.io.dicom import open_dicom
from synthgan.image.io.scans import read_scans
from synthgan.io.memory import memory_bound

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 4096, (6, 5))
COLOUR = RNG.integers(0, 256, (6, 4, 3))


def read_one(path):
    """Pixels and meaning of one file."""
    pixels, physical, *_ = read_scans([path], open_dicom)
    return pixels[0], physical


@settings(max_examples=40)
@given(
    bits=st.integers(8, 16),
    signed=st.booleans(),
    turned=st.booleans(),
    slope=st.sampled_from([1.0, 0.5, -2.0, 0.37]),
    intercept=st.sampled_from([0.0, -1024.0, 3.25]),
    seed=st.integers(0, 99),
)
def test_values_are_those_of_the_source_whatever_the_bits(bits, signed, turned, slope, intercept, seed):
    low = -(1 << (bits - 1)) if signed else 0
    ends = np.array([low, low + (1 << bits) - 1])
    numbers = np.append(np.random.default_rng(seed).integers(*ends, 10), ends).reshape(3, 4)
    with tempfile.TemporaryDirectory() as folder:
        pixels, physical = read_one(
            make_dicom(
                Path(folder) / "a.dcm",
                numbers,
                bits=bits,
                signed=signed,
                RescaleSlope=slope,
                RescaleIntercept=intercept,
                PhotometricInterpretation="MONOCHROME1" if turned else "MONOCHROME2",
            )
        )
    assert pixels.dtype == (np.uint8 if bits == 8 else np.uint16)
    assert physical.bits == bits
    wanted = slope * numbers + intercept
    if turned:
        wanted = slope * ends.sum() + 2 * intercept - wanted
    np.testing.assert_allclose(physical.values(pixels)[..., 0], wanted, atol=1e-9)


def test_what_lies_above_the_bits_stored_is_cut_off(tmp_path):
    pixels, _ = read_one(make_dicom(tmp_path / "a.dcm", GREY | 0x8000, bits=12))
    np.testing.assert_array_equal(pixels[..., 0], GREY)


def test_a_turned_window_shows_what_the_source_shows(tmp_path):
    header = {"WindowCenter": 300, "WindowWidth": 900, "RescaleSlope": 1, "RescaleIntercept": -1024}
    path = make_dicom(tmp_path / "a.dcm", GREY, bits=12, PhotometricInterpretation="MONOCHROME1", **header)
    pixels, physical = read_one(path)
    source = pydicom.dcmread(path)
    shown = apply_windowing(GREY - 1024, source)
    source.WindowCenter, source.WindowWidth = physical.window
    ours = apply_windowing(physical.values(pixels)[..., 0], source)
    np.testing.assert_allclose(ours, -1024 + (3071 - shown), atol=1e-6)  # white for black between the ends of the range


def test_what_the_set_is_comes_with_it(tmp_path):
    header = {"PixelSpacing": [0.5, 0.75], "SliceThickness": 5, "WindowCenter": [40, 600], "WindowWidth": [400, 1600]}
    _, physical = read_one(make_dicom(tmp_path / "a.dcm", GREY, **header))
    assert (physical.spacing, physical.thickness) == ((0.5, 0.75), 5.0)
    assert (physical.window, physical.modality) == ((40.0, 400.0), "CT")
    assert SENTINEL not in str(physical)
    _, physical = read_one(make_dicom(tmp_path / "b.dcm", GREY, ImagerPixelSpacing=[0.1, 0.2]))
    assert (physical.spacing, physical.window) == ((0.1, 0.2), None)


def test_colour_comes_as_red_green_and_blue(tmp_path):
    plain, _ = read_one(make_dicom(tmp_path / "rgb.dcm", COLOUR, bits=8))
    np.testing.assert_array_equal(plain, COLOUR)
    planes = COLOUR.transpose(2, 0, 1).astype(np.uint8).tobytes()
    apart, _ = read_one(make_dicom(tmp_path / "planes.dcm", COLOUR, bits=8, data=planes, PlanarConfiguration=1))
    np.testing.assert_array_equal(apart, COLOUR)
    luma = convert_color_space(COLOUR.astype(np.uint8), "RGB", "YBR_FULL")
    turned, _ = read_one(make_dicom(tmp_path / "ybr.dcm", luma, bits=8, PhotometricInterpretation="YBR_FULL"))
    assert np.abs(turned.astype(int) - COLOUR).max() <= 2


@pytest.mark.parametrize("bits", [8, 16])
def test_palettes_are_applied(tmp_path, bits):
    tables = RNG.integers(0, 256, (3, 256))
    names = ("Red", "Green", "Blue")
    entries = {f"{n}PaletteColorLookupTableDescriptor": [256, 0, bits] for n in names}
    for name, table in zip(names, tables, strict=True):
        data = table.astype("u1") if bits == 8 else (table << 8).astype("<u2")
        entries[f"{name}PaletteColorLookupTableData"] = data.tobytes()
    indices = RNG.integers(0, 256, (6, 4))
    path = make_dicom(tmp_path / "a.dcm", indices, bits=8, PhotometricInterpretation="PALETTE COLOR", **entries)
    pixels, _ = read_one(path)
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, np.moveaxis(tables[:, indices], 0, -1))


def packed(image, form, **options):
    """A compressed frame, as DICOM wraps it."""
    stream = io.BytesIO()
    image.save(stream, format=form, **options)
    return encapsulate([stream.getvalue()])


def test_compressed_pixels_are_decoded(tmp_path):
    grey = (GREY % 256).astype(np.uint8)
    wrapped = packed(Image.fromarray(grey), "JPEG2000", irreversible=False, no_jp2=True)
    exact, _ = read_one(make_dicom(tmp_path / "j2k.dcm", grey, bits=8, syntax=JPEG2000Lossless, data=wrapped))
    np.testing.assert_array_equal(exact[..., 0], grey)
    smooth = np.tile(np.linspace(0, 255, 16).astype(np.uint8)[:, None, None], (1, 16, 3))
    wrapped = packed(Image.fromarray(smooth), "JPEG", quality=95)
    header = {"syntax": JPEGBaseline8Bit, "data": wrapped, "PhotometricInterpretation": "YBR_FULL_422"}
    near, _ = read_one(make_dicom(tmp_path / "jpeg.dcm", smooth, bits=8, **header))
    assert np.abs(near.astype(int) - smooth).max() < 8
    source = pydicom.dcmread(make_dicom(tmp_path / "rle.dcm", GREY, bits=12))
    source.compress(RLELossless, generate_instance_uid=False)
    source.save_as(tmp_path / "rle.dcm")
    same, _ = read_one(tmp_path / "rle.dcm")
    np.testing.assert_array_equal(same[..., 0], GREY)


def test_frames_are_the_slices_of_a_volume(tmp_path):
    frames = RNG.integers(0, 4096, (4, 6, 5))
    measures = item(PixelMeasuresSequence=[item(PixelSpacing=[0.5, 0.75], SpacingBetweenSlices=2.5)])
    rescale = [item(PixelValueTransformationSequence=[item(RescaleSlope=2, RescaleIntercept=-5)]) for _ in range(4)]
    header = {"NumberOfFrames": 4, "SharedFunctionalGroupsSequence": [measures]}
    path = make_dicom(tmp_path / "a.dcm", frames, bits=12, **header, PerFrameFunctionalGroupsSequence=rescale)
    pixels, physical = read_one(path)
    np.testing.assert_array_equal(physical.values(pixels)[..., 0], 2 * frames - 5)
    assert physical.spacing == (2.5, 0.5, 0.75)
    rescale[1].PixelValueTransformationSequence[0].RescaleSlope = 3
    del rescale[2].PixelValueTransformationSequence[0].RescaleSlope
    path = make_dicom(tmp_path / "b.dcm", frames, bits=12, **header, PerFrameFunctionalGroupsSequence=rescale)
    with pytest.raises(DataError, match=r"b\.dcm must have a RescaleSlope for each of 4 frames"):
        open_dicom(path)


def test_folders_of_dicom_are_read_with_or_without_endings(tmp_path):
    for index in range(4):
        name = ("a.dcm", "IM-1", "1.2.826.44", "b.DCM")[index]
        make_dicom(tmp_path / "classes" / ("ill", "well")[index % 2] / name, GREY + index)
        make_dicom(tmp_path / "listed" / name, GREY + index)
    found = ImageRecords.read(tmp_path / "classes")
    assert found.columns["label"].tolist() == ["ill", "ill", "well", "well"]
    frame = pd.DataFrame({"file_name": ["a.dcm", "IM-1", "1.2.826.44", "b.DCM"], "label": [0, 1, 0, 1]})
    frame.to_csv(tmp_path / "listed" / "metadata.csv", index=False)
    found = ImageRecords.read(tmp_path / "listed")
    np.testing.assert_array_equal(found.pixels[:, ..., 0], GREY + np.arange(4)[:, None, None])
    assert found.physical.held["modality"] == 4


def test_images_that_lie_differently_in_the_patient_are_said_to(tmp_path):
    for name, directions in {
        "a": [1, 0, 0, 0, 1, 0],
        "b": [0.98, 0.2, 0, -0.2, 0.98, 0],
        "c": [0, 1, 0, 0, 0, -1],
    }.items():
        make_dicom(tmp_path / "ill" / f"{name}.dcm", GREY, ImageOrientationPatient=directions)
    make_dicom(tmp_path / "ill" / "d.dcm", GREY)
    said = "images lie in different ways, and are not turned: rows and columns lead to LP (2), PF (1)"
    assert ImageRecords.read(tmp_path).notes == (said,)
    (tmp_path / "ill" / "c.dcm").unlink()
    assert ImageRecords.read(tmp_path).notes == ()


def test_what_is_deflated_is_read_where_it_fits_into_memory(tmp_path):
    path = make_dicom(tmp_path / "a.dcm", np.zeros((256, 256)), syntax=DeflatedExplicitVRLittleEndian)
    pixels, _ = read_one(path)
    assert pixels.shape == (256, 256, 1)
    with memory_bound(50_000), pytest.raises(ResourceError, match=r"a\.dcm"):
        open_dicom(path)


def test_doses_of_32_bits_come_as_doses(tmp_path):
    doses = RNG.integers(0, 2**32, (3, 6, 5), dtype=np.uint32)
    header = {"NumberOfFrames": 3, "DoseGridScaling": 1e-8, "GridFrameOffsetVector": [10, 0, 5], "RescaleSlope": None}
    path = make_dicom(tmp_path / "a.dcm", doses, bits=32, Modality="RTDOSE", PixelSpacing=[2, 2], **header)
    pixels, physical = read_one(path)
    wanted = doses[[1, 2, 0]] * 1e-8
    assert np.abs(physical.values(pixels)[..., 0] - wanted).max() <= physical.slope / 2
    assert physical.spacing == (5.0, 2.0, 2.0)


@pytest.mark.parametrize("bits", [1, 4])
def test_few_bits_are_read_as_numbers(tmp_path, bits):
    numbers = RNG.integers(0, 1 << bits, (4, 8))
    header = {"data": np.packbits(numbers.astype(np.uint8), bitorder="little").tobytes(), "BitsAllocated": 1}
    path = make_dicom(tmp_path / "a.dcm", numbers, bits=bits, **(header if bits == 1 else {}))
    pixels, _ = read_one(path)
    np.testing.assert_array_equal(pixels[..., 0], numbers)


@pytest.mark.parametrize(
    ("header", "turned"),
    [
        ({"PresentationLUTShape": "INVERSE"}, True),
        ({"PresentationLUTShape": "INVERSE", "PhotometricInterpretation": "MONOCHROME1"}, True),
        ({"PresentationLUTShape": "IDENTITY"}, False),
    ],
)
def test_a_presentation_table_turns_over_once(tmp_path, header, turned):
    pixels, _ = read_one(make_dicom(tmp_path / "a.dcm", GREY, bits=12, **header))
    np.testing.assert_array_equal(pixels[..., 0], 4095 - GREY if turned else GREY)


REFUSED = {
    "a waveform": ({"Rows": None, "Columns": None, "PixelData": None, "Modality": "ECG"}, "no pixels .modality ECG"),
    "wide numbers": ({"BitsStored": 64}, "1 to 32 bits .* however: 64"),
    "floating-point pixels": ({"BitsStored": None, "PixelData": None}, "no Bits Stored; convert it to NIfTI"),
    "an old high bit": ({"bits": 12, "HighBit": 15}, "high bit 15"),
    "a table of values": ({"ModalityLUTSequence": [item(LUTExplanation="x")]}, "Modality LUT"),
    "no slope": ({"RescaleSlope": 0}, "rescale slope other than 0"),
    "a strange colour": ({"PhotometricInterpretation": "CMYK"}, "it is CMYK"),
    "one channel of three": ({"PhotometricInterpretation": "RGB", "bits": 8}, "1 in RGB"),
    "too large": ({"Rows": 60_000, "Columns": 60_000}, "at most 1024 pixels a side, however: 60000 x 60000"),
    "too many frames": ({"NumberOfFrames": 1025}, "at most 1024 voxels a side, however: 5 x 6 x 1025"),
    "no photometric": ({"PhotometricInterpretation": None}, "sound DICOM image, however: .*PhotometricInterpretation"),
    "unknown packing": ({"syntax": JPEGLSLossless, "data": encapsulate([b"1234"])}, "JPEG-LS Lossless .*pylibjpeg"),
    "a film": ({"syntax": MPEG2MPML, "data": encapsulate([b"1234"])}, "MPEG2"),
}


@pytest.mark.parametrize(("changes", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_learned_is_refused_by_its_header(tmp_path, monkeypatch, changes, words):
    monkeypatch.setattr(dicom, "pixel_array", lambda _: pytest.fail("it was decoded"))
    path = make_dicom(tmp_path / "scans" / "ill" / "a.dcm", GREY, **changes)
    with pytest.raises(DataError, match=words) as refusal:
        ImageRecords.read(path.parents[1])
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


BROKEN = {
    "no pixels after all": (lambda at: make_dicom(at, GREY, PixelData=None), "it has no pixels"),
    "cut short": (lambda at: at.write_bytes(at.read_bytes()[:-20]), r"sound DICOM image .Explicit VR Little Endian."),
    "a header cut short": (lambda at: at.write_bytes(at.read_bytes()[:200]), "must be"),
    "text": (lambda at: at.write_text("no image"), "damaged or something else"),
    "nothing": (lambda at: at.write_bytes(b""), "damaged or something else"),
    "a broken stream": (
        lambda at: make_dicom(at, GREY, bits=8, syntax=JPEGBaseline8Bit, data=encapsulate([b"\xff\xd8none"])),
        "JPEG Baseline",
    ),
    "an image within of another size": (
        lambda at: make_dicom(at, GREY, bits=8, syntax=JPEGBaseline8Bit, data=packed(Image.new("L", (64, 64)), "JPEG")),
        "must",
    ),
    "a frame of many": (lambda at: make_dicom(at, COLOUR, bits=8, NumberOfFrames=2), "less than expected"),
}


@pytest.mark.parametrize(("spoil", "words"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_files_are_refused_by_name(tmp_path, spoil, words):
    path = make_dicom(tmp_path / "scans" / "ill" / "a.dcm", GREY)
    spoil(path)
    with pytest.raises(DataError, match=words) as refusal:
        ImageRecords.read(path.parents[1])
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


@settings(max_examples=100)
@given(st.data())
def test_no_damage_is_more_than_one_line(data):
    """A byte or two of a sound file are changed, or it ends early: it reads, or says why not."""
    with tempfile.TemporaryDirectory() as folder:
        path = make_dicom(
            Path(folder) / "a.dcm", GREY, bits=12, PixelSpacing=[0.5, 0.75], WindowCenter=1, WindowWidth=2
        )
        content = bytearray(path.read_bytes())
        for _ in range(2):
            content[data.draw(st.integers(128, len(content) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(content[: data.draw(st.integers(130, len(content)))])
        said = ""
        try:
            assert read_one(path)[0].dtype in (np.uint8, np.uint16)
        except DataError as refusal:
            said = str(refusal)
        assert said.isprintable()


def test_the_order_of_bytes_is_no_matter(tmp_path):
    path = make_dicom(tmp_path / "a.dcm", GREY, bits=12)
    source = pydicom.dcmread(path)
    source.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    source.PixelData = GREY.astype(">u2").tobytes()
    pydicom.dcmwrite(path, source, implicit_vr=False, little_endian=False, force_encoding=True)
    pixels, _ = read_one(path)
    np.testing.assert_array_equal(pixels[..., 0], GREY)
