"""Decides which marks among numbers and moments come back: those that are declared, and those that enough rows hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from synthgan.data.containers.dtypes import NOT_NULL, missing_form
from synthgan.data.values import Levels, Numbers, Stamps
from synthgan.data.withheld import MISSING, RARE, VALUES, Withheld, coarse
from synthgan.errors import Remedy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.column import Column
    from synthgan.data.table import Table
    from synthgan.data.values import Values

_SHOWN: Final = 3  # marks named


def settled(table: Table, rare_below: int) -> Table:
    """Gives the table whose columns name the marks that are released; where there was another one, nothing stands.

    Args:
        table: as it was read.
        rare_below: rows from which on a mark is released; declared ones are in any case.
    """
    held: dict[str | int, tuple[Column, Values]] = {}
    withheld: list[Withheld] = []
    later = {part for one in table.schema.composites for part in one.parts[1:]}  # whose marks are those of the first
    for column in table.schema:
        values = table.columns[column.name] if column.text_form is not None else None
        if isinstance(values, (Numbers, Stamps)) and values.marks is not None:
            known = _released(values.marks, column, rare_below)
            with_marks, marks, lost = _settled(values.marks, column, known)
            held[column.name] = with_marks, replace(values, marks=marks)
            withheld += [lost] if lost is not None and column.name not in later else []
    return replace(table.replaced(held), withheld=(*table.withheld, *withheld)) if held else table


def _released(marks: Levels, column: Column, rare_below: int) -> tuple[str, ...]:
    rows = np.bincount(marks.codes[marks.codes >= 0], minlength=len(marks.levels))
    declared = column.marks or ()
    found = zip(marks.levels, rows.tolist(), strict=True)
    return (*declared, *(str(mark) for mark, count in found if count >= rare_below and mark not in declared))


def _settled(marks: Levels, column: Column, known: tuple[str, ...]) -> tuple[Column, Levels | None, Withheld | None]:
    """The column and its marks, with those that are known alone; and what was lost."""
    index = np.array([*(known.index(str(mark)) if mark in known else -1 for mark in marks.levels), -1], np.int32)
    codes = index[marks.codes]
    lost = (codes < 0) & (marks.codes >= 0)
    column = replace(column, marks=known or None)
    left = Levels(codes, known) if known else None
    if not lost.any():
        return column, left, None
    if column.missing is None:
        column = replace(column, missing=missing_form(column.dtype), dtype=column.dtype.removesuffix(NOT_NULL))
    return column, left, _withheld(column.name, [str(marks.levels[at]) for at in np.unique(marks.codes[lost])], lost)


def _withheld(name: str | int, marks: list[str], lost: NDArray[np.bool_]) -> Withheld:
    shown = ", ".join(map(repr, marks[:_SHOWN])) + (", …" if len(marks) > _SHOWN else "")
    rows = int(lost.sum())
    line = (
        f"column {name!r}: {len(marks)} mark{'s' if len(marks) > 1 else ''} among its values ({shown}), in {rows} row"
        f"{'s' if rows > 1 else ''}, held by too few rows each; missing is drawn in their place"
    )
    remedy = Remedy(("declare them as marks in the schema",))
    return Withheld(name, VALUES, RARE, coarse(float(lost.mean())), len(marks), MISSING, line, remedy)
