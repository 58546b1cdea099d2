"""Says what stands at a path, so that nothing but a plain file is ever opened: a pipe would hang, a device never ends."""

from __future__ import annotations

import re
import stat
from typing import TYPE_CHECKING, Final

from synthgan.errors import DataError
from synthgan.io.reasons import reason_of

if TYPE_CHECKING:
    from pathlib import Path

    from synthgan.errors import ModelFileError, SchemaError

BESIDE: Final = ".synthetic.json"  # ends the name of what says of the file beside it that its rows are synthetic
_FOLDER = "a folder"
_SHEET: Final = re.compile(r"(.+\.xlsx)#(.+)", re.IGNORECASE)
_KINDS = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}


def plain_file(
    path: Path,
    what: str = "a file to read",
    kind: type[DataError | ModelFileError | SchemaError] = DataError,
    *,
    remedy: str | None = None,
) -> int:
    """Refuses what is no plain file, without opening it, and gives the size of one in bytes.

    Args:
        path: where; links are followed.
        what: what must be there, for the message.
        kind: the error to raise.
        remedy: what helps where nothing is there.

    Raises:
        DataError, ModelFileError, SchemaError: nothing is there, or something else than a plain file.
    """
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise kind(f"{path} must be {what}, however: there is no such file", remedy=remedy) from error
    except (OSError, ValueError) as error:  # a loop of links, a name that no file can have
        raise kind(f"{path} must be {what}, however: {reason_of(error)}") from error
    if stat.S_ISDIR(status.st_mode):
        raise kind(f"{path} must be {what}, however: found a folder", remedy="name a file in it")
    if not stat.S_ISREG(status.st_mode):
        raise kind(f"{path} must be {what}, however: found {_kind(status.st_mode)}", remedy="name a plain file")
    return status.st_size


def found_at(path: Path) -> str | None:
    """Names what stands at a path and is no plain file: "a folder", "a pipe"; None for a plain file or nothing."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return None
    return None if stat.S_ISREG(mode) else _kind(mode)


def sheet_of(path: Path) -> tuple[Path, str | None]:
    """Parts the path of a workbook from the name of a sheet: ``visits.xlsx#2020``; None where no sheet is named.

    Example:
        >>> from pathlib import Path
        >>> sheet_of(Path("visits.xlsx#2020"))[1], sheet_of(Path("visits.xlsx"))[1]
        ('2020', None)
    """
    found = _SHEET.fullmatch(path.name)
    return (path.with_name(found[1]), found[2]) if found else (path, None)


def is_folder(path: Path) -> bool:
    """Says whether a path is a folder (a path that nothing can be at is none)."""
    return found_at(path) == _FOLDER


def _kind(mode: int) -> str:
    return _FOLDER if stat.S_ISDIR(mode) else _KINDS.get(stat.S_IFMT(mode), "something else")


def first_bytes(path: Path, count: int) -> bytes:
    """The first bytes of a file, by which its format is told.

    Raises:
        DataError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(count)
    except OSError as error:
        raise DataError(f"{path} must be a file to read, however: {reason_of(error)}") from error
