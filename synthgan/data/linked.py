"""Says how the tables of a database hang together, found or edited by hand, as JSON and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from synthgan.data.keyreading import read_question, read_table_keys
from synthgan.data.keys import DECLARED, Question, TableKeys
from synthgan.data.linkedrules import LinkedRule, read_rules
from synthgan.errors import SchemaError
from synthgan.suggest import did_you_mean_or_known

_KNOWN: Final = ("unit", "unit_found_by", "tables", "rules", "asked")


@dataclass(frozen=True)
class DatabaseSchema:
    """The keys of all tables.

    Attributes:
        tables: by the name of each table, in order.
        unit: the table whose rows are whom privacy and judgement are about, such as "patients"; None where nobody said.
        unit_found_by: "declared", or what it was found by.
        asked: keys that may be some.
        rules: what holds between the tables; None where it is to be found.

    Raises:
        SchemaError: a key or a rule names a table that is not there, or the unit is none of the tables.
    """

    tables: Mapping[str, TableKeys] = field(hash=False)
    unit: str | None = None
    unit_found_by: str = DECLARED
    asked: tuple[Question, ...] = ()
    rules: tuple[LinkedRule, ...] | None = None

    def __post_init__(self) -> None:
        """Checks that all tables that are named are there."""
        object.__setattr__(self, "tables", dict(self.tables))
        object.__setattr__(self, "asked", tuple(self.asked))
        for name, keys in self.tables.items():
            for key in keys.foreign_keys:
                self._check(key.table, f"table {name!r}: a foreign key must refer to a table of the database")
        for rule in self.rules or ():
            for name in (rule.table, rule.of):
                self._check(name, "a rule must name tables of the database")
        if self.unit is not None:
            self._check(self.unit, "unit must be a table of the database")

    def _check(self, name: str, must: str) -> None:
        if name not in self.tables:
            raise SchemaError(f"{must}, however: found {name!r}", remedy=did_you_mean_or_known(name, self.tables))

    def with_table(self, name: str, keys: TableKeys, *, answered: tuple[str, ...] = ()) -> DatabaseSchema:
        """The same with other keys for one table; what was asked of its columns and is answered now is asked no more.

        Args:
            name: of the table.
            keys: all of its keys.
            answered: columns that are no key.
        """
        known = {answered, *(key.columns for key in keys.foreign_keys)}
        asked = tuple(one for one in self.asked if one.table != name or one.key.columns not in known)
        return replace(self, tables={**self.tables, name: keys}, asked=asked)

    def to_dict(self) -> dict[str, Any]:
        """Gives the schema as a dictionary for JSON."""
        shown: dict[str, Any] = {"unit": self.unit, "unit_found_by": self.unit_found_by}
        shown["tables"] = {name: keys.to_dict() for name, keys in self.tables.items()}
        if self.rules is not None:
            shown["rules"] = [rule.to_dict() for rule in self.rules]
        return shown | {"asked": [{"of": one.table, **one.key.to_dict()} for one in self.asked]}

    @classmethod
    def from_dict(cls, given: Any) -> DatabaseSchema:
        """Reads what `to_dict` gives.

        Raises:
            SchemaError: it is anything else; the message names the table.
        """
        if not isinstance(given, Mapping) or not isinstance(given.get("tables"), Mapping) or not given["tables"]:
            raise SchemaError(
                "a schema of linked tables must be a JSON object with an object of tables, however: it is none"
            )
        stray = next((key for key in given if key not in _KNOWN), None)
        if stray is not None:
            raise SchemaError(f"a schema of linked tables must say {', '.join(_KNOWN)} only, however: found {stray!r}")
        tables = {str(name): read_table_keys(str(name), keys) for name, keys in given["tables"].items()}
        asked = given.get("asked", [])
        if not isinstance(asked, list):
            raise SchemaError(f"asked must be a list of keys, however: found {type(asked).__name__}")
        unit, found_by = given.get("unit"), given.get("unit_found_by", DECLARED)
        if not isinstance(unit, (str, type(None))) or not isinstance(found_by, str):
            raise SchemaError(f"unit must be the name of a table or null, however: found {unit!r}")
        rules = read_rules(given.get("rules"))
        return cls(tables, unit, found_by, tuple(read_question(one) for one in asked), rules)

    def to_json(self) -> str:
        """Writes the schema as JSON, for reading and editing by hand."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> DatabaseSchema:
        """Reads what `to_json` writes.

        Raises:
            SchemaError: the text is no JSON, or not that of a schema; the message names the table.
        """
        try:
            given = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise SchemaError(f"a schema must be JSON, however: {error}") from error
        return cls.from_dict(given)
