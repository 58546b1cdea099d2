"""Moves all dates of a person together, by whole weeks, so that no real date is learned and all distances between them are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.checks import is_whole
from synthgan.data.containers.cells import unit_codes
from synthgan.data.rows import put
from synthgan.data.stamps import NANOSECONDS, unit_of
from synthgan.data.table import Table
from synthgan.data.values import Stamps
from synthgan.errors import ConfigError
from synthgan.relational.database import Database
from synthgan.relational.lineage import Lineage
from synthgan.relational.rules.sight import MOMENTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data import Frame

DAYS = 7  # of a week: days of the week stay what they were, and clocks


def check_shifts(most_days: int | None, epsilon: float | None) -> None:
    """See that dates can be moved as was asked, if it was.

    Raises:
        ConfigError: if it is by less than a week, or under epsilon.
    """
    if most_days is None:
        return
    if epsilon is not None:
        raise ConfigError(
            "shift_dates must stand without epsilon, which protects dates itself, however: both were given; leave one out",
            parameter="shift_dates",
        )
    if not is_whole(most_days) or most_days < DAYS:
        raise ConfigError(
            f"shift_dates must be a number of days, {DAYS} or more, however: {most_days!r}", parameter="shift_dates"
        )


def check_unshifted(most_days: int | None) -> None:
    """See that no dates are to be moved of rows that stand alone; raises ConfigError where they are."""
    if most_days is not None:
        raise ConfigError(
            f"shift_dates must be for rows in groups, however: shift_dates={most_days!r} stands without a group",
            remedy="name the group, or leave it out",
            parameter="shift_dates",
        )


def with_shifted_dates(database: Database, unit: str, most_days: int, rng: np.random.Generator) -> Database:
    """The database with the dates and stamps of each unit, in all tables that belong to it, moved by as many weeks.

    Args:
        database: whose frames stay as they are.
        unit: the table of the units.
        most_days: a week or more: how far they are moved at most, forwards or backwards; every number of whole weeks is as likely.
        rng: draws the weeks of each unit, and of each row that belongs to none.
    """
    lineage = Lineage.of(database)
    of_units = _drawn(most_days, database.rows[unit], rng)
    tables = dict(database.tables)
    for name, frame in database.tables.items():
        at = np.arange(len(frame)) if name == unit else lineage.above(name).get(unit)
        if at is not None and len(frame):
            alone = _drawn(most_days, len(frame), rng)
            moved = shifted(frame.reset_index(drop=True), np.where(at < 0, alone, of_units[np.maximum(at, 0)]))
            tables[name] = moved
    whole = Database(database.like_given(tables), schema=database.schema)
    whole.source = database.source
    return whole


def with_shifted_groups(frame: Frame, group: str | int, most_days: int, rng: np.random.Generator) -> Frame:
    """The rows with the dates and stamps of each group moved by as many weeks; a row that names no group is moved by itself.

    Args:
        frame: which stays as it is.
        group: the column that says which rows belong together.
        most_days: as for ``with_shifted_dates``.
        rng: draws the weeks.

    Raises:
        DataError: if the table cannot be read.
    """
    codes = unit_codes(frame, group)
    of_groups, alone = (_drawn(most_days, count, rng) for count in (codes.max(initial=-1) + 1, len(codes)))
    days = np.where(codes < 0, alone, of_groups[np.maximum(codes, 0)]) if len(of_groups) else alone
    return shifted(frame, days)


def _drawn(most_days: int, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """So many shifts, in days."""
    weeks = most_days // DAYS
    return rng.integers(-weeks, weeks + 1, count) * DAYS


def shifted(frame: Frame, days: NDArray[np.int64]) -> Frame:
    """A table with each row's dates and stamps, of whatever form, so many days ``[rows]`` later, by the clock where there is a zone."""
    table = Table.read(frame)
    moving = [column for column in table.schema if column.kind in MOMENTS]
    held = {column.name: _moved(table.columns[column.name], days) for column in moving}
    if not held:
        return frame
    return put(frame, Table(table.schema.of_columns(moving), held).frame(), list(held))


def _moved(stamps: Any, days: NDArray[np.int64]) -> Stamps:
    kind = stamps.values.type
    zone = getattr(kind, "tz", None)
    away = days * (NANOSECONDS["day"] // NANOSECONDS[unit_of(kind)])
    if zone is None:
        return Stamps(_counted(stamps.counts + away, kind, stamps.missing), stamps.unit, stamps.marks)
    local = Stamps(pc.local_timestamp(stamps.values), stamps.unit)
    plain = _counted(local.counts + away, local.values.type, stamps.missing)
    values = pc.assume_timezone(plain, zone, ambiguous="earliest", nonexistent="latest")
    return Stamps(values, stamps.unit, stamps.marks)


def _counted(counts: NDArray[np.int64], kind: pa.DataType, missing: NDArray[np.bool_]) -> pa.Array:
    width = np.dtype("int32" if kind.bit_width == 32 else "int64")  # noqa: PLR2004 (bits)
    return pa.array(counts.astype(width), mask=missing).cast(kind)
