"""Reads a table from a Parquet, CSV or Arrow file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet

from synthgan.errors import DataError
from synthgan.io.csvfile import read_csv
from synthgan.suggest import did_you_mean

if TYPE_CHECKING:
    from synthgan.data.containers.raw import Frame

PARQUET: Final = (".parquet", ".pq")
ARROW: Final = (".arrow", ".feather", ".ipc")
CSV: Final = (".csv", ".csv.gz", ".tsv", ".tsv.gz")
_MARKS: Final = {
    b"PAR1": "Parquet",
    b"ARROW1": "Arrow",
    b"\xff\xff\xff\xff": "Arrow",  # the stream form
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
}


def suffix_of(path: Path) -> str:
    """Gives the ending that names the format, in lower case: ".parquet" or ".csv.gz", say."""
    ending = path.suffix.lower()
    return Path(path.stem).suffix.lower() + ending if ending == ".gz" else ending


def read_table(path: str | Path) -> Frame:
    """Reads a table.

    Parquet written by pandas comes back as a pandas DataFrame, with its types; all else (and what pandas cannot read again)
    as a pyarrow Table. How CSV is
    read stands in `synthgan.io.csvfile.read_csv`.

    Args:
        path: a .parquet, .pq, .csv, .csv.gz, .tsv, .tsv.gz, .arrow, .feather or .ipc file.

    Raises:
        DataError: the file is not there, is no file, is damaged or something else than its ending says, or holds no
            columns, no rows, or two columns of one name.
    """
    path = Path(path)
    if is_folder(path):
        raise DataError(f"{path} must be a file to read, however: found a folder; name a file in it")
    head = _head(path)
    suffix = known_suffix(path)
    _check_disguise(path, suffix, head)
    reader = _read_parquet if suffix in PARQUET else _read_arrow if suffix in ARROW else read_csv
    try:
        table = reader(path)
    except (pa.ArrowException, OSError, EOFError, UnicodeError) as error:
        raise DataError(f"{path} must be a readable {suffix} file, however: {one_line(error)}") from error
    _check_names(table.column_names, path)
    if not table.num_rows:
        raise DataError(f"{path} must hold rows, however: found none")
    return _as_pandas(table) if suffix in PARQUET else table


def known_suffix(path: Path) -> str:
    """Gives the ending of a table's file.

    Raises:
        DataError: it is none that we read and write.
    """
    suffix = suffix_of(path)
    if suffix not in PARQUET + CSV + ARROW:
        known = (*PARQUET, *CSV, *ARROW)
        raise DataError(
            f"a table's file must end in one of {', '.join(known)}, however: found {path.name!r}",
            remedy=did_you_mean(suffix, known),
        )
    return suffix


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


def _check_disguise(path: Path, suffix: str, head: bytes) -> None:
    """Refuses a file that is something else than its ending says, by its first bytes."""
    wanted = (
        "Parquet" if suffix in PARQUET else "Arrow" if suffix in ARROW else "gzip" if suffix.endswith(".gz") else "text"
    )
    found = next((name for mark, name in _MARKS.items() if head.startswith(mark)), None)
    if found is None:
        found = "something else" if b"\x00" in head else "text"
    if found != wanted:
        named = {"text": "text (CSV?)", "zip": "a zip file (Excel?)"}.get(found, found)
        raise DataError(
            f"{path} must be {'CSV' if wanted == 'text' else wanted} as its ending says, however: found {named}; "
            f"give it the ending of what it is, or convert it"
        )


def _read_parquet(path: Path) -> pa.Table:
    with pyarrow.parquet.ParquetFile(path) as file:
        return file.read()


def _read_arrow(path: Path) -> pa.Table:
    with pa.memory_map(str(path)) as file:
        return (pyarrow.ipc.open_file if _head(path).startswith(b"ARROW1") else pyarrow.ipc.open_stream)(
            file
        ).read_all()


def _check_names(names: list[str], path: Path) -> None:
    if not names:
        raise DataError(f"{path} must hold columns, however: found none")
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise DataError(
            f"{path} must have columns of different names, however: found {twice!r} twice; rename one of them"
        )


def _as_pandas(table: pa.Table) -> Frame:
    """Gives a table that pandas wrote as the pandas frame it was, its index left out."""
    if not table.schema.pandas_metadata:
        return table
    try:
        return table.to_pandas().reset_index(drop=True)
    except (pa.ArrowException, TypeError, ValueError, KeyError, NotImplementedError):
        # pandas writes types that it cannot read again (Arrow-backed dictionaries): the data themselves are fine.
        return table.replace_schema_metadata(None)


def is_folder(path: Path) -> bool:
    """Says whether a path is a folder (a path that nothing can be at is none)."""
    try:
        return path.is_dir()
    except OSError:
        return False


def reason_of(error: OSError | ValueError) -> str:
    """Gives what the system says of a file, in lower case and without the path: "permission denied"."""
    return (getattr(error, "strerror", None) or one_line(error)).lower()


def one_line(error: BaseException) -> str:
    """Gives the first line of an error's message."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
