"""One image to a DICOM file that says of itself, in every place where DICOM has one, that it is synthetic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import (
    ExplicitVRLittleEndian,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    SecondaryCaptureImageStorage,
    generate_uid,
)
from pydicom.valuerep import format_number_as_ds

from synthgan._version import __version__
from synthgan.errors import DataError
from synthgan.image.physical import Physical

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from pydicom.uid import UID

_MAKER = "synthgan"
_SYNTHETIC_DATA = 0x0008001C
_FRAME_TIME, _FRAME_MS = 0x00181063, 40.0  # the latter where nobody knows
_OF_IMAGES = 3  # dimensions, channels included
# PS3.16, CID 7005 (Contributing Equipment Purpose of Reference).
_SYNTHESIZING = ("109100", "DCM", "Synthesizing Equipment")


def write_dicom(pixels: NDArray[Any], path: Path, physical: Physical | None, person: str) -> None:
    """Write ``[height, width, channels]``, or a clip ``[time, height, width, channels]``, as a Secondary Capture of its own study.

    Its UIDs are fresh and random.

    Marked as synthetic by Synthetic Data (0008,001C), Image Type, Conversion Type, the patient's name and ID and an item
    of Contributing Equipment. Nothing is taken from a header but what ``physical`` holds.

    Args:
        pixels: uint8 in one channel or three, or uint16 in one.
        path: where.
        physical: what the pixels mean.
        person: what names the file's patient, who is nobody; at most 60 characters.

    Raises:
        DataError: if they are colour of 16 bits.
    """
    if pixels.shape[-1] != 1 and pixels.dtype != np.uint8:
        raise DataError(f"{path}: colour images of 16 bits cannot be written as DICOM; name an .npz file instead")
    meaning = physical or Physical()
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = _kind(pixels), generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = FileDataset(str(path), {}, file_meta=meta, preamble=bytes(128))
    identify(file, meta, meaning, person)
    mark(file)
    _describe(file, pixels, meaning)
    file.save_as(path, enforce_file_format=True)


def _kind(pixels: NDArray[Any]) -> UID:
    """The class of an image (PS3.3 A.8)."""
    if pixels.ndim == _OF_IMAGES:
        return SecondaryCaptureImageStorage
    if pixels.shape[-1] != 1:
        return MultiFrameTrueColorSecondaryCaptureImageStorage
    byte = pixels.dtype == np.uint8
    return (
        MultiFrameGrayscaleByteSecondaryCaptureImageStorage
        if byte
        else MultiFrameGrayscaleWordSecondaryCaptureImageStorage
    )


def identify(file: Dataset, meta: FileMetaDataset, meaning: Physical, person: str) -> None:
    """Say of what a file is, and of nobody."""
    file.SpecificCharacterSet = "ISO_IR 192"
    file.SOPClassUID, file.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    file.StudyInstanceUID, file.SeriesInstanceUID = generate_uid(), generate_uid()
    file.PatientName, file.PatientID = f"Synthetic^{person}", person
    for keyword in ("PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "ReferringPhysicianName", "StudyID"):
        setattr(file, keyword, "")
    file.AccessionNumber, file.PatientOrientation = "", ""
    file.Modality, file.SeriesNumber, file.InstanceNumber = meaning.modality or "OT", 1, 1


def mark(file: Dataset) -> None:
    """Say in every place where DICOM has one that a file is synthetic."""
    file.add_new(_SYNTHETIC_DATA, "CS", "YES")
    file.ImageType, file.ConversionType = ["DERIVED", "SECONDARY"], "SYN"
    file.DerivationDescription = "Synthetic: drawn by a generative model"
    purpose, equipment = Dataset(), Dataset()
    purpose.CodeValue, purpose.CodingSchemeDesignator, purpose.CodeMeaning = _SYNTHESIZING
    equipment.PurposeOfReferenceCodeSequence = [purpose]
    for item in (file, equipment):
        item.Manufacturer, item.ManufacturerModelName, item.SoftwareVersions = _MAKER, _MAKER, __version__
    file.ContributingEquipmentSequence = [equipment]


def _describe(file: Dataset, pixels: NDArray[Any], meaning: Physical) -> None:
    *time, height, width, channels = pixels.shape
    whole = 8 * pixels.dtype.itemsize
    bits = meaning.bits if meaning.bits and whole // 2 < meaning.bits <= whole else whole
    bits = bits if int(pixels.max()) < 1 << bits else whole
    file.Rows, file.Columns, file.SamplesPerPixel = height, width, channels
    file.PhotometricInterpretation = "MONOCHROME2" if channels == 1 else "RGB"
    file.BitsAllocated, file.BitsStored, file.HighBit, file.PixelRepresentation = whole, bits, bits - 1, 0
    if time:
        file.NumberOfFrames, file.FrameTime = time[0], format_number_as_ds(float(meaning.frame_ms or _FRAME_MS))
        file.FrameIncrementPointer = _FRAME_TIME
    if meaning.spacing is not None:
        file.PixelSpacing = [format_number_as_ds(side) for side in meaning.spacing]
    if meaning.thickness is not None:
        file.SliceThickness = format_number_as_ds(meaning.thickness)
    if channels == 1:
        file.RescaleSlope, file.RescaleIntercept = (
            format_number_as_ds(number) for number in (meaning.slope, meaning.intercept)
        )
        file.RescaleType = "HU" if meaning.modality == "CT" else "US"
        if meaning.window is not None:
            file.WindowCenter, file.WindowWidth = (format_number_as_ds(number) for number in meaning.window)
    else:
        file.PlanarConfiguration = 0
    data = np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder("<"))).tobytes()
    file.add_new("PixelData", "OW" if whole > 8 else "OB", data + bytes(len(data) % 2))  # noqa: PLR2004
