"""Reads and writes Parquet, one row group a batch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet

from synthgan.data.containers.origin import metadata_of, origin_in, with_origin
from synthgan.data.containers.raw import index_names
from synthgan.io.growing import GrowingFile
from synthgan.io.memory import check_memory
from synthgan.io.unpacked import CELL_BYTES, spelt_out_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synthgan.data.containers.raw import Frame

_TEXT: Final = "BYTE_ARRAY"
_NAMELESS: Final = re.compile(r"__index_level_\d+__")
_BEGINNINGS: Final = "DELTA_BYTE_ARRAY"  # texts that share their beginnings, which pyarrow cannot give as a dictionary
_MAX_INDEX: Final = 2**62
_BATCH_ROWS, _FEW_ROWS = 65_536, 1_024


def read_parquet(path: Path) -> Frame:
    """Reads Parquet: what pandas wrote as a pandas frame with its types and the index that has names, all else as Arrow.

    Raises:
        pyarrow.ArrowException, OSError: the file is damaged.
        ResourceError: it would unpack to more than fits into memory.
    """
    return as_pandas(read_parquet_table(path))


def read_parquet_table(path: Path) -> pa.Table:
    """Reads Parquet as Arrow, with its metadata; footer, texts and values are looked at before they are believed.

    Raises:
        pyarrow.ArrowException, OSError: the file is damaged.
        ResourceError: it would unpack to more than fits into memory.
    """
    _check_footer(path)
    with pyarrow.parquet.ParquetFile(path) as file:
        declared = _declared_bytes(file.metadata)
        check_memory(path, declared)
        _check_texts(path, file, declared)
        table = file.read()
    table.validate(full=True)
    check_memory(path, spelt_out_bytes(table))
    return table


def as_pandas(table: pa.Table) -> Frame:
    """The frame that pandas wrote; the table where it did not, or cannot read again what it wrote."""
    try:
        if not table.schema.pandas_metadata:
            return table
        frame = with_origin(table.to_pandas(), origin_in(table.schema))
        return frame if index_names(frame) else frame.reset_index(drop=True)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 (its metadata may be damaged, or name types it has no way back to: the data are fine)
        return table.replace_schema_metadata(metadata_of(origin_in(table.schema)))


def read_parquet_types(path: Path) -> pa.Table:
    """Reads Parquet in the types that the file says, without a nameless index of pandas: whether a cell is missing changes no type.

    Raises:
        pyarrow.ArrowException, OSError: the file is damaged.
    """
    table = read_parquet_table(path)
    for index in _counted(table.schema):
        start, step = index["start"], index["step"]
        rows = range(start, start + step * len(table), step)
        if rows == range(start, index["stop"], step):
            table = table.append_column(pa.field(index["name"], pa.int64()), pa.array(rows, pa.int64()))
    return table.select(
        [name for name in parquet_head(path).names if name in table.column_names]
    ).replace_schema_metadata(metadata_of(origin_in(table.schema)))


def parquet_head(path: Path) -> pa.Schema:
    """Gives the names and types of a Parquet file, without a nameless index of pandas. Rows are not read.

    Raises:
        pyarrow.ArrowException, OSError: the file is damaged.
    """
    schema = pyarrow.parquet.read_schema(path)
    nameless = {name for name in _index_columns(schema) if isinstance(name, str) and _NAMELESS.fullmatch(name)}
    named = [pa.field(index["name"], pa.int64()) for index in _counted(schema)]
    fields = [*(field for field in schema if field.name not in nameless), *named]
    return pa.schema(fields, metadata_of(origin_in(schema)))


def _index_columns(schema: pa.Schema) -> list[Any]:
    """What pandas says of its index: a name for each level that is a column, how to count one that is not."""
    try:
        return list((schema.pandas_metadata or {}).get("index_columns", []))
    except (AttributeError, TypeError, ValueError):  # damaged, and then as if there were none
        return []


def _counted(schema: pa.Schema) -> list[dict[str, Any]]:
    """The named index that pandas would count out again: it is in no column of the file."""
    found = [index for index in _index_columns(schema) if isinstance(index, dict)]
    return [
        index
        for index in found
        if isinstance(index.get("name"), str)
        and index["name"] not in schema.names
        and all(isinstance(end := index.get(key), int) and abs(end) < _MAX_INDEX for key in ("start", "stop", "step"))
        and index["step"]
    ]


def _check_footer(path: Path) -> None:
    """Lets the reader look at the entry of every column: pyarrow's own view of a damaged one ends the process."""
    with pyarrow.parquet.ParquetFile(path, pre_buffer=True) as file:
        metadata = file.metadata
        check_memory(path, sum(metadata.row_group(index).total_byte_size for index in range(metadata.num_row_groups)))
        next(file.iter_batches(1), None)


def _declared_bytes(metadata: pyarrow.parquet.FileMetaData) -> int:
    """What the footer says that all columns take: so many cells, and of text at least what is stored."""
    total = 0
    for group in range(metadata.num_row_groups):
        for column in _columns(metadata, group):
            total += column.num_values * (1 if column.physical_type == "BOOLEAN" else CELL_BYTES)
            total += column.total_uncompressed_size if column.physical_type == _TEXT else 0
    return max(total, metadata.num_rows)


def _check_texts(path: Path, file: pyarrow.parquet.ParquetFile, declared: int) -> None:
    """Measures columns of text, whose cells may be far longer than what is stored, without spelling them out."""
    metadata = file.metadata
    texts = [
        column
        for group in range(metadata.num_row_groups)
        for column in _columns(metadata, group)
        if column.physical_type == _TEXT
    ]
    plain = {column.path_in_schema for column in texts if _BEGINNINGS in column.encodings}
    coded = {column.path_in_schema for column in texts} - plain
    if unknown := (coded | plain) - {column.path for column in metadata.schema}:
        raise pa.ArrowInvalid(f"its parts must be of columns of the schema, however: {min(unknown)!r}")
    total = declared
    for names, rows in ((coded, _BATCH_ROWS), (plain, _FEW_ROWS)):
        with pyarrow.parquet.ParquetFile(path, read_dictionary=sorted(coded)) as again:
            for batch in again.iter_batches(rows, columns=sorted(names)) if names else ():
                total += spelt_out_bytes(batch)
                check_memory(path, total)


def _columns(metadata: pyarrow.parquet.FileMetaData, group: int) -> Iterator[pyarrow.parquet.ColumnChunkMetaData]:
    row_group = metadata.row_group(group)
    return (row_group.column(index) for index in range(row_group.num_columns))


def write_parquet(tables: Iterator[pa.Table], path: Path, _: str) -> int:
    """Writes batches, and gives the number of rows."""
    return _ParquetFile(path).write(tables)


class _ParquetFile(GrowingFile):
    def _opened(self, path: Path, schema: pa.Schema) -> Any:
        return pyarrow.parquet.ParquetWriter(path, schema)

    def _parts(self, path: Path) -> Iterator[pa.Table]:
        with pyarrow.parquet.ParquetFile(path) as file:
            for index in range(file.num_row_groups):
                yield file.read_row_group(index)
