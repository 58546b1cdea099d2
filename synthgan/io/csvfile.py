"""Reads CSV in the dialect and encoding that it is found to have."""

from __future__ import annotations

import csv
import io
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from synthgan.data.containers.raw import first_repeated
from synthgan.data.containers.source import source_of, with_source
from synthgan.errors import DataError, Remedy
from synthgan.io.choices import chosen
from synthgan.io.dialect import Dialect, below, find_dialect, header_of
from synthgan.io.encodings import encoding_of, is_utf8, marked_encoding
from synthgan.io.memory import check_memory
from synthgan.io.packed import unpacked
from synthgan.io.spreadsheet import unguarded, unguarded_names
from synthgan.io.texttypes import decimal_of, truth_of, typed
from synthgan.io.unpacked import CELL_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

# What is looked at to guess how large the rest is, and what a cell takes: its offset as text, and its value.
_SAMPLE_BYTES, _GLANCE_BYTES = 4_000_000, 28_000_000
_CELL_BYTES: Final = CELL_BYTES + 4
# Blocks hold so many rows, as a wide table would else come in thousands of pieces.
_ROWS_OF_BLOCK, _BLOCK_BYTES, _MOST_BLOCK_BYTES = 256, 1 << 20, 64 << 20
_SLOW_ROWS: Final = 65_536


def read_csv(path: Path) -> pa.Table:
    """Reads a CSV file with one header line; encoding and dialect are found by its beginning, or as the user chose.

    An empty cell is missing ("" in quotes is empty text). A column becomes whole numbers, numbers, true/false, dates
    or stamps only where every cell is such (NA, N/A, NaN, null, None and ? are missing there; blanks around a cell do not
    count). Numbers with leading zeros or more than 18 digits are codes: the column stays text, each cell as it is. The
    table carries how it was read (`synthgan.data.containers.source`).

    Args:
        path: the file; unpacked where its ending says that it is compressed.

    Raises:
        DataError: there are two columns of one name, or the encoding cannot be told.
        ResourceError: it would unpack to more than fits into memory.
        pyarrow.ArrowException, OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile: the file is damaged.
    """
    return typed_cells(read_cells(path))


def read_cells(path: Path) -> pa.Table:
    """Reads what `read_csv` does as text, in the dialect that is found; raises what it raises."""
    table, dialect = _read(path, rows=True)
    return with_source(table, dialect.source())


def typed_cells(table: pa.Table) -> pa.Table:
    """Gives each column of what `read_cells` read its type."""
    wanted = chosen().decimal
    decimal = wanted or decimal_of(table.columns)
    source = (source_of(table) or {}) | ({"decimal": decimal} if wanted or decimal == "," else {})
    if marks := chosen().missing:
        source["missing"] = list(marks)
    columns = [typed(column, decimal) for column in table.columns]
    truths = {
        name: {"truth": said}
        for name, cells, column in zip(table.column_names, table.columns, columns, strict=True)
        if pa.types.is_boolean(column.type) and (said := truth_of(cells))
    }
    source |= {"columns": truths} if truths else {}
    return with_source(pa.table(columns, names=table.column_names), source)


def read_texts(path: Path) -> pa.Table:
    """Reads what `read_csv` does as text, cell by cell: no other cell decides what one is, and no row the dialect.

    Raises:
        DataError: there are two columns of one name.
        ResourceError: it would unpack to more than fits into memory.
        pyarrow.ArrowException, OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile: the file is damaged.
    """
    return _read(path, rows=False)[0]


def csv_head(path: Path) -> pa.Schema:
    """Gives the names in the header of a CSV file, all of them of text: a CSV file says no types. Rows are not read.

    Raises:
        pyarrow.ArrowException, OSError: the file is damaged.
    """
    with unpacked(path) as (_, file):
        sample = file.read(_SAMPLE_BYTES)
    encoding = _encoding(sample, path, rows=False)
    text = sample.decode(encoding, "replace")
    dialect = find_dialect(text, encoding, tabs=_has_tabs(path), rows=False)
    header = header_of(below(text, dialect.lines_above), dialect.quote).strip("\r\n") + "\n"
    plain = replace(dialect, encoding="utf-8", lines_above=0)
    with pyarrow.csv.open_csv(pa.BufferReader(header.encode()), parse_options=_parsing(plain)) as reader:
        return pa.schema([(name, pa.string()) for name in _names(reader.schema.names, dialect)])


