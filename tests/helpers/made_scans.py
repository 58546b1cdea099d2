"""DICOM and NIfTI files made by hand; every DICOM file carries a name that must never be seen again."""

from __future__ import annotations

import warnings

import nibabel
import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

SENTINEL = "Sentinel"
SOURCE_ROOT = "1.2.826.0.1.3680043.9.7777."


def make_dicom(path, numbers, *, bits=16, signed=False, syntax=ExplicitVRLittleEndian, data=None, **attributes):
    """Writes a file; ``numbers`` are what is stored, attributes go over those of an ordinary CT slice, None removes one."""
    numbers = np.asarray(numbers)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CTImageStorage, SOURCE_ROOT + "3"
    meta.TransferSyntaxUID = syntax
    file = FileDataset(str(path), {}, file_meta=meta, preamble=bytes(128))
    file.SOPClassUID, file.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    file.StudyInstanceUID, file.SeriesInstanceUID = SOURCE_ROOT + "1", SOURCE_ROOT + "2"
    file.PatientName, file.PatientID, file.InstitutionName = f"{SENTINEL}^Zoe", f"{SENTINEL}77", f"{SENTINEL} clinic"
    file.private_block(0x0011, SENTINEL, create=True).add_new(1, "LO", f"{SENTINEL} private")
    file.Modality, file.PhotometricInterpretation = "CT", "MONOCHROME2"
    allocated = 8 * (1 if bits <= 8 else 2 if bits <= 16 else 4)
    file.BitsAllocated, file.BitsStored, file.HighBit = allocated, bits, bits - 1
    file.PixelRepresentation = int(signed)
    colour = numbers.ndim == 3 and numbers.shape[-1] == 3
    file.Rows, file.Columns = numbers.shape[-3:-1] if colour else numbers.shape[-2:]
    file.SamplesPerPixel = 3 if colour else 1
    if colour:
        file.PhotometricInterpretation, file.PlanarConfiguration = "RGB", 0
    file.PixelData = numbers.astype(f"<u{allocated // 8}").tobytes() if data is None else data
    file["PixelData"].VR = "OW" if allocated > 8 else "OB"
    file["PixelData"].is_undefined_length = syntax.is_compressed
    for keyword, value in attributes.items():
        setattr(file, keyword, value)
        if value is None:
            delattr(file, keyword)
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some of these files are meant to be bad
        file.save_as(path, enforce_file_format=False)
    return path


def item(**attributes):
    """An item of a sequence."""
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def make_nifti(path, numbers, *, affine=None, slope=None, inter=0.0, units="mm"):
    """Writes voxels as they are to be stored, ``[x, y, z]``."""
    image = nibabel.Nifti1Image(numbers, np.diag([2.0, 3, 4, 1]) if affine is None else affine)
    image.header.set_xyzt_units(units)
    image.header.set_slope_inter(1.0 if slope is None else slope, inter)
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(image, path)
    return path
