"""Reads images and their labels: a folder for each class, a folder with a table of metadata, or an ``.npz`` file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.containers.raw import first_repeated
from synthgan.errors import DataError
from synthgan.image.io.archive import read_archive
from synthgan.image.io.scans import read_scans, require
from synthgan.image.limits import LABEL
from synthgan.image.physical import Physical
from synthgan.io.memory import check_memory
from synthgan.io.plain import is_folder, plain_file
from synthgan.io.readers import read_table
from synthgan.io.reasons import one_line, reason_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from synthgan.image.io.scans import Scan

    Read = tuple[NDArray[Any], dict[str, NDArray[Any]], Physical | None]

METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
FILE_NAME = "file_name"
NPZ = ".npz"
PHYSICAL = "physical"  # the array of an .npz that holds what pixels mean, as JSON
_PAIRS = (("train_images", "train_labels"), ("images", "labels"))
_OTHER_PARTS = ("val_", "test_")
_PICTURE, _DICOM, _NIFTI = "PNG or JPEG", "DICOM", "NIfTI"
_KINDS = {(".png", ".jpg", ".jpeg"): _PICTURE, (".dcm",): _DICOM, (".nii", ".nii.gz"): _NIFTI}
_DICOM_MARK, _DICOM_MARK_AT = b"DICM", 128


def read_images(path: str | Path) -> Read:
    """Read images with their labels.

    Args:
        path: one of

            * a folder that holds a folder for each class, with the class's files in it: PNG and JPEG, or DICOM, or NIfTI;
            * a folder of such files with ``metadata.csv``, ``.jsonl`` or ``.parquet``, whose column ``file_name``
              names each of them and whose other columns tell of it;
            * an ``.npz`` file with ``train_images`` and ``train_labels`` (as MedMNIST has it, whose other parts are left
              alone) or ``images`` and ``labels``; further arrays with a value for each image become columns.

    Returns:
        pixels, uint8 or uint16 ``[n, height, width, channels]`` or ``[n, depth, height, width, 1]``; columns by name, each
        ``[n]``; and what pixels mean, where files say so.

    Raises:
        DataError: if there is nothing there to read, a file is damaged, images differ in size or kind, or images and
            labels do not belong together; the message names the file.
    """
    path = Path(path)
    if path.suffix.lower() == NPZ and not is_folder(path):
        return _read_npz(path)
    if not is_folder(path):
        found = "a file" if path.exists() else "nothing there"
        raise DataError(f"{path} must be a folder of images or an .npz file, however: found {found}; check the path")
    visible = sorted(entry for entry in path.iterdir() if not entry.name.startswith("."))
    tables = [entry for entry in visible if entry.name in METADATA]
    if len(tables) > 1:
        raise DataError(f"{path} must hold one table of metadata, however: {tables[0].name} and {tables[1].name}")
    return _read_listed(path, tables[0]) if tables else _read_classes(path, visible)


def _read_classes(path: Path, visible: list[Path]) -> Read:
    """A folder for each class."""
    if not visible:
        raise DataError(f"{path} must hold images, however: the folder is empty")
    stray = next((entry for entry in visible if not entry.is_dir()), None)
    if stray is not None:
        raise DataError(
            f"{path} must hold a folder for each class, however: found the file {stray.name!r}; sort images into folders, "
            f"or list them in metadata.csv with the columns file_name and label"
        )
    files, labels = [], []
    for folder in visible:
        inside = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
        if not inside:
            raise DataError(f"{folder} must hold images, however: the folder is empty")
        files += inside
        labels += [folder.name] * len(inside)
    pixels, physical = _read_files(files)
    return pixels, {LABEL: np.array(labels)}, physical


def _read_listed(path: Path, table: Path) -> Read:
    """The images that a table of metadata lists, in its order."""
    columns = _read_metadata(table)
    names = columns.pop(FILE_NAME, None)
    if names is None:
        raise DataError(f"{table} must have a column file_name, however: found {', '.join(columns) or 'none'}")
    files, root = [], path.resolve()
    for name in names:
        file = path / str(name)
        if not file.resolve().is_relative_to(root):
            raise DataError(f"{table} must name files of its own folder, however: {name!r} lies outside")
        if not file.is_file():
            raise DataError(f"{table} must name images that are there, however: there is no file {name!r}")
        files.append(file)
    if len(set(files)) < len(files):
        twice = first_repeated(files)
        raise DataError(f"{table} must name each image once, however: {twice.name!r} stands there twice")
    present = {file for file in path.rglob("*") if file.is_file() and not file.name.startswith(".")}
    unlisted = sorted(present - set(files) - {table})
    if unlisted:
        raise DataError(
            f"{table} must name every image of its folder, however: {unlisted[0].relative_to(path)} is missing "
            f"({len(unlisted):,} are); add or move them"
        )
    pixels, physical = _read_files(files)
    return pixels, columns, physical


def _read_metadata(table: Path) -> dict[str, NDArray[Any]]:
    if table.suffix != ".jsonl":
        frame: Any = read_table(table)
        frame = frame.to_pandas() if hasattr(frame, "to_pandas") else frame
        return {str(name): frame[name].to_numpy() for name in frame.columns}
    check_memory(table, plain_file(table))
    try:
        lines = [json.loads(line) for line in table.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{table} must be a line of JSON for each image, however: {one_line(error)}") from error
    if not lines or not all(isinstance(line, dict) and line.keys() == lines[0].keys() for line in lines):
        raise DataError(f"{table} must be a line of JSON for each image with the same names, however: it is not")
    nested = next((name for line in lines for name, value in line.items() if isinstance(value, (list, dict))), None)
    if nested is not None:
        raise DataError(f"{table} must hold single values, however: {nested!r} holds a list or an object; leave it out")
    return {name: np.array([line[name] for line in lines]) for name in lines[0]}


def _read_files(files: Sequence[Path]) -> tuple[NDArray[Any], Physical | None]:
    """Files of the first one's kind."""
    for file in files:
        plain_file(file, "an image")
    kind = _kind(files[0])
    for file in files:
        if _kind(file) != kind:
            raise DataError(
                f"{file} must be {kind} like the first image, however: it is {_kind(file)}; keep to one kind"
            )
    if kind == _PICTURE:
        return _read_pictures(files), None
    return read_scans(files, _opener(kind, files[0]))


