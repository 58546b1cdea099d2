"""Reads images and their labels: a folder for each class, a folder with a table of metadata, or an ``.npz`` file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.containers.raw import first_repeated, index_names
from synthgan.errors import DataError
from synthgan.image.clips import NO_MASKS
from synthgan.image.io.arrays import NPZ, read_npz
from synthgan.image.io.kinds import kind_of, opener_of, stem_of
from synthgan.image.io.masks import read_masks
from synthgan.image.io.scans import read_scans
from synthgan.image.limits import LABEL, MASKS
from synthgan.io.memory import check_memory
from synthgan.io.plain import is_folder, plain_file
from synthgan.io.readers import read_table
from synthgan.io.reasons import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from synthgan.image.io.arrays import Read
    from synthgan.image.io.scans import ReadScans
    from synthgan.image.resampling import Target

METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
FILE_NAME = "file_name"


def read_images(path: str | Path, target: Target | None = None, frames: int | None = None) -> Read:
    """Read images with their labels.

    Args:
        path: one of

            * a folder that holds a folder for each class, with the class's files in it: PNG and JPEG, or DICOM, or NIfTI;
            * a folder of such files with ``metadata.csv``, ``.jsonl`` or ``.parquet``, whose column ``file_name``
              names each of them and whose other columns tell of it;
            * an ``.npz`` file with ``train_images`` and ``train_labels`` (as MedMNIST has it, whose other parts are left
              alone) or ``images`` and ``labels``; masks are ``train_masks`` or ``masks``, and ``structures`` names what they
              show; further arrays with a value for each image become columns. Labels
              ``[n, k]``, several at once, become the columns ``label_0``, ``label_1``, …
            In a folder, the folder ``masks`` holds a mask for each image; see ``synthgan.image.io.masks``.
        target: the size that images in files are brought to, which may then be of any; None takes them as they are.
        frames: of each clip in files; None takes as many as the shortest has, 16 at most.

    Returns:
        pixels, uint8 or uint16 ``[n, height, width, channels]`` or ``[n, depth, height, width, 1]``; columns by name, each
        ``[n]``; what pixels mean, where files say so; what each image is called, where it has a file of its own; notes of what
        was not taken; how images were brought to their size; their masks, where they have some; and whether they are clips.

    Raises:
        DataError: if there is nothing there to read, a file is damaged, images differ in size or kind, or images and
            labels do not belong together; the message names the file.
    """
    path = Path(path)
    if path.suffix.lower() == NPZ and not is_folder(path):
        return read_npz(path)
    if not is_folder(path):
        found = "a file" if path.exists() else "nothing there"
        raise DataError(f"{path} must be a folder of images or an .npz file, however: found {found}; check the path")
    visible = sorted(entry for entry in path.iterdir() if not entry.name.startswith(".") and entry.name != MASKS)
    tables = [entry for entry in visible if entry.name in METADATA]
    if len(tables) > 1:
        raise DataError(f"{path} must hold one table of metadata, however: {tables[0].name} and {tables[1].name}")
    files, columns = _list_files(path, tables[0]) if tables else _list_classes(path, visible)
    read = _read_files(files, target, frames)
    box = tuple(int(side) for side in read.pixels.shape[1:-1])
    masks, said = (None, ()) if read.clips else read_masks(path, files, read.sides, read.fits, box)
    if read.clips and (path / MASKS).is_dir():
        said = (NO_MASKS,)
    root = path.resolve()
    names = [stem_of(file.resolve().relative_to(root).as_posix()) for file in files]
    return read.pixels, columns, read.physical, np.array(names), (*read.notes, *said), read.fit, masks, read.clips


def _list_classes(path: Path, visible: list[Path]) -> tuple[list[Path], dict[str, NDArray[Any]]]:
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
    return files, {LABEL: np.array(labels)}


def _list_files(path: Path, table: Path) -> tuple[list[Path], dict[str, NDArray[Any]]]:
    """The images that a table of metadata lists, in its order, however it names them: a file is known by where it lies."""
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
    known = [file.resolve() for file in files]
    if len(set(known)) < len(known):
        twice = first_repeated(known)
        raise DataError(f"{table} must name each image once, however: {twice.name!r} stands there twice")
    present = {file: file.resolve() for file in path.rglob("*") if file.is_file() and not file.name.startswith(".")}
    present = {file: own for file, own in present.items() if file.relative_to(path).parts[0] != MASKS}
    listed = {*known, table.resolve()}
    unlisted = sorted(file for file, own in present.items() if own not in listed)
    if unlisted:
        raise DataError(
            f"{table} must name every image of its folder, however: {unlisted[0].relative_to(path)} is missing "
            f"({len(unlisted):,} are); add or move them"
        )
    return files, columns


def _read_metadata(table: Path) -> dict[str, NDArray[Any]]:
    if table.suffix != ".jsonl":
        frame: Any = read_table(table)
        frame = frame.to_pandas() if hasattr(frame, "to_pandas") else frame
        frame = frame.reset_index(level=index_names(frame)) if index_names(frame) else frame
        return {str(name): frame[name].to_numpy() for name in frame.columns}
    check_memory(table, plain_file(table))
    try:
        text = table.read_text(encoding="utf-8-sig")
        # Of all that ends a line elsewhere, JSON allows most inside of texts.
        lines = [json.loads(line) for line in text.split("\n") if line.strip()]
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{table} must be a line of JSON for each image, however: {one_line(error)}") from error
    if not lines or not all(isinstance(line, dict) and line.keys() == lines[0].keys() for line in lines):
        raise DataError(f"{table} must be a line of JSON for each image with the same names, however: it is not")
    nested = next((name for line in lines for name, value in line.items() if isinstance(value, (list, dict))), None)
    if nested is not None:
        raise DataError(f"{table} must hold single values, however: {nested!r} holds a list or an object; leave it out")
    return {name: np.array([line[name] for line in lines]) for name in lines[0]}


def _read_files(files: Sequence[Path], target: Target | None, frames: int | None) -> ReadScans:
    """Files of the first one's kind."""
    for file in files:
        plain_file(file, "an image")
    kind = kind_of(files[0])
    for file in files:
        if kind_of(file) != kind:
            raise DataError(
                f"{file} must be {kind} like the first image, however: it is {kind_of(file)}; keep to one kind"
            )
    return read_scans(files, opener_of(kind, files[0]), target, frames)
