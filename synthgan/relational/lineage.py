"""Which row of which table each row belongs to and refers to, as positions: of real tables and of drawn ones alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.groups import Groups

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthgan.data.keys import ForeignKey
    from synthgan.relational.database import Database

    Positions = NDArray[np.int64]
    Columns = tuple[str, ...]


@dataclass(frozen=True)
class Lineage:
    """Positions of rows.

    Attributes:
        rows: how many each table has.
        owners: by table, the table that owns its rows.
        owned_by: by table, the row that owns each of its rows; negative where none does.
        refers: by table and columns of a key, the row that each row refers to; negative where it refers to none.
    """

    rows: dict[str, int] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    owned_by: dict[str, Positions] = field(default_factory=dict)
    refers: dict[tuple[str, Columns], Positions] = field(default_factory=dict)

    @classmethod
    def of(cls, database: Database) -> Lineage:
        """That of a database."""
        found = cls(dict(database.rows))
        for name, keys in database.schema.tables.items():
            for key in keys.foreign_keys:
                positions = database.links(name, key)
                if key.kind == "owner":
                    found.owners[name], found.owned_by[name] = key.table, positions
                else:
                    found.refers[name, key.columns] = positions
        return found

    def above(self, table: str) -> dict[str, Positions]:
        """The rows above each row of a table, by table, its owner first; negative where there is none."""
        found: dict[str, Positions] = {}
        here, at = table, np.arange(self.rows[table])
        while here in self.owners:
            at = chained(self.owned_by[here], at)
            here = self.owners[here]
            found[here] = at
        return found

    def groups(self, table: str) -> Groups:
        """The rows that each row of the owner has, where those of a table stand side by side."""
        positions = self.owned_by[table]
        return Groups(np.bincount(positions[positions >= 0], minlength=self.rows[self.owners[table]]))


def chained(positions: Positions, at: Positions) -> Positions:
    """The positions that rows at other positions have; -1 where these are negative."""
    if not len(positions):
        return np.full(len(at), -1)
    return np.where(at < 0, -1, positions[np.maximum(at, 0)])


HOW = ("same", "via", "local", "listed", "own", "any")


@dataclass(frozen=True)
class Reference:
    """How a key that owns nobody is made.

    Attributes:
        key: the key.
        how: "same" (the row above of that table), "via" (what a row above refers to), "local" (a row that has the same row
            above), "listed" (one of a table that is kept as it is), "own" (of the same table) or "any".
        table: of "via" and "local" the table above; of "local" the table itself, where the row that is referred to is below.
        columns: of "via" the columns of the key of that table.
        lost: the share of the rows whose key no row has.
    """

    key: ForeignKey
    how: str
    table: str | None = None
    columns: Columns | None = None
    lost: float = 0.0


def how_made(table: str, key: ForeignKey, lineage: Lineage, keys: Mapping[str, tuple[ForeignKey, ...]]) -> Reference:
    """Find out how a key follows from others: what holds wherever it is not missing is taken to hold always."""
    positions = lineage.refers[table, key.columns]
    there = positions >= 0
    if key.kind == "dimension" or not there.any():
        return Reference(key, "listed" if key.kind == "dimension" else "any")
    above = lineage.above(table)
    if key.table in above and (above[key.table][there] == positions[there]).all():
        return Reference(key, "same", key.table)
    for owner, at in above.items():
        for other in keys.get(owner, ()):
            if other.table == key.table and (owner, other.columns) in lineage.refers:
                reached = chained(lineage.refers[owner, other.columns], at)
                if (reached[there] == positions[there]).all():
                    return Reference(key, "via", owner, other.columns)
    theirs = lineage.above(key.table)
    for owner, at in {table: np.arange(len(positions)), **above}.items():
        if owner in theirs and (at[there] >= 0).all() and (chained(theirs[owner], positions)[there] == at[there]).all():
            return Reference(key, "local", owner)
    return Reference(key, "own" if key.table == table else "any")


def share_lost(positions: Positions) -> float:
    """The share of the rows whose key is there, and no row has it."""
    return float((positions < -1).mean()) if len(positions) else 0.0