def open_scan(file: Path) -> Scan:
    """The header of a file of any kind; no pixel is decoded.

    Raises:
        DataError: if it is no image that can be learned.
    """
    return _opener(_kind(file), file)(file)


def _opener(kind: str, file: Path) -> Callable[[Path], Scan]:
    """What opens files of a kind, of which this is one."""
    if kind == _DICOM:
        require("pydicom", file)
        from synthgan.image.io.dicom import open_dicom

        return open_dicom
    if kind == _NIFTI:
        require("nibabel", file)
        from synthgan.image.io.nifti import open_nifti

        return open_nifti
    from synthgan.image.io.picture import scan_of_picture

    return scan_of_picture


def _kind(file: Path) -> str:
    """What a file is, by its ending; one that has none, or a strange one, may still begin as DICOM does."""
    name = file.name.lower()
    for suffixes, kind in _KINDS.items():
        if name.endswith(suffixes):
            return kind
    try:
        with file.open("rb") as stream:
            head = stream.read(_DICOM_MARK_AT + len(_DICOM_MARK))
    except OSError as error:
        raise DataError(f"{file} must be an image, however: {reason_of(error)}") from error
    if head[_DICOM_MARK_AT:] == _DICOM_MARK:
        return _DICOM
    known = ", ".join(suffix for suffixes in _KINDS for suffix in suffixes)
    raise DataError(f"{file} must be an image ending in {known}, however: {file.name!r} is none")


def _read_pictures(files: Sequence[Path]) -> NDArray[Any]:
    from synthgan.image.io.picture import open_picture, read_picture

    size, mode = open_picture(files[0])
    first = read_picture(files[0], size, mode)
    check_memory(files[0].parent, len(files) * first.nbytes)
    pixels = np.empty((len(files), *first.shape), dtype=first.dtype)
    for index, file in enumerate(files):
        pixels[index] = read_picture(file, size, mode)
    return pixels


def _read_npz(path: Path) -> Read:
    return _from_arrays(path, read_archive(path, lambda name: not name.startswith(_OTHER_PARTS)))


def _from_arrays(path: Path, arrays: dict[str, NDArray[Any]]) -> Read:
    found = ", ".join(arrays) or "none"
    wanted = next((pair for pair in _PAIRS if set(pair) & set(arrays)), None)
    if wanted is None:
        raise DataError(f"{path} must hold the arrays images and labels, however: found {found}")
    for name in wanted:
        if name not in arrays:
            raise DataError(f"{path} must hold {name} beside {set(wanted) - {name}}, however: found {found}")
    pixels, labels = (arrays.pop(name) for name in wanted)
    meaning = arrays.get(PHYSICAL, np.empty(1))
    if labels.ndim == 2 and labels.shape[1] == 1:  # noqa: PLR2004 (as MedMNIST stores them)
        labels = labels[:, 0]
    if not pixels.ndim or labels.shape != pixels.shape[:1]:
        raise DataError(
            f"{path} must hold one label for each image, however: {wanted[1]} is of shape {list(labels.shape)} "
            f"and {wanted[0]} of {list(pixels.shape)}"
        )
    columns = {LABEL: labels} | {name: column for name, column in arrays.items() if column.shape == labels.shape}
    if meaning.ndim or meaning.dtype.kind != "U":
        return pixels, columns, None
    try:
        return pixels, columns, Physical.from_json(json.loads(str(meaning)))
    except (TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{path} must say in {PHYSICAL!r} what pixels mean, however: {one_line(error)}") from error
