"""Linked tables as a judge sees them: aligned arrays, whose row each row is, and where each key leads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.relational.linked import Linked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from synthgan.data.keys import ForeignKey
    from synthgan.data.linked import DatabaseSchema
    from synthgan.metrics.data.columns import Columns

    Positions = NDArray[np.int64]
    Floats = NDArray[np.float64]

MIN_UNITS_JUDGED = 200
"""Fewer people than these tell nothing of fidelity: a detector of real against real ones would err as well."""


@dataclass(frozen=True, eq=False)
class Side:
    """The tables of one side: the real ones, the synthetic ones, or those of the holdout.

    Attributes:
        rows: how many each table has.
        columns: by table, what is compared: no keys, identifiers or free text; a table may have none.
        above: by table, the rows above each of its rows by table, its owner first; negative where there is none.
        links: by table and columns of a key, the row that each row refers to; -1 where the key is missing, -2 where no row has it.
        order: by table, float64 ``[rows]``: what the rows of one owner are put in order by, where anything is.
        twins: by table with a primary key, how many rows have none, or one that a row before has.
        inconstant: by column that belongs to the unit, the share of units in which it changes; of one table in groups alone.
    """

    rows: Mapping[str, int]
    columns: Mapping[str, Columns]
    above: Mapping[str, Mapping[str, Positions]]
    links: Mapping[tuple[str, tuple[str, ...]], Positions]
    order: Mapping[str, Floats]
    twins: Mapping[str, int]
    inconstant: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Judged:
    """All sides of one evaluation.

    Attributes:
        schema: the keys of the tables that are judged.
        unit: the table whose rows are the people.
        real: what the synthesizer was fitted on.
        synthetic: what it made.
        holdout: real ones that nothing was fitted on, or None.
    """

    schema: DatabaseSchema
    unit: str
    real: Side
    synthetic: Side
    holdout: Side | None = None

    @property
    def against(self) -> Side:
        """The real side that the synthetic one is held against: unseen people, where there are any."""
        return self.real if self.holdout is None else self.holdout

    @property
    def sides(self) -> list[Side]:
        """Those there are: real, synthetic and perhaps the holdout."""
        return [self.real, self.synthetic] + ([] if self.holdout is None else [self.holdout])

    @property
    def units(self) -> list[int]:
        """How many people each side has."""
        return [side.rows[self.unit] for side in self.sides]

    @property
    def below(self) -> list[str]:
        """The tables whose rows belong to people, all the way down, and that have columns to compare."""
        return [name for name in self.schema.tables if self.unit in self.real.above[name]]

    @property
    def keys(self) -> Iterator[tuple[str, ForeignKey]]:
        """Every foreign key, with its table."""
        for name, table in self.schema.tables.items():
            for key in table.foreign_keys:
                yield name, key

    def is_of_people(self, table: str) -> bool:
        """Whether the rows of a table are people, or belong to them."""
        return table == self.unit or self.unit in self.real.above[table]

    def unit_of(self, side: Side, table: str) -> Positions:
        """int64 ``[rows]``: whose each row is, -1 for nobody's; each row its own where the table knows no people."""
        if not self.is_of_people(table):
            return np.arange(side.rows[table])
        return np.arange(side.rows[table]) if table == self.unit else np.maximum(side.above[table][self.unit], -1)

    def linked(self, side: Side, table: str) -> Linked:
        """People, and their rows of one table as wholes."""
        return Linked.of(
            side.columns[self.unit], side.columns[table], self.unit_of(side, table), self.ranked(side, table)
        )

    def ranked(self, side: Side, table: str) -> Floats | None:
        """float64 ``[rows]``: what all rows of a person are in order of; None leaves them as they stand.

        Times order by themselves. What counts within an owner (the lines of an admission) comes after the order of the owners.
        """
        own = side.order.get(table)
        order = self.schema.tables[table].order
        above = side.above[table]
        if own is None or order in side.columns[table].stamps or len(above) < 2:  # noqa: PLR2004 (an owner, and its owner)
            return own
        owner = next(iter(above))
        theirs = self.ranked(side, owner)
        first = np.zeros(len(own)) if theirs is None else np.where(above[owner] < 0, np.nan, theirs[above[owner]])
        rank = np.empty(len(own))
        rank[np.lexsort((own, above[owner], first))] = np.arange(len(own))
        return rank
