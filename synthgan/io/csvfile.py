"""Reads CSV, giving each column the narrowest type that all of its cells have, and writes it."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from synthgan.data.scalars import to_scalars
from synthgan.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

# Text that means missing, but only in a column whose every other cell is a number, a moment or true/false.
_MISSING_MARKS: Final = ("NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?")
_TRUTH: Final = ("true", "false", "True", "False", "TRUE", "FALSE")
_LEADING_ZERO: Final = r"^[+-]?0\d"
_MANY_DIGITS: Final = r"^[+-]?\d{19,}$"
_NUMBER: Final = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


def read_csv(path: Path) -> pa.Table:
    """Reads a CSV file with one header line, in UTF-8; cells are parted by commas, semicolons, tabs or bars.

    An empty cell is missing ("" in quotes is empty text). A column becomes whole numbers, numbers, true/false, dates
    or stamps only where every cell is such (NA, N/A, NaN, null, None and ? are missing there). Numbers with leading
    zeros or more than 18 digits are codes: the column stays text, each cell as it is.

    Args:
        path: the file; read through gzip where it ends in .gz.

    Raises:
        DataError: there are two columns of one name.
        pyarrow.ArrowException, OSError: the file is damaged.
    """
    table = read_texts(path)
    return pa.table([_typed(column) for column in table.columns], names=table.column_names)


def read_texts(path: Path) -> pa.Table:
    """Reads what `read_csv` does as text, cell by cell: no other cell decides what one is.

    Raises:
        DataError: there are two columns of one name.
        pyarrow.ArrowException, OSError: the file is damaged.
    """
    with _binary(path) as head:
        delimiter = _delimiter(path, head.readline())
    parse = pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True)
    with _open(path) as file, pyarrow.csv.open_csv(file, parse_options=parse) as reader:
        names = reader.schema.names
    twice = next((name for index, name in enumerate(names) if name in names[:index]), None)
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
    with _open(path) as file:
        return pyarrow.csv.read_csv(file, parse_options=parse, convert_options=convert)


def csv_head(path: Path) -> pa.Schema:
    """Gives the names in the header of a CSV file, all of them of text: a CSV file says no types. Rows are not read.

    Raises:
        pyarrow.ArrowException, OSError: the file is damaged.
    """
    with _binary(path) as file:
        header = next((line for line in file if line.strip()), b"")
        while header.count(b'"') % 2 and (line := file.readline()):  # a name in quotes may hold line ends
            header += line
    parse = pyarrow.csv.ParseOptions(delimiter=_delimiter(path, header), newlines_in_values=True)
    with pyarrow.csv.open_csv(pa.BufferReader(header.rstrip(b"\r\n") + b"\n"), parse_options=parse) as reader:
        return pa.schema([(name, pa.string()) for name in reader.schema.names])


def _binary(path: Path) -> IO[bytes] | gzip.GzipFile:
    return gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb")


def _open(path: Path) -> pa.NativeFile:
    return pa.input_stream(str(path), compression="gzip" if path.suffix.lower() == ".gz" else None)


def _delimiter(path: Path, header: bytes) -> str:
    """Finds what parts the cells: in a .tsv a tab, else the commonest of four outside of quotes in the header."""
    if ".tsv" in path.suffixes:
        return "\t"
    bare = re.sub(rb'"[^"]*"', b"", header)
    return max(",;\t|", key=lambda mark: bare.count(mark.encode()))  # a comma where there is none at all


def _typed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if column.null_count == len(column):
        return pa.chunked_array([pa.nulls(len(column))])
    marks = pc.is_in(column, value_set=pa.array(_MISSING_MARKS))
    plain = pc.if_else(marks, pa.scalar(None, pa.string()), column)
    present = plain.drop_null()
    if not len(present):
        return column
    if pc.all(pc.is_in(present, value_set=pa.array(_TRUTH))).as_py():
        return pc.utf8_lower(plain).cast(pa.bool_())
    if pc.all(pc.match_substring_regex(present, _NUMBER)).as_py():
        return _numbers(plain, column)
    for kind in (pa.date32(), pa.timestamp("us"), pa.timestamp("ns"), pa.timestamp("us", "UTC")):
        try:
            return plain.cast(kind)
        except pa.ArrowInvalid:
            continue
    return column


def _numbers(plain: pa.ChunkedArray, column: pa.ChunkedArray) -> pa.ChunkedArray:
    for code in (_LEADING_ZERO, _MANY_DIGITS):
        if pc.any(pc.match_substring_regex(plain, code)).as_py():
            return column
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
