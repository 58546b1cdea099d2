"""Which files of a folder are images, and what is known of each: by a folder for each class, or by a table of metadata."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from synthgan.data.containers.raw import first_repeated
from synthgan.errors import DataError
from synthgan.image.io.kinds import is_image
from synthgan.image.limits import LABEL, MASKS
from synthgan.io.memory import check_memory
from synthgan.io.plain import plain_file
from synthgan.io.readers import read_table
from synthgan.io.reasons import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
FILE_NAME = "file_name"
_OF_WINDOWS = ("thumbs.db", "desktop.ini")  # hidden there, as names with a dot are elsewhere
_OF_CLASSES = 2  # names of a path: the folder of a class, and the file
_PARTS = ("train", "training", "test", "testing", "val", "valid", "validation")
_MAX_NAMES = 3  # of files that are no images, in a note


class Listed(NamedTuple):
    """The images of a folder.

    Attributes:
        files: theirs.
        columns: what is known of each, ``[n]`` by name.
        notes: which files are no images.
    """

    files: list[Path]
    columns: dict[str, NDArray[Any]]
    notes: tuple[str, ...] = ()


def list_images(path: Path) -> Listed:
    """The images of a folder, laid out as ``synthgan.image.io.reading.read_images`` takes it; no pixel is looked at.

    Raises:
        DataError: if there are none, or files and metadata do not belong together.
    """
    visible = visible_in(path, MASKS)
    tables = [entry for entry in visible if entry.name in METADATA]
    if len(tables) > 1:
        raise DataError(f"{path} must hold one table of metadata, however: {tables[0].name} and {tables[1].name}")
    return _by_table(path, tables[0]) if tables else _by_class(path, visible)


def visible_in(folder: Path, *others: str) -> list[Path]:
    """What a folder shows, in the order of names, but for ``others``."""
    hidden = (*_OF_WINDOWS, *others)
    return sorted(
        entry for entry in folder.iterdir() if not entry.name.startswith(".") and entry.name.lower() not in hidden
    )


def files_below(folder: Path) -> list[Path]:
    """All files that a folder and those in it show, in the order of names."""
    found: list[Path] = []
    for entry in visible_in(folder):
        found += files_below(entry) if entry.is_dir() and not entry.is_symlink() else [entry]
    return found


def file_of(path: Path, name: object) -> Path:
    """The file of a folder that metadata name; where there is none, that which Windows finds, where a backslash parts folders."""
    file = path / str(name)
    return file if file.exists() else path / str(name).replace("\\", "/")


def _by_class(path: Path, visible: list[Path]) -> Listed:
    """A folder for each class; or images without classes."""
    if not visible:
        raise DataError(f"{path} must hold images, however: the folder is empty")
    folders = [entry for entry in visible if entry.is_dir()]
    stray = [entry for entry in visible if not entry.is_dir()]
    images = [entry for entry in stray if is_image(entry)]
    if images and not folders:
        return Listed(images, {}, _no_images(path, stray, images))
    if images or not folders:
        found = (images or stray)[0].name
        raise DataError(
            f"{path} must hold a folder for each class, however: found the file {found!r}; sort images into folders, "
            f"or list them in metadata.csv with the columns file_name and label"
        )
    files, labels = [], []
    for folder in folders:
        inside = files_below(folder)
        if not inside:
            raise DataError(f"{folder} must hold images, however: the folder is empty")
        files += inside
        labels += [folder.name] * len(inside)
    deep = sum(len(file.relative_to(path).parts) > _OF_CLASSES for file in files)
    if deep and all(folder.name.lower() in _PARTS for folder in folders):
        raise DataError(
            f"{path} must hold a folder for each class, however: {folders[0].name!r} is a part of a data set; name that folder, "
            f"one level down"
        )
    said = (
        (f"{path}: {deep:,} images lie in folders inside of those of the classes, which tell nothing",) if deep else ()
    )
    return Listed(files, {LABEL: np.array(labels)}, (*_no_images(path, stray, images), *said))


def _no_images(path: Path, files: Sequence[Path], images: Sequence[Path]) -> tuple[str, ...]:
    """A line about files of a folder that are no images."""
    others = [file.relative_to(path).as_posix() for file in files if file not in images]
    more = f" and {len(others) - _MAX_NAMES:,} more" if len(others) > _MAX_NAMES else ""
    return (f"{path}: no images, and not read: {', '.join(others[:_MAX_NAMES])}{more}",) if others else ()


def _by_table(path: Path, table: Path) -> Listed:
    """The images that a table of metadata lists, in its order, however it names them: a file is known by where it lies."""
    columns = _read_metadata(table)
    names = columns.pop(FILE_NAME, None)
    if names is None:
        raise DataError(f"{table} must have a column file_name, however: found {', '.join(columns) or 'none'}")
    files, root = [], path.resolve()
    for name in map(str, names):
        file = file_of(path, name)
        if not file.resolve().is_relative_to(root):
            raise DataError(f"{table} must name files of its own folder, however: {name!r} lies outside")
        if not file.is_file():
            raise DataError(f"{table} must name images that are there, however: there is no file {name!r}")
        files.append(file)
    known = [file.resolve() for file in files]
    if len(set(known)) < len(known):
        twice = first_repeated(known)
        raise DataError(f"{table} must name each image once, however: {twice.name!r} stands there twice")
    return Listed(files, columns, _unlisted(path, table, {*known, table.resolve()}))


def _unlisted(path: Path, table: Path, listed: set[Path]) -> tuple[str, ...]:
    """A line about files that are no images, beside those that a table lists.

    Raises:
        DataError: if there is an image that it does not list.
    """
    there = [file for file in path.rglob("*") if file.is_file() and file.resolve() not in listed]
    there = [file for file in there if not file.name.startswith(".") and file.name.lower() not in _OF_WINDOWS]
    there = sorted(file for file in there if file.relative_to(path).parts[0] != MASKS)
    images = [file for file in there if is_image(file)]
    if images:
        raise DataError(
            f"{table} must name every image of its folder, however: {images[0].relative_to(path)} is missing "
            f"({len(images):,} are); add or move them"
        )
    return _no_images(path, there, images)


def _read_metadata(table: Path) -> dict[str, NDArray[Any]]:
    if table.suffix != ".jsonl":
        frame: Any = read_table(table)
        frame = frame.to_pandas() if hasattr(frame, "to_pandas") else frame
        return {str(name): frame[name].to_numpy() for name in frame.columns}
    check_memory(table, plain_file(table))
    try:
        text = table.read_text(encoding="utf-8-sig")
        # Of all that ends a line elsewhere, JSON allows most inside of texts.
        lines = [json.loads(line) for line in text.split("\n") if line.strip()]
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{table} must be a line of JSON for each image, however: {one_line(error)}") from error
    stray = next((place for place, line in enumerate(lines, 1) if not isinstance(line, dict)), None)
    if stray is not None or not lines:
        found = "there is none" if stray is None else f"line {stray:,} is no object"
        raise DataError(f"{table} must be a JSON object with names for each image, however: {found}; write one a line")
    nested = next((name for line in lines for name, value in line.items() if isinstance(value, (list, dict))), None)
    if nested is not None:
        raise DataError(f"{table} must hold single values, however: {nested!r} holds a list or an object; leave it out")
    # What a line does not say is missing there.
    return {
        name: np.array([line.get(name) for line in lines])
        for name in dict.fromkeys(name for line in lines for name in line)
    }
