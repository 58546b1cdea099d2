"""What a fit of linked tables would do: table by table, before anything is learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthgan.errors import DataError, SchemaError
from synthgan.relational.bounded.databases import planned_for, take_in_database
from synthgan.relational.database import Database
from synthgan.relational.listing import is_listed
from synthgan.suggest import did_you_mean_or_known

if TYPE_CHECKING:
    from synthgan.relational.bounded.databases import DatabaseSource
    from synthgan.tabular.config import Configs

UNIT, PUBLIC = "the unit", "kept as it is, as declared"


@dataclass(frozen=True)
class PlannedTable:
    """What becomes of one table.

    Attributes:
        name: the table's.
        becomes: in words.
        columns: names of the columns that are learned.
        rows: how many there are; None under epsilon, where nothing is counted.
        share: under epsilon, the part of the budget that its questions spend; None of others.
    """

    name: str
    becomes: str
    columns: tuple[str, ...]
    rows: int | None = None
    share: float | None = None


@dataclass(frozen=True)
class DatabasePlan:
    """What a fit of linked tables would do.

    Attributes:
        unit: the table whose rows ``sample`` counts, and whom epsilon protects.
        tables: in the order in which they are learned.
        rows_per_unit: under epsilon, of a unit and table at most so many rows count as steps; None of others.
    """

    unit: str
    tables: tuple[PlannedTable, ...]
    rows_per_unit: int | None = None


def unit_to_learn(database: Database, fewest: int) -> str:
    """The table that counts.

    Raises:
        SchemaError: if it is not known, or belongs to another.
        DataError: if it has fewer rows than these.
    """
    unit = database.unit
    if unit is None:
        raise SchemaError(
            "unit must name the table that counts, such as patients, however: nobody said which it is",
            remedy=did_you_mean_or_known("patients", database.tables),
        )
    owner = database.owner(unit)
    if owner is not None:
        raise SchemaError(
            f"unit must be a table that belongs to no other, however: rows of {unit!r} belong to {owner.table!r}",
            remedy=f"name {database.path(unit)[-1]!r}",
        )
    if database.rows[unit] < fewest:
        raise DataError(
            f"the unit must have at least {fewest} rows to learn from, however: table {unit!r} has {database.rows[unit]}"
        )
    return unit


def plan_database(database: Database, unit: str) -> DatabasePlan:
    """Say what becomes of each table."""
    tables = []
    for name in database.making.tables:
        owner, frame = database.owner(name), database.tables[name]
        columns: tuple[str, ...] = ()
        if is_listed(name, database):
            becomes = PUBLIC if len(frame) else "has no rows"
        else:
            becomes = UNIT if name == unit else f"learned, given {owner.table}" if owner else "learned"
            keys = {column for key in database.keys(name).foreign_keys for column in key.columns}
            keys |= set(database.keys(name).primary_key or ())
            columns = tuple(str(column) for column in frame.columns if column not in keys)
        tables.append(PlannedTable(name, becomes, columns, rows=len(frame)))
    return DatabasePlan(unit, tuple(tables))


def plan_privately(source: DatabaseSource, configs: Configs) -> DatabasePlan:
    """Say what becomes of each table under epsilon, from what is declared alone: nothing is asked of a row, so nothing is spent.

    Raises:
        PrivacyError: as the fit would.
        SchemaError: as the fit would.
    """
    intake = take_in_database(source, configs, None)
    roles, parts = intake.roles, planned_for(intake, configs.privacy)[2]
    whole = sum(parts.values())
    tables = [PlannedTable(name, PUBLIC, ()) for name in roles.public]
    for name in (roles.unit, *roles.below):
        becomes = UNIT if name == roles.unit else f"learned as steps, given {roles.owner(name).table}"
        columns = tuple(str(one) for one in intake.placed[name].table.schema.names)
        tables.append(PlannedTable(name, becomes, columns, share=parts[name] / whole))
    return DatabasePlan(roles.unit, tuple(tables), configs.privacy.max_rows_per_unit)


def as_database(given: Any, unit: str | None = None) -> Database:
    """A database of whatever was given, with this unit, where one is named."""
    if isinstance(given, Database):
        if unit is not None:
            given.check(unit)
            given.unit = unit
        return given
    known = {} if unit is None else {"unit": unit}
    return Database(given, **known) if hasattr(given, "items") else Database.read(given, **known)  # type: ignore[arg-type]
