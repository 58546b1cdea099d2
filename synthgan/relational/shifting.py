"""Moves all dates of a person together, by whole weeks, so that no real date is learned and all distances between them are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.checks import is_whole
from synthgan.data.stamps import NANOSECONDS
from synthgan.data.table import Table
from synthgan.errors import ConfigError
from synthgan.relational.database import Database
from synthgan.relational.lineage import Lineage
from synthgan.relational.rules.sight import MOMENTS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

DAYS = 7  # of a week: days of the week stay what they were, and clocks


def with_shifted_dates(database: Database, unit: str, most_days: int, rng: np.random.Generator) -> Database:
    """The database with the dates and stamps of each unit, in all tables that belong to it, moved by as many weeks.

    Args:
        database: whose frames stay as they are.
        unit: the table of the units.
        most_days: how far they are moved at most, forwards or backwards; every number of whole weeks is as likely.
        rng: draws the weeks of each unit, and of each row that belongs to none.

    Raises:
        ConfigError: if it is less than a week.
    """
    if not is_whole(most_days) or most_days < DAYS:
        raise ConfigError(
            f"shift_dates must be a number of days, {DAYS} or more, however: {most_days!r}", parameter="shift_dates"
        )
    weeks = most_days // DAYS
    lineage = Lineage.of(database)
    of_units = rng.integers(-weeks, weeks + 1, database.rows[unit]) * DAYS
    tables = dict(database.tables)
    for name, frame in database.tables.items():
        at = np.arange(len(frame)) if name == unit else lineage.above(name).get(unit)
        if at is not None and len(frame):
            alone = rng.integers(-weeks, weeks + 1, len(frame)) * DAYS
            tables[name] = shifted(frame, np.where(at < 0, alone, of_units[np.maximum(at, 0)]))
    moved = Database(database.like_given(tables), schema=database.schema)
    moved.source = database.source
    return moved


def shifted(frame: pd.DataFrame, days: NDArray[np.int64]) -> pd.DataFrame:
    """A table with each row's dates and stamps, of whatever form, so many days ``[rows]`` later."""
    plain = frame.reset_index(drop=True)
    table = Table.read(plain)
    changed: dict[str, Any] = {}
    for column in (one for one in table.schema if one.kind in MOMENTS):
        held, one = table.columns[column.name], table.schema.of_columns([column])
        values = table.float64(column) + days * (NANOSECONDS["day"] / NANOSECONDS[str(column.unit)])
        made: Any = Table.of(one, {column.name: values}, len(values)).frame()
        changed[str(column.name)] = made[column.name].where(~held.missing, plain[column.name])
    return plain.assign(**changed)
