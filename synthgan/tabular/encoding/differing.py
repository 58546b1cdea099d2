"""Gives rows another value of one column where their combination was there before, as a declared rule forbids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.schema import Kind
from synthgan.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthgan.data.ruled import View
    from synthgan.data.rules import Name, Rule

    Rows = NDArray[np.bool_]
    Combination = tuple[str | None, ...]

TRIES = 20  # values tried at random before all are gone through


def differ(
    rule: Rule,
    view: View,
    moved: dict[Name, Any],
    fixed: Mapping[Name, Rows],
    seen: set[Combination],
    rng: np.random.Generator,
    *,
    strict: bool = True,
) -> None:
    """Make rows differ, in this batch and from earlier ones; a column of which no other rule speaks gives way first.

    Args:
        rule: which columns must differ together.
        view: the rows.
        moved: the same values by column; columns of it are replaced.
        fixed: by column, bool ``[rows]``: where a value must stay.
        seen: combinations that were there before; those of these rows are added.
        rng: randomness.
        strict: refuse what cannot differ; else it is left.

    Raises:
        DataError: if there are no more combinations.
    """
    columns = [view.texts(name) for name in rule.unique]
    bound = {name for other in view.schema.rules if other is not rule for name in other.names}
    may = [
        at
        for at, name in enumerate(rule.unique)
        if name in moved and view.schema.column(name).kind is not Kind.IDENTIFIER
    ]
    may.sort(key=lambda one: (rule.unique[one] not in bound, len(set(columns[one]))), reverse=True)
    stays = {at: fixed.get(rule.unique[at], np.zeros(view.rows, dtype=bool)) for at in may}
    held = np.all([stays[at] for at in may], axis=0) if may else np.ones(view.rows, dtype=bool)
    sources = {at: np.arange(view.rows) for at in may}
    added: dict[tuple[int, int], float] = {}
    for row in (*np.flatnonzero(held).tolist(), *np.flatnonzero(~held).tolist()):  # what must stay is there first
        one = tuple(column[row] for column in columns)
        if None not in one and one in seen:
            at = next((at for at in may if not stays[at][row]), -1)
            found = None if at < 0 else _another(rule, at, one, columns[at], seen, rng, view)
            if found is None and strict:
                raise DataError(
                    f"rows must differ as the rule {str(rule)!r} says, however: there are no more combinations to draw",
                    remedy="draw fewer rows",
                )
            if found is not None:
                new, number, one = found
                if new >= 0:
                    sources[at][row] = new
                else:
                    added[at, row] = number
        seen.add(one)
    for at, source in sources.items():
        if (source != np.arange(view.rows)).any():
            moved[rule.unique[at]] = moved[rule.unique[at]].take(source)
    for at in {at for at, _ in added}:
        numbers = np.array(moved[rule.unique[at]], dtype=np.float64)
        for row in (row for own, row in added if own == at):
            numbers[row] = added[at, row]
        moved[rule.unique[at]] = numbers


def _another(
    rule: Rule,
    at: int,
    one: Combination,
    column: list[Any],
    seen: set[Combination],
    rng: np.random.Generator,
    view: View,
) -> tuple[int, float, Combination] | None:
    """The row whose value makes a combination a new one, or -1 and a whole number that does; and the combination; None for none."""

    def changed(text: str) -> Combination:
        return (*one[:at], text, *one[at + 1 :])

    for row in (*rng.integers(0, len(column), TRIES).tolist(), *range(len(column))):
        if column[row] is not None and changed(column[row]) not in seen:
            return row, 0.0, changed(column[row])
    if view.schema.column(rule.unique[at]).kind is not Kind.INTEGER:
        return None
    number = 1 + max(int(text) for text in column if text is not None)
    while changed(str(number)) in seen:
        number += 1
    return -1, float(number), changed(str(number))
