"""A database as a value: tables, their keys, and who belongs to whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from synthgan.data.containers.raw import container_of
from synthgan.data.keys import DECLARED, DatabaseSchema, ForeignKey, KeyKind, TableKeys
from synthgan.errors import DataError, SchemaError
from synthgan.relational.finding.find import with_found_keys
from synthgan.relational.forest import Making, making, path_of, with_owners
from synthgan.relational.frames import as_container, as_pandas
from synthgan.relational.links import link
from synthgan.relational.tree import tree
from synthgan.relational.units import guess_unit
from synthgan.suggest import did_you_mean_or_known

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from synthgan.data.containers.raw import Frame

Names: TypeAlias = str | Sequence[str]


class Database:
    """Linked tables.

    Keys that are not declared are found; those that may be some are asked for in ``schema.asked``, and never assumed.

    Args:
        tables: by name, pandas, polars or pyarrow tables.
        schema: all keys, as `schema` gives them: then none is looked for.
        primary_keys: by the name of a table, the column or columns that tell its rows apart.
        foreign_keys: by the name of a table, by column or columns, the table that is referred to (by its primary key), or
            ``"table.column"``.
        order: by the name of a table, the column that its rows are ordered by.
        unit: the table whose rows are whom privacy and judgement are about.

    Attributes:
        tables: pandas frames by name, in the order in which they were given.
        schema: the keys of all tables.

    Raises:
        DataError: a table is none.
        SchemaError: a key names a table or a column that is not there.

    Example:
        >>> import pandas as pd
        >>> patients = pd.DataFrame({"patient_id": [1, 2], "sex": ["F", "M"]})
        >>> visits = pd.DataFrame({"visit_id": [7, 8, 9], "patient_id": [1, 1, 2]})
        >>> Database({"patients": patients, "visits": visits})
        patients  2 rows  (the unit)  key patient_id
        └─ visits  3 rows  key visit_id
    """

    def __init__(
        self,
        tables: Mapping[str, Frame],
        *,
        schema: DatabaseSchema | None = None,
        primary_keys: Mapping[str, Names] | None = None,
        foreign_keys: Mapping[str, Mapping[Names, str]] | None = None,
        order: Mapping[str, str] | None = None,
        unit: str | None = None,
    ) -> None:
        """Finds the keys that are not declared."""
        if not isinstance(tables, Mapping) or not tables:
            raise DataError("a database must be a mapping of names to tables, one or more, however: it is not")
        self._containers = {name: container_of(frame) for name, frame in tables.items()}
        self.tables: dict[str, pd.DataFrame] = {name: as_pandas(name, frame) for name, frame in tables.items()}
        self._given = schema or _found(self.tables)
        if unit is not None:
            self.unit = unit
        for name, columns in (primary_keys or {}).items():
            self.key(name, *_names(columns)).is_primary()
        for name, keys in (foreign_keys or {}).items():
            for columns, target in keys.items():
                self.key(name, *_names(columns)).references(target)
        for name, column in (order or {}).items():
            self.key(name, column).is_order()

    @property
    def schema(self) -> DatabaseSchema:
        """The keys of all tables, an owner chosen for each that refers to others."""
        return with_owners(self._given, self.rows)

    @property
    def rows(self) -> dict[str, int]:
        """The number of rows of each table."""
        return {name: len(frame) for name, frame in self.tables.items()}

    @property
    def unit(self) -> str | None:
        """The table whose rows are whom privacy and judgement are about."""
        return self._given.unit

    @unit.setter
    def unit(self, table: str) -> None:
        self._given = replace(self._given, unit=table, unit_found_by=DECLARED)

    @property
    def making(self) -> Making:
        """The order in which tables can be made, owners first, and the keys that are filled last."""
        return making(self.schema)

    def keys(self, table: str) -> TableKeys:
        """The keys of a table, its owner among them.

        Raises:
            SchemaError: there is no such table.
        """
        self._check_table(table)
        return self.schema.tables[table]

    def owner(self, table: str) -> ForeignKey | None:
        """The key by which rows of a table belong to rows of another one; None where they stand alone."""
        return self.keys(table).owner

    def owned(self, table: str) -> tuple[str, ...]:
        """The tables whose rows belong to rows of this one."""
        self._check_table(table)
        owners = {name: keys.owner for name, keys in self.schema.tables.items()}
        return tuple(name for name, owner in owners.items() if owner is not None and owner.table == table)

    def path(self, table: str) -> tuple[str, ...]:
        """The tables from one up to the top of its tree, itself first: labs, admissions, patients."""
        self._check_table(table)
        owners = {name: keys.owner for name, keys in self.schema.tables.items()}
        return path_of(table, {name: key for name, key in owners.items() if key is not None})

    def links(self, table: str, key: ForeignKey) -> NDArray[np.int64]:
        """Gives for each row of a table the position of the row that a key of it refers to.

        Returns:
            int64 [rows]: positions from 0 on; -1 where the key is missing, -2 where no row has it.
        """
        self._check_table(table)
        return link(self.tables[table], key.columns, self.tables[key.table], key.referenced)

    def key(self, table: str, *columns: str) -> KeyInWords:
        """Names columns of a table, to say what key they are.

        Raises:
            SchemaError: the table or a column is not there.

        Example:
            ``database.key("labs", "itemid").references("d_items", kind="dimension")``
        """
        self._check_table(table)
        for column in columns:
            self._check_column(table, column)
        return KeyInWords(self, table, columns)

    def like_given(self, tables: Mapping[str, pd.DataFrame]) -> dict[str, Frame]:
        """Gives pandas tables in the container in which the table of that name came in."""
        return {name: as_container(frame, self._containers.get(name)) for name, frame in tables.items()}

    def __repr__(self) -> str:
        """The tables as a tree."""
        return tree(self.schema, self.rows)

    def _check_table(self, name: str) -> None:
        if name not in self.tables:
            raise SchemaError(
                f"a table must be in the database, however: found no {name!r}",
                remedy=did_you_mean_or_known(name, self.tables),
            )

    def _check_column(self, table: str, name: str) -> None:
        if name not in self.tables[table].columns:
            raise SchemaError(
                f"table {table!r}: the column of a key must be there, however: found no {name!r}",
                remedy=did_you_mean_or_known(name, self.tables[table].columns),
            )

    def _replace(self, table: str, keys: TableKeys, *, answered: tuple[str, ...] = ()) -> Database:
        self._given = self._given.with_table(table, keys, answered=answered)
        return self


class KeyInWords:
    """Columns of a table, of which can be said what key they are; each sentence gives the database."""

    def __init__(self, database: Database, table: str, columns: tuple[str, ...]) -> None:
        self._database, self._table, self._columns = database, table, columns

    def references(self, target: str, *, kind: KeyKind = "reference") -> Database:
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
        return self._database._replace(self._table, self._keys.with_key(key))

    def is_primary(self) -> Database:
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
        return self._database._replace(self._table, keys)

    def is_order(self) -> Database:
        """Says that the rows of their table are ordered by this column.

        Raises:
            SchemaError: it is not one column.
        """
        if len(self._columns) != 1:
            raise SchemaError(f"table {self._table!r}: order must be one column, however: found {len(self._columns)}")
        keys = replace(self._keys, order=self._columns[0], order_found_by=DECLARED)
        return self._database._replace(self._table, keys)

    def is_no_key(self) -> Database:
        """Says that they refer to nothing."""
        return self._database._replace(self._table, self._keys.without_key(self._columns), answered=self._columns)

    @property
    def _keys(self) -> TableKeys:
        return self._database._given.tables[self._table]  # noqa: SLF001

    def _target(self, target: str) -> tuple[str, tuple[str, ...]]:
        tables = self._database._given.tables  # noqa: SLF001
        name, _, column = target.rpartition(".")
        if target not in tables and name in tables:
            self._database._check_column(name, column)  # noqa: SLF001
            return name, (column,)
        self._database._check_table(target)  # noqa: SLF001
        primary = tables[target].primary_key
        if primary is None or len(primary) != len(self._columns):
            raise SchemaError(
                f"table {target!r} must have a primary key of {len(self._columns)} columns to be referred to, however: found "
                f"{', '.join(primary or ()) or 'none'}",
                remedy=f"name it: '{target}.column'",
            )
        return target, primary


def _found(tables: Mapping[str, pd.DataFrame]) -> DatabaseSchema:
    nothing = DatabaseSchema({name: TableKeys() for name in tables}, guess_unit(tables), "its name")
    return with_found_keys(nothing, tables)


def _names(given: Names) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)
