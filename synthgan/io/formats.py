"""The formats of tables: how their files end and begin, and what reads and writes them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, TypeVar

from synthgan.errors import DataError
from synthgan.io.arrowfile import STREAM_MARK, arrow_head, read_arrow, write_arrow
from synthgan.io.arrowmessages import MARK
from synthgan.io.csvfile import csv_head, read_csv, read_texts
from synthgan.io.csvwriting import write_csv_file
from synthgan.io.encodings import encoding_of
from synthgan.io.excelfile import read_excel, write_excel
from synthgan.io.jsonfile import read_json, write_lines, write_list
from synthgan.io.packed import DAMAGE, MARKS, NAMES, name_inside, packed_from, packing_of, unpacked_beside
from synthgan.io.parquet import parquet_head, read_parquet, read_parquet_types, write_parquet
from synthgan.io.reasons import one_line
from synthgan.io.statfile import read_stat, write_stat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
        write: writes batches to a path that is to have an ending, and gives the number of rows; None where it cannot be written.
        plain: how to read a file without a type that rows choose; without it, a private fit cannot read the format.
        tells: whether files hold what a table carries beside its rows, such as where these come from.
        streams: whether reader and writer unpack and pack compressed files themselves, by their endings; for others the file
            is unpacked into a folder first.
    """

    name: str
    endings: tuple[str, ...]
    marks: tuple[bytes, ...]
    read: Callable[[Path], Frame]
    write: Callable[[Iterator[pa.Table], Path, str], int] | None
    plain: Plain | None = None
    streams: bool = False
    tells: bool = False


# A new format is one line here, and a file with its reader and its writer.
_TEXT: Final = Plain(typed=False, head=csv_head, read=read_texts)
_COLUMNS: Final = Plain(typed=True, head=parquet_head, read=read_parquet_types)
_BATCHES: Final = Plain(typed=True, head=arrow_head, read=read_arrow)
_STATA: Final = (b"<stata_dta>", *(bytes([version, order, 1, 0]) for version in range(104, 116) for order in (1, 2)))
_SAS: Final = bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011")
FORMATS: Final[list[Format]] = [
    Format("Parquet", (".parquet", ".pq"), (b"PAR1",), read_parquet, write_parquet, _COLUMNS, tells=True),
    Format("CSV", (".csv", ".tsv"), (), read_csv, write_csv_file, _TEXT, streams=True),
    Format("Excel", (".xlsx",), (b"PK\x03\x04",), read_excel, write_excel),
    Format("SPSS", (".sav", ".zsav"), (b"$FL2", b"$FL3"), read_stat, write_stat),
    Format("Stata", (".dta",), _STATA, read_stat, write_stat),
    Format("SAS", (".sas7bdat",), (_SAS,), read_stat, None),
    Format("SAS transport", (".xpt",), (b"HEADER RECORD*******LIB",), read_stat, write_stat),
    Format("JSON lines", (".jsonl", ".ndjson"), (), read_json, write_lines, streams=True),
    Format("JSON", (".json",), (), read_json, write_list, streams=True),
    Format("Arrow", (".arrow", ".feather", ".ipc"), (MARK, STREAM_MARK), read_arrow, write_arrow, _BATCHES, tells=True),
]
_STRANGERS: Final = {b"PK\x03\x04": "a zip file (Excel?)", b"\xd0\xcf\x11\xe0": "an old Excel file (.xls)"}
_CSV, _ZIP = ".csv", ".zip"
T = TypeVar("T")


def endings() -> tuple[str, ...]:
    """The endings of all formats; further ones may say how a file is compressed."""
    return tuple(ending for known in FORMATS for ending in known.endings)


