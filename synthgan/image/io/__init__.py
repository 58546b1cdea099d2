"""Files of images in and out: PNG, JPEG, DICOM, NIfTI, npz."""
