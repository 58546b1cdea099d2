"""Which kind of image a file holds, and what opens it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthgan.errors import DataError
from synthgan.image.io.scans import require
from synthgan.io.plain import plain_file
from synthgan.io.reasons import reason_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from synthgan.image.io.scan import Scan

PICTURE, DICOM, VOLUME = "a picture (PNG, JPEG, …)", "DICOM", "a volume (NIfTI, …)"
_OF_PICTURES = ".png .jpg .jpeg .jpe .gif .tif .tiff .bmp .webp .jp2 .j2k .ppm .pgm .pbm .pnm .tga .pcx .sgi"
ENDINGS = {
    tuple(_OF_PICTURES.split()): PICTURE,
    (".dcm", ".dicom", ".ima"): DICOM,
    (".nii", ".nii.gz", ".mgh", ".mgz", ".mgh.gz", ".mnc", ".mnc.gz"): VOLUME,
}
_DICOM_MARK, _DICOM_MARK_AT = b"DICM", 128


def kind_by_name(name: str) -> str | None:
    """What a file is called like; None where its ending is none of those of images.

    Example:
        >>> kind_by_name("a.NII.gz"), kind_by_name("scans")
        ('a volume (NIfTI, …)', None)
    """
    return next((kind for endings, kind in ENDINGS.items() if name.lower().endswith(endings)), None)


def stem_of(name: str) -> str:
    """A name without the ending of an image.

    Example:
        >>> stem_of("ill/001.nii.gz"), stem_of("IM.7")
        ('ill/001', 'IM.7')
    """
    found = [ending for endings in ENDINGS for ending in endings if name.lower().endswith(ending)]
    return name[: len(name) - max(map(len, found), default=0)]


def is_image(file: Path) -> bool:
    """Whether a file is called like an image, or begins as DICOM does."""
    return kind_by_name(file.name) is not None or _begins_as_dicom(file)


def kind_of(file: Path) -> str:
    """What a file is, by its ending; one that has none, or a strange one, may still begin as DICOM does.

    Raises:
        DataError: if it is no image.
    """
    kind = kind_by_name(file.name)
    if kind is not None:
        return kind
    if _begins_as_dicom(file):
        return DICOM
    known = ", ".join(ending for endings in ENDINGS for ending in endings)
    raise DataError(f"{file} must be an image ending in {known}, however: {file.name!r} is none")


def _begins_as_dicom(file: Path) -> bool:
    """Whether the mark of DICOM stands in a file.

    Raises:
        DataError: if it cannot be read.
    """
    try:
        plain_file(file, "an image")  # a FIFO would wait
        with file.open("rb") as stream:
            return stream.read(_DICOM_MARK_AT + len(_DICOM_MARK))[_DICOM_MARK_AT:] == _DICOM_MARK
    except OSError as error:
        raise DataError(f"{file} must be an image, however: {reason_of(error)}") from error


def open_scan(file: Path) -> Scan:
    """The header of a file of any kind; no pixel is decoded.

    Raises:
        DataError: if it is no image that can be learned.
    """
    return opener_of(kind_of(file), file)(file)


def opener_of(kind: str, file: Path) -> Callable[[Path], Scan]:
    """What opens files of a kind, of which this is one.

    Raises:
        DataError: if the package that reads them is not installed.
    """
    if kind == DICOM:
        require("pydicom", file)
        from synthgan.image.io.dicom import open_dicom

        return open_dicom
    if kind == VOLUME:
        require("nibabel", file)
        from synthgan.image.io.nifti import open_nifti

        return open_nifti
    from synthgan.image.io.picture import scan_of_picture

    return scan_of_picture