def ending_of(path: Path) -> str:
    """Gives the ending that names the format, and how the file is compressed, in lower case: ".parquet" or ".csv.gz", say.

    A zip file may be called without the ending of what is in it.

    Raises:
        DataError: it is none that we read and write.
    """
    packing = packing_of(path.name)
    name = path.name.lower().removesuffix(packing)
    found = [ending for ending in endings() if name.endswith(ending) and name != ending]
    if not found and packing == _ZIP and name:
        return _ZIP
    if not found:
        raise DataError(
            f"a table's file must end in one of {', '.join(endings())} (or these with {', '.join(MARKS)}), however: "
            f"found {path.name!r}"
        )
    return max(found, key=len) + packing


def format_of(path: Path, *, look: bool = False) -> Format:
    """Gives the format that a path is to have by its ending; a compressed one has the name and marks of how it is compressed.

    Args:
        path: where it is, or is to be.
        look: whether the file is there: a zip file that does not say what is in it is asked; else it is to hold CSV.

    Raises:
        DataError: the ending is none that we read and write.
    """
    ending = ending_of(path)
    packing = packing_of(ending)
    inner = ending.removesuffix(packing) or (_ending_inside(path) if look else _CSV)
    known = next(known for known in FORMATS if inner in known.endings)
    return _packed(known, packing, inner) if packing else known


def _ending_inside(path: Path) -> str:
    try:
        inside = name_inside(path)
    except (*DAMAGE, OSError) as error:
        raise DataError(f"{path} must be a readable .zip file, however: {one_line(error)}") from error
    if not any(inside.lower().endswith(ending) for ending in endings()):
        raise DataError(f"{path} must hold a table ({', '.join(endings())}), however: found {inside!r}")
    return ending_of(Path(inside))


def _packed(known: Format, packing: str, inner: str) -> Format:
    """A format whose files are compressed."""
    renamed = replace(known, name=NAMES[packing], marks=(MARKS[packing],))
    if known.streams:
        return renamed

    def unpacking(read: Callable[[Path], T]) -> Callable[[Path], T]:
        def read_inside(path: Path) -> T:
            with unpacked_beside(path) as inside:
                return read(inside)

        return read_inside

    def write(tables: Iterator[pa.Table], path: Path, _: str) -> int:
        if known.write is None:
            raise DataError(cannot_write(known))
        with TemporaryDirectory(prefix="synthgan-") as folder:
            inside = Path(folder) / f"table{inner}"
            inside.touch()
            rows = known.write(tables, inside, inner)
            packed_from(inside, path, f"{inner}{packing}")
        return rows

    plain = known.plain and replace(known.plain, head=unpacking(known.plain.head), read=unpacking(known.plain.read))
    return replace(renamed, read=unpacking(known.read), write=write, plain=plain)


def cannot_write(wanted: Format) -> str:
    """Says that files of a format are read only."""
    return (
        f"a table to write must be of a format that can be written, however: found {wanted.name}; name another ending"
    )


def check_beginning(path: Path, wanted: Format, head: bytes) -> None:
    """Refuses a file that is something else than its ending says, by its first bytes.

    Raises:
        DataError: it is.
    """
    marked = [known for known in FORMATS if known.marks and head.startswith(known.marks)]
    packed = [name for ending, name in NAMES.items() if head.startswith(MARKS[ending])]
    if head.startswith(wanted.marks) if wanted.marks else not (marked or packed) and _looks_like_text(head):
        return
    found = next((name for mark, name in _STRANGERS.items() if head.startswith(mark)), "")
    found = found or (marked[0].name if marked else packed[0] if packed else "")
    found = found or ("text (CSV?)" if _looks_like_text(head) else "something else")
    raise DataError(
        f"{path} must be {wanted.name} as its ending says, however: found {found}; give it the ending of what it is, "
        f"or convert it"
    )


def _looks_like_text(head: bytes) -> bool:
    is_wide = b"\x00" in head and (encoding_of(head) or "").startswith(("utf-16", "utf-32"))
    return (is_wide or b"\x00" not in head) and not head.startswith(tuple(_STRANGERS))
