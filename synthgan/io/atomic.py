"""Writes files whole or not at all: beside their place, flushed to the disk, then renamed into it."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from synthgan.errors import DataError, ModelFileError, ResourceError
from synthgan.io.reasons import is_folder, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_TRIAL_BYTES: Final = 4096


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Lends a new file beside `path`, which it becomes at the end; on any failure it is removed.

    Raises:
        DataError: the path cannot be written.
        ResourceError: the disk is full.
    """
    with _beside([path], DataError) as (temporary,):
        yield temporary


def write_files(contents: Mapping[Path, str | bytes], *, kind: type[DataError | ModelFileError] = DataError) -> None:
    """Writes files that belong together; where one cannot be written, what stood there before stays in all places.

    Args:
        contents: what each file is to hold; text is written in UTF-8.
        kind: the error that a path that cannot be written is to raise.

    Raises:
        DataError, ModelFileError: a path cannot be written.
        ResourceError: the disk is full.
    """
    with _beside(list(contents), kind) as temporaries:
        for temporary, (path, content) in zip(temporaries, contents.items(), strict=True):
            try:
                temporary.write_bytes(content.encode() if isinstance(content, str) else content)
            except OSError as error:
                raise refused(path, error, kind) from error


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Lends a new folder beside `path`, which it becomes at the end with all its files; on any failure it is removed.

    Raises:
        DataError: the path cannot be written, or something stands there that is no empty folder.
        ResourceError: the disk is full.
    """
    temporary = _name_beside(path)
    try:
        temporary.mkdir()
        yield temporary
        for file in temporary.rglob("*"):
            if file.is_file():
                _flush(file)
        temporary.replace(path)
    except OSError as error:
        raise refused(path, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def check_writable(path: Path) -> None:
    """Refuses a path that no file could be written to, before time is spent on what is to stand there.

    Raises:
        DataError: the path cannot be written.
        ResourceError: the disk is full.
    """
    _refuse_folder(path, DataError)
    try:
        with tempfile.TemporaryFile(dir=path.parent) as trial:
            trial.write(bytes(_TRIAL_BYTES))
    except OSError as error:
        raise refused(path, error) from error


def refused(
    path: str | Path, error: OSError | ValueError, kind: type[DataError | ModelFileError] = DataError
) -> DataError | ModelFileError | ResourceError:
    """What the system says of a path that cannot be written, as an error of ours."""
    code = getattr(error, "errno", None)
    if code in FULL:
        return ResourceError(
            f"{path} must fit on the disk, however: the disk is full", remedy="free space, or write elsewhere"
        )
    if code == errno.ENOENT:
        return kind(
            f"{path} must be a place to write, however: there is no folder {Path(path).parent}", remedy="make it first"
        )
    return kind(f"{path} must be a place to write, however: {reason_of(error)}", remedy="name another")


@contextmanager
def _beside(paths: list[Path], kind: type[DataError | ModelFileError]) -> Iterator[list[Path]]:
    """Lends a new file beside each path; all of them are on the disk before any takes its place."""
    staged: dict[Path, Path] = {}
    for path in paths:
        _refuse_folder(path, kind)
    try:
        for path in paths:
            temporary = _name_beside(path)
            temporary.touch(exist_ok=False)
            staged[temporary] = path
    except (OSError, ValueError) as error:
        _remove(staged)
        raise refused(path, error, kind) from error
    try:
        yield list(staged)
        for temporary, path in staged.items():  # noqa: B007 (what is refused is this path)
            _flush(temporary)
        for temporary, path in staged.items():
            temporary.replace(path)
    except OSError as error:
        raise refused(path, error, kind) from error
    finally:
        _remove(staged)


def _name_beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")


def _refuse_folder(path: Path, kind: type[DataError | ModelFileError]) -> None:
    if is_folder(path):
        raise kind(f"{path} must be a file to write, however: found a folder", remedy="name a file in it")


def _flush(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _remove(paths: Mapping[Path, Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
