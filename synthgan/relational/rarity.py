"""What too few groups or rows hold is withheld: a level of one patient's many rows is as telling as one of a single row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.column import CODED, Column, Kind
from synthgan.data.rare import MAX_DROPPED
from synthgan.data.values import Levels
from synthgan.relational.sequences import FIRST

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.table import Table

_FIRST, _LETTERS = 0xF0000, 0xFFFD  # letters that no text uses: no two such levels begin alike


def groups_holding(codes: NDArray[np.integer], owner: NDArray[np.int64], levels: int) -> NDArray[np.int64]:
    """How many groups hold each of so many levels, ``[levels]``; whoever is nobody's (negative) is a group of its own.

    Args:
        codes: the level of each row; negative for none.
        owner: int64 ``[rows]``: whose each row is.
        levels: how many there are.
    """
    own = np.where(owner < 0, owner.max(initial=0) + 1 + np.arange(len(owner)), owner)
    many = int(own.max(initial=0)) + 1
    pairs = np.unique(codes.astype(np.int64) * many + own)
    return np.bincount((pairs // many)[pairs >= 0], minlength=levels)


def told_by_groups(table: Table, owner: NDArray[np.int64], rare_below: int) -> Table:
    """The table, levels of text that fewer groups than that hold made different in every row: so none of them is released.

    Args:
        table: rows of groups.
        owner: int64 ``[rows]``: whose each row is; negative for nobody's, which is a group of its own.
        rare_below: the fewest groups that a level must have.
    """
    changed: dict[str | int, tuple[Column, Levels]] = {}
    for column in table.schema:
        if column.kind not in CODED or column.levels is not None:
            continue
        held = table.levels(column)
        rows = np.bincount(held.codes[held.codes >= 0], minlength=len(held.levels))
        groups = groups_holding(held.codes, owner, len(held.levels))
        hidden = np.flatnonzero((rows >= rare_below) & (groups < rare_below))
        if len(hidden) and all(isinstance(level, str) for level in held.levels):
            changed[column.name] = column, _apart(held, hidden)
    return table.replaced(changed) if changed else table


def first_as_others(parents: Table, following: Table, rare_below: int) -> Table:
    """The table of parents, where first rows may have every level that is released of the rows that follow.

    Fewer groups begin with a level than have it. What is released of any row is no secret of a first one.

    Args:
        parents: one row a group.
        following: all rows, levels that too few groups hold told apart.
        rare_below: the fewest groups that a level must have.
    """
    changed: dict[str | int, tuple[Column, Levels]] = {}
    for column in following.schema:
        first = f"{FIRST}{column.name}"
        if first not in parents.columns or column.kind not in CODED or column.levels is not None or column.rare:
            continue
        held = following.levels(column)
        rows = np.bincount(held.codes[held.codes >= 0], minlength=len(held.levels))
        released = tuple(level for level, count in zip(held.levels, rows, strict=True) if count >= rare_below)
        if released and rows[rows < rare_below].sum() <= MAX_DROPPED * rows.sum():
            own = parents.schema.column(first)
            changed[first] = replace(own, levels=released), parents.levels(own)
    return parents.replaced(changed) if changed else parents


def _apart(held: Levels, hidden: NDArray[np.int64]) -> Levels:
    """Levels of which those hidden are another one in every row."""
    rows = np.flatnonzero(np.isin(held.codes, hidden))
    codes = held.codes.copy()
    codes[rows] = len(held.levels) + np.arange(len(rows))
    more = tuple(f"{chr(_FIRST + row % _LETTERS)}{row}" for row in rows)
    return Levels(codes, (*held.levels, *more))


def without_constants(table: Table) -> Table:
    """The table, nothing said of columns that have one value: too few rows have it."""
    columns = [_silent(column) if column.kind is Kind.CONSTANT else column for column in table.schema]
    held = {
        column.name: Levels(
            np.full(len(table), -1 if column.kind is Kind.MISSING else 0, np.int32), column.levels or ()
        )
        if was.kind is Kind.CONSTANT
        else table.columns[column.name]
        for column, was in zip(columns, table.schema, strict=True)
    }
    return replace(table, schema=table.schema.of_columns(columns), columns=held)


def _silent(column: Column) -> Column:
    """A column of nothing, or of zeros where its type must say something."""
    level = (column.levels or (None,))[0]
    if isinstance(level, bool):
        return replace(column, levels=(False,))
    if isinstance(level, int | float) and "int" in column.dtype.lower():
        return replace(column, levels=(0,))
    return Column(column.name, Kind.MISSING, column.dtype, missing="null")