def _read(path: Path, *, rows: bool) -> tuple[pa.Table, Dialect]:
    """The cells as text, and the dialect; a first guess of the encoding that fails further down is made again there."""
    dialect, block_bytes = _layout(path, rows=rows)
    try:
        return _read_cells(path, dialect, block_bytes)
    except (UnicodeDecodeError, pa.ArrowInvalid) as error:
        is_guess = rows and dialect.encoding == "utf-8" and not chosen().encoding
        if not is_guess or "UTF8" not in str(error):
            raise
        dialect = replace(dialect, encoding=_encoding(_first_damage(path), path, rows=True))
    return _read_cells(path, dialect, block_bytes)


def _first_damage(path: Path) -> bytes:
    """The first block of a file that is no UTF-8."""
    with unpacked(path) as (_, file):
        blocks = iter(partial(file.read, _SAMPLE_BYTES), b"")
        return next((block for block in blocks if not is_utf8(block[block.find(b"\n") + 1 :])), b"\xff")


def _encoding(sample: bytes, path: Path, *, rows: bool) -> str:
    """The encoding that was chosen, that the text says itself, or that its letters show."""
    found = chosen().encoding or marked_encoding(sample) or (encoding_of(sample) if rows else "utf-8")
    if found is None:
        raise DataError(
            f"{path} must be text in an encoding that shows, however: it is neither UTF-8 nor of Western Europe",
            remedy=Remedy.option("encoding", "cp1251", "Cyrillic; or gb18030, shift_jis, …"),
        )
    return found


def _has_tabs(path: Path) -> bool:
    return ".tsv" in [suffix.lower() for suffix in path.suffixes]


def _layout(path: Path, *, rows: bool) -> tuple[Dialect, int]:
    """The dialect, and how many bytes the blocks are to have; refuses a file that would not fit into memory.

    How large the whole is once unpacked is guessed by its beginning.
    """
    check_memory(path, path.stat().st_size)
    with unpacked(path) as (stored, file):
        head = file.read(_SAMPLE_BYTES)
        seen = len(head) + len(file.read(_GLANCE_BYTES))
        packed = stored.tell() / seen if file.read(1) else 0.0
    encoding = _encoding(head, path, rows=rows)
    text = head.decode(encoding, "replace")
    dialect = find_dialect(text, encoding, tabs=_has_tabs(path), rows=rows)
    cells = text.count(dialect.delimiter) + text.count("\n")
    size = path.stat().st_size / packed if packed else seen
    check_memory(path, size * (1 + cells / (len(head) or 1) * _CELL_BYTES))
    header = header_of(below(text, dialect.lines_above), dialect.quote)
    return dialect, min(max(len(header) * _ROWS_OF_BLOCK, _BLOCK_BYTES), _MOST_BLOCK_BYTES)


