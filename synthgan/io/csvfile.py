"""Reads CSV, giving each column the narrowest type that all of its cells have, and writes it."""

from __future__ import annotations

import gzip
import re
from contextlib import contextmanager
from functools import cache, partial
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from synthgan.data.containers.raw import first_repeated
from synthgan.data.scalars import to_scalars
from synthgan.errors import DataError
from synthgan.io.memory import check_memory
from synthgan.io.unpacked import CELL_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

# Text that means missing, but only in a column whose every other cell is a number, a moment or true/false.
_MISSING: Final = ("NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?")
# What is looked at to guess how large the rest is, and what a cell takes: its offset as text, and its value.
_SAMPLE_BYTES, _GLANCE_BYTES = 4_000_000, 28_000_000
_CELL_BYTES: Final = CELL_BYTES + 4
# Blocks hold so many rows, as a wide table would else come in thousands of pieces.
_ROWS_OF_BLOCK, _BLOCK_BYTES, _MOST_BLOCK_BYTES = 256, 1 << 20, 64 << 20
_TRUTH: Final = ("true", "false", "True", "False", "TRUE", "FALSE")
_CODE: Final = pc.MatchSubstringOptions(r"^[+-]?(0\d|\d{19,}$)")  # leading zeros, or more digits than a number keeps
_BEGINNINGS: Final = "+-.0123456789"  # of numbers, dates and stamps
_NUMBER: Final = pc.MatchSubstringOptions(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")


def read_csv(path: Path) -> pa.Table:
    """Reads a CSV file with one header line, in UTF-8; cells are parted by commas, semicolons, tabs or bars.

    An empty cell is missing ("" in quotes is empty text). A column becomes whole numbers, numbers, true/false, dates
    or stamps only where every cell is such (NA, N/A, NaN, null, None and ? are missing there). Numbers with leading
    zeros or more than 18 digits are codes: the column stays text, each cell as it is.

    Args:
        path: the file; read through gzip where it ends in .gz.

    Raises:
        DataError: there are two columns of one name.
        ResourceError: it would unpack to more than fits into memory.
        pyarrow.ArrowException, OSError, EOFError, zlib.error: the file is damaged.
    """
    table = read_texts(path)
    return pa.table([_typed(column) for column in table.columns], names=table.column_names)


def read_texts(path: Path) -> pa.Table:
    """Reads what `read_csv` does as text, cell by cell: no other cell decides what one is.

    Raises:
        DataError: there are two columns of one name.
        ResourceError: it would unpack to more than fits into memory.
        pyarrow.ArrowException, OSError, EOFError, zlib.error: the file is damaged.
    """
    parse, read = _layout(path)
    few = pyarrow.csv.ReadOptions(block_size=max(_BLOCK_BYTES, read.block_size // 8))  # for the names alone
    with _open(path) as file, pyarrow.csv.open_csv(file, read_options=few, parse_options=parse) as reader:
        names = reader.schema.names
    twice = first_repeated(names)
    if twice is not None:
        raise DataError(
            f"{path} must have columns of different names, however: found {twice!r} twice; rename one of them"
        )
    convert = pyarrow.csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    batches, needed = [], 0
    with _open(path) as file:
        # Counted block by block: what was seen at the beginning may not hold for the rest.
        for batch in pyarrow.csv.open_csv(file, read_options=read, parse_options=parse, convert_options=convert):
            needed += batch.nbytes + CELL_BYTES * batch.num_rows * batch.num_columns
            check_memory(path, needed)
            batches.append(batch)
    return pa.Table.from_batches(batches, pa.schema([(name, pa.string()) for name in names]))


@cache
def _missing() -> pa.Array:
    """The marks as Arrow wants them; making an array imports pandas, and a file too large is refused before that."""
    return pa.array(_MISSING)


def _layout(path: Path) -> tuple[pyarrow.csv.ParseOptions, pyarrow.csv.ReadOptions]:
    """What parts the cells, and how large the blocks are to be; refuses a file that would not fit into memory.

    How large the whole is once unpacked is guessed by its beginning.
    """
    check_memory(path, path.stat().st_size)
    with _binary(path) as (stored, file):
        head = file.read(_SAMPLE_BYTES)
        seen = len(head) + len(file.read(_GLANCE_BYTES))
        packed = stored.tell() / seen if file.read(1) else 0.0
    header = head[: head.find(b"\n") + 1] or head
    parse = pyarrow.csv.ParseOptions(delimiter=_delimiter(path, header), newlines_in_values=True)
    cells = head.count(parse.delimiter.encode()) + head.count(b"\n")
    text = path.stat().st_size / packed if packed else seen
    check_memory(path, text * (1 + cells / (len(head) or 1) * _CELL_BYTES))
    block_bytes = min(max(len(header) * _ROWS_OF_BLOCK, _BLOCK_BYTES), _MOST_BLOCK_BYTES)
    return parse, pyarrow.csv.ReadOptions(block_size=block_bytes)


def csv_head(path: Path) -> pa.Schema:
    """Gives the names in the header of a CSV file, all of them of text: a CSV file says no types. Rows are not read.

    Raises:
        pyarrow.ArrowException, OSError: the file is damaged.
    """
    with _binary(path) as (_, file):
        lines = iter(partial(file.readline, _SAMPLE_BYTES), b"")
        header = next((line for line in lines if line.strip()), b"")
        while header.count(b'"') % 2 and (line := next(lines, b"")):  # a name in quotes may hold line ends
            header += line
    parse = pyarrow.csv.ParseOptions(delimiter=_delimiter(path, header), newlines_in_values=True)
    with pyarrow.csv.open_csv(pa.BufferReader(header.rstrip(b"\r\n") + b"\n"), parse_options=parse) as reader:
        return pa.schema([(name, pa.string()) for name in reader.schema.names])


@contextmanager
def _binary(path: Path) -> Iterator[tuple[IO[bytes], IO[bytes] | gzip.GzipFile]]:
    """A file as it is stored, and as it is unpacked."""
    with path.open("rb") as stored:
        if path.suffix.lower() != ".gz":
            yield stored, stored
            return
        with gzip.open(stored) as file:
            yield stored, file


def _open(path: Path) -> pa.NativeFile:
    return pa.input_stream(str(path), compression="gzip" if path.suffix.lower() == ".gz" else None)


def _delimiter(path: Path, header: bytes) -> str:
    """Finds what parts the cells: in a .tsv a tab, else the commonest of four outside of quotes in the header."""
    if ".tsv" in path.suffixes:
        return "\t"
    bare = re.sub(rb'"[^"]*"', b"", header)
    return max(",;\t|", key=lambda mark: bare.count(mark.encode()))  # a comma where there is none at all


def _typed(column: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    if column.null_count == len(column):
        return pa.chunked_array([pa.nulls(len(column))])
    values = column.chunk(0) if column.num_chunks == 1 else column
    marks = pc.is_in(values, value_set=_missing())
    plain = pc.if_else(marks, pa.scalar(None, pa.string()), values) if pc.any(marks).as_py() else values
    present = plain.drop_null() if plain.null_count else plain
    if not len(present):
        return column
    first = present[0].as_py()
    if first in _TRUTH:
        is_truth = pc.all(pc.is_in(present, value_set=pa.array(_TRUTH))).as_py()
        return pc.utf8_lower(plain).cast(pa.bool_()) if is_truth else column
    if first[:1] not in _BEGINNINGS:  # all but text begins so; a wide table is read in half the time
        return column
    if pc.all(_match(present, _NUMBER)).as_py():
        return column if pc.any(_match(present, _CODE)).as_py() else _numbers(plain)
    for kind in (pa.date32(), pa.timestamp("us"), pa.timestamp("ns"), pa.timestamp("us", "UTC")):
        try:
            return plain.cast(kind)
        except pa.ArrowInvalid:
            continue
    return column


def _match(values: pa.ChunkedArray | pa.Array, pattern: pc.MatchSubstringOptions) -> pa.ChunkedArray | pa.Array:
    return pc.call_function("match_substring_regex", [values], pattern)


def _numbers(plain: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    try:
        return plain.cast(pa.int64())
    except pa.ArrowInvalid:
        return plain.cast(pa.float64())


def write_csv_file(tables: Iterator[pa.Table], path: Path, ending: str) -> int:
    """Writes batches to a file that is to have an ending (.csv, .tsv, .csv.gz or .tsv.gz), and gives the number of rows."""
    with gzip.open(path, "wb") if ending.endswith(".gz") else path.open("wb") as stream:
        return write_csv_tables(tables, stream, delimiter="\t" if ending.startswith(".tsv") else ",")


def write_csv_tables(tables: Iterator[pa.Table], stream: IO[bytes] | gzip.GzipFile, *, delimiter: str) -> int:
    """Writes batches to an open binary stream, with one header line, and gives the number of rows."""
    rows = 0
    for index, table in enumerate(tables):
        options = pyarrow.csv.WriteOptions(include_header=index == 0, delimiter=delimiter)
        pyarrow.csv.write_csv(_csv_ready(table), stream, write_options=options)
        rows += table.num_rows
    return rows


def _csv_ready(table: pa.Table) -> pa.Table:
    """Gives each column a type that Arrow writes as CSV: levels are spelt out, durations are ISO 8601 text."""
    return pa.table([_csv_column(column) for column in table.columns], names=table.column_names)


def _csv_column(column: pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_time(column.type) or pa.types.is_float16(column.type):
        return column.cast(pa.string() if pa.types.is_time(column.type) else pa.float32())
    if not pa.types.is_duration(column.type):
        return column
    coded = pa.concat_arrays(column.chunks).dictionary_encode() if column.num_chunks else column
    return pa.array(to_scalars(coded.dictionary), pa.string()).take(coded.indices)
