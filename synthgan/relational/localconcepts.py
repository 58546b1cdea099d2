"""Local concepts of an OMOP database: the standard vocabulary is public, what a hospital adds to it is not, where few people have it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synthgan.errors import DataWarning
from synthgan.relational.database import Database
from synthgan.relational.finding.omop import VOCABULARY, is_omop, plain_name
from synthgan.relational.lineage import Lineage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.keys import ForeignKey

LOCAL = 2_000_000_000
"""Ids from here on are for concepts of one's own, as the conventions of the model say."""
UNKNOWN = 0  # "no matching concept"


def without_rare_concepts(database: Database, rare_below: int) -> Database:
    """The database without local concepts that fewer persons than ``rare_below`` have: what refers to one refers to concept 0.

    The vocabulary's tables are kept as they are, so that a concept which a hospital made for one patient would stand in the file. A
    database that does not follow the model, or has no such concept, comes back as it is.
    """
    name = next((one for one in database.tables if plain_name(one) == "concept"), None)
    if name is None or database.unit is None or not is_omop(database.tables):
        return database
    column = next((one for one in database.tables[name].columns if one.lower() == "concept_id"), None)
    if column is None or not pd.api.types.is_numeric_dtype(database.tables[name][column]):
        return database
    ids = database.tables[name][column]
    local = (ids >= LOCAL).to_numpy()
    rare = local & (_persons(database, name, Lineage.of(database)) < rare_below) if local.any() else local
    if not rare.any():
        return database
    warnings.warn(
        f"table {name!r}: local concepts must be those of at least {rare_below} persons to be kept, however: {int(rare.sum())} of "
        f"{int(local.sum())} are not; rows that have one get concept {UNKNOWN}",
        DataWarning,
        stacklevel=2,
    )
    tables = {name: database.tables[name][~rare].reset_index(drop=True)}
    has_unknown = bool((ids == UNKNOWN).any())
    for table, keys in database.schema.tables.items():
        if table != name:
            frame = database.tables[table].reset_index(drop=True)
            for key in keys.foreign_keys:
                if key.table == name:
                    frame = _without(frame, key, _refers(database, table, key, rare), table, has_unknown=has_unknown)
            tables[table] = frame.reset_index(drop=True)
    made = Database(database.like_given({one: tables[one] for one in database.tables}), schema=database.schema)
    made.source = database.source
    return made


def _persons(database: Database, name: str, lineage: Lineage) -> NDArray[np.int64]:
    """How many persons have each concept, over all tables; what belongs to no person counts nobody."""
    unit, concepts = str(database.unit), database.rows[name]
    pairs = [np.zeros(0, dtype=np.int64)]
    for table, keys in database.schema.tables.items():
        whose = np.arange(database.rows[table]) if table == unit else lineage.above(table).get(unit)
        if whose is None or plain_name(table) in VOCABULARY:
            continue
        for key in keys.foreign_keys:
            if key.table == name:
                to = database.links(table, key)
                there = (to >= 0) & (whose >= 0)
                pairs.append(np.unique(whose[there] * concepts + to[there]))
    return np.bincount(np.unique(np.concatenate(pairs)) % max(concepts, 1), minlength=concepts)


def _refers(database: Database, table: str, key: ForeignKey, rare: NDArray[np.bool_]) -> NDArray[np.bool_]:
    to = database.links(table, key)
    return (to >= 0) & rare[np.maximum(to, 0)]


def _without(
    frame: pd.DataFrame, key: ForeignKey, refers: NDArray[np.bool_], table: str, *, has_unknown: bool
) -> pd.DataFrame:
    """Rows of the vocabulary that are about such a concept go; others get the unknown one, or none where there is none."""
    kept = refers[frame.index]
    if plain_name(table) in VOCABULARY:
        return frame[~kept]
    (column,) = key.columns
    values = frame[column].mask(kept, UNKNOWN) if has_unknown else frame[column].mask(kept)
    return frame.assign(**{column: values})
