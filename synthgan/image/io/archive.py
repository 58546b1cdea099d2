"""Reads the arrays of an ``.npz`` file, each of which is as large as it says before memory is taken for it."""

from __future__ import annotations

import math
import zipfile
from typing import TYPE_CHECKING, Any

from numpy.lib import format as npy

from synthgan.errors import DataError, SynthganError
from synthgan.io.memory import check_memory
from synthgan.io.plain import plain_file
from synthgan.io.reasons import one_line, reason_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import IO

    from numpy.typing import NDArray

_ENDING = ".npy"
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read_archive(path: Path, wanted: Callable[[str], bool]) -> dict[str, NDArray[Any]]:
    """Reads arrays by name; nothing in the file can run code.

    Args:
        path: the file.
        wanted: says of a name whether its array is to be read.

    Raises:
        DataError: it is no sound archive of plain arrays.
        ResourceError: its arrays do not fit into memory.
    """
    plain_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            parts = {part.filename.removesuffix(_ENDING): part for part in archive.infolist()}
            parts = {name: part for name, part in parts.items() if part.filename.endswith(_ENDING) and wanted(name)}
            # Unpacked and taken apart: columns of a table come on top, but they are small.
            check_memory(path, sum(part.file_size for part in parts.values()))
            return {name: _read(archive, part) for name, part in parts.items()}
    except SynthganError:
        raise
    except OSError as error:
        raise _unreadable(path, reason_of(error)) from error
    except MemoryError as error:
        raise _unreadable(path, "an array does not fit into memory") from error
    except (
        Exception
    ) as error:  # a hostile or damaged file: numpy and zipfile raise anything, down to tokenize.TokenError
        raise _unreadable(path, one_line(error)) from error


def _read(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> NDArray[Any]:
    with archive.open(part) as stream:
        _check_header(stream, part)
    with archive.open(part) as stream:
        array: NDArray[Any] = npy.read_array(stream, allow_pickle=False)
        while stream.read(1 << 16):  # to the end, where the checksum is looked at
            pass
        return array


def _check_header(stream: IO[bytes], part: zipfile.ZipInfo) -> None:
    """Sees that an array is as large as its part of the archive: numpy takes memory for what the header says."""
    version = npy.read_magic(stream)
    if version not in _HEADERS:
        raise ValueError(f"{part.filename} is of an unknown version")
    shape, _, dtype = _HEADERS[version](stream)
    if any(side < 0 for side in shape) or math.prod(shape) * dtype.itemsize + stream.tell() != part.file_size:
        raise ValueError(f"{part.filename} does not hold what its header says")


def _unreadable(path: Path, reason: str) -> DataError:
    return DataError(f"{path} must be a readable .npz of plain arrays, however: {reason}")
