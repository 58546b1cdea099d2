"""Writes files whole or not at all: beside their place, flushed to the disk, then renamed into it.

A file that is replaced hands on its rights and its group; a new one has those that the system gives any new file, or,
where it is private, is its owner's alone from its first byte on.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
import sys
import tempfile
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from synthgan.errors import DataError, ModelFileError, ResourceError
from synthgan.io.plain import found_at
from synthgan.io.reasons import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_TRIAL_BYTES: Final = 4096
_TOKEN_BYTES: Final = 4
_OWNER_ALONE, _ANY_FILE = 0o600, 0o666  # of the second the system takes what its umask forbids
_OWNERS_FOLDER, _ANY_FOLDER = 0o700, 0o777
_RIGHTS: Final = 0o777


@contextmanager
def replacing(path: Path, *, private: bool = False) -> Iterator[Path]:
    """Lends a new file beside `path`, which it becomes at the end; on any failure it is removed.

    Args:
        path: where; what stands there hands on its rights.
        private: whether a new file is its owner's alone.

    Raises:
        DataError: the path cannot be written.
        ResourceError: the disk is full.
    """
    with _beside([path], DataError, private=private) as (temporary,):
        yield temporary


def write_files(
    contents: Mapping[Path, str | bytes], *, kind: type[DataError | ModelFileError] = DataError, private: bool = False
) -> None:
    """Writes files that belong together; where one cannot be written, what stood there before stays in all places.

    Args:
        contents: what each file is to hold; text is written in UTF-8.
        kind: the error that a path that cannot be written is to raise.
        private: whether new files are their owner's alone.

    Raises:
        DataError, ModelFileError: a path cannot be written.
        ResourceError: the disk is full.
    """
    with _beside(list(contents), kind, private=private) as temporaries:
        for temporary, (path, content) in zip(temporaries, contents.items(), strict=True):
            try:
                temporary.write_bytes(content.encode() if isinstance(content, str) else content)
            except OSError as error:
                raise refused(path, error, kind) from error


@contextmanager
def new_folder(path: Path, *, private: bool = False) -> Iterator[Path]:
    """Lends a new folder beside `path`, which it becomes at the end with all its files; on any failure it is removed.

    Args:
        path: where; an empty folder that stands there hands on its rights.
        private: whether a new folder is its owner's alone, and each file in it.

    Raises:
        DataError: the path cannot be written, or something stands there that is no empty folder.
        ResourceError: the disk is full.
    """
    if not path.name:
        raise DataError(f"{path} must be a place to write, however: it has no name", remedy="name another")
    temporary = _name_beside(path)
    try:
        temporary.mkdir(_OWNERS_FOLDER if private else _ANY_FOLDER)
    except (OSError, ValueError) as error:
        raise refused(path, error) from error
    try:
        yield temporary
        for file in temporary.rglob("*"):
            if file.is_file():
                _flush(file, _OWNER_ALONE if private else None)
        if path.is_dir():
            temporary.chmod(path.stat().st_mode & _RIGHTS)
        temporary.replace(path)
    except OSError as error:
        raise refused(path, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def passing_file(ending: str) -> Iterator[tuple[Path, IO[bytes]]]:
    """Lends a file in the system's place for temporary ones, open for writing: its owner's alone, and gone at the end.

    Args:
        ending: of its name.

    Raises:
        ResourceError: the disk is full.
    """
    descriptor, name = tempfile.mkstemp(prefix="synthgan-", suffix=f".{ending}")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield Path(name), file
    except OSError as error:
        if error.errno in FULL:
            raise refused(name, error) from error
        raise
    finally:
        Path(name).unlink(missing_ok=True)


def check_writable(path: Path) -> None:
    """Refuses a path that no file could be written to, before time is spent on what is to stand there.

    Raises:
        DataError: the path cannot be written.
        ResourceError: the disk is full.
    """
    _refuse_special(path, DataError)
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
def _beside(paths: list[Path], kind: type[DataError | ModelFileError], *, private: bool) -> Iterator[list[Path]]:
    """Lends a new file beside each path; all of them are on the disk before any takes its place."""
    staged: dict[Path, Path] = {}
    held: list[int] = []
    for path in paths:
        _refuse_special(path, kind)
    try:
        for path in paths:
            _sweep(path)
            temporary = _name_beside(path)
            mode = _OWNER_ALONE if private or path.exists() else _ANY_FILE
            held.append(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
            staged[temporary] = path
            _is_free(held[-1])
    except (OSError, ValueError) as error:
        _remove(staged, held)
        raise refused(path, error, kind) from error
    try:
        yield list(staged)
        for temporary, path in staged.items():  # noqa: B007 (what is refused is this path)
            _flush(temporary)
        for temporary, path in staged.items():
            _hand_on_rights(path, temporary)
            temporary.replace(path)
    except OSError as error:
        raise refused(path, error, kind) from error
    finally:
        _remove(staged, held)


def _sweep(path: Path) -> None:
    """Removes what a write to this place left that was killed: nobody holds such a file any more."""
    for left in path.parent.glob(f".{escape(path.name)}.{'[0-9a-f]' * 2 * _TOKEN_BYTES}.part"):
        try:
            descriptor = os.open(left, os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0))
        except OSError:
            continue  # done meanwhile, a folder, or somebody else's
        if _is_free(descriptor):
            left.unlink(missing_ok=True)
        os.close(descriptor)


def _is_free(descriptor: int) -> bool:
    """Whether nobody held an open file; from now on we do, until we close it or are killed. False where a system cannot tell."""
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _hand_on_rights(path: Path, temporary: Path) -> None:
    """Gives a file the owner, group and rights of the one that it is to replace, as far as the system lets us."""
    try:
        before = path.stat()
    except FileNotFoundError:
        return
    mode = before.st_mode & _RIGHTS
    if hasattr(os, "chown"):
        try:
            os.chown(temporary, before.st_uid, before.st_gid)
        except OSError:  # only root may give files away; a group of one's own is all right
            mode = _with_group(temporary, before.st_gid, mode)
    temporary.chmod(mode)


def _with_group(temporary: Path, group: int, mode: int) -> int:
    """Hands on the group alone; where even that is forbidden, another group must not have its rights."""
    try:
        os.chown(temporary, -1, group)
    except OSError:
        return mode & ~stat.S_IRWXG
    return mode


def _name_beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(_TOKEN_BYTES)}.part")


def _refuse_special(path: Path, kind: type[DataError | ModelFileError]) -> None:
    """Refuses a folder, and what a rename would destroy: as root that could be /dev/null itself."""
    found = found_at(path)
    if found is not None:
        remedy = "name a file in it" if found == "a folder" else "name a plain file"
        raise kind(f"{path} must be a file to write, however: found {found}", remedy=remedy)


def _flush(path: Path, mode: int | None = None) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())
    if mode is not None:
        path.chmod(mode)


def _remove(paths: Mapping[Path, Path], held: Iterable[int]) -> None:
    for descriptor in held:
        os.close(descriptor)
    for path in paths:
        path.unlink(missing_ok=True)
