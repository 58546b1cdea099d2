"""The parts of a model of a database: what draws the rows of one table, given those above it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from synthgan.data.containers.source import source_of_columns
from synthgan.data.groups import Groups
from synthgan.data.schema import shown
from synthgan.data.table import Table
from synthgan.relational.critic import Drawn
from synthgan.relational.model import draw_parents
from synthgan.relational.rarity import groups_holding
from synthgan.relational.shape import NULL, ORPHAN, OWN, THERE
from synthgan.tabular.encoding.layout import Encoded

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from synthgan.data.clauses import Where
    from synthgan.relational.branch import Branch
    from synthgan.relational.context import Context
    from synthgan.relational.frames import Form
    from synthgan.relational.rows import Rows
    from synthgan.relational.shape import Shape
    from synthgan.relational.siblings import Beside
    from synthgan.runtime import Streams
    from synthgan.tabular.encoding.identifiers import FreshKeys
    from synthgan.tabular.encoding.table import TableTransform
    from synthgan.tabular.model import TabularModel

    Floats = NDArray[np.float32]
    Ints = NDArray[np.int64]

CANDIDATES = 8  # groups drawn for each owner, of which a critic chooses one
MAX_ROWS = 1_000_000  # of candidates, drawn at once


@dataclass(frozen=True)
class Kept:
    """A table that is kept as it is: it was declared public."""

    role: ClassVar[str] = "kept"

    name: str
    frame: pd.DataFrame


@dataclass(frozen=True)
class Plain:
    """A table too small, or with too little in it, to be learned: each column by itself, or its keys alone.

    Attributes:
        shape: of the table.
        transform: of its columns; None where there is nothing to learn.
        keys: how identifiers are made where there is no transform.
        rows: how many it had.
    """

    role: ClassVar[str] = "plain"

    shape: Shape
    transform: TableTransform | None
    keys: tuple[FreshKeys, ...]
    rows: int

    def draw(self, n: int, streams: Streams) -> Table:
        """So many rows."""
        if self.transform is None:
            made = {one.column.name: one.make(0, n, streams) for one in self.keys}
            return Table.of(self.shape.schema, made, n)
        rng = streams.numpy("plain")
        codes = [rng.choice(np.flatnonzero(codec.encoder.emitted), n) for codec in self.transform.codecs]
        residuals = rng.standard_normal((n, self.transform.layout.residuals)).astype(np.float32)
        return self.transform.inverse(Encoded(np.column_stack(codes).astype(np.int32), residuals), streams)


@dataclass(frozen=True)
class Root:
    """A table that belongs to nobody, learned as a flat one.

    Attributes:
        shape: of the table.
        model: draws it.
        context: sees its rows.
        rows: how many were learned.
    """

    role: ClassVar[str] = "root"

    shape: Shape
    model: TabularModel
    context: Context
    rows: int

    def draw(self, n: int, where: Where | None, streams: Streams) -> Table:
        """So many rows that meet a condition."""
        return draw_parents(self.model, n, where, streams)


@dataclass(frozen=True)
class Grown:
    """A table whose rows belong to those of another.

    Attributes:
        shape: of the table.
        branch: draws it.
        context: sees its rows.
        rows: how many were learned.
    """

    role: ClassVar[str] = "grown"

    shape: Shape
    branch: Branch
    context: Context
    rows: int

    def draw(
        self,
        groups: Groups,
        above: Floats,
        near: Beside,
        streams: Streams,
        given: Rows | None = None,
        known: Ints | None = None,
        *,
        raked: bool = False,
    ) -> Table:
        """The rows of so many owners but for given ones, given those of siblings: of several candidates one by the critic's odds.

        Args:
            groups: how many rows each has, those given among them.
            above: float32 ``[groups, width]``: what is known of each.
            near: the rows of siblings.
            streams: randomness.
            given: the rows that owners have so far, side by side; None for none.
            known: int64 ``[groups]``: how many of each.
            raked: whether all rows together are to be distributed as the learned ones are.
        """
        several = CANDIDATES if self.branch.critic.boosters else 1
        batch = np.cumsum(groups.counts * several) // MAX_ROWS
        so_far = None if known is None else Groups(known)
        parts = []
        for index in range(int(batch.max(initial=0)) + 1):
            some, own = np.flatnonzero(batch == index), streams if index == 0 else streams.below("batch", index)
            again = np.tile(some, several)
            rows = None if given is None or so_far is None else given.take(so_far.rows_of(again))
            drawn = self.branch.draw(
                rows,
                Groups(groups.counts[again]),
                above[again],
                own.below("walk"),
                near.take(again),
                None if known is None else known[again],
            )
            if several > 1:
                best = self.branch.critic.best(drawn, several, own.numpy("best"), raked=raked)
                drawn = drawn.take(best)
            parts.append(drawn)
        drawn = Drawn.stacked(parts) if len(parts) > 1 else parts[0]
        rows = drawn.rows
        if known is not None:
            rows = rows.take(np.flatnonzero(drawn.groups.position >= known[drawn.groups.owner]))
        return self.branch.table(rows, streams.below("rows"))


Part = Kept | Plain | Root | Grown


def transform_of(part: Plain | Root | Grown) -> TableTransform | None:
    """How the columns of a table are encoded; None where nothing of it was learned."""
    if isinstance(part, Root):
        return part.model.transform
    return part.branch.rows.transform if isinstance(part, Grown) else part.transform


def fresh_keys(part: Plain | Root | Grown) -> tuple[FreshKeys, ...]:
    """How the identifiers of a table are made."""
    transform = transform_of(part)
    return part.keys if transform is None and isinstance(part, Plain) else (transform and transform.keys) or ()


def count_name(child: str) -> str:
    """What the column is called that says how many rows of a child there are."""
    return f"rows of {child}"


def referred_name(table: str, columns: tuple[str, ...]) -> str:
    """What the column is called that says how many rows of a table refer to a row."""
    return f"times in {table}.{','.join(columns)}"


def state_name(columns: tuple[str, ...]) -> str:
    """What the column is called that says whether a key is there, and of a listed one, which it is."""
    return f"key {','.join(columns)}"


def states_of(positions: NDArray[np.int64], *, listed: bool, own: bool) -> NDArray[np.str_]:
    """Whether each key is there, missing, of no row, or of its own row; of a listed table, which row it names."""
    found = positions.astype(str) if listed else np.full(len(positions), THERE, dtype=object)
    found = found.astype(object)
    found[positions == -1] = NULL
    found[positions < -1] = ORPHAN
    if own:
        found[positions == np.arange(len(positions))] = OWN
    return found.astype(str)


def states_learned(
    shape: Shape, refers: Mapping[tuple[str, tuple[str, ...]], Ints], units: Ints, rare_below: int
) -> dict[str, NDArray[np.str_]]:
    """By name of a further column, the states of each key of a table of which there is something to learn.

    Args:
        shape: of the table.
        refers: the row that each key of each table leads to.
        units: int64 ``[rows]``: whose each row is.
        rare_below: the fewest units that must name a row of a list for it to be told.
    """
    found = {}
    for one in shape.references:
        listed, positions = one.how == "listed", refers[shape.name, one.key.columns]
        states = states_of(positions, listed=listed, own=one.key.table == shape.name)
        if listed:
            states = rows_told(states, units, rare_below)
        if listed or (states != THERE).any():
            found[state_name(one.key.columns)] = states
    return found


def rows_told(states: NDArray[np.str_], owner: NDArray[np.int64], rare_below: int) -> NDArray[np.str_]:
    """The states of a key to a list, where a row that fewer groups than that name is merely there: that much may be known of it.

    Were it left out, its share would fall to what may be told, and to keys that are missing.

    Args:
        states: of each key, in the words of ``states_of``.
        owner: int64 ``[rows]``: whose each row is; negative for nobody's.
        rare_below: the fewest groups that a row of the list must be named by.
    """
    names, codes = np.unique(states, return_inverse=True)
    return as_told(states, names[groups_holding(codes, owner, len(names)) >= rare_below])


def as_told(states: NDArray[np.str_], told: Collection[str]) -> NDArray[np.str_]:
    """The same, where a row of the list that is none of those told is merely there."""
    names, codes = np.unique(states.astype(str), return_inverse=True)
    hidden = np.char.isdigit(names) & ~np.isin(names, list(told))
    return np.where(hidden[codes], THERE, states).astype(str)


def told(form: Form, part: Part) -> Form:
    """The form of a table as a model tells it: what its file said of columns that are made anew holds no value."""
    if isinstance(part, Kept) or form.source is None:
        return form
    names, anew = shown(part.shape.schema, part.shape.schema.composites)
    keys = {*part.shape.columns} - names
    return replace(form, source=source_of_columns(form.source, names, anew | keys))
