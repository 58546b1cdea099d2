"""Puts Arrow columns together as a frame of a schema's form: its container, names, order and types."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from synthgan.data.containers.dtypes import NOT_NULL
from synthgan.data.containers.restoring import to_arrow, to_pandas, to_polars
from synthgan.data.containers.source import with_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    import polars as pl

    from synthgan.data.containers.raw import Frame
    from synthgan.data.schema import Schema


def assembled(schema: Schema, arrays: Sequence[pa.Array]) -> Frame:
    """Builds the frame.

    Args:
        schema: what the frame must look like.
        arrays: one a column, Arrow array [rows] as `synthgan.data.containers.storing.stored` gives it.

    Returns:
        A frame of `schema.container`; pandas frames have a fresh RangeIndex, or the columns of `schema.index` as theirs.
    """
    builders = {"pandas": _pandas_frame, "polars": _polars_frame, "pyarrow": _arrow_table}
    return builders[schema.container](schema, arrays)


def _arrow_table(schema: Schema, arrays: Sequence[pa.Array]) -> pa.Table:
    columns = [to_arrow(values, column) for column, values in zip(schema, arrays, strict=True)]
    fields = [
        pa.field(str(column.name), values.type, nullable=not column.dtype.endswith(NOT_NULL))
        for column, values in zip(schema, columns, strict=True)
    ]
    return with_source(pa.Table.from_arrays(columns, schema=pa.schema(fields)), schema.source)


def _polars_frame(schema: Schema, arrays: Sequence[pa.Array]) -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame([to_polars(values, column) for column, values in zip(schema, arrays, strict=True)])


def _pandas_frame(schema: Schema, arrays: Sequence[pa.Array]) -> pd.DataFrame:
    import pandas as pd

    # By index rather than by name: pandas then never mistakes a name for a label of its own.
    columns = {
        index: to_pandas(values, column) for index, (column, values) in enumerate(zip(schema, arrays, strict=True))
    }
    frame = pd.DataFrame(columns, index=pd.RangeIndex(len(arrays[0])))
    names = list(schema.names)
    frame.columns = pd.RangeIndex(len(names)) if names == list(range(len(names))) else pd.Index(names)
    return frame.set_index(list(schema.index)) if schema.index else frame
