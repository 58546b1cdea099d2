"""Finds primary keys: of one column that others refer to or that is called so, else of references and a running number."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, Final

from synthgan.relational.finding.names import has_suffix, is_generic, is_numbering, is_own_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from synthgan.data.keys import ForeignKey
    from synthgan.relational.finding.profile import Profile

_MAX_COLUMNS: Final = 3
_LEAST_ROWS: Final = 20  # in which columns tell all rows apart hardly by chance
_LEAST_PAIRS: Final = 5.0
_MIN_REPEATED: Final = 1.1  # rows for each value of a part: what hardly repeats tells rows apart without the others


def find_primary(
    table: str, frame: pd.DataFrame, columns: Sequence[Profile], foreign: Sequence[ForeignKey], referred: Iterable[str]
) -> tuple[tuple[str, ...], str] | None:
    """Gives the columns that tell the rows of a table apart, and what they were found by.

    Args:
        table: its name.
        frame: what it holds.
        columns: those of its columns that may be keys.
        foreign: its foreign keys.
        referred: its columns that others refer to.
    """
    if not len(frame):
        called = next((name for name in frame.columns if is_own_key(table, name)), None)
        return None if called is None else ((called,), "its name")
    references = {name for key in foreign for name in key.columns}
    referred = list(referred)
    unique = [one for one in columns if one.is_unique]
    named = [one for one in unique if one.name in referred or _is_called_key(one, references)]
    if named:
        best = max(named, key=lambda one: (referred.count(one.name), *_name_weight(one)))
        how = "uniqueness, and others refer to it" if best.name in referred else "uniqueness and name"
        return (best.name,), how
    shared = [one for one in unique if one.name in references and one.rows >= _LEAST_ROWS]
    if shared:
        return (shared[0].name,), "uniqueness of a foreign key"
    return _composite(frame, columns, [key.columns for key in foreign])


def _is_called_key(column: Profile, references: set[str]) -> bool:
    if column.name in references:
        return False
    is_row_number = column.sort == "whole" and is_generic(column.said) and has_suffix(column.said)
    return is_own_key(column.table, column.said) or is_row_number or (column.at == 0 and has_suffix(column.said))


def _name_weight(column: Profile) -> tuple[float, ...]:
    return is_own_key(column.table, column.said), -column.at


def _composite(
    frame: pd.DataFrame, columns: Sequence[Profile], foreign: Sequence[tuple[str, ...]]
) -> tuple[tuple[str, ...], str] | None:
    """Two or three columns, one of them a reference, that together tell all rows apart and of which none can be left out."""
    if len(frame) < _LEAST_ROWS:
        return None
    references = [key[0] for key in foreign if len(key) == 1]
    numberings = [one.name for one in columns if one.name not in references and is_numbering(one.said)]
    repeated = {one.name for one in columns if one.missing == 0 and one.rows >= _MIN_REPEATED * len(one.values)}
    possible = [name for name in [*references, *numberings] if name in repeated]
    distinct = {one.name: len(one.values) for one in columns}
    for count in range(2, _MAX_COLUMNS + 1):
        for names in combinations(possible, count):
            if (
                names[0] not in references
                or _pairs_by_chance(len(frame), [distinct[name] for name in names]) < _LEAST_PAIRS
            ):
                continue
            if not frame.duplicated(list(names)).any():
                return names, "uniqueness of these together"
    return None


def _pairs_by_chance(rows: int, distinct: Sequence[int]) -> float:
    """How many pairs of rows would have the same values, were these independent: where it is few, that there is none says nothing."""
    return rows * rows / 2 / math.prod(distinct)
