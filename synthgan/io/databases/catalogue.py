"""Turns what the catalogue of a database declares into keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from synthgan.data.keys import DECLARED, ForeignKey, TableKeys

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Declared:
    """What a catalogue says of one table.

    Attributes:
        primary: the columns of the primary key, none where there is none.
        foreign: (columns, table referred to, its columns; none where they are its primary key).
        required: the columns that are never missing.
    """

    primary: tuple[str, ...] = ()
    foreign: tuple[tuple[tuple[str, ...], str, tuple[str, ...]], ...] = ()
    required: frozenset[str] = field(default_factory=frozenset)


def keys_of(declared: Mapping[str, Declared]) -> dict[str, TableKeys]:
    """Gives the keys of the tables that declare any; keys that refer to tables elsewhere are left out.

    Names of tables are compared as databases do, without a difference between small and capital letters.
    """
    known = {name.casefold(): name for name in declared}
    found = {}
    for name, said in declared.items():
        keys: list[ForeignKey] = []
        for columns, given, referred in said.foreign:
            table = known.get(given.casefold())
            referenced = referred or (declared[table].primary if table is not None else ())
            if table is None or len(referenced) != len(columns) or any(columns == key.columns for key in keys):
                continue
            nullable = not said.required.issuperset(columns)
            keys.append(ForeignKey(columns, table, referenced, "reference", nullable, DECLARED))
        if said.primary or keys:
            found[name] = TableKeys(said.primary or None, DECLARED, tuple(keys))
    return found
