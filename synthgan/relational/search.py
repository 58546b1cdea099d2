"""A search for units that meet conditions: how many to draw next, and when to give up."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING

from synthgan.data.rows import concat
from synthgan.data.table import Table
from synthgan.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthgan.runtime import Streams
    from synthgan.tabular.encoding.identifiers import FreshKeys

MAX_ROWS_AT_ONCE = 500_000
MAX_ROWS = 4_000_000  # drawn in all before a search is given up, or
MAX_TIMES = 100  # so many times the units that are wanted, whichever is more
MIN_UNITS = 200  # drawn at once, where that many rows allow it
SPARE = 1.1  # more than the share met so far says, so that one more round is seldom needed


@dataclass
class Search:
    """Units are drawn, round after round, until enough of them meet the conditions.

    Attributes:
        wanted: how many must.
        rows: how many rows of the tables that are looked at a unit has, about.
        conditions: in words.
        most: how many units can be drawn at once, because there are names for no more.
        drawn: how many units were drawn,
        met: and how many of them meet each condition; last, all of them.
    """

    wanted: int
    rows: float
    conditions: tuple[str, ...]
    most: int = MAX_ROWS_AT_ONCE
    drawn: int = 0
    met: list[int] = field(default_factory=list)

    @property
    def found(self) -> int:
        """How many units meet all conditions."""
        return self.met[-1] if self.met else 0

    def units(self, enough: int | None = None) -> int:
        """How many units to draw in the next round; 0 where there are enough.

        Args:
            enough: of which there are enough where so many more cannot be had; None takes ``wanted``.

        Raises:
            DataError: where too few were found among as many as are drawn at most.
        """
        if self.found >= self.wanted:
            return 0
        most = max(1, min(self.most, int(MAX_ROWS_AT_ONCE / max(self.rows, 1))))
        left = max(int(MAX_ROWS / max(self.rows, 1)), MAX_TIMES * self.wanted) - self.drawn
        if left <= 0:
            if self.found >= (self.wanted if enough is None else enough):
                return 0
            raise self._refusal()
        share = (self.found + 1) / (self.drawn + 2)
        lacking = ceil(SPARE * (self.wanted - self.found) / share)
        return min(max(lacking, MIN_UNITS), most, left)

    def add(self, drawn: int, met: list[int]) -> None:
        """Count the units of a round, and how many met each condition, and all."""
        self.drawn += drawn
        self.met = [old + new for old, new in zip(self.met or [0] * len(met), met, strict=True)]

    def _refusal(self) -> DataError:
        shares = [
            f"{words} ({count / self.drawn:.2g})" for words, count in zip(self.conditions, self.met, strict=False)
        ]
        found = f"{self.found:,} of {self.drawn:,} drawn meet " + " and ".join(shares)
        return DataError(
            f"conditions must be ones that enough units meet, however: {found}, and {self.wanted:,} were asked for",
            remedy="ask for fewer, or for less at once",
            parameter="where",
        )


def stacked(tables: Sequence[Table]) -> Table:
    """Tables of one schema as one, first rows first."""
    if len(tables) == 1:
        return tables[0]
    return Table.read(concat([one.frame() for one in tables]), tables[0].schema, validate=False)


def renamed(table: Table, keys: Sequence[FreshKeys], streams: Streams) -> Table:
    """The table with identifiers made anew: those of several rounds may be alike."""
    for key in keys:
        column, rows = key.column, len(table)
        schema, made = table.schema.of_columns([column]), {column.name: key.make(0, rows, streams)}
        table = table.replaced({column.name: (column, Table.of(schema, made, rows).columns[column.name])})
    return table
