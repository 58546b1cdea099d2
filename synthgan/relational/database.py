"""A database as a value: tables, their keys, and who belongs to whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from synthgan.data.keys import DECLARED, ForeignKey, TableKeys
from synthgan.data.links import link
from synthgan.errors import DataError, SchemaError
from synthgan.io.databases.schemas import read_database_schema
from synthgan.io.databases.stores import read_database, write_database
from synthgan.relational.finding.find import with_found_keys
from synthgan.relational.finding.standards import standard_of
from synthgan.relational.forest import Making, making, path_of, with_owners
from synthgan.relational.frames import Form, as_pandas, in_form
from synthgan.relational.tree import tree
from synthgan.relational.words import KeyInWords, check_rules
from synthgan.suggest import did_you_mean_or_known

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from synthgan.data.containers.raw import Frame
    from synthgan.data.linked import DatabaseSchema
    from synthgan.data.linkedrules import LinkedRule
    from synthgan.io.databases.stored import Stored

Names: TypeAlias = str | Sequence[str]


class Database:
    """Linked tables.

    Keys that are not declared are found; those that may be some are asked for in ``schema.asked``, and never assumed.

    Args:
        tables: by name, pandas, polars or pyarrow tables.
        schema: all keys, as `schema` gives them, or the path of a JSON file that says them: then none is looked for.
        declared: keys that some of the tables are known to have, as the catalogue of a database says them.
        primary_keys: by the name of a table, the column or columns that tell its rows apart.
        foreign_keys: by the name of a table, by column or columns, the table that is referred to (by its primary key), or
            ``"table.column"``.
        order: by the name of a table, the column that its rows are ordered by.
        unit: the table whose rows are whom privacy and judgement are about.

    Attributes:
        tables: pandas frames by name, in the order in which they were given.
        schema: the keys of all tables.
        source: what they were read from, without the tables; None where they came in as frames.

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
        schema: DatabaseSchema | str | Path | None = None,
        declared: Mapping[str, TableKeys] | None = None,
        primary_keys: Mapping[str, Names] | None = None,
        foreign_keys: Mapping[str, Mapping[Names, str]] | None = None,
        order: Mapping[str, str] | None = None,
        unit: str | None = None,
    ) -> None:
        """Finds the keys that are not declared."""
        if not isinstance(tables, Mapping) or not tables:
            raise DataError("a database must be a mapping of names to tables, one or more, however: it is not")
        stray = next((name for name in tables if not isinstance(name, str)), None)
        if stray is not None:
            raise DataError(f"names of tables must be text, however: found {stray!r}")
        self._forms = {name: Form.of(frame) for name, frame in tables.items()}
        self.tables: dict[str, pd.DataFrame] = {name: as_pandas(name, frame) for name, frame in tables.items()}
        self.source: Stored | None = None
        self._schema: DatabaseSchema | None = None
        self._is_final = schema is not None
        if isinstance(schema, (str, Path)):
            schema = read_database_schema(Path(schema))
        self._given = schema or _found(self.tables, declared or {})
        self._check_given()
        if unit is not None:
            self.unit = unit
        for name, columns in (primary_keys or {}).items():
            self.key(name, *_names(columns)).is_primary()
        for name, keys in (foreign_keys or {}).items():
            for columns, target in keys.items():
                self.key(name, *_names(columns)).references(target)
        for name, column in (order or {}).items():
            self.key(name, column).is_order()

    @classmethod
    def read(cls, source: str | Path, **declared: Any) -> Database:
        """Reads linked tables with the keys that they declare; those that they do not are found.

        Args:
            source: a folder of files of any format, a file of SQLite or DuckDB, a SQL URL, which is read in a transaction that
                cannot write, or FHIR bundles.
            declared: as for the class: a schema, keys, an order, the unit.

        Raises:
            DataError: it cannot be read; a password, a user or a query of a URL is never told.
            SchemaError: as for the class.
        """
        stored = read_database(source)
        database = cls(stored.tables, **{"declared": stored.keys, **declared})
        database.source = replace(stored, tables={}, keys={})
        return database

    def write(self, target: str | Path, tables: Mapping[str, Frame] | None = None) -> None:
        """Writes tables with their keys, all or nothing.

        Keys that every row keeps become constraints, where there are such.

        Args:
            target: a file of SQLite or DuckDB by its ending, a SQL URL of a database without such tables, or a new folder.
                What has no such ending is written as what was read: a file of its kind, or a folder of files of its ending.
            tables: synthetic tables of the same names, such as a sample; None for these.

        Raises:
            DataError: it cannot be written there; a password, a user or a query of a URL is never told.
            ResourceError: the disk is full.
            SchemaError: a table has another name.
        """
        for name in tables or ():
            self.check(name)
        given = self.tables if tables is None else {name: as_pandas(name, one) for name, one in tables.items()}
        ordered = {name: given[name] for name in self.making.tables if name in given}
        kind, ending = (self.source.kind, self.source.ending) if self.source else ("", "")
        write_database(self.like_given(ordered), self.schema, target, kind=kind, ending=ending)

    @property
    def schema(self) -> DatabaseSchema:
        """The keys of all tables, an owner chosen for each that refers to others."""
        if self._schema is None:
            self._schema = self._given if self._is_final else with_owners(self._given, self.rows)
        return self._schema

    def with_rules(self, rules: Iterable[LinkedRule]) -> Database:
        """Takes what holds between its tables, and gives the database; a fit then looks for nothing else.

        Raises:
            SchemaError: a rule names what is not there, or a table that is neither above nor below its own.
        """
        rules = tuple(rules)
        check_rules(self, rules)
        self._given, self._schema = replace(self._given, rules=rules), None
        return self

    @property
    def forms(self) -> dict[str, Form]:
        """The form in which each table came in."""
        return dict(self._forms)

    @property
    def stated(self) -> DatabaseSchema:
        """The keys as they were declared or found, before an owner is chosen for any table."""
        return self._given

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
        self._schema = None

    @property
    def making(self) -> Making:
        """The order in which tables can be made, owners first, and the keys that are filled last."""
        return making(self.schema)

    def keys(self, table: str) -> TableKeys:
        """The keys of a table, its owner among them.

        Raises:
            SchemaError: there is no such table.
        """
        self.check(table)
        return self.schema.tables[table]

    def owner(self, table: str) -> ForeignKey | None:
        """The key by which rows of a table belong to rows of another one; None where they stand alone."""
        return self.keys(table).owner

    def owned(self, table: str) -> tuple[str, ...]:
        """The tables whose rows belong to rows of this one."""
        self.check(table)
        owners = {name: keys.owner for name, keys in self.schema.tables.items()}
        return tuple(name for name, owner in owners.items() if owner is not None and owner.table == table)

    def path(self, table: str) -> tuple[str, ...]:
        """The tables from one up to the top of its tree, itself first: labs, admissions, patients."""
        self.check(table)
        owners = {name: keys.owner for name, keys in self.schema.tables.items()}
        return path_of(table, {name: key for name, key in owners.items() if key is not None})

    def links(self, table: str, key: ForeignKey) -> NDArray[np.int64]:
        """Gives for each row of a table the position of the row that a key of it refers to.

        Returns:
            int64 [rows]: positions from 0 on; -1 where the key is missing, -2 where no row has it.
        """
        self.check(table)
        return link(self.tables[table], key.columns, self.tables[key.table], key.referenced)

    def key(self, table: str, *columns: str) -> KeyInWords[Database]:
        """Names columns of a table, to say what key they are.

        Raises:
            SchemaError: the table or a column is not there.

        Example:
            ``database.key("labs", "itemid").references("d_items", kind="dimension")``
        """
        self.check(table, *columns)
        return KeyInWords(self, table, columns)

    def like_given(self, tables: Mapping[str, pd.DataFrame]) -> dict[str, Frame]:
        """Gives pandas tables in the container in which the table of that name came in, with what its file said of itself."""
        return {name: in_form(frame, self._forms.get(name, Form())) for name, frame in tables.items()}

    def _check_given(self) -> None:
        """Refuses a schema of other tables or columns."""
        lacking = next((name for name in self.tables if name not in self._given.tables), None)
        if lacking is not None:
            raise SchemaError(
                f"a schema of linked tables must say all of them, however: it says nothing of {lacking!r}"
            )
        for name, keys in self._given.tables.items():
            self.check(name, *sorted(keys.columns), *([keys.order] if keys.order else []))
            for key in keys.foreign_keys:
                self.check(key.table, *key.referenced)
        check_rules(self, self._given.rules or ())

    def __repr__(self) -> str:
        """The tables as a tree."""
        return tree(self.schema, self.rows)

    def check(self, table: str, *columns: str) -> None:
        """Refuses a table, or columns of one, that are not there.

        Raises:
            SchemaError: one is not.
        """
        if table not in self.tables:
            raise SchemaError(
                f"a table must be in the database, however: found no {table!r}",
                remedy=did_you_mean_or_known(table, self.tables),
            )
        stray = next((name for name in columns if name not in self.tables[table].columns), None)
        if stray is not None:
            raise SchemaError(
                f"table {table!r}: the column of a key must be there, however: found no {stray!r}",
                remedy=did_you_mean_or_known(stray, self.tables[table].columns),
            )

    def with_keys(self, table: str, keys: TableKeys, *, answered: tuple[str, ...] = ()) -> Database:
        """Takes other keys for a table, and gives the database.

        Args:
            table: its name.
            keys: all of its keys.
            answered: columns of which was asked, and that are no key.
        """
        self._given = self._given.with_table(table, keys, answered=answered)
        self._schema = None
        return self


def _found(tables: Mapping[str, pd.DataFrame], declared: Mapping[str, TableKeys]) -> DatabaseSchema:
    standard = standard_of(tables)
    keys = {name: declared.get(name, known) for name, known in standard.tables.items()}
    return with_found_keys(replace(standard, tables=keys), tables)


def _names(given: Names) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)
