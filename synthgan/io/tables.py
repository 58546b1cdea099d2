"""Recognises tables of every kind, and takes, selects and joins their rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals.stable.v1.dependencies as known
import numpy as np
import pyarrow as pa

from synthgan.data.containers.raw import Frame, container_of, names_of
from synthgan.errors import DataError
from synthgan.io.readers import read_table
from synthgan.io.writers import write_csv, write_table
from synthgan.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike


def as_frame(data: Any) -> Frame:
    """Gives data as a frame: a path is read, pandas, polars and pyarrow tables are taken as they are.

    Anything else that offers Arrow data (`__arrow_c_stream__`) or that narwhals knows becomes a pyarrow Table.

    Raises:
        DataError: it is no table; the message has the remedy.
    """
    if isinstance(data, (str, Path)):
        return read_table(data)
    if container_of(data):
        return data
    if isinstance(data, pa.RecordBatch):
        return pa.Table.from_batches([data])
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


def number_of_rows(frame: Frame) -> int:
    """Counts the rows of a frame."""
    return len(frame)


def select(frame: Any, names: Sequence[str | int]) -> Frame:
    """Gives the columns of these names, in this order.

    Raises:
        DataError: the frame lacks one of them.
    """
    present = names_of(frame)
    lacking = [name for name in names if name not in present]
    if lacking:
        raise DataError(
            f"column {lacking[0]!r} must be in the table, however: found {', '.join(map(repr, present))}",
            remedy=did_you_mean(lacking[0], present),
        )
    return frame[list(names)] if container_of(frame) == "pandas" else frame.select(list(names))


def take(frame: Any, indices: ArrayLike) -> Frame:
    """Gives the rows at these places [taken], in this order; places may repeat."""
    places = np.asarray(indices, dtype=np.int64)
    container = container_of(frame)
    if container == "pandas":
        return frame.iloc[places].reset_index(drop=True)
    return frame[places] if container == "polars" else frame.take(pa.array(places))


def concat(frames: Sequence[Frame]) -> Frame:
    """Stacks frames of one container and one form, first rows first.

    Category columns keep their type where all frames have the same categories.

    Raises:
        DataError: there is no frame, or they are of different containers.
    """
    containers = {container_of(frame) for frame in frames}
    if len(containers) != 1:
        found = ", ".join(sorted(map(str, containers))) or "none"
        raise DataError(f"frames to stack must be one or more of one container, however: found {found}")
    container = containers.pop()
    if container == "pandas":
        import pandas as pd

        return pd.concat(frames, ignore_index=True)
    if container == "polars":
        import polars as pl

        return pl.concat(frames)
    return pa.concat_tables(frames)


__all__ = ["as_frame", "concat", "number_of_rows", "read_table", "select", "take", "write_csv", "write_table"]
