"""Writes images to a folder of PNG, DICOM or NIfTI files with a table of metadata, or to an ``.npz`` file, all or nothing."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa

from synthgan.errors import ConfigError, DataError
from synthgan.image.io.arrays import CLIPS, NPZ, PHYSICAL, STRUCTURES
from synthgan.image.io.kinds import kind_by_name
from synthgan.image.io.listing import FILE_NAME
from synthgan.image.io.scans import require
from synthgan.image.limits import LABEL, MASKS
from synthgan.io.atomic import new_folder, replacing
from synthgan.io.sidecar import write_beside
from synthgan.io.writers import write_table
from synthgan.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import TypeAlias

    from numpy.typing import NDArray

    from synthgan.image.masks import Masks
    from synthgan.image.physical import Physical

    Write: TypeAlias = Callable[[NDArray[Any], Path], None]

DIGITS = 7
PNG, DICOM, NIFTI = "png", "dicom", "nifti"
FORMATS = (PNG, NPZ[1:], DICOM, NIFTI)
_SUFFIXES = {PNG: ".png", DICOM: ".dcm", NIFTI: ".nii.gz"}
_PACKAGES = {DICOM: "pydicom", NIFTI: "nibabel"}
_DIMENSIONS_OF_VOLUMES = 5


class Images(Protocol):
    """What can be written: images, what is known of each, and what their numbers mean (see ``ImageRecords``)."""

    @property
    def pixels(self) -> NDArray[Any]:
        """``[n, height, width, channels]``, or ``[n, depth, height, width, 1]``."""

    @property
    def columns(self) -> Mapping[str, NDArray[Any]]:
        """``[n]`` each, by name."""

    @property
    def physical(self) -> Physical | None:
        """What the pixels mean; None where nobody knows."""

    @property
    def masks(self) -> Masks | None:
        """Which structure each pixel shows; None where nobody says."""

    @property
    def clips(self) -> bool:
        """Whether they are clips: pixels ``[n, time, height, width, channels]``."""

    def __len__(self) -> int:
        """How many there are."""


def write_images(
    batches: Iterable[Images],
    path: str | Path,
    format: str | None = None,  # noqa: A002 (what users call it)
    *,
    private: bool = False,
    origin: Mapping[str, Any] | None = None,
) -> int:
    """Write images, batch by batch; the file or folder appears whole or not at all.

    Args:
        batches: images of one kind.
        path: an ``.npz`` file to write (``images``, ``labels`` and the other columns; what pixels mean as JSON in
            ``physical``; ``masks``, and what they show in ``structures``; ``clips`` in the place of ``images``), or a folder to
            make: numbered files and
            ``metadata.parquet``, whose column ``file_name`` names them, with their masks under the same names in ``masks``.
        format: ``"npz"``; or what files of the folder are: ``"png"`` of 8 or 16 bits, ``"dicom"`` (Secondary Captures
            marked as synthetic) or ``"nifti"``. Clips are animated PNG, multi-frame DICOM or NIfTI of four dimensions. None takes
            what the path says, PNG for images, NIfTI for volumes, and for clips the format that they came in.
        private: whether a new file or folder is its owner's alone.
        origin: where synthetic images come from, as ``synthesizer.sample_origin_`` says it: ``metadata.parquet`` of a folder says it,
            too, and a file beside an ``.npz`` file.

    Returns:
        How many images were written.

    Raises:
        ConfigError: if there is no such format, or path and format contradict each other.
        DataError: if images cannot be written in that format, a package for it is not installed, the place cannot be
            written, or the folder is there already and not empty.
        ResourceError: if the disk is full.
    """
    path = Path(path)
    is_npz = path.suffix.lower() == NPZ
    if format is not None and format not in FORMATS:
        raise ConfigError(
            f"format must be one of {', '.join(FORMATS)}, however: {format!r}",
            remedy=did_you_mean(format, FORMATS),
            parameter="format",
        )
    if format is not None and is_npz != (format == NPZ[1:]):
        wanted = f"a file ending in {NPZ}" if format == NPZ[1:] else f"a folder without the ending {NPZ}"
        raise ConfigError(f"the format {format} must be written to {wanted}, however: {path}; name another output")
    if not is_npz and not path.is_dir() and kind_by_name(path.name) is not None:
        raise ConfigError(
            f"images must be written to a folder or an {NPZ} file, however: {path} is called like a file of one image; "
            f"leave its ending out"
        )
    if format in _PACKAGES:
        require(_PACKAGES[format], f"the format {format}")
    if is_npz:
        return _write_npz(batches, path, origin, private=private)
    return _write_folder(batches, path, format, origin, private=private)


def _write_npz(batches: Iterable[Images], path: Path, origin: Mapping[str, Any] | None, *, private: bool) -> int:
    parts = list(batches)
    pixels = np.concatenate([part.pixels for part in parts])
    clips = parts[0].clips
    plain = pixels.shape[-1] == 1 and (clips or pixels.ndim < _DIMENSIONS_OF_VOLUMES)
    arrays: dict[str, Any] = {CLIPS if clips else "images": pixels[..., 0] if plain else pixels}
    if parts[0].masks is not None:
        arrays[MASKS] = np.concatenate([part.masks.values() for part in parts if part.masks is not None])
        arrays[STRUCTURES] = np.array(parts[0].masks.structures.names)
    if parts[0].physical is not None:
        arrays[PHYSICAL] = np.array(json.dumps(parts[0].physical.as_json()))
    for name in parts[0].columns:
        called = "labels" if name == LABEL else name
        if called in arrays:
            raise DataError(f"{path}: a column must not be called {called!r}, however: one is; write a folder")
        arrays[called] = _plain(path, name, np.concatenate([part.columns[name] for part in parts]))
    with replacing(path, private=private) as temporary:
        with temporary.open("wb") as stream:
            np.savez_compressed(stream, **arrays)
        write_beside(path, temporary, origin, private=private)
    return len(pixels)


def _plain(path: Path, name: str, column: NDArray[Any]) -> NDArray[Any]:
    """A column as an array without objects, which an ``.npz`` file could only hold as code.

    Raises:
        DataError: if there is no such array.
    """
    if column.dtype != object:
        return column
    values = pa.array(column, from_pandas=True)
    plain = values.to_numpy(zero_copy_only=False)
    if plain.dtype == object and not values.null_count and pa.types.is_string(values.type):
        plain = plain.astype(str)
    if plain.dtype == object:
        raise DataError(
            f"{path}: column {name!r} must be numbers, dates or text without gaps in an .npz file, however: "
            f"{values.null_count:,} of {len(values):,} are missing; write a folder"
        )
    return plain


def _write_folder(
    batches: Iterable[Images], path: Path, form: str | None, origin: Mapping[str, Any] | None, *, private: bool
) -> int:
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise DataError(f"{path} must be a new folder, however: there is something already; name another, or remove it")
    first = next(rest := iter(batches), None)
    if first is None:
        raise DataError(f"{path} must be written from one batch of images or more, however: there is none")
    form, write = _writer(first, path, form)
    write_mask = _mask_writer(first, form)
    tables, done = [], 0
    with new_folder(path, private=private) as temporary:
        for batch in chain([first], rest):
            names = [f"{done + index:0{DIGITS}}{_SUFFIXES[form]}" for index in range(1, len(batch) + 1)]
            for name, pixels in zip(names, batch.pixels, strict=True):
                write(pixels, temporary / name)
            if batch.masks is not None:
                (temporary / MASKS).mkdir(exist_ok=True)
                for name, labels in zip(names, batch.masks.labels, strict=True):
                    write_mask(labels, temporary / MASKS / name)
            columns = {str(key): pa.array(column, from_pandas=True) for key, column in batch.columns.items()}
            tables.append(pa.table({FILE_NAME: names, **columns}))
            done += len(batch)
        write_table(tables, temporary / "metadata.parquet", origin=origin)
    return done


def _writer(records: Images, path: Path, form: str | None) -> tuple[str, Write]:
    """The format to write such images in, and what writes one.

    Raises:
        DataError: if they cannot be written in it.
    """
    volumes, physical = records.pixels.ndim == _DIMENSIONS_OF_VOLUMES, records.physical
    if records.clips:
        return _clip_writer(physical, form)
    form = form or (NIFTI if volumes else PNG)
    if volumes and form != NIFTI:
        raise DataError(
            f"{path}: volumes must be written as {NIFTI} or {NPZ[1:]}, however: {form}; choose one of these"
        )
    if records.pixels.shape[-1] != 1 and (form == NIFTI or (form == PNG and records.pixels.dtype == np.uint16)):
        what, others = ("", f"{PNG}, {DICOM}") if form == NIFTI else (" of 16 bits", NPZ[1:])
        raise DataError(
            f"{path}: images in colour{what} cannot be written as {form}, however: they are; choose {others}"
        )
    if form == NIFTI:
        require(_PACKAGES[form], f"the format {form}")
        from synthgan.image.io.nifti import write_nifti

        return form, lambda pixels, file: write_nifti(pixels, file, physical)
    if form == DICOM:
        from synthgan.image.io.dicom_writing import write_dicom

        run = secrets.token_hex(4).upper()  # so that the people of two folders are never taken for each other
        return form, lambda pixels, file: write_dicom(pixels, file, physical, f"SYN-{run}-{file.stem}")
    from synthgan.image.io.picture import write_picture

    return form, write_picture


def _clip_writer(physical: Physical | None, form: str | None) -> tuple[str, Write]:
    """The same of clips: without a format that which they came in, as only DICOM states a modality, and DICOM and NIfTI a spacing."""
    if form is None and physical is not None:
        form = DICOM if physical.modality else NIFTI if physical.spacing else None
    if form in (DICOM, NIFTI):
        require(_PACKAGES[form], f"the format {form}")
    if form == NIFTI:
        from synthgan.image.io.nifti import write_nifti

        return form, lambda pixels, file: write_nifti(pixels, file, physical, clip=True)
    if form == DICOM:
        from synthgan.image.io.dicom_writing import write_dicom

        run = secrets.token_hex(4).upper()
        return form, lambda pixels, file: write_dicom(pixels, file, physical, f"SYN-{run}-{file.stem}")
    from synthgan.image.io.picture import write_animation

    return PNG, lambda pixels, file: write_animation(pixels, file, physical.frame_ms if physical else None)


def _mask_writer(records: Images, form: str) -> Write:
    """What writes the mask of one image, in the format of images: DICOM as a segmentation."""
    if records.masks is None:
        return _nothing
    structures = records.masks.structures
    if records.clips and form == DICOM:
        raise DataError(
            f"masks of clips must be written as {NIFTI}, {PNG} or {NPZ[1:]}, however: {form}; choose another format"
        )
    if form == DICOM:
        from synthgan.image.io.segmentation import write_segmentation

        run = secrets.token_hex(4).upper()
        return lambda labels, file: write_segmentation(
            labels, file, records.physical, f"SYN-{run}-{file.stem}", structures
        )
    if form == NIFTI:
        from synthgan.image.io.nifti import write_nifti

        meaning = records.physical and replace(records.physical, slope=1.0, intercept=0.0, window=None)
        return lambda labels, file: write_nifti(
            structures.plain_of(labels)[..., None], file, meaning, clip=records.clips
        )
    from synthgan.image.io.picture import write_animation, write_picture

    if records.clips:
        time = records.physical.frame_ms if records.physical else None
        return lambda labels, file: write_animation(structures.plain_of(labels)[..., None], file, time)
    return lambda labels, file: write_picture(structures.plain_of(labels)[..., None], file)


def _nothing(labels: NDArray[Any], file: Path) -> None:
    """Where there are no masks."""
