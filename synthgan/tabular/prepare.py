"""From a frame to the codes that a generator learns, some of them held out."""

from __future__ import annotations

import hashlib
import warnings
from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.panderas import own_schema
from synthgan.data.parting import own_columns
from synthgan.data.rows import number_of_rows
from synthgan.data.ruled import breaches, check_declared
from synthgan.data.schema import CODED
from synthgan.data.settling import settled
from synthgan.data.table import Table
from synthgan.data.withheld import COLUMN, announce
from synthgan.errors import DataError
from synthgan.tabular.encoding.releasing import release
from synthgan.tabular.encoding.table import TableTransform
from synthgan.tabular.protocol import Prepared

if TYPE_CHECKING:
    from collections.abc import Collection

    import torch

    from synthgan.config import EncodingConfig
    from synthgan.data import Frame
    from synthgan.data.panderas import AnySchema
    from synthgan.runtime import Streams
    from synthgan.tabular.config import Configs

MIN_ROWS = 20
MIN_HELD_OUT = 50
MAX_HELD_OUT = 5_000


def read_rows(
    frame: Frame,
    schema: AnySchema | None,
    encoding: EncodingConfig,
    identifiers: Collection[str | int] = (),
    drop: Collection[str | int] = (),
    *,
    strict: bool = False,
    split: bool = False,
) -> Table:
    """The table to learn from, by the schema given or inferred; ``strict`` refuses columns that would be withheld.

    Where ``split`` and there is no schema, text that holds several numbers is read as a column for each of them.

    Raises:
        SchemaError: if the frame does not fit the schema, or a rule of it not the columns.
        DataError: if there are too few rows, or the schema cannot be inferred, or was given together with
            ``identifiers`` or ``drop``.
    """
    rows, fewest = number_of_rows(frame), max(MIN_ROWS, 2 * encoding.rare_below)
    if 0 < rows < fewest:
        raise DataError(f"a table must have at least {fewest} rows to learn from, however: {rows}")
    schema, identifiers, drop = own_schema(schema, frame, identifiers=identifiers, drop=drop, strict=strict)
    if schema is None:
        table = Table.read(frame, identifiers=identifiers, drop=drop, strict=strict, split=split)
    else:
        refuse_both(identifiers, drop)
        check_declared(schema)
        table = Table.read(own_columns(frame, schema.names, schema.composites), schema, strict=strict)
    table = settled(table, encoding.rare_below)
    if strict:
        refuse_rare(table, encoding.rare_below)
    for rule, broken, first in breaches(table):
        warnings.warn(
            f"the rule {str(rule)!r} is broken in {broken:,} of {rows:,} rows (first in row {first}); "
            f"synthetic rows will keep it: correct the rows, or take the rule out of the schema",
            stacklevel=2,
        )
    return table


def refuse_rare(table: Table, rare_below: int) -> None:
    """Refuse a column that has no level of enough rows; raises DataError with the remedies."""
    for column in table.schema:
        if column.kind in CODED:
            withheld = release(column, table.levels(column), rare_below).withheld
            if withheld is not None and withheld.what == COLUMN:
                raise DataError(withheld.line.partition("; it is withheld")[0], remedy=withheld.remedy)


def refuse_both(identifiers: Collection[str | int], drop: Collection[str | int]) -> None:
    """Refuse names of columns that were given beside a schema.

    Raises:
        DataError: if there are any.
    """
    if identifiers or drop:
        raise DataError(
            "identifiers and columns to drop must be stated in the schema, however: a schema was given as well; edit it"
        )


def prepare(table: Table, configs: Configs, streams: Streams, device: torch.device) -> Prepared:
    """Encode a table as its generator likes it, and set aside the rows that it wants held out.

    Raises:
        DataError: if there is nothing to learn.
    """
    rows, generator = len(table), configs.generator
    transform = TableTransform.fit(table, configs.encoding, streams, generator.cut)
    announce(transform.withheld)
    encoded = transform.transform(table, streams)
    digest = hashlib.sha256(np.ascontiguousarray(encoded.codes).data)
    digest.update(np.ascontiguousarray(encoded.residuals).data)
    held_out_rows = min(int(rows * generator.holdout_share), MAX_HELD_OUT)
    if held_out_rows < MIN_HELD_OUT:
        held_out_rows = 0
    order = streams.numpy("hold out").permutation(rows)
    train = encoded.take(np.sort(order[held_out_rows:])) if held_out_rows else encoded
    held_out = encoded.take(order[:held_out_rows])
    return Prepared(transform, train, held_out, digest.hexdigest(), device, configs.minutes, configs.executor)
