"""Lists the distances that a fit would learn in a schema, for reading and editing."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from synthgan.config import EncodingConfig
from synthgan.data.settling import settled
from synthgan.data.table import Table
from synthgan.errors import DataError, DataWarning
from synthgan.runtime import Streams
from synthgan.tabular.encoding.table import TableTransform

if TYPE_CHECKING:
    from synthgan.data import Frame
    from synthgan.data.schema import Schema

MAX_ROWS = 20_000  # looked at, spread over the table


def with_distances(schema: Schema, frame: Frame) -> Schema:
    """A schema that lists the distances in a frame; as it is where there is nothing to learn.

    Args:
        schema: what the frame is; what is computed stands in it already.
        frame: the rows, of which many are enough.
    """
    table, config = Table.read(frame, schema, validate=False), EncodingConfig()
    table = table.take(np.arange(0, len(table), max(1, len(table) // MAX_ROWS)))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataWarning)  # the fit says it
            fitted = TableTransform.fit(settled(table, config.rare_below), config, Streams(0))
    except DataError:
        return schema
    return replace(schema, distances=fitted.schema.distances or ())
