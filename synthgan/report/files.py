"""Files that belong together: how they are called, and writing all of them whole before any takes its place."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from synthgan.errors import DataError, ResourceError

if TYPE_CHECKING:
    from collections.abc import Mapping


def json_beside(path: str | Path) -> Path:
    """Return where the figures of a page go: ``report.json`` beside ``report.html``.

    Raises:
        DataError: If the page itself has that name.
    """
    beside = Path(path).with_suffix(".json")
    if beside == Path(path):
        raise DataError(f"{path}: a page must not be named .json, however: its figures are; name it report.html")
    return beside


def write_together(texts: Mapping[Path, str]) -> None:
    """Write text files in UTF-8; where one cannot be written, what stood there before stays, and nothing half-written does.

    Raises:
        DataError: If a path cannot be written.
        ResourceError: If the disk is full.
    """
    staged = {path: path.with_name(f".{path.name}.{secrets.token_hex(4)}.part") for path in texts}
    path = next(iter(texts))
    try:
        for path, temporary in staged.items():
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
            with temporary.open("x", encoding="utf-8") as file:
                file.write(texts[path])
                file.flush()
                os.fsync(file.fileno())
        for path, temporary in staged.items():
            temporary.replace(path)
    except OSError as error:
        raise _refused(path, error) from error
    finally:
        for temporary in staged.values():
            temporary.unlink(missing_ok=True)


def _refused(path: Path, error: OSError) -> DataError | ResourceError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return ResourceError(f"{path} must fit on the disk, however: the disk is full; free space, or write elsewhere")
    reason = "there is no such folder" if error.errno == errno.ENOENT else error.strerror
    return DataError(f"{path} must be a place to write, however: {reason}; name another")
