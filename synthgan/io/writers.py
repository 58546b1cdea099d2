"""Writes a table to a Parquet, CSV or Arrow file, batch by batch and all or nothing."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self
from uuid import UUID

import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet

from synthgan.data.containers.raw import container_of
from synthgan.data.scalars import to_scalars
from synthgan.errors import DataError
from synthgan.io.atomic import replacing
from synthgan.io.readers import CSV, PARQUET, known_suffix, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from synthgan.data.containers.raw import Frame


def write_table(batches: Iterable[Frame] | Frame, path: str | Path) -> int:
    """Writes a table, one row group per batch, atomically: the file appears whole or not at all.

    Batches of slightly different types (a pandas object column that is all None in the first batch, say) are written in
    the type that holds them all. pandas frames keep their metadata, so that `read_table` gives pandas frames back.

    Args:
        batches: a frame, or frames with the same columns, one after another.
        path: where; the ending says the format (.parquet, .pq, .csv, .csv.gz, .tsv, .tsv.gz, .arrow, .feather, .ipc).

    Returns:
        How many rows were written.

    Raises:
        DataError: the ending is unknown, the place cannot be written, there is no batch, or the batches do not fit
            together.
        ResourceError: the disk is full.
    """
    path = Path(path)
    suffix = known_suffix(path)
    with replacing(path) as temporary:
        if suffix in CSV:
            with gzip.open(temporary, "wb") if suffix.endswith(".gz") else temporary.open("wb") as stream:
                return write_csv(batches, stream, delimiter="\t" if suffix.startswith(".tsv") else ",")
        with _Growing(temporary, suffix) as file:
            for table in _tables(batches):
                file.write(table)
        return file.rows


def write_csv(batches: Iterable[Frame] | Frame, stream: IO[bytes] | gzip.GzipFile, *, delimiter: str = ",") -> int:
    """Writes a table as CSV to an open binary stream, with one header line; a missing value is an empty cell.

    Args:
        batches: a frame, or frames with the same columns, one after another.
        stream: where; binary (`sys.stdout.buffer`, say). It is not closed.
        delimiter: what stands between cells.

    Returns:
        How many rows were written.

    Raises:
        DataError: there is no batch.
    """
    rows = 0
    for place, table in enumerate(_tables(batches)):
        options = pyarrow.csv.WriteOptions(include_header=place == 0, delimiter=delimiter)
        pyarrow.csv.write_csv(_csv_ready(table), stream, write_options=options)
        rows += table.num_rows
    return rows


def _tables(batches: Iterable[Frame] | Frame) -> Iterator[pa.Table]:
    table = None
    for frame in [batches] if container_of(batches) else batches:
        table = _to_arrow(frame)
        yield table
    if table is None:
        raise DataError("a table to write must have one batch or more, however: found none")


def _to_arrow(frame: Any) -> pa.Table:
    container = container_of(frame)
    if container is None:
        raise DataError(
            f"a table to write must be a pandas, polars or pyarrow one, however: found {type(frame).__name__}"
        )
    if container == "polars":
        return frame.to_arrow()
    if container == "pyarrow":
        return frame
    frame = frame.copy(deep=False)
    frame.index = range(len(frame))  # which Arrow writes as metadata only
    try:
        return pa.Table.from_pandas(_without_uuids(frame))
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DataError(f"a table to write must be such as Arrow can hold, however: {one_line(error)}") from error


def _without_uuids(frame: Any) -> Any:
    """Writes UUID objects of a pandas frame as text, where Arrow is too old to know them."""
    try:
        pa.array([UUID(int=0)])
    except pa.ArrowException:
        for name in frame.columns[frame.dtypes == "object"]:
            if isinstance(next(iter(frame[name].dropna()), None), UUID):
                frame[name] = frame[name].map(str, na_action="ignore")
    return frame


class _Growing:
    """A Parquet or Arrow file whose types widen when a later batch needs it; what was written is then written again."""

    def __init__(self, path: Path, suffix: str) -> None:
        self.rows = 0
        self._path = path
        self._is_parquet = suffix in PARQUET
        self._schema: Any = None
        self._writer: Any = None
        self._levels: dict[str, pa.Array] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()

    def write(self, table: pa.Table) -> None:
        """Appends a batch."""
        if self._schema is None:
            self._open(table.schema)
        elif not table.schema.equals(self._schema):
            self._widen(table.schema)
        self._append(table)
        self.rows += table.num_rows

    def _open(self, schema: pa.Schema) -> None:
        self._schema = schema
        if self._is_parquet:
            self._writer = pyarrow.parquet.ParquetWriter(self._path, schema)
        else:
            options = pyarrow.ipc.IpcWriteOptions(emit_dictionary_deltas=True)
            self._writer = pyarrow.ipc.new_file(str(self._path), schema, options=options)

    def _append(self, table: pa.Table) -> None:
        table = table.cast(self._schema)
        if not self._is_parquet:
            table = pa.table([self._grown(field, table[field.name]) for field in table.schema], schema=table.schema)
        self._writer.write_table(table)

    def _grown(self, field: pa.Field, column: pa.ChunkedArray) -> pa.ChunkedArray:
        """Lets the levels of a category only grow from batch to batch: an Arrow file holds each list of levels once."""
        if not pa.types.is_dictionary(field.type):
            return column
        known = self._levels.get(field.name, pa.array([], field.type.value_type))
        none = pa.DictionaryArray.from_arrays(pa.array([], field.type.index_type), known, ordered=field.type.ordered)
        unified = pa.chunked_array([none, *column.chunks]).unify_dictionaries()
        self._levels[field.name] = unified.chunk(0).dictionary
        return pa.chunked_array(unified.chunks[1:], field.type)

    def _widen(self, schema: pa.Schema) -> None:
        if schema.names != self._schema.names:
            raise DataError(
                f"batches must have the same columns, however: found {schema.names} after {self._schema.names}"
            )
        try:
            wider = pa.unify_schemas([self._schema, schema], promote_options="permissive")
        except pa.ArrowException as error:
            raise DataError(f"batches must have types that fit together, however: {one_line(error)}") from error
        if wider.equals(self._schema):
            return
        self._writer.close()
        narrow = self._path.with_suffix(".narrow")
        self._path.replace(narrow)
        try:
            self._levels = {}
            self._open(wider)
            for part in self._parts(narrow):
                self._append(part)
        finally:
            narrow.unlink()

    def _parts(self, path: Path) -> Iterator[pa.Table]:
        if self._is_parquet:
            with pyarrow.parquet.ParquetFile(path) as file:
                for place in range(file.num_row_groups):
                    yield file.read_row_group(place)
            return
        with pyarrow.ipc.open_file(str(path)) as reader:
            for place in range(reader.num_record_batches):
                yield pa.Table.from_batches([reader.get_batch(place)])


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
