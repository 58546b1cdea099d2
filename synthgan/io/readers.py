"""Reads a table from a file of any format."""

from __future__ import annotations

import zlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa

from synthgan.data.containers.origin import with_origin
from synthgan.data.containers.raw import first_repeated, index_names, names_of
from synthgan.errors import DataError, PrivacyError, Remedy, ResourceError
from synthgan.io.choices import reading_as
from synthgan.io.folders import read_folder
from synthgan.io.formats import check_beginning, ending_of, format_of
from synthgan.io.loggedtable import is_logged, read_logged
from synthgan.io.memory import memory_bound
from synthgan.io.packed import DAMAGE, MARKS
from synthgan.io.plain import first_bytes, is_folder, plain_file, sheet_of
from synthgan.io.reasons import one_line
from synthgan.io.sidecar import origin_beside

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from synthgan.data.containers.raw import Frame
    from synthgan.io.formats import Plain

T = TypeVar("T")
TYPED = "convert the table to Parquet"  # whose types are the source's own


def read_table(
    path: str | Path,
    *,
    memory: str | float | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
    na: Sequence[str] | None = None,
) -> Frame:
    """Reads a table.

    Parquet written by pandas comes back as a pandas DataFrame, with its types, and the named levels of its index as columns;
    all else (and what pandas cannot read again) as a pyarrow Table. How CSV is read stands in `synthgan.io.csvfile.read_csv`.

    Args:
        path: a file whose ending says its format, one of `synthgan.io.formats.FORMATS`; ``visits.xlsx#Sheet``; or a folder
            of files of one format and schema (see `synthgan.io.folders.read_folder`).
        memory: what reading it may take, in bytes or as "4GB"; None: as an enclosing `memory_bound` says, or three quarters
            of what the machine has.
        encoding: of text, such as "cp1252"; None finds it.
        decimal: the mark before decimals in text, "." or ","; None finds it.
        na: further marks that mean missing, in every column of text.

    Raises:
        ConfigError: the encoding or the mark is none.
        DataError: the file is not there, is no file, is damaged or something else than its ending says, or holds no
            columns, no rows, or two columns of one name.
        ResourceError: it would unpack to more than fits into memory.
    """
    with memory_bound(memory), reading_as(encoding=encoding, decimal=decimal, na=na):
        table: Any = read_indexed(path)
    levels = index_names(table)
    return table.reset_index(level=levels).reset_index(drop=True) if levels else table


def read_indexed(path: str | Path) -> Frame:
    """Reads a table as `read_table` does, where the named index of pandas stays one: what is learned gives it back as such.

    Raises:
        ConfigError, DataError, ResourceError: as `read_table` does.
    """
    table = read_any_table(path)
    if not len(table):
        raise DataError(f"{sheet_of(Path(path))[0]} must hold rows, however: found none")
    return table


def read_any_table(path: str | Path) -> Frame:
    """Reads a table as `read_indexed` does; one without rows is fine, too.

    Raises:
        ConfigError, DataError, ResourceError: as `read_table` does, unless there are no rows.
    """
    path, sheet = sheet_of(Path(path))
    with reading_as(source={"sheet": sheet} if sheet else None):
        if is_folder(path) and is_logged(path):
            return _read(path, read_logged)
        if is_folder(path):
            return _read(path, partial(read_folder, check=checked))
        table = _read(path, format_of(checked(path), look=True).read)
        told = origin_beside(path)
        return table if told is None else with_origin(table, told)


def read_plainly(path: str | Path, *, declared: bool) -> pa.Table:
    """Reads a table whose types no row has a say in: those that the file says, or text where it says none.

    A table without rows is fine, too.

    Args:
        path: as for `read_table`.
        declared: whether a schema says what text is.

    Raises:
        PrivacyError: the format says no types and no schema was given, or it cannot be read so.
        DataError: as `read_table` does, unless there are no rows.
    """
    path = Path(path)
    plain = _plain(path)
    if not (plain.typed or declared):
        raise PrivacyError(
            f"{path} must come with a schema under epsilon, however: none was given, and {ending_of(path)} files say no types",
            remedy=Remedy(("declare its columns in one", TYPED)),
            parameter="schema",
        )
    return _read(path, plain.read)


def head_of(path: str | Path) -> tuple[pa.Schema, bool]:
    """Gives the names of a file's columns with the types that it says, and whether it says any; no row is read.

    Raises:
        DataError: as `read_table` does, unless there are no rows.
        PrivacyError: files of its format cannot be read without a look at rows.
    """
    path = Path(path)
    plain = _plain(path)
    return _read(path, plain.head), plain.typed


def _plain(path: Path) -> Plain:
    plain = format_of(checked(path), look=True).plain
    if plain is None:
        raise PrivacyError(
            f"{path} must be of a format whose types no row chooses, however: of {ending_of(path)} files that is not known; "
            f"convert it to Parquet"
        )
    return plain


def checked(path: Path) -> Path:
    """The path of a file that begins as its ending says."""
    if not plain_file(path):
        raise DataError(f"{path} must hold a table, however: it is empty (0 bytes)")
    head = first_bytes(path, 4096)
    check_beginning(path, format_of(path, look=head.startswith(MARKS[".zip"])), head)
    return path


def _read(path: Path, read: Callable[[Path], T]) -> T:
    def table_and_names() -> tuple[T, list[Any]]:
        table = read(path)
        names = list(table.names) if isinstance(table, pa.Schema) else names_of(table)
        _decode_zones(table if isinstance(table, pa.Schema) else getattr(table, "schema", None))
        return table, names

    table, names = guarded(path, table_and_names)
    _check_names(names, path)
    return table


def guarded(path: Path, read: Callable[[], T]) -> T:
    """What a reader gives; what it raises of a file that is damaged or too large is one line.

    Raises:
        DataError: the file is damaged.
        ResourceError: memory ran out.
    """
    try:
        return read()
    except MemoryError as error:  # the machine may have less than it was thought to have
        raise ResourceError(f"{path} must fit into memory, however: it ran out", remedy="take fewer rows") from error
    except (pa.ArrowException, OSError, UnicodeError, zlib.error, *DAMAGE) as error:
        what = "folder of tables" if is_folder(path) else f"{ending_of(path)} file"
        raise DataError(f"{path} must be a readable {what}, however: {one_line(error)}") from error


def _decode_zones(schema: object) -> None:
    """Raises UnicodeDecodeError where the name of a time zone is no text: Arrow looks at it when it is asked for."""
    for kind in schema.types if isinstance(schema, pa.Schema) else ():
        _ = getattr(getattr(kind, "value_type", kind), "tz", None)


def _check_names(names: list[Any], path: Path) -> None:
    if not names:
        raise DataError(f"{path} must hold columns, however: found none")
    twice = first_repeated(names)
    if twice is not None:
        raise DataError(
            f"{path} must have columns of different names, however: found {twice!r} twice; rename one of them"
        )
