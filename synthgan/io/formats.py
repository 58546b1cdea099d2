"""The formats of tables: how their files end and begin, and what reads and writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from synthgan.errors import DataError
from synthgan.io.arrowfile import STREAM_MARK, arrow_head, read_arrow, write_arrow
from synthgan.io.arrowmessages import MARK
from synthgan.io.csvfile import csv_head, read_csv, read_texts, write_csv_file
from synthgan.io.parquet import parquet_head, read_parquet, read_parquet_types, write_parquet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pyarrow as pa

    from synthgan.data.containers.raw import Frame


@dataclass(frozen=True)
class Plain:
    """How a file is read in the types that it says itself, or as text where it says none: rows have no say in them.

    Attributes:
        typed: whether files say types.
        head: gives the names and types of a file's columns, and reads no row.
        read: gives the table in these types, and lets the same errors through as ``Format.read``.
    """

    typed: bool
    head: Callable[[Path], pa.Schema]
    read: Callable[[Path], pa.Table]


@dataclass(frozen=True)
class Format:
    """A format of tables.

    Attributes:
        name: what its files are, for messages.
        endings: of its files, in lower case; the first is the usual one.
        marks: what its files begin with, one or another; none where they are text.
        read: gives the table of a file, and lets pyarrow's errors, OSError, EOFError and UnicodeError through.
        write: writes batches to a path that is to have an ending, and gives the number of rows.
        plain: how to read a file without a type that rows choose; without it, a private fit cannot read the format.
    """

    name: str
    endings: tuple[str, ...]
    marks: tuple[bytes, ...]
    read: Callable[[Path], Frame]
    write: Callable[[Iterator[pa.Table], Path, str], int]
    plain: Plain | None = None


# A new format is one line here, and a file with its reader and its writer.
_TEXT: Final = Plain(typed=False, head=csv_head, read=read_texts)
_COLUMNS: Final = Plain(typed=True, head=parquet_head, read=read_parquet_types)
_BATCHES: Final = Plain(typed=True, head=arrow_head, read=read_arrow)
FORMATS: Final[list[Format]] = [
    Format("Parquet", (".parquet", ".pq"), (b"PAR1",), read_parquet, write_parquet, _COLUMNS),
    Format("CSV", (".csv", ".tsv"), (), read_csv, write_csv_file, _TEXT),
    Format("gzip", (".csv.gz", ".tsv.gz"), (b"\x1f\x8b",), read_csv, write_csv_file, _TEXT),
    Format("Arrow", (".arrow", ".feather", ".ipc"), (MARK, STREAM_MARK), read_arrow, write_arrow, _BATCHES),
]
_STRANGERS: Final = {b"PK\x03\x04": "a zip file (Excel?)"}


def endings() -> tuple[str, ...]:
    """The endings of all formats."""
    return tuple(ending for known in FORMATS for ending in known.endings)


def ending_of(path: Path) -> str:
    """Gives the ending that names the format, in lower case: ".parquet" or ".csv.gz", say.

    Raises:
        DataError: it is none that we read and write.
    """
    name = path.name.lower()
    found = [ending for ending in endings() if name.endswith(ending) and name != ending]
    if not found:
        raise DataError(f"a table's file must end in one of {', '.join(endings())}, however: found {path.name!r}")
    return max(found, key=len)


def format_of(path: Path) -> Format:
    """Gives the format that a path is to have by its ending.

    Raises:
        DataError: the ending is none that we read and write.
    """
    ending = ending_of(path)
    return next(known for known in FORMATS if ending in known.endings)


def check_beginning(path: Path, wanted: Format, head: bytes) -> None:
    """Refuses a file that is something else than its ending says, by its first bytes.

    Raises:
        DataError: it is.
    """
    marked = [known for known in FORMATS if known.marks and head.startswith(known.marks)]
    if wanted in marked if wanted.marks else not marked and _looks_like_text(head):
        return
    found = marked[0].name if marked else next((name for mark, name in _STRANGERS.items() if head.startswith(mark)), "")
    found = found or ("text (CSV?)" if _looks_like_text(head) else "something else")
    raise DataError(
        f"{path} must be {wanted.name} as its ending says, however: found {found}; give it the ending of what it is, "
        f"or convert it"
    )


def _looks_like_text(head: bytes) -> bool:
    return b"\x00" not in head and not head.startswith(tuple(_STRANGERS))
