"""Reads Delta tables: folders of Parquet files whose log says which of them count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthgan.errors import DataError
from synthgan.io.extras import required
from synthgan.io.memory import check_memory
from synthgan.io.reasons import one_line

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

_LOG = "_delta_log"


def is_delta(folder: Path) -> bool:
    """Whether a folder is a Delta table: read as a folder, rows that were deleted would come back."""
    return (folder / _LOG).is_dir()


def read_delta(folder: Path) -> pa.Table:
    """Reads the latest version of a Delta table.

    Raises:
        DataError: it is damaged, or the package for it is not installed.
        ResourceError: it would take more than fits into memory.
    """
    deltalake = required("deltalake", "delta")
    try:
        found = deltalake.DeltaTable(str(folder))
        sizes = found.get_add_actions(flatten=True)["size_bytes"].to_pylist()
        check_memory(folder, sum(sizes))
        table: pa.Table = found.to_pyarrow_table()
    except (deltalake.exceptions.DeltaError, OSError, ValueError, KeyError) as error:
        raise DataError(f"{folder} must be a Delta table that can be read, however: {one_line(error)}") from error
    check_memory(folder, table.nbytes)
    return table.replace_schema_metadata(None)
