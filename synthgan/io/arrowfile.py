"""Reads Arrow files and streams, and writes Arrow files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.ipc

from synthgan.io.growing import GrowingFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE_MARK: Final = b"ARROW1"
STREAM_MARK: Final = b"\xff\xff\xff\xff"


def read_arrow(path: Path) -> pa.Table:
    """Reads an Arrow file or stream.

    Raises:
        pyarrow.ArrowException, OSError: the file is damaged.
    """
    with path.open("rb") as head:
        is_file = head.read(len(FILE_MARK)) == FILE_MARK
    with pa.memory_map(str(path)) as file:
        return (pyarrow.ipc.open_file if is_file else pyarrow.ipc.open_stream)(file).read_all()


def arrow_head(path: Path) -> pa.Schema:
    """Gives the names and types of an Arrow file or stream. Rows are not read.

    Raises:
        pyarrow.ArrowException, OSError: the file is damaged.
    """
    with path.open("rb") as head:
        is_file = head.read(len(FILE_MARK)) == FILE_MARK
    with pa.OSFile(str(path)) as file:
        return (pyarrow.ipc.open_file if is_file else pyarrow.ipc.open_stream)(file).schema


def write_arrow(tables: Iterator[pa.Table], path: Path, _: str) -> int:
    """Writes batches as an Arrow file, and gives the number of rows."""
    return _ArrowFile(path).write(tables)


class _ArrowFile(GrowingFile):
    def _opened(self, path: Path, schema: pa.Schema) -> Any:
        self._levels: dict[str, pa.Array] = {}
        options = pyarrow.ipc.IpcWriteOptions(emit_dictionary_deltas=True)
        return pyarrow.ipc.new_file(str(path), schema, options=options)

    def _parts(self, path: Path) -> Iterator[pa.Table]:
        with pyarrow.ipc.open_file(str(path)) as reader:
            for index in range(reader.num_record_batches):
                yield pa.Table.from_batches([reader.get_batch(index)])

    def _as_written(self, table: pa.Table) -> pa.Table:
        return pa.table([self._grown(field, table[field.name]) for field in table.schema], schema=table.schema)

    def _grown(self, field: pa.Field, column: pa.ChunkedArray) -> pa.ChunkedArray:
        """Lets the levels of a category only grow from batch to batch: an Arrow file holds each list of levels once."""
        if not pa.types.is_dictionary(field.type):
            return column
        known = self._levels.get(field.name, pa.array([], field.type.value_type))
        none = pa.DictionaryArray.from_arrays(pa.array([], field.type.index_type), known, ordered=field.type.ordered)
        unified = pa.chunked_array([none, *column.chunks]).unify_dictionaries()
        self._levels[field.name] = unified.chunk(0).dictionary
        return pa.chunked_array(unified.chunks[1:], field.type)
