"""Says in words what key columns of a database are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

from synthgan.data.keys import DECLARED, ForeignKey, KeyKind, TableKeys
from synthgan.data.linkedrules import AGGREGATES, ORDERS, PLACE
from synthgan.errors import DataError, SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from synthgan.data.linked import DatabaseSchema
    from synthgan.data.linkedrules import LinkedRule


class Correctable(Protocol):
    """What words correct: a database."""

    tables: dict[str, pd.DataFrame]

    @property
    def stated(self) -> DatabaseSchema:
        """The keys of all tables, before an owner is chosen for any."""

    def with_keys(self, table: str, keys: TableKeys, *, answered: tuple[str, ...] = ()) -> Self:
        """Takes other keys for a table."""

    def check(self, table: str, *columns: str) -> None:
        """Refuses what is not there."""


D = TypeVar("D", bound=Correctable)


class KeyInWords(Generic[D]):
    """Columns of a table, of which can be said what key they are; each sentence gives the database."""

    def __init__(self, database: D, table: str, columns: tuple[str, ...]) -> None:
        self._database, self._table, self._columns = database, table, columns

    def references(self, target: str, *, kind: KeyKind = "reference") -> D:
        """Says that they refer to another table, or to their own.

        Args:
            target: a table, by its primary key, or ``"table.column"``.
            kind: "owner" where the rows belong to those of the other table, "dimension" where that one is a public list to keep
                as it is.

        Raises:
            SchemaError: the table is not there, or has no primary key.
        """
        table, referenced = self._target(target)
        frame = self._database.tables[self._table]
        nullable = bool(frame[list(self._columns)].isna().any(axis=None))
        key = ForeignKey(self._columns, table, referenced, kind, nullable)
        return self._database.with_keys(self._table, self._keys.with_key(key))

    def is_primary(self) -> D:
        """Says that they tell the rows of their table apart.

        Raises:
            DataError: they do not.
        """
        frame = self._database.tables[self._table][list(self._columns)]
        twice = int(frame.duplicated().sum())
        if twice or frame.isna().any(axis=None):
            found = f"{twice} rows repeat one" if twice else "it is missing in some rows"
            raise DataError(
                f"table {self._table!r}: primary key {', '.join(self._columns)} must tell all rows apart, however: {found}"
            )
        keys = replace(self._keys, primary_key=self._columns, primary_found_by=DECLARED)
        return self._database.with_keys(self._table, keys)

    def is_order(self) -> D:
        """Says that the rows of their table are ordered by this column.

        Raises:
            SchemaError: it is not one column.
        """
        if len(self._columns) != 1:
            raise SchemaError(f"table {self._table!r}: order must be one column, however: found {len(self._columns)}")
        keys = replace(self._keys, order=self._columns[0], order_found_by=DECLARED)
        return self._database.with_keys(self._table, keys)

    def is_no_key(self) -> D:
        """Says that they refer to nothing."""
        return self._database.with_keys(self._table, self._keys.without_key(self._columns), answered=self._columns)

    @property
    def _keys(self) -> TableKeys:
        return self._database.stated.tables[self._table]

    def _target(self, target: str) -> tuple[str, tuple[str, ...]]:
        tables = self._database.stated.tables
        name, _, column = target.rpartition(".")
        if target not in tables and name in tables:
            self._database.check(name, column)
            return name, (column,)
        self._database.check(target)
        primary = tables[target].primary_key
        if primary is None or len(primary) != len(self._columns):
            raise SchemaError(
                f"table {target!r} must have a primary key of {len(self._columns)} columns to be referred to, however: found "
                f"{', '.join(primary or ()) or 'none'}",
                remedy=f"name it: '{target}.column'",
            )
        return target, primary


def check_rules(database: Any, rules: Iterable[LinkedRule]) -> None:
    """Refuse rules of columns that are not there, and of tables that are neither above nor below.

    Raises:
        SchemaError: there is one.
    """
    for rule in rules:
        for table, column in rule.names:
            database.check(table, column)
        is_total = rule.relation in AGGREGATES
        above = rule.of in database.path(rule.table) and (rule.of != rule.table or rule.relation in ORDERS)
        if rule.relation == PLACE:
            above |= any(key.table == rule.of for key in database.keys(rule.table).foreign_keys)
        if not (rule.of in database.owned(rule.table) if is_total else above):
            must = "whose rows belong to it" if is_total else "above its own, or its own"
            raise SchemaError(
                f"a rule of {rule.table!r} must be of a table {must}, however: {rule.of!r} is none",
                remedy=f"leave out: {rule}",
            )
