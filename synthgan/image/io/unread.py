"""Files of images for a private fit: none is opened before a curator owns them, and each is then read by itself alone.

Whatever lies in one file, or in one line of metadata, changes nothing but what becomes of it: it is compared with no other, it
stops nothing, and no message is about it.
"""

from __future__ import annotations

import json
import warnings
import zlib
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pyarrow as pa

from synthgan.errors import DataError
from synthgan.image.io.kinds import open_scan
from synthgan.image.io.listing import FILE_NAME, METADATA, file_of, files_below, visible_in
from synthgan.image.limits import LABEL, label_text
from synthgan.io.csvfile import read_texts
from synthgan.io.memory import check_memory
from synthgan.io.parquet import read_parquet_table
from synthgan.io.plain import plain_file
from synthgan.io.reasons import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from synthgan.image.frame import Frame
    from synthgan.image.io.scan import Scan
    from synthgan.image.resampling import Target

T = TypeVar("T")


class UnreadImages:
    """Files of images, with the class of each as text.

    Attributes:
        names: of the columns that tell of them; None where each line of metadata has its own.
        target: the size that each is brought to by itself; None takes them as they are.
    """

    __slots__ = ("_files", "_frames", "_labels", "names", "target")

    def __init__(
        self,
        files: Sequence[Path | None],
        labels: Sequence[object] | None,
        names: tuple[str, ...] | None,
        target: Target | None = None,
    ) -> None:
        """Keep the files; None stands for one that is not there, and for a label that is missing or no label."""
        self._files, self._labels, self.names, self.target = files, labels, names, target
        self._frames: dict[tuple[float, float] | None, list[Frame | None]] = {}

    def __len__(self) -> int:
        """How many images there are."""
        return len(self._files)

    def frames(self, declared: tuple[float, float] | None) -> list[Frame | None]:
        """The frame of each image by its header; None where it cannot be read."""
        if declared not in self._frames:
            self._frames[declared] = [
                _alone(file, lambda scan: self._brought(scan).frame(declared)) for file in self._files
            ]
        return self._frames[declared]

    def read(self, frame: Frame, declared: tuple[float, float] | None) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """The pixels of all images ``[n, *frame.shape]``, and which have this frame; all others are black."""
        assert frame.scale is not None  # noqa: S101 (a frame without a grid was refused)
        pixels = np.zeros((len(self), *frame.shape), frame.scale.dtype)
        fits = np.zeros(len(self), dtype=bool)
        for index, found in enumerate(self.frames(declared)):
            file = self._files[index]
            values = _alone(file, lambda scan: self._brought(scan).values()) if found == frame else None
            if values is not None and values.shape == frame.shape:
                pixels[index], fits[index] = frame.scale.onto(values), True
        return pixels, fits

    def _brought(self, scan: Scan) -> Scan:
        return scan if scan.clip else (scan if self.target is None else scan.brought(self.target)).checked()

    def labels(self) -> NDArray[Any] | None:
        """The class of each image, text or None, object ``[n]``; None where images are learned without."""
        return None if self._labels is None else np.array([label_text(label) for label in self._labels], dtype=object)


def list_unread(path: Path, condition: str | None, target: Target | None = None) -> UnreadImages:
    """The files of a folder, laid out as ``synthgan.image.io.reading.read_images`` takes it; none is opened.

    Args:
        path: a folder.
        condition: the column of the classes.
        target: the size that each image is brought to by itself.

    Raises:
        DataError: if there are no classes, two tables of metadata, or one that is damaged as a whole, names no files, or has a column
            of classes that is neither of text nor of whole numbers.
    """
    visible = visible_in(path)
    tables = [entry for entry in visible if entry.name in METADATA]
    if len(tables) > 1:
        raise DataError(f"{path} must hold one table of metadata, however: {tables[0].name} and {tables[1].name}")
    if tables:
        return _listed(path, tables[0], condition, target)
    files: list[Path] = []
    labels: list[str | None] = []
    for entry in visible:
        own = files_below(entry) if entry.is_dir() else [entry]
        files += own
        labels += [entry.name if entry.is_dir() else None] * len(own)
    if condition is not None and not any(entry.is_dir() for entry in visible):  # how a folder is laid out is public
        raise DataError(
            f"column {condition!r} must be there, however: {path} holds images without classes; put them into a folder for each "
            f"class, or into a single one, inside of it"
        )
    return UnreadImages(files, None if condition is None else labels, (LABEL,), target)


def _listed(path: Path, table: Path, condition: str | None, target: Target | None) -> UnreadImages:
    """The files that a table of metadata names, each once."""
    by_line = table.suffix == ".jsonl"
    columns = _lines(table, condition) if by_line else _columns(table, condition)
    names = None if by_line else tuple(name for name in columns if name != FILE_NAME)
    if FILE_NAME not in columns:
        raise DataError(f"{table} must have a column file_name, however: found {', '.join(columns) or 'none'}")
    root, seen = path.resolve(), set()
    files: list[Path | None] = []
    for name in columns[FILE_NAME]:
        file = _inside(root, name)
        files.append(None if file in seen else file)
        seen.add(file)
    missing: Sequence[object] = [None] * len(files)
    return UnreadImages(files, None if condition is None else columns.get(condition, missing), names, target)


def _inside(root: Path, name: object) -> Path | None:
    """A file of the folder; None where the name is of none."""
    try:
        file = file_of(root, name).resolve()
        return file if isinstance(name, str) and file.is_relative_to(root) and file.is_file() else None
    except (OSError, ValueError):
        return None


def _lines(table: Path, condition: str | None) -> dict[str, list[object]]:
    """What the lines of a file say; a line that says nothing stands for no image."""
    check_memory(table, plain_file(table))
    try:
        text = table.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise DataError(f"{table} must be a line of JSON for each image, however: {one_line(error)}") from error
    said = [_line(line) for line in text.split("\n") if line.strip()]
    names = [FILE_NAME] if condition is None else [FILE_NAME, condition]
    return {name: [line.get(name) for line in said] for name in names}


def _line(line: str) -> Mapping[str, object]:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _columns(table: Path, condition: str | None) -> dict[str, list[object]]:
    """The columns of a table that are needed, and the names of all others; CSV is text, Parquet has its types."""
    try:
        plain_file(table)
        read = read_texts(table) if table.suffix == ".csv" else read_parquet_table(table)
        read.validate(full=True)
    except (pa.ArrowException, OSError, EOFError, UnicodeError, zlib.error) as error:
        raise DataError(f"{table} must be a readable table, however: {one_line(error)}") from error
    columns: dict[str, list[object]] = {str(name): [] for name in read.column_names}
    for name in {FILE_NAME, condition} & set(columns):
        column = read.column(str(name))
        plain = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        kinds = (
            pa.types.is_string,
            pa.types.is_large_string,
            pa.types.is_integer,
            pa.types.is_boolean,
            pa.types.is_null,
        )
        if not any(is_kind(plain) for is_kind in kinds):
            raise DataError(f"column {name!r} must be text or whole numbers, however: it is {plain}; make it classes")
        columns[str(name)] = column.to_pylist()
    return columns


def _alone(file: Path | None, look: Callable[[Scan], T]) -> T | None:
    """What is seen in one file; None where there is none, or it cannot be read for whatever reason."""
    try:
        if file is None or not file.is_file():  # a FIFO would wait
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they would tell of this file
            return look(open_scan(file))
    except Exception:  # noqa: BLE001 (an image must not tell of itself by how it fails)
        return None
