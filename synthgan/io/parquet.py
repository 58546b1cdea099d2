"""Reads and writes Parquet, one row group a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet

from synthgan.io.growing import GrowingFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synthgan.data.containers.raw import Frame


def read_parquet(path: Path) -> Frame:
    """Reads Parquet: what pandas wrote as a pandas frame with its types and without its index, all else as Arrow.

    Raises:
        pyarrow.ArrowException, OSError: the file is damaged.
    """
    with pyarrow.parquet.ParquetFile(path) as file:
        table = file.read()
    if not table.schema.pandas_metadata:
        return table
    try:
        return table.to_pandas().reset_index(drop=True)
    except (pa.ArrowException, TypeError, ValueError, KeyError, NotImplementedError):
        # pandas writes types that it cannot read again (Arrow-backed dictionaries): the data themselves are fine.
        return table.replace_schema_metadata(None)


def read_parquet_types(path: Path) -> pa.Table:
    """Reads Parquet in the types that the file says, without the index of pandas: whether a cell is missing changes no type.

    Raises:
        pyarrow.ArrowException, OSError: the file is damaged.
    """
    with pyarrow.parquet.ParquetFile(path) as file:
        table = file.read()
    return table.select(parquet_head(path).names).replace_schema_metadata(None)


def parquet_head(path: Path) -> pa.Schema:
    """Gives the names and types of a Parquet file, without the index of pandas. Rows are not read.

    Raises:
        pyarrow.ArrowException, OSError: the file is damaged.
    """
    schema = pyarrow.parquet.read_schema(path)
    pandas = schema.pandas_metadata or {}
    index = {name for name in pandas.get("index_columns", []) if isinstance(name, str)}
    return pa.schema([field for field in schema if field.name not in index])


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
