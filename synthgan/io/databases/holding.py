"""Takes from the keys of a database those that its tables keep, so that they can be written as constraints."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from synthgan.data.links import ORPHAN, link, tells_apart

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from synthgan.data.keys import ForeignKey, TableKeys
    from synthgan.data.linked import DatabaseSchema


def holding(schema: DatabaseSchema, tables: Mapping[str, pd.DataFrame]) -> DatabaseSchema:
    """Gives the schema of these tables alone, with the keys that hold in every row.

    Args:
        schema: the keys of at least these tables.
        tables: pandas frames by name.
    """
    kept = {name: _kept(name, schema.tables[name], tables) for name in tables}
    return replace(schema, tables=kept, unit=schema.unit if schema.unit in kept else None, asked=())


def _kept(name: str, keys: TableKeys, tables: Mapping[str, pd.DataFrame]) -> TableKeys:
    primary = keys.primary_key
    if primary is not None and not tells_apart(tables[name], primary):
        primary = None
    foreign = tuple(key for key in keys.foreign_keys if _holds(name, key, tables))
    return replace(keys, primary_key=primary, foreign_keys=foreign)


def _holds(name: str, key: ForeignKey, tables: Mapping[str, pd.DataFrame]) -> bool:
    if key.table not in tables or not tells_apart(tables[key.table], key.referenced):
        return False
    types = zip(tables[name][list(key.columns)].dtypes, tables[key.table][list(key.referenced)].dtypes, strict=True)
    if any(mine != its for mine, its in types):
        return False
    return not (link(tables[name], key.columns, tables[key.table], key.referenced) == ORPHAN).any()


def with_types_of_keys(tables: Mapping[str, pa.Table], schema: DatabaseSchema) -> dict[str, pa.Table]:
    """Gives tables whose foreign keys are of the types of the keys that they refer to, where all values can be.

    Whole numbers of which some are missing are fractions in pandas; databases want whole numbers in both tables.

    Args:
        tables: by name, those that are referred to before those that refer to them.
        schema: their keys.
    """
    done = dict(tables)
    for name in tables:
        for key in schema.tables[name].foreign_keys:
            if key.table in done:
                done[name] = _as_referred(done[name], key, done[key.table])
    return done


def _as_referred(table: pa.Table, key: ForeignKey, parent: pa.Table) -> pa.Table:
    for mine, its in zip(key.columns, key.referenced, strict=True):
        kind = parent.schema.field(its).type
        at = table.schema.get_field_index(mine)
        if at < 0 or table.schema.field(at).type == kind:
            continue
        try:
            table = table.set_column(at, mine, table.column(at).cast(kind))
        except pa.ArrowException:  # the key cannot be one of these types
            continue
    return table
