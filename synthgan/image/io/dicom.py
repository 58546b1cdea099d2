"""One DICOM file to an array, through pydicom, which is imported here and in ``dicom_writing`` alone."""

from __future__ import annotations

import logging
import math
import re
import struct
import warnings
import zlib
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
from PIL import Image
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_file_meta_info
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian

from synthgan.errors import DataError, SynthganError
from synthgan.image.io.dicom_values import code_of, found_of, frame_ms_of, lies_of, numbers_of, spacing_of, window_of
from synthgan.image.io.frames import Places, lay_frames
from synthgan.image.io.scan import Scan
from synthgan.io.memory import check_memory
from synthgan.io.reasons import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from pydicom import Dataset

_GREY = ("MONOCHROME1", "MONOCHROME2")
_COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT", "PALETTE COLOR")
_MAX_WORDS_OF_PYDICOM = 40
_BITS_OF_COLOUR, _MAX_EXACT_BITS, _MAX_BITS = 8, 16, 32
_OF_IMAGES = 3  # dimensions, channels included
BURNED_IN = (
    "the header says that text is burned into the pixels (a name, perhaps): what is learned may show it; mask it first"
)
_META_AT, _META_GROUP = 132, b"\x02\x00"
_CHUNK = 1 << 20


def open_dicom(path: Path) -> Scan:
    """What the header of a DICOM file says; no pixel is decoded.

    Grey of 1 to 16 bits, signed or not, comes as unsigned pixels, wider grey as it is. MONOCHROME1 is turned over within its
    range, and its window with it; so is what a presentation look-up table turns over. Colour of 8 bits comes as red, green
    and blue. Frames, if several, are the slices of a volume or a clip; see ``frames.lay_frames``.

    Raises:
        DataError: if it is no DICOM image that can be learned.
    """
    with refusing(path):
        syntax = _syntax(path)
        header = pydicom.dcmread(path, stop_before_pixels=True)
        if header.get("Rows") is None or header.get("Columns") is None:
            raise DataError(
                f"{path} must hold an image, however: it has no pixels (modality {code_of(header, 'Modality')}); "
                f"leave it out"
            )
        if header.get("BitsStored") is None:  # of Float Pixel Data (PS3.3 C.7.6.24)
            raise DataError(
                f"{path} must hold whole numbers, however: its header states no Bits Stored; convert it to NIfTI"
            )
        frame = _shape(path, header)
        laid = lay_frames(header, colour=frame[-1] != 1)
        bits, signed, high = int(header.BitsStored), header.PixelRepresentation, int(header.HighBit)
        if high != bits - 1 or "ModalityLUTSequence" in header:
            found = "a table (Modality LUT)" if "ModalityLUTSequence" in header else f"high bit {high}"
            raise DataError(f"{path} must hold plain linear values, however: {found}; convert it")
        modality = code_of(header, "Modality")
        shape = laid.shape(frame)
        volume = len(shape) > _OF_IMAGES and not laid.clip
        spacing, thickness = spacing_of(header, 3 if volume else 2, laid.distance)
        time: dict[str, Any] = {
            "clip": laid.clip,
            "frame_ms": frame_ms_of(header) if laid.clip else None,
            "lies": lies_of(header),
        }
        notes = (*_notes(header), *laid.notes)
        read = partial(_read, path, frame, syntax, laid.order)
        if shape[-1] != 1:
            lengths: dict[str, Any] = {"spacing": spacing, "thickness": thickness, **time}
            return Scan(path, shape, "uint8", read, **lengths, modality=modality, bits=bits, notes=notes)
        scales = _scales(path, header, laid)
        if len(scales) > 1:
            read = partial(_read, path, frame, syntax, laid.order, scales)
            lengths = {"spacing": spacing, "thickness": thickness, "window": window_of(header), **time}
            return Scan(path, shape, None, read, **lengths, modality=modality, notes=notes)
        slope, intercept = scales[0]
        intercept -= slope * (1 << (bits - 1)) if signed else 0
        window = window_of(header)
        if window and _is_turned(header):
            # 1 more: DICOM's linear window lies half a step off its centre (PS3.3 C.11.2.1.2.1).
            window = slope * ((1 << bits) - 1) + 2 * intercept - window[0] + 1, window[1]
        narrow = bits <= _MAX_EXACT_BITS
        dtype = ("uint8" if bits <= _BITS_OF_COLOUR else "uint16") if narrow else None
        known = bits if narrow else None
        meaning = (slope, intercept, spacing, thickness, window, modality, known)
        return Scan(path, shape, dtype, read, *meaning, notes=notes, **time)


