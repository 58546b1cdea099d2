"""What holds along linked tables: times inside the stay and in order, columns that never change or never fall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.column import Kind
from synthgan.data.groups import Groups, arranged
from synthgan.data.stamps import NANOSECONDS
from synthgan.metrics.linkeddetails import Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from synthgan.data import Column
    from synthgan.metrics.relational.sides import Judged, Side

    Floats = NDArray[np.float64]
    Breaks = tuple[NDArray[np.bool_], NDArray[np.bool_]]  # of which rows it can be asked, and which break it

BELIEVED = 0.99  # share of the real rows that keep what is called a rule
MIN_ASKED = 20  # real rows
MOMENTS = frozenset({Kind.DATE, Kind.DATETIME})


@dataclass(frozen=True, slots=True)
class _Candidate:
    """What may be a rule: who breaks it is asked of each side."""

    table: str
    words: str
    kind: str
    asked: Callable[[Side], Breaks]


def rules_of(judged: Judged) -> tuple[Rule, ...]:
    """Find what holds in at least BELIEVED of the real rows, and count who breaks it on every side."""
    found = []
    for one in _candidates(judged):
        there, broken = one.asked(judged.real)
        if there.sum() < MIN_ASKED or broken.sum() > (0 if one.kind == "constant" else 1 - BELIEVED) * there.sum():
            continue
        counted = [one.asked(side) for side in judged.sides]
        shares = tuple(float(bad.sum() / max(int(known.sum()), 1)) for known, bad in counted)
        found.append(Rule(one.table, one.words, one.kind, shares, int(counted[1][0].sum())))
    return (*found, *_moved(judged))


def _moved(judged: Judged) -> Iterator[Rule]:
    """Columns of one table in groups that belong to the group."""
    table = next((name for name in judged.schema.tables if name != judged.unit), judged.unit)
    for column in judged.real.inconstant:
        shares = tuple(side.inconstant[column] for side in judged.sides)
        yield Rule(
            table,
            f"{column} is the same in all rows of {judged.unit}",
            "constant",
            shares,
            judged.synthetic.rows[judged.unit],
        )


def _candidates(judged: Judged) -> Iterator[_Candidate]:
    for name in judged.schema.tables:
        yield from _of_times(judged, name)
        if judged.real.above[name]:
            yield from _of_rows(judged, name)


def _of_times(judged: Judged, name: str) -> Iterator[_Candidate]:
    """Orders of two times of a row, and of its times and those of the rows above."""
    own = moments_of(judged.real, name)
    for at, first in enumerate(own):
        for second in own[at + 1 :]:
            yield _order(name, first, name, second, "order")
            yield _order(name, second, name, first, "order")
    for depth, above in enumerate(judged.real.above[name]):
        kind = "stay" if depth == 0 else "order"
        for column in own:
            for other in moments_of(judged.real, above):
                yield _order(name, column, above, other, kind, first_is_own=False)
                yield _order(name, column, above, other, kind)


def _order(name: str, column: Column, of: str, other: Column, kind: str, *, first_is_own: bool = True) -> _Candidate:
    """A time of a row that is not after (or, its own being the second, not before) another of its own or of the row above."""

    def asked(side: Side) -> Breaks:
        mine, its = side.columns[name].column(column.name), side.columns[of].column(other.name)
        if of != name:
            at = side.above[name][of]
            its = np.where(at < 0, np.nan, its[np.maximum(at, 0)]) if len(its) else np.full(len(mine), np.nan)
        mine, its = _in_common(mine, column, its, other)
        there = ~np.isnan(mine) & ~np.isnan(its)
        with np.errstate(invalid="ignore"):
            return there, there & ((mine > its) if first_is_own else (mine < its))

    shown = str(other.name) if of == name else f"{of}.{other.name}"
    return _Candidate(name, f"{column.name} {'≤' if first_is_own else '≥'} {shown}", kind, asked)


def _in_common(mine: Floats, column: Column, its: Floats, other: Column) -> tuple[Floats, Floats]:
    """Two columns of moments in the coarser of their units, so that a date is not before a time of its own day."""
    coarse = max(NANOSECONDS[str(one.unit)] for one in (column, other))

    def told(values: Floats, unit: int) -> Floats:
        return np.floor(values * (unit / coarse) + 1e-9)

    return told(mine, NANOSECONDS[str(column.unit)]), told(its, NANOSECONDS[str(other.unit)])


def _of_rows(judged: Judged, name: str) -> Iterator[_Candidate]:
    """Columns that are the same in all rows of an owner, and numbers that never fall in the rows of a person."""
    for column in judged.real.columns[name].names:
        if _by_chance(judged.real, name, column):
            continue
        yield _Candidate(
            name,
            f"{column} is the same in all rows of {_owner(judged, name)}",
            "constant",
            _changes(judged, name, column),
        )
    if not judged.is_of_people(name) or judged.real.order.get(name) is None:
        return
    for column in judged.real.columns[name].number_names:
        if column != judged.schema.tables[name].order:
            yield _Candidate(name, f"{column} never falls", "monotone", _falls(judged, name, column))


def _by_chance(side: Side, name: str, column: str | int) -> bool:
    """Whether rows of any owners would be alike as often: where nearly all rows have one value, as with few rows."""
    counts = np.unique(side.columns[name].column(column), return_counts=True)[1] / max(side.rows[name], 1)
    alike = float((counts**2).sum())
    return alike ** min(MIN_ASKED, side.rows[name]) > 1 - BELIEVED


def _owner(judged: Judged, name: str) -> str:
    return next(iter(judged.real.above[name]))


def _changes(judged: Judged, name: str, column: str | int) -> Callable[[Side], Breaks]:
    def asked(side: Side) -> Breaks:
        values, groups = _placed(side.columns[name].column(column), side.above[name][_owner(judged, name)], None)
        return _pairs(values, groups, lambda before, after: ~((before == after) | (np.isnan(before) & np.isnan(after))))

    return asked


def _falls(judged: Judged, name: str, column: str | int) -> Callable[[Side], Breaks]:
    def asked(side: Side) -> Breaks:
        values = side.columns[name].column(column)
        known = np.flatnonzero(~np.isnan(values))
        order = judged.ranked(side, name)
        owner = judged.unit_of(side, name)[known]
        values, groups = _placed(values[known], owner, None if order is None else order[known])
        # Of what hardly moves, hardly a row falls: only those that move are asked.
        moves = _pairs(values, groups, lambda before, after: after != before)[1]
        return moves, _pairs(values, groups, lambda before, after: after < before)[1]

    return asked


def _placed(values: Floats, owner: NDArray[np.int64], order: Floats | None) -> tuple[Floats, Groups]:
    placed, groups = arranged(np.maximum(owner, -1), order)
    return values[placed], groups


def _pairs(values: Floats, groups: Groups, breaks: Callable[[Floats, Floats], NDArray[np.bool_]]) -> Breaks:
    """Ask each two neighbouring rows of a group."""
    inside = groups.position[1:] > 0
    return inside, inside & breaks(values[:-1], values[1:])


def moments_of(side: Side, name: str) -> list[Column]:
    """The columns of dates and stamps of a table."""
    columns = side.columns[name]
    return [
        columns.stamps[one]
        for one in columns.number_names
        if one in columns.stamps and columns.stamps[one].kind in MOMENTS
    ]
