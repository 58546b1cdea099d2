"""Recognises tables of every kind: frames of any library, and the paths of files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals.stable.v1.dependencies as known
import numpy as np
import pyarrow as pa

from synthgan.data.containers.raw import Frame, container_of
from synthgan.errors import DataError
from synthgan.io.choices import reading_as
from synthgan.io.databases.addresses import is_url
from synthgan.io.huggingface import is_dataset, table_of_dataset
from synthgan.io.readers import read_indexed, read_plainly
from synthgan.io.tableurls import read_url, read_url_plainly

if TYPE_CHECKING:
    from synthgan.data.panderas import AnySchema


def as_private_frame(data: Any, schema: AnySchema | None) -> Frame:
    """Gives data as a frame whose types no row has a say in; a file is read as the schema that was given says.

    Raises:
        PrivacyError: it is the path of a file that says no types, and no schema was given.
        DataError: as `as_frame` does.
    """
    if not isinstance(data, (str, Path)):
        return as_frame(data)
    if is_url(data):
        return read_url_plainly(str(data), declared=hasattr(schema, "source"))
    with reading_as(source=getattr(schema, "source", None)):  # pandera's schemas say nothing of files
        return read_plainly(data, declared=hasattr(schema, "source"))


def as_frame(data: Any, schema: AnySchema | None = None) -> Frame:
    """Gives data as a frame: a path or URL is read (as a schema says), pandas, polars and pyarrow tables are taken as they are.

    Anything else that offers Arrow data (`__arrow_c_stream__`) or that narwhals knows becomes a pyarrow Table.

    Raises:
        DataError: it is no table; the message has the remedy.
    """
    if isinstance(data, (str, Path)):
        with reading_as(source=getattr(schema, "source", None)):
            return read_url(str(data)) if is_url(data) else read_indexed(data)
    if container_of(data):
        return data
    if isinstance(data, pa.RecordBatch):
        return pa.Table.from_batches([data])
    if is_dataset(data):
        return table_of_dataset(data)
    _refuse(data)
    try:
        if hasattr(data, "__arrow_c_stream__"):
            return pa.table(data)
        import narwhals.stable.v1 as nw

        return nw.from_native(data, eager_only=True).to_arrow()
    except (TypeError, ValueError, pa.ArrowException) as error:
        raise _no_table(type(data).__name__, "pass a DataFrame, a pyarrow.Table or a path") from error


def _refuse(data: object) -> None:
    name = type(data).__name__
    if known.is_polars_lazyframe(data):
        raise _no_table("a polars LazyFrame", "call .collect() first")
    if known.is_polars_series(data) or known.is_pandas_series(data):
        raise _no_table(f"a {name} (one column)", "call .to_frame() first")
    if isinstance(data, (np.ndarray, list, dict)):
        raise _no_table(f"a {name}", "wrap it: pandas.DataFrame(data, columns=[...])")
    if isinstance(data, (pa.Array, pa.ChunkedArray)):
        raise _no_table(f"a pyarrow {name} (one column)", "wrap it: pyarrow.table({'name': data})")


def _no_table(found: str, remedy: str) -> DataError:
    return DataError(f"a table must be a pandas, polars or pyarrow one, or a path, however: found {found}; {remedy}")