def _read_cells(path: Path, dialect: Dialect, block_bytes: int) -> tuple[pa.Table, Dialect]:
    parse = _parsing(dialect)
    raw_names = _raw_names(path, dialect, max(_BLOCK_BYTES, block_bytes // 8))
    names = _names(raw_names, dialect)
    twice = first_repeated(names)
    if twice is not None:
        raise DataError(
            f"{path} must have columns of different names, however: found {twice!r} twice; rename one of them"
        )
    convert = pyarrow.csv.ConvertOptions(
        column_types=dict.fromkeys(raw_names, pa.string()),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    batches, needed = [], 0
    with _open(path) as file:
        read = _reading(dialect, block_bytes)
        found: Any = (
            _slowly(file, raw_names, dialect)
            if dialect.quotes_after_blanks
            else pyarrow.csv.open_csv(file, read_options=read, parse_options=parse, convert_options=convert)
        )
        # Counted block by block: what was seen at the beginning may not hold for the rest.
        for batch in found:
            needed += batch.nbytes + CELL_BYTES * batch.num_rows * batch.num_columns
            check_memory(path, needed)
            batches.append(batch)
    cells = pa.Table.from_batches(batches, pa.schema([(name, pa.string()) for name in raw_names]))
    return _tidied(cells.rename_columns(names), dialect), dialect


def _raw_names(path: Path, dialect: Dialect, block_bytes: int) -> list[str]:
    """The names as they stand in the header."""
    with _open(path) as file:
        if dialect.quotes_after_blanks:
            return next(_rows_of(file, dialect), [])
        few, parse = _reading(dialect, block_bytes), _parsing(dialect)
        with pyarrow.csv.open_csv(file, read_options=few, parse_options=parse) as reader:
            return reader.schema.names


def _reading(dialect: Dialect, block_bytes: int) -> pyarrow.csv.ReadOptions:
    return pyarrow.csv.ReadOptions(
        block_size=block_bytes,
        encoding="utf8" if dialect.encoding in {"utf-8", "utf-8-sig"} else dialect.encoding,
        skip_rows=dialect.lines_above + (dialect.names is not None),
        column_names=None if dialect.names is None else list(dialect.names),
    )


def _parsing(dialect: Dialect) -> pyarrow.csv.ParseOptions:
    def skip(row: pyarrow.csv.InvalidRow) -> str:
        return "skip" if (row.text or "").startswith("#") else "error"

    return pyarrow.csv.ParseOptions(
        delimiter=dialect.delimiter,
        quote_char=dialect.quote,
        newlines_in_values=True,
        invalid_row_handler=skip if dialect.comments else None,
    )


def _rows_of(file: Any, dialect: Dialect) -> Iterator[list[str]]:
    """The header and the rows, whose quotes stand behind a blank: Arrow does not take those for quotes."""
    text = io.TextIOWrapper(file, dialect.encoding, newline="")
    for _ in range(dialect.lines_above):
        text.readline()
    return csv.reader(text, delimiter=dialect.delimiter, quotechar=dialect.quote, skipinitialspace=True, strict=True)


def _slowly(file: Any, names: list[str], dialect: Dialect) -> Iterator[pa.RecordBatch]:
    """The rows of `_rows_of`, block by block."""
    rows = _rows_of(file, dialect)
    try:
        next(rows, None)
        while block := [row for row in islice(rows, _SLOW_ROWS) if row]:
            if stray := next((row for row in block if len(row) != len(names)), None):
                raise pa.ArrowInvalid(f"CSV parse error: Expected {len(names)} columns, got {len(stray)}")
            cells = [pa.array([cell or None for cell in column], pa.string()) for column in zip(*block, strict=True)]
            yield pa.RecordBatch.from_arrays(cells, names)
    except csv.Error as error:
        raise pa.ArrowInvalid(f"CSV parse error: {error}") from error


def _names(names: list[str], dialect: Dialect) -> list[str]:
    """The names without what guards them, and without the blanks and quotes of a dialect that has blanks."""
    if dialect.blanks:
        bare = [name.strip() for name in names]
        names = [name[1:-1] if len(name) > 1 and name[0] == name[-1] == dialect.quote else name for name in bare]
    return unguarded_names(names)


def _tidied(cells: pa.Table, dialect: Dialect) -> pa.Table:
    """Without the column behind a last delimiter, the blanks of a dialect that has them, marks chosen, and guards."""
    if cells.num_columns > 1 and cells.column_names[-1] == "" and cells.column(-1).null_count == len(cells):
        cells = cells.drop_columns([""])
    columns = cells.columns
    if dialect.blanks:
        columns = [pc.utf8_ltrim(column, " ") for column in columns]
    if marks := chosen().missing:
        gone = pa.array(marks, pa.string())
        absent = [pc.is_in(pc.utf8_trim_whitespace(column), value_set=gone) for column in columns]
        columns = [pc.if_else(is_gone, None, column) for is_gone, column in zip(absent, columns, strict=True)]
    return pa.table([unguarded(column) for column in columns], names=cells.column_names)


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes] | pa.NativeFile]:
    """A file to read from, unpacked; gzip and plain files by Arrow's own means."""
    suffix = path.suffix.lower()
    if suffix in {".bz2", ".xz", ".zip"}:
        with unpacked(path) as (_, file):
            yield file
    else:
        with pa.input_stream(str(path), compression="gzip" if suffix == ".gz" else None) as file:
            yield file
