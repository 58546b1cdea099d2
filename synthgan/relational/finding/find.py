"""Finds all keys of all tables that nobody declared."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from synthgan.relational.finding.composite import find_composite
from synthgan.relational.finding.foreign import find_foreign
from synthgan.relational.finding.ordering import find_order
from synthgan.relational.finding.primary import find_primary
from synthgan.relational.finding.profile import profiles

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd

    from synthgan.data.keys import ForeignKey, TableKeys
    from synthgan.data.linked import DatabaseSchema
    from synthgan.relational.finding.profile import Profile


def with_found_keys(known: DatabaseSchema, tables: Mapping[str, pd.DataFrame]) -> DatabaseSchema:
    """Gives a schema with what was found beside what is known: primary keys, foreign keys, orders.

    Of a table that declares foreign keys others are asked for, and not taken; nor is a primary key looked for.

    Args:
        known: what is declared, tables without any keys for those of which nothing is.
        tables: pandas frames of the same names.
    """
    columns = {name: profiles(name, frame) for name, frame in tables.items()}
    known = replace(known, tables={name: _as_missing(keys, tables[name]) for name, keys in known.tables.items()})
    settled = {
        name: {column for key in keys.foreign_keys for column in key.columns}
        for name, keys in known.tables.items()
        if keys.foreign_keys
    }
    every = [one for name, ones in columns.items() for one in ones]
    found, asked = find_foreign(every, settled)
    foreign = {name: (*keys.foreign_keys, *found.get(name, ())) for name, keys in known.tables.items()}
    primary = _primary(known, tables, columns, foreign, settled)
    composite = find_composite(tables, {name: keys.primary_key for name, keys in primary.items()}, settled)
    done = {}
    for name, its in primary.items():
        keys = replace(its, foreign_keys=(*foreign[name], *composite.get(name, ())))
        order = find_order(name, tables[name], columns[name], keys) if keys.order is None else None
        done[name] = keys if order is None else replace(keys, order=order[0], order_found_by=order[1])
    return replace(known, tables=done, asked=(*known.asked, *asked))


def _as_missing(keys: TableKeys, frame: pd.DataFrame) -> TableKeys:
    """The keys with those that may be missing by declaration, but are in no row, as never missing."""
    foreign = [replace(key, nullable=bool(frame[list(key.columns)].isna().any(axis=None))) for key in keys.foreign_keys]
    return replace(keys, foreign_keys=tuple(foreign))


def _primary(
    known: DatabaseSchema,
    tables: Mapping[str, pd.DataFrame],
    columns: Mapping[str, list[Profile]],
    foreign: Mapping[str, tuple[ForeignKey, ...]],
    settled: Collection[str],
) -> dict[str, TableKeys]:
    """The primary keys by table: those that are known, and those that are found."""
    referred: dict[str, list[str]] = defaultdict(list)
    for name, keys in foreign.items():
        for key in keys:
            referred[key.table] += key.referenced if key.table != name else ()
    done = {}
    for name, its in known.tables.items():
        found = None
        if name not in settled and its.primary_key is None:
            found = find_primary(name, tables[name], columns[name], foreign[name], referred[name])
        done[name] = its if found is None else replace(its, primary_key=found[0], primary_found_by=found[1])
    return done
