"""Takes tables of any library as pandas ones, exactly, and gives them back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from synthgan.data.containers.raw import container_of, first_repeated, index_names
from synthgan.data.containers.source import source_of, with_source
from synthgan.errors import DataError
from synthgan.io.sources import as_frame

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from synthgan.data.containers.raw import Frame


def as_pandas(name: str, data: Any) -> pd.DataFrame:
    """Gives a table as a pandas one; Arrow types stay Arrow's own, so that nothing passes through floats.

    Named levels of a pandas index are columns.

    Raises:
        DataError: it is no table, or two of its columns have one name.
    """
    import pandas as pd

    frame: Any = as_frame(data)
    levels = index_names(frame)
    if levels:
        frame = frame.reset_index(level=levels)
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


@dataclass(frozen=True)
class Form:
    """The form in which a table came in.

    Attributes:
        container: "pandas", "polars" or "pyarrow"; None of what became an Arrow table.
        index: the columns that were named levels of a pandas index.
        source: what the file said that an Arrow table came from: labels, formats.
    """

    container: str | None = None
    index: tuple[str | int, ...] = ()
    source: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, data: Any) -> Form:
        """The form of a table."""
        container = container_of(data)
        return cls(container, tuple(index_names(data)), source_of(data))


def in_form(frame: pd.DataFrame, form: Form) -> Frame:
    """Gives a pandas table in the form in which another one came in."""
    container = form.container
    index = [name for name in form.index if name in frame.columns]
    if index:
        return frame.set_index(index)
    if container not in {"polars", "pyarrow"}:
        return frame
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    if container == "pyarrow":
        return with_source(table, form.source)
    import polars as pl

    return pl.from_arrow(table)
