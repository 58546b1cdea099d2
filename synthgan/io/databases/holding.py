"""Takes from the keys of a database those that its tables keep, so that they can be written as constraints."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

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
    return not (link(tables[name], key.columns, tables[key.table], key.referenced) == ORPHAN).any()
