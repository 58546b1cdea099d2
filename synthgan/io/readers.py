"""Reads a table from a file of any format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from synthgan.data.containers.raw import names_of
from synthgan.errors import DataError
from synthgan.io.formats import check_beginning, ending_of, format_of
from synthgan.io.reasons import is_folder, one_line, reason_of

if TYPE_CHECKING:
    from synthgan.data.containers.raw import Frame


def read_table(path: str | Path) -> Frame:
    """Reads a table.

    Parquet written by pandas comes back as a pandas DataFrame, with its types; all else (and what pandas cannot read
    again) as a pyarrow Table. How CSV is read stands in `synthgan.io.csvfile.read_csv`.

    Args:
        path: a file whose ending says its format, one of `synthgan.io.formats.FORMATS`.

    Raises:
        DataError: the file is not there, is no file, is damaged or something else than its ending says, or holds no
            columns, no rows, or two columns of one name.
    """
    path = Path(path)
    if is_folder(path):
        raise DataError(f"{path} must be a file to read, however: found a folder; name a file in it")
    head = _head(path)
    wanted = format_of(path)
    check_beginning(path, wanted, head)
    try:
        table = wanted.read(path)
    except (pa.ArrowException, OSError, EOFError, UnicodeError) as error:
        raise DataError(f"{path} must be a readable {ending_of(path)} file, however: {one_line(error)}") from error
    _check_names(names_of(table), path)
    if not len(table):
        raise DataError(f"{path} must hold rows, however: found none")
    return table


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except FileNotFoundError as error:
        raise DataError(f"{path} must be a file to read, however: there is no such file") from error
    except (OSError, ValueError) as error:
        raise DataError(f"{path} must be a file to read, however: {reason_of(error)}") from error
    if not head:
        raise DataError(f"{path} must hold a table, however: it is empty (0 bytes)")
    return head


def _check_names(names: list[Any], path: Path) -> None:
    if not names:
        raise DataError(f"{path} must hold columns, however: found none")
    twice = next((name for index, name in enumerate(names) if name in names[:index]), None)
    if twice is not None:
        raise DataError(
            f"{path} must have columns of different names, however: found {twice!r} twice; rename one of them"
        )
