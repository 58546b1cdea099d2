"""Turns frames into numbers and codes column by column, and numbers and codes into frames of a schema's form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from synthgan.data.containers.conforming import conformed
from synthgan.data.containers.dtypes import NOT_NULL
from synthgan.data.containers.reading import Levels, read_levels, read_numbers
from synthgan.data.containers.restoring import to_arrow, to_pandas, to_polars
from synthgan.data.containers.storing import store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    import polars as pl

    from synthgan.data.containers.raw import Frame
    from synthgan.data.containers.storing import Values
    from synthgan.data.schema import Schema

__all__ = ["Levels", "build_frame", "conform", "read_levels", "read_numbers"]


def build_frame(schema: Schema, values: Mapping[str | int, Values], rows: int) -> Frame:
    """Builds a frame of a schema's form: its container, names, order and types.

    Args:
        schema: what the frame must look like.
        values: by column name. Numbers, dates, stamps and durations: float64 [rows] as `read_numbers` gives them,
            NaN = missing (they are rounded here to the column's decimals or unit, and kept inside its type). Category,
            ordered, boolean: `Levels`, which become the categories exactly. Identifiers: integers or text [rows].
            Constant and missing columns need none. A type that cannot hold a missing value must not be given one.
        rows: how many rows.

    Returns:
        A frame of `schema.container`; pandas frames have a fresh RangeIndex.

    Raises:
        DataError: values of a column are lacking, of another length, or of the wrong sort.
    """
    return _assembled(schema, [store(schema.container, column, values.get(column.name), rows) for column in schema])


def conform(frame: Frame, schema: Schema) -> Frame:
    """Gives a frame the form of a schema: its columns in its order, container and types (after a trip through CSV, say).

    Args:
        frame: a frame of any container, with the schema's columns and perhaps more.
        schema: the form to give it.

    Raises:
        DataError: a column is not there, or has values that the schema's type cannot hold.
    """
    return _assembled(schema, [conformed(frame, column, schema.container) for column in schema])


def _assembled(schema: Schema, arrays: Sequence[pa.Array]) -> Frame:
    builders = {"pandas": _pandas_frame, "polars": _polars_frame, "pyarrow": _arrow_table}
    return builders[schema.container](schema, arrays)


def _arrow_table(schema: Schema, arrays: Sequence[pa.Array]) -> pa.Table:
    columns = [to_arrow(values, column) for column, values in zip(schema, arrays, strict=True)]
    fields = [
        pa.field(str(column.name), values.type, nullable=not column.dtype.endswith(NOT_NULL))
        for column, values in zip(schema, columns, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def _polars_frame(schema: Schema, arrays: Sequence[pa.Array]) -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame([to_polars(values, column) for column, values in zip(schema, arrays, strict=True)])


def _pandas_frame(schema: Schema, arrays: Sequence[pa.Array]) -> pd.DataFrame:
    import pandas as pd

    # By place rather than by name: pandas then never mistakes a name for a label of its own.
    columns = {
        place: to_pandas(values, column) for place, (column, values) in enumerate(zip(schema, arrays, strict=True))
    }
    frame = pd.DataFrame(columns, index=pd.RangeIndex(len(arrays[0])))
    names = list(schema.names)
    frame.columns = pd.RangeIndex(len(names)) if names == list(range(len(names))) else pd.Index(names)
    return frame
