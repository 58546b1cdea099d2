"""Reads Arrow files and streams, and writes Arrow files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.ipc

from synthgan.io.arrowmessages import MARK, unpacked_bytes_of
from synthgan.io.growing import GrowingFile
from synthgan.io.memory import check_memory
from synthgan.io.unpacked import spelt_out_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STREAM_MARK: Final = b"\xff\xff\xff\xff"


def read_arrow(path: Path) -> pa.Table:
    """Reads an Arrow file or stream, of which no length, offset or index is believed.

    Raises:
        pyarrow.ArrowException, OSError: the file is damaged.
        ResourceError: it would unpack to more than fits into memory.
    """
    check_memory(path, path.stat().st_size)
    content = pa.py_buffer(path.read_bytes())  # not mapped: a file cut short meanwhile would kill the process
    check_memory(path, content.size + unpacked_bytes_of(content))
    batches, unpacked = [], 0
    schema, found = _opened(content)
    for batch in found:
        batch.validate(full=True)
        unpacked += spelt_out_bytes(batch)
        check_memory(path, unpacked)
        batches.append(batch)
    return pa.Table.from_batches(batches, schema)


def _opened(content: pa.Buffer) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    if content[: len(MARK)].to_pybytes() != MARK:
        stream = pyarrow.ipc.open_stream(content)
        return stream.schema, iter(stream)
    file = pyarrow.ipc.open_file(content)
    return file.schema, (file.get_batch(index) for index in range(file.num_record_batches))


def arrow_head(path: Path) -> pa.Schema:
    """Gives the names and types of an Arrow file or stream. Rows are not read.

    Raises:
        pyarrow.ArrowException, OSError: the file is damaged.
    """
    with path.open("rb") as head:
        is_file = head.read(len(MARK)) == MARK
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
