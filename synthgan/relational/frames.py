"""Takes tables of any library as pandas ones, exactly, and gives them back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from synthgan.data.containers.raw import first_repeated
from synthgan.data.containers.source import with_source
from synthgan.errors import DataError
from synthgan.io.sources import as_frame

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from synthgan.data.containers.raw import Frame


def as_pandas(name: str, data: Any) -> pd.DataFrame:
    """Gives a table as a pandas one; Arrow types stay Arrow's own, so that nothing passes through floats.

    Raises:
        DataError: it is no table, or two of its columns have one name.
    """
    import pandas as pd

    frame: Any = as_frame(data)
    if not isinstance(frame, pd.DataFrame):
        table = frame if isinstance(frame, pa.Table) else frame.to_arrow()
        frame = table.to_pandas(types_mapper=pd.ArrowDtype)
    twice = first_repeated(frame.columns)
    if twice is not None:
        raise DataError(
            f"table {name!r} must have columns of different names, however: found {twice!r} twice; rename one of them"
        )
    stray = next((one for one in frame.columns if not isinstance(one, str)), None)
    if stray is not None:
        raise DataError(f"table {name!r} must have columns with names of text, however: found {stray!r}; rename it")
    return frame


def as_container(frame: pd.DataFrame, container: str | None, source: Mapping[str, Any] | None = None) -> Frame:
    """Gives a pandas table in another container.

    Args:
        frame: the table.
        container: "pandas", "polars" or "pyarrow"; None leaves it as it is.
        source: what the file said that the table came from: labels, formats; Arrow tables carry it.
    """
    if container not in {"polars", "pyarrow"}:
        return frame
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    if container == "pyarrow":
        return with_source(table, source)
    import polars as pl

    return pl.from_arrow(table)
