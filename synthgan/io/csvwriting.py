"""Writes CSV: in the dialect and encoding of the file that a table was learned from, else with commas, in UTF-8."""

from __future__ import annotations

import codecs
import io
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from synthgan.data.containers.dtypes import is_text
from synthgan.data.containers.source import source_of
from synthgan.data.scalars import to_scalars
from synthgan.errors import DataError
from synthgan.io.mixed import spelt_out
from synthgan.io.packed import packing
from synthgan.io.spreadsheet import guarded, guarded_names

if TYPE_CHECKING:
    import gzip
    from collections.abc import Iterator
    from pathlib import Path


def write_csv_file(tables: Iterator[pa.Table], path: Path, ending: str) -> int:
    """Writes batches to a file that is to have an ending (.csv, .tsv, .csv.gz, …), and gives the number of rows.

    Where the first batch carries that it was learned from CSV, its delimiter and encoding are kept; a .tsv file has tabs.
    """
    first = next(tables, None)
    source = (source_of(first) or {}) if first is not None else {}
    given = source if source.get("format") == "CSV" else {}
    delimiter = "\t" if ending.startswith(".tsv") else given.get("delimiter", ",")
    with packing(path, ending) as stream:
        target: Any = stream
        if (encoding := given.get("encoding", "utf-8")) != "utf-8":
            target = _Encoded(stream, encoding)
        return write_csv_tables(chain(() if first is None else (first,), tables), target, delimiter=delimiter)


def write_csv_tables(tables: Iterator[pa.Table], stream: IO[bytes] | gzip.GzipFile, *, delimiter: str) -> int:
    """Writes batches to an open binary stream, with one header line, and gives the number of rows."""
    rows = 0
    for index, table in enumerate(tables):
        options = pyarrow.csv.WriteOptions(include_header=index == 0, delimiter=delimiter)
        pyarrow.csv.write_csv(_csv_ready(table), stream, write_options=options)
        rows += table.num_rows
    return rows


class _Encoded(io.RawIOBase):
    """A stream that takes UTF-8 and writes another encoding."""

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        super().__init__()
        self._stream, self._name = stream, encoding
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._encoder = codecs.getincrementalencoder(encoding)()

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any) -> int:
        """Writes bytes of UTF-8; raises DataError where the other encoding lacks a letter."""
        try:
            self._stream.write(self._encoder.encode(self._decoder.decode(data)))
        except UnicodeEncodeError as error:
            letter = error.object[error.start]
            raise DataError(
                f"a table to write as CSV must be of letters that {self._name} has, as its source was, however: found {letter!r}; "
                f"write Parquet"
            ) from error
        return memoryview(data).nbytes


def _csv_ready(table: pa.Table) -> pa.Table:
    """Gives each column a type that Arrow writes as CSV, and guards text: levels are spelt out, durations are ISO 8601 text.

    What is true is so in the words of the CSV file that the table was learned from.
    """
    said = (source_of(table) or {}).get("columns", {})
    columns = [
        _told(_csv_column(column), said.get(name, {}).get("truth"))
        for name, column in zip(table.column_names, table.columns, strict=True)
    ]
    return pa.table(
        [guarded(column) if is_text(column.type) else column for column in columns],
        names=guarded_names(table.column_names),
    )


def _told(column: pa.Array | pa.ChunkedArray, truth: list[str] | None) -> pa.Array | pa.ChunkedArray:
    """True and false in the words of a file."""
    if truth is None or not pa.types.is_boolean(column.type):
        return column
    return pc.if_else(column, pa.scalar(truth[1]), pa.scalar(truth[0]))


def _csv_column(column: pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    column = spelt_out(column)
    if pa.types.is_string_view(column.type):
        return column.cast(pa.large_string())
    if pa.types.is_time(column.type) or pa.types.is_float16(column.type):
        return column.cast(pa.string() if pa.types.is_time(column.type) else pa.float32())
    if not pa.types.is_duration(column.type):
        return column
    coded = pa.concat_arrays(column.chunks).dictionary_encode() if column.num_chunks else column
    return pa.array(to_scalars(coded.dictionary), pa.string()).take(coded.indices)
