"""People as wholes: one row each, with what is known of them and what their rows of every table look like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.data.cells import MIN_UNITS
from synthgan.metrics.data.columns import Columns, Tables
from synthgan.metrics.relational.trajectories import commonest, trajectories

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from synthgan.metrics.relational.linked import Linked
    from synthgan.metrics.relational.sides import Judged

    Levels = list[NDArray[np.int64]]

_OF_NUMBER = (
    *("mean", "spread", "least", "greatest", "first", "last", "share missing", "mean step"),
    *("mean size of a step", "greatest step", "share of changes"),
)
_OF_LEVELS = ("first", "last", "levels", "share of changes")


def whole_people(judged: Judged, *, but: tuple[str, str | int] | None = None) -> Tables:
    """Return people as wholes, on every side.

    Args:
        judged: the sides.
        but: a table and a column of it that is left out.
    """
    of_unit = None if but is None or but[0] != judged.unit else but[1]
    made = [[_without(side.columns[judged.unit], of_unit)] for side in judged.sides]
    for name in judged.below:
        left_out = None if but is None or but[0] != name else but[1]
        linked = [judged.linked(side, name) for side in judged.sides]
        columns = [_without(one.rows, left_out) for one in linked]
        followed = commonest(columns[0].codes)
        shown = [one for at, one in enumerate(linked) if at != 1]
        titles = _titles(name, columns[0], followed, _nameable(shown, columns[0]))
        for parts, one, rows in zip(made, linked, columns, strict=True):
            found = trajectories(rows.numbers, rows.codes, followed, one.groups)
            parts.append(_of_numbers(titles, found))
    return Tables(*map(_joined, made))


def briefly(judged: Judged, people: Columns) -> tuple[str | int, ...]:
    """Return which columns of whole people say what each is like at first sight: their own, and the first rows and number of rows.

    A leak of what is drawn first, once for each person, drowns among the many columns that say how rows go on.
    """
    own = set(judged.real.columns[judged.unit].names)
    starts = tuple(f"{name}." for name in judged.below)
    own |= {f"{name}: rows" for name in judged.below}
    return tuple(
        name for name in people.names if name in own or (str(name).startswith(starts) and str(name).endswith(": first"))
    )


def _without(columns: Columns, name: str | int | None) -> Columns:
    return columns.only({one for one in columns.names if one != name})


def _nameable(linked: Sequence[Linked], columns: Columns) -> list[set[int]]:
    """Of each column of levels, those that MIN_UNITS people or more have among the real ones, and among the unseen: others are people."""
    found = []
    for name, levels in zip(columns.code_names, columns.levels, strict=True):
        held = np.full(levels, MIN_UNITS)
        for side in linked:
            codes = side.rows.codes[:, side.rows.code_names.index(name)].astype(np.int64)
            pairs = np.unique((side.groups.owner * levels + codes)[codes >= 0])
            held = np.minimum(held, np.bincount(pairs % max(levels, 1), minlength=levels))
        found.append({-1, *np.flatnonzero(held >= MIN_UNITS).tolist()})
    return found


def _titles(table: str, columns: Columns, followed: Levels, nameable: Sequence[set[int]]) -> tuple[str, ...]:
    """What each number of a trajectory is called; a level that few people have is numbered, and not named."""
    titles = [f"{table}.{name}: {what}" for name in columns.number_names for what in _OF_NUMBER]
    for at, name in enumerate(columns.code_names):
        words = (*(columns.labels[at] if columns.labels else map(str, range(columns.levels[at]))), "missing")
        known = (
            words[level] if int(level) in nameable[at] else f"rare level {rank}"
            for rank, level in enumerate(followed[at], 1)
        )
        titles += [f"{table}.{name}: share of {word}" for word in known]
        titles += [f"{table}.{name}: {what}" for what in _OF_LEVELS]
    return (*titles, f"{table}: rows")


def _of_numbers(names: Sequence[str], values: NDArray[np.float64]) -> Columns:
    return Columns(values, np.zeros((len(values), 0), dtype=np.int32), tuple(names), (), ())


def _joined(parts: Sequence[Columns]) -> Columns:
    """The same rows of several tables side by side, under the names that they have."""
    return Columns(
        np.hstack([part.numbers for part in parts]),
        np.hstack([part.codes for part in parts]),
        tuple(name for part in parts for name in part.number_names),
        tuple(name for part in parts for name in part.code_names),
        tuple(level for part in parts for level in part.levels),
        tuple(labels for part in parts for labels in part.labels),
        {name: column for part in parts for name, column in part.stamps.items()},
    )


def with_level(columns: Columns, name: str, codes: NDArray[np.int32], labels: tuple[str, ...]) -> Columns:
    """People with a further column of levels."""
    level = Columns(np.zeros((len(codes), 0)), codes[:, None], (), (name,), (len(labels),), (labels,))
    return _joined([columns, level])


def with_number(columns: Columns, name: str, values: NDArray[np.float64]) -> Columns:
    """People with a further number."""
    return _joined([columns, _of_numbers((name,), values[:, None])])


def hashed_steps(linked: Linked) -> NDArray[np.uint64]:
    """uint64 ``[rows]``: equal rows have equal hashes; times are told from the person's first row, so that a shift hides no copy."""
    from synthgan.metrics.privacy.membership.matches import row_hashes

    numbers = linked.rows.numbers.copy()
    for at, name in enumerate(linked.rows.number_names):
        if name in linked.rows.stamps and len(linked.groups.first):
            starts = numbers[linked.groups.first, at]
            numbers[:, at] -= np.repeat(starts, linked.groups.counts[linked.groups.counts > 0])
    rows = linked.rows
    return row_hashes(Columns(numbers, rows.codes, rows.number_names, rows.code_names, rows.levels))
