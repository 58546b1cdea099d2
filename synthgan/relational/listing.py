"""Which tables are kept as they are: lists that belong to nobody, and tables without rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from synthgan.errors import DataError
from synthgan.relational.database import Database

if TYPE_CHECKING:
    from collections.abc import Collection

_OF_MOMENTS = {"date", "datetime", "datetime64", "time", "timedelta", "timedelta64"}


def is_listed(name: str, database: Database) -> bool:
    """Whether a table is kept as it is: it has no rows, or was declared a dimension and belongs to nobody."""
    keys = database.schema.tables
    refers = [key for one in keys.values() for key in one.foreign_keys if key.table == name]
    return not database.rows[name] or (any(key.kind == "dimension" for key in refers) and keys[name].owner is None)


def without_listed_owners(database: Database) -> Database:
    """The database where nothing belongs to rows of a table that is kept as it is: such a key names a row of a list."""
    schema = database.schema
    for name in database.tables:
        if not is_listed(name, database):
            continue
        for table, keys in schema.tables.items():
            if keys.owner is not None and keys.owner.table == name:
                schema = schema.with_table(table, keys.with_key(replace(keys.owner, kind="dimension")))
    if schema == database.schema and dict(schema.tables) == dict(database.schema.tables):
        return database
    settled_keys = Database(database.like_given(database.tables), schema=schema)
    settled_keys.source = database.source
    return without_listed_owners(settled_keys)


def holds_moments(values: pd.Series[Any]) -> bool:
    """Whether a column holds dates or times, of which nobody makes keys up."""
    return pd.api.types.infer_dtype(values, skipna=True) in _OF_MOMENTS


def keys_to_make(name: str, frame: pd.DataFrame, keys: Collection[str]) -> list[str]:
    """The columns of a table that are made anew, in their order.

    Raises:
        DataError: if one holds dates, which nobody makes up: such a table, a calendar, is mostly public.
    """
    for key in keys:
        if holds_moments(frame[key]):
            raise DataError(
                f"table {name!r}: the key {key!r} must be text or whole numbers to be made anew, however: it holds dates or times; "
                f"if they are nobody's secret, declare {name!r} a dimension: keys that refer to it are then of kind 'dimension'"
            )
    return [column for column in frame.columns if column in keys]