def _scales(path: Path, header: Dataset, laid: Places) -> list[tuple[float, float]]:
    """Slope and intercept: one pair for all frames, or, where they differ, one for each that is taken."""
    frames = int(header.get("NumberOfFrames") or 1)
    (scaling,) = numbers_of(path, header, "DoseGridScaling", 1.0, 1)[:1]
    slopes = numbers_of(path, header, "RescaleSlope", scaling, frames)
    intercepts = numbers_of(path, header, "RescaleIntercept", 0.0, frames)
    if not all(slopes):
        raise DataError(f"{path} must have a rescale slope other than 0, however: it is 0; mend its header")
    if len(slopes) == len(intercepts) == 1:
        return [(slopes[0], intercepts[0])]
    slopes, intercepts = (numbers * (frames // len(numbers)) for numbers in (slopes, intercepts))
    return [(slopes[frame], intercepts[frame]) for frame in laid.order.tolist()]


def _notes(header: Dataset) -> tuple[str, ...]:
    """What whoever fits must hear of an image: that its header says that text is part of its pixels (PS3.3 C.7.6.1)."""
    said = str(header.get("BurnedInAnnotation") or "").strip().upper()
    return (BURNED_IN,) if said == "YES" else ()


def _syntax(path: Path) -> UID:
    """The transfer syntax, before anything is unpacked.

    Raises:
        DataError: if it cannot be decoded here.
    """
    stated = read_file_meta_info(path).get("TransferSyntaxUID")
    if stated is None:
        raise DataError(f"{path} must be of a stated transfer syntax, however: its header states none; mend it")
    syntax = UID(stated)
    name = syntax.name if syntax.is_valid else "no valid one"
    if syntax == DeflatedExplicitVRLittleEndian:
        _check_inflated(path)
        return syntax
    try:
        ready = get_decoder(syntax).is_available
    except NotImplementedError:
        ready = False
    if not ready:
        raise DataError(
            f"{path} must be of a transfer syntax that pydicom can decode here, however: {name}; install a decoder "
            f"(pip install pylibjpeg pylibjpeg-libjpeg), or decompress it first"
        )
    return syntax


def _check_inflated(path: Path) -> None:
    """See that what is deflated fits into memory: all of it is inflated at once, header and pixels.

    Raises:
        ResourceError: if it does not.
    """
    with path.open("rb") as stream:
        stream.seek(_META_AT)
        while (head := stream.read(8))[:2] == _META_GROUP:  # the elements before what is deflated (PS3.10, 7.1)
            long = head[4:6] in (b"OB", b"OW", b"UN", b"SQ", b"UT")
            (length,) = struct.unpack("<I", stream.read(4)) if long else struct.unpack("<H", head[6:])
            stream.seek(length, 1)
        stream.seek(-len(head), 1)
        inflater, total = zlib.decompressobj(-zlib.MAX_WBITS), 0
        while part := inflater.unconsumed_tail or stream.read(_CHUNK):
            total += len(inflater.decompress(part, _CHUNK))
            check_memory(path, total)


def _is_turned(header: Dataset) -> bool:
    """Whether the lowest value is shown as white."""
    shapes = found_of(header, "PresentationLUTShape")
    return header.PhotometricInterpretation == "MONOCHROME1" or shapes[:1] == ["INVERSE"]


def _shape(path: Path, header: Dataset) -> tuple[int, ...]:
    """Of a frame, after all checks that need no pixel."""
    rows, columns = int(header.Rows), int(header.Columns)
    photometric, bits = str(header.PhotometricInterpretation), int(header.BitsStored)
    if photometric not in _GREY + _COLOUR:
        raise DataError(
            f"{path} must be grey or colour, however: it is {code_of(header, 'PhotometricInterpretation')}; convert it"
        )
    grey = photometric in _GREY
    widest = _MAX_BITS if grey else _MAX_EXACT_BITS if photometric == "PALETTE COLOR" else _BITS_OF_COLOUR
    if not (1 if grey else _BITS_OF_COLOUR) <= bits <= widest:
        most = f"1 to {_MAX_BITS} bits (colour: {_BITS_OF_COLOUR})"
        raise DataError(f"{path} must store {most} for a value, however: {bits}; convert it")
    samples = int(header.SamplesPerPixel)
    if samples != (1 if grey or photometric == "PALETTE COLOR" else 3):
        raise DataError(f"{path} must hold a value for each channel, however: {samples} in {photometric}")
    return rows, columns, 1 if grey else 3


def _read(
    path: Path,
    frame: tuple[int, ...],
    syntax: UID,
    order: NDArray[np.int64],
    scales: Sequence[tuple[float, float]] = (),
) -> NDArray[Any]:
    """Decode the pixels of frames of a shape, those of ``order``; what is unsigned here is what slope and intercept speak of.

    Where frames have scales of their own, their values come in the units of the source.
    """
    with refusing(path, f" ({syntax.name})"):
        dataset = pydicom.dcmread(path)
        if "PixelData" not in dataset:
            raise DataError(f"{path} must hold an image, however: it has no pixels; leave it out")
        numbers = pixel_array(dataset)
        if dataset.PhotometricInterpretation == "PALETTE COLOR":
            numbers = apply_color_lut(numbers, dataset)
            numbers = numbers >> 8 if numbers.dtype == np.uint16 else numbers
        declared = int(dataset.get("NumberOfFrames") or 1)
        if numbers.size != declared * math.prod(frame) or (frame[-1] == 1 and numbers.dtype.kind not in "iu"):
            raise DataError(f"{path} must hold the pixels that its header declares, however: found {numbers.shape}")
        numbers = numbers.reshape(declared, *frame)
        numbers = numbers[order] if declared > len(order) or (np.diff(order) != 1).any() else numbers
        if frame[-1] != 1:
            return numbers[0] if len(order) == 1 else numbers
        bits, signed = int(dataset.BitsStored), bool(dataset.PixelRepresentation)
        top = (1 << bits) - 1
        # What lies above the bits stored (old overlays) is cut off, and the sign with it, as the shift makes it vanish.
        numbers = (numbers.astype(np.int64) + ((1 << (bits - 1)) if signed else 0)) & top
        turned = top - numbers if _is_turned(dataset) else numbers
        if scales:
            low = 1 << (bits - 1) if signed else 0
            turned = np.stack([slope * (one - low) + start for one, (slope, start) in zip(turned, scales, strict=True)])
        return turned[0] if len(order) == 1 else turned


@contextmanager
def refusing(path: Path, what: str = "") -> Iterator[None]:
    """Whatever pydicom meets in a file it did not expect, as one line.

    It would also log values that it finds strange, which may be a patient's.
    """
    logger = logging.getLogger("pydicom")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of values that are never looked at
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except SynthganError:
        raise
    except InvalidDicomError as error:
        raise DataError(
            f"{path} must be a sound DICOM file, however: it is damaged or something else (no mark DICM)"
        ) from error
    except OSError as error:
        raise DataError(f"{path} must be a sound image{what}, however: {reason_of(error)}") from error
    except Exception as error:  # a hostile or damaged file: pydicom raises anything, down to struct.error
        words = re.sub(r"[^ -~]", " ", str(error)).split() or [type(error).__name__]
        found = " ".join(words[:_MAX_WORDS_OF_PYDICOM])
        raise DataError(f"{path} must be a sound DICOM image{what}, however: {found}; convert it") from error
    finally:
        logger.setLevel(level)
