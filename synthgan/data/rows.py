"""Takes, selects and joins the rows and columns of frames of any kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from synthgan.data.containers.raw import Frame, container_of, index_names, names_of, with_levels
from synthgan.errors import DataError
from synthgan.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike


def number_of_rows(frame: Frame) -> int:
    """Counts the rows of a frame."""
    return len(frame)


def select(frame: Any, names: Sequence[str | int]) -> Frame:
    """Gives the columns of these names, in this order.

    Raises:
        DataError: the frame lacks one of them.
    """
    present = names_of(frame)
    known = set(present)
    lacking = [name for name in names if name not in known]
    if lacking:
        raise DataError(
            f"column {lacking[0]!r} must be in the table, however: found {', '.join(map(repr, present))}",
            remedy=did_you_mean(lacking[0], present),
        )
    if container_of(frame) != "pandas":
        return frame.select(list(names))
    levels = index_names(frame)
    kept = frame[[name for name in names if name not in levels]]
    return kept if set(levels) & set(names) else kept.reset_index(drop=True)


def take(frame: Any, indices: ArrayLike) -> Frame:
    """Gives the rows at these indices [taken], in this order; an index may repeat."""
    rows = np.asarray(indices, dtype=np.int64)
    container = container_of(frame)
    if container == "pandas":
        taken = frame.iloc[rows]
        return taken if index_names(frame) else taken.reset_index(drop=True)
    return frame[rows] if container == "polars" else frame.take(pa.array(rows))


def in_container(frame: Any, container: str) -> Frame:
    """Gives a frame as one of pandas, polars or pyarrow; each type becomes the nearest one that it has there."""
    given = container_of(frame)
    if given == container:
        return frame
    table = arrow_of(frame)
    if container == "pyarrow":
        return table
    if container == "pandas":
        return table.to_pandas()
    import polars as pl

    return pl.from_arrow(table)


def arrow_of(frame: Any) -> pa.Table:
    """Gives a frame of any kind as Arrow, levels of an index as columns."""
    if isinstance(frame, pa.Table):
        return frame
    if container_of(frame) == "polars":
        return frame.to_arrow()
    levels = index_names(frame)
    return pa.Table.from_pandas(frame.reset_index(level=levels) if levels else frame, preserve_index=False)


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

        return pd.concat(frames, ignore_index=not index_names(frames[0]))
    if container == "polars":
        import polars as pl

        return pl.concat(frames)
    return pa.concat_tables(frames)


def put(frame: Any, others: Any, names: Sequence[str | int]) -> Frame:
    """Gives the frame with the columns of these names of another one, of the same kind and as many rows, in the place of its own."""
    container = container_of(frame)
    if container == "pandas":
        frame = frame.copy()
        levels = index_names(frame)
        for name in names:
            if name not in levels:
                frame.isetitem(frame.columns.get_loc(name), others[name].set_axis(frame.index))
        return with_levels(frame, {name: others[name] for name in names if name in levels})
    if container == "polars":
        return frame.with_columns(others.select(list(names)))
    for name in names:
        frame = frame.set_column(frame.column_names.index(name), others.schema.field(name), others.column(name))
    return frame
