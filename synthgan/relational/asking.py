"""Conditions on rows that belong to units: what is asked of them, and which units have such rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.clause_text import unquoted_start
from synthgan.data.clauses import read_where, rows_of_conditions
from synthgan.errors import DataError
from synthgan.suggest import did_you_mean_or_known

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from numpy.typing import NDArray

    from synthgan.data.clauses import Clause, Conditions, Known, Where

    Texts = Mapping[str, Where] | Iterable[str]

EVERY = "all:"  # before a condition that every row of a unit must meet


@dataclass(frozen=True)
class Asked:
    """What is asked of the rows of a table.

    Attributes:
        table: whose rows.
        every: whether all rows of a unit must meet it; else one must.
        clauses: which one row meets together.
    """

    table: str
    every: bool
    clauses: tuple[Clause, ...]

    def __str__(self) -> str:
        """The conditions as they are written."""
        table = f"{self.table}." if self.table else ""
        return " and ".join(f"{EVERY if self.every else ''}{table}{clause}" for clause in self.clauses)

    def units(self, met: NDArray[np.bool_], unit: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
        """Bool ``[units]``: which units have what is asked, given which rows meet it and whose each row is (negative: nobody's)."""
        looked_at = unit[(~met if self.every else met) & (unit >= 0)]
        found = np.bincount(looked_at, minlength=count) > 0
        return ~found if self.every else found


def by_table(where: Texts, tables: Collection[str]) -> dict[tuple[str, bool], Where]:
    """Conditions such as ``patients.sex=F`` and ``all:labs.unit=mmol``, by table and by whether every row must meet them.

    Args:
        where: a mapping from tables (or ``all:`` and a table) to conditions on their rows, or texts.
        tables: that there are; the longest name that a text begins with is the table, whatever signs it holds.

    Raises:
        DataError: if a table is named that is not there, or none is.
    """
    found: dict[tuple[str, bool], Where] = {}
    if isinstance(where, Mapping):
        for name, conditions in where.items():
            every = name not in tables and str(name).startswith(EVERY)
            found[_known(str(name).removeprefix(EVERY) if every else name, tables), every] = conditions
        return found
    texts: dict[tuple[str, bool], list[str]] = {}
    for text in [where] if isinstance(where, str) else where:
        table, every, rest = _parted(text, tables)
        texts.setdefault((table, every), []).append(rest)
    return dict(texts)


def asked_of(table: str, every: bool, where: Where, known: Known) -> Asked:
    """What is asked of the rows of a table.

    Raises:
        DataError: if it is no condition, or one for each row, which only units can have.
    """
    if rows_of_conditions(where) is not None:
        raise DataError(
            f"conditions on {table!r} must be one for all units, however: found a table or list of them; only those on the unit "
            f"may differ from row to row"
        )
    plain: Conditions = where  # type: ignore[assignment]
    return Asked(table, every, tuple(read_where(plain, known)))


def _parted(text: str, tables: Collection[str]) -> tuple[str, bool, str]:
    """The table of a condition, whether every row must meet it, and the condition."""
    start = text.lstrip()
    for every in (False, True):
        if every and not start.startswith(EVERY):
            break
        rest = start.removeprefix(EVERY).lstrip() if every else start
        for name in sorted(tables, key=len, reverse=True):
            if rest.startswith(f"{name}."):
                return name, every, rest[len(name) + 1 :]
        name, behind = unquoted_start(rest)
        if name in tables and behind.startswith("."):
            return name, every, behind[1:]
    every = start.startswith(EVERY)
    name, point, rest = start.removeprefix(EVERY).partition(".")
    if not point or not name.strip():
        raise DataError(
            f"a condition on linked tables must name one, as in 'patients.sex=F', however: {text!r}", parameter="where"
        )
    return _known(name.strip(), tables), every, rest


def _known(name: object, tables: Collection[str]) -> str:
    if name not in tables:
        raise DataError(
            f"a condition must name a table of the model, however: {str(name)!r}",
            remedy=did_you_mean_or_known(name, tables),
            parameter="where",
        )
    return str(name)
