"""Single columns of frames read, and frames written by way of a table."""

from __future__ import annotations

from synthgan.data.containers.raw import raw_column
from synthgan.data.containers.reading import read_values
from synthgan.data.table import Table


def _values(frame, column):
    """What a column of a frame holds."""
    return read_values(raw_column(frame, column.name).values, column)


def read_numbers(frame, column):
    """A column as float64 ``[rows]``, NaN for missing."""
    return _values(frame, column).float64()


def read_levels(frame, column):
    """A column as codes ``[rows]`` and levels."""
    found = _values(frame, column)
    return found.codes, found.levels


def build_frame(schema, values, rows):
    """A frame of a schema's form."""
    return Table.of(schema, values, rows).frame()


def conform(frame, schema):
    """A frame given the form of a schema."""
    return Table.conform(frame, schema).frame()
