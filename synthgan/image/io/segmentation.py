"""DICOM segmentations (SEG) to label maps and back; see PS3.3 A.51 and C.8.20."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.pixels.utils import pack_bits, pixel_array
from pydicom.uid import ExplicitVRLittleEndian, SegmentationStorage, generate_uid

from synthgan.errors import DataError
from synthgan.image.io.dicom import refusing
from synthgan.image.io.dicom_writing import identify, mark
from synthgan.image.io.frames import heights_of
from synthgan.image.physical import Physical

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from synthgan.image.masks import Structures

_SAME = 1e-3  # millimetres
# PS3.16, CID 7150 and 7166: what is not said here is anything.
_CATEGORY, _TYPE = ("91723000", "SCT", "Anatomical Structure"), ("91723000", "SCT", "Anatomical Structure")


def read_segmentation(path: Path) -> tuple[NDArray[np.uint16], dict[int, str]]:
    """The number of the segment of each pixel, ``[height, width]`` or ``[depth, height, width]``, and what segments are called.

    Frames lie by their positions, from the lowest along their normal; one for each segment and place, where a place that some
    segment lacks is empty there. A grey DICOM image of whole numbers is read as it is.

    Raises:
        DataError: if it is none, fractional, or segments overlap.
    """
    with refusing(path):
        header = pydicom.dcmread(path, stop_before_pixels=True)
        if str(header.get("Modality")) != "SEG":
            from synthgan.image.io.dicom import open_dicom

            scan = open_dicom(path)
            if scan.shape[-1] != 1 or scan.dtype is None:
                raise DataError(
                    f"{path} must hold the number of a structure for each pixel, however: it is in colour or wide"
                )
            return scan.read()[..., 0].astype(np.uint16), {}
        kind = str(header.get("SegmentationType"))
        if kind == "FRACTIONAL":
            raise DataError(
                f"{path} must say of each pixel which segment it shows, however: it says shares; make it binary"
            )
        names = {int(item.SegmentNumber): str(item.SegmentLabel) for item in header.get("SegmentSequence") or []}
        frames = np.atleast_3d(pixel_array(pydicom.dcmread(path)))
        frames = frames.reshape(-1, int(header.Rows), int(header.Columns))
        heights, _ = heights_of(path, header, len(frames))
        if kind == "LABELMAP":
            order = np.arange(len(frames)) if heights is None else np.argsort(heights, kind="stable")
            return _flat(frames[order].astype(np.uint16)), names
        return _flat(_laid(path, frames, _numbers(path, header, len(frames)), heights)), names


def _numbers(path: Path, header: Dataset, frames: int) -> list[int]:
    """The segment of each frame."""
    groups = [
        *(header.get("PerFrameFunctionalGroupsSequence") or [])[:frames],  # what was cut out may keep the rest
        *(header.get("SharedFunctionalGroupsSequence") or []),
    ]
    found = [
        int(group.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
        for group in groups
        if group.get("SegmentIdentificationSequence")
    ]
    if len(found) == 1:
        found *= frames
    if len(found) != frames:
        raise DataError(f"{path} must say which segment each frame shows, however: {len(found)} of {frames} do")
    return found


def _laid(
    path: Path, frames: NDArray[Any], numbers: list[int], heights: NDArray[np.float64] | None
) -> NDArray[np.uint16]:
    """Frames of single segments as one label map, ``[places, height, width]``."""
    if heights is None:  # each segment's frames in their order
        places = [numbers[:index].count(number) for index, number in enumerate(numbers)]
    else:
        levels = np.sort(heights)
        levels = levels[np.concatenate([[True], np.diff(levels) > _SAME])]
        places = [int(np.abs(levels - height).argmin()) for height in heights]
    result = np.zeros((max(places) + 1, *frames.shape[1:]), np.uint16)
    for frame, number, place in zip(frames, numbers, places, strict=True):
        inside = frame > 0
        if (result[place][inside] != 0).any():
            raise DataError(f"{path} must have segments that do not overlap, however: {number} does; keep one of them")
        result[place][inside] = number
    return result


def _flat(labels: NDArray[np.uint16]) -> NDArray[np.uint16]:
    return labels[0] if len(labels) == 1 else labels


def write_segmentation(
    labels: NDArray[np.uint8], path: Path, physical: Physical | None, person: str, structures: Structures
) -> None:
    """Write codes ``[height, width]`` as a binary segmentation of a frame for each structure, marked as synthetic.

    Args:
        labels: 0 for background, then the place of each structure.
        path: where.
        physical: what the pixels of the image mean.
        person: as for ``dicom_writing.write_dicom``.
        structures: what they are; the number of a segment is the structure's place, as DICOM counts them from 1.
    """
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = SegmentationStorage, generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = FileDataset(str(path), {}, file_meta=meta, preamble=bytes(128))
    identify(file, meta, Physical(modality="SEG"), person)
    mark(file)
    file.ImageType = ["DERIVED", "PRIMARY"]
    file.SegmentationType, file.SegmentsOverlap = "BINARY", "NO"
    file.ContentLabel, file.ContentDescription, file.ContentCreatorName = "SYNTHETIC", "Synthetic", ""
    file.LossyImageCompression = "00"
    file.SegmentSequence = [_segment(code, name) for code, name in enumerate(structures.names, 1)]
    groups = []
    for code in range(1, len(structures) + 1):
        group, segment = Dataset(), Dataset()
        segment.ReferencedSegmentNumber = code
        group.SegmentIdentificationSequence = [segment]
        groups.append(group)
    file.PerFrameFunctionalGroupsSequence = groups
    shared, measures = Dataset(), Dataset()
    if physical is not None and physical.spacing is not None:
        measures.PixelSpacing = [f"{side:.10g}"[:16] for side in physical.spacing]
        shared.PixelMeasuresSequence = [measures]
    file.SharedFunctionalGroupsSequence = [shared]
    file.Rows, file.Columns, file.NumberOfFrames, file.SamplesPerPixel = *labels.shape, len(structures), 1
    file.PhotometricInterpretation, file.PixelRepresentation = "MONOCHROME2", 0
    file.BitsAllocated, file.BitsStored, file.HighBit = 1, 1, 0
    planes = np.stack([labels == code for code in range(1, len(structures) + 1)]).astype(np.uint8)
    file.add_new("PixelData", "OB", pack_bits(planes.ravel(), pad=True))
    file.save_as(path, enforce_file_format=True)


def _segment(number: int, name: str) -> Dataset:
    segment = Dataset()
    segment.SegmentNumber, segment.SegmentLabel, segment.SegmentAlgorithmType = number, name[:64], "AUTOMATIC"
    segment.SegmentAlgorithmName = "synthgan"
    segment.SegmentedPropertyCategoryCodeSequence = [_coded(_CATEGORY)]
    segment.SegmentedPropertyTypeCodeSequence = [_coded(_TYPE)]
    return segment


def _coded(code: tuple[str, str, str]) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code
    return item
