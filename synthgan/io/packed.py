"""Opens compressed files as streams, for reading and for writing: gzip, bzip2, xz, and a zip file with one table in it."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import zipfile
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any, Final

from synthgan.errors import DataError
from synthgan.io.memory import check_memory
from synthgan.io.plain import BESIDE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MARKS: Final = {".gz": b"\x1f\x8b", ".bz2": b"BZh", ".xz": b"\xfd7zXZ\x00", ".zip": b"PK\x03\x04"}
NAMES: Final = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zip": "zip"}
DAMAGE: Final = (EOFError, lzma.LZMAError, zipfile.BadZipFile)
_OPEN: Final[dict[str, Callable[..., Any]]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_BLOCK: Final = 1 << 20
_LOCKED: Final = 0x1  # the flag of a member that only a password opens
NO_DATE: Final = (1980, 1, 1, 0, 0, 0)


def packing_of(name: str) -> str:
    """Gives the ending that says how a file is compressed, in lower case; "" where it is not.

    Example:
        >>> packing_of("visits.CSV.gz"), packing_of("visits.csv")
        ('.gz', '')
    """
    return next((ending for ending in MARKS if name.lower().endswith(ending)), "")


@contextmanager
def unpacked(path: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """A file as it is stored, and as it is unpacked: the very same where it is not compressed.

    Raises:
        DataError: a zip file holds no table, or several.
        OSError: it is locked by a password. While it is read, also what is in `DAMAGE`, zlib.error and OSError.
    """
    packing = packing_of(path.name)
    with path.open("rb") as stored:
        if not packing:
            yield stored, stored
        elif packing == ".zip":
            with zipfile.ZipFile(stored) as archive, archive.open(_only_member(archive, path)) as file:
                yield stored, file
        else:
            with _OPEN[packing](stored) as file:
                yield stored, file


def name_inside(path: Path) -> str:
    """Gives the name that the table has once unpacked: that of the member of a zip file, else the file's without an ending.

    Raises:
        DataError: a zip file holds no table, or several.
        zipfile.BadZipFile, OSError: it is damaged.
    """
    packing = packing_of(path.name)
    if packing != ".zip":
        return path.name[: len(path.name) - len(packing)]
    with zipfile.ZipFile(path) as archive:
        return Path(_only_member(archive, path).filename).name


def _only_member(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    """The one file that is neither hidden, nor what a Mac adds, nor says of another that its rows are synthetic."""
    found = [
        member
        for member in archive.infolist()
        if not member.is_dir() and not member.filename.startswith("__MACOSX/") and not _is_aside(member.filename)
    ]
    if len(found) != 1:
        shown = ", ".join(member.filename for member in found[:3]) or "none"
        raise DataError(f"{path} must hold one table, however: found {shown}; unpack it, and name one of its files")
    if found[0].flag_bits & _LOCKED:
        raise OSError("it is locked by a password")
    return found[0]


def _is_aside(name: str) -> bool:
    return name.rpartition("/")[2].startswith(".") or name.endswith(BESIDE)


@contextmanager
def unpacked_beside(path: Path) -> Iterator[Path]:
    """A file unpacked into a folder of its own, which is gone afterwards: for readers that go to and fro in a file.

    Raises:
        ResourceError: it would unpack to more than fits into memory.
        DataError, OSError: as `unpacked` does.
    """
    with TemporaryDirectory(prefix="synthgan-") as folder:
        inside = Path(folder) / name_inside(path)
        with unpacked(path) as (_, source), inside.open("wb") as target:
            size = 0
            while block := source.read(_BLOCK):
                size += len(block)
                check_memory(path, size)
                target.write(block)
        yield inside


@contextmanager
def packing(path: Path, ending: str) -> Iterator[IO[bytes]]:
    """A stream to write to, compressed as an ending says; in a zip file the table is called so, too: that of .zip alone is CSV.

    Args:
        path: where the file is written.
        ending: that of the file which this is to become: ".csv.xz", say. The date of a member says nothing, so that the same rows
            give the same bytes.
    """
    kind = packing_of(ending)
    with path.open("wb") as stored:
        if not kind:
            yield stored
        elif kind == ".gz":
            with gzip.GzipFile("", "wb", fileobj=stored, mtime=0) as file:
                yield file  # type: ignore[misc]
        elif kind == ".zip":
            member = zipfile.ZipInfo(f"table{ending.removesuffix(kind) or '.csv'}", NO_DATE)
            member.compress_type = zipfile.ZIP_DEFLATED
            with zipfile.ZipFile(stored, "w") as archive, archive.open(member, "w", force_zip64=True) as file:
                yield file
        else:
            with _OPEN[kind](stored, "wb") as file:
                yield file


def packed_from(source: Path, path: Path, ending: str) -> None:
    """Compresses a file that was written already."""
    with source.open("rb") as plain, packing(path, ending) as target:
        shutil.copyfileobj(plain, target)
