"""The support of pairs: which values of two columns stand together in real rows, and what it costs a row if its own never did.

Trees split one column at a time, and cannot say of two hundred seasons and fifty teams which team played when.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.relational.rows import RowCodec, Rows

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

MAX_VALUES = 256  # of a number whose values are looked at one by one
MAX_COLUMNS = 40  # those of most levels: of more there are too many pairs
MIN_PAIRS = 20  # that people share, of two columns that are told of
MAX_UNKNOWN = 0.2  # share of the real rows whose pair too few people share
MIN_EXCESS = 0.005  # share of the drawn rows beyond that
MIN_WEIGHT = 0.5  # a logarithm: less is the critic's work
MIN_PEOPLE = 2  # that share a pair, whatever else is asked
MAX_CELLS = 5_000_000  # of two columns that are looked at together
GAP = 3  # values without a shared pair that are filled in between two with one
_FEW = 1e-3


@dataclass(frozen=True)
class Cells:
    """The values of one column, numbered.

    Attributes:
        column: the index of its codec.
        edges: float64: what lies halfway between neighbouring values of a number; of levels nothing.
        count: how many cells there are; the last of a number is of what is missing.
        is_number: whether it is a number.
    """

    column: int
    edges: Floats
    count: int
    is_number: bool

    @classmethod
    def of(cls, rows: RowCodec, column: int, edges: Floats) -> Cells:
        """Those of a column of this index."""
        is_number = column in rows.slots
        return cls(column, edges, len(edges) + 2 if is_number else rows.layout.spans[column].size, is_number)

    def of_rows(self, codec: RowCodec, rows: Rows) -> Ints:
        """The cell of each row, int64 ``[rows]``: of a number that of the nearest value."""
        if not self.is_number:
            return rows.codes[:, self.column].astype(np.int64)
        values = rows.numbers[:, codec.slots[self.column].start]
        return np.where(np.isnan(values), self.count - 1, np.searchsorted(self.edges, values))


@dataclass(frozen=True)
class Support:
    """The pairs of values that enough people have in two columns.

    Attributes:
        first: the cells of one column,
        second: and of the other.
        shared: int64, rising: the pairs, each ``first * second.count + second``.
        cost: what the logarithm of a row's odds loses whose pair is none of these.
    """

    first: Cells
    second: Cells
    shared: Ints
    cost: float

    def penalty(self, codec: RowCodec, rows: Rows) -> Floats:
        """What each row loses, float64 ``[rows]``."""
        pairs = self.first.of_rows(codec, rows) * self.second.count + self.second.of_rows(codec, rows)
        return np.where(_is_among(pairs, self.shared), 0.0, self.cost)


def penalties(supports: tuple[Support, ...], codec: RowCodec, rows: Rows) -> Floats:
    """What each row loses by all pairs together, float64 ``[rows]``."""
    return sum((one.penalty(codec, rows) for one in supports), np.zeros(len(rows)))


def find_supports(
    codec: RowCodec, real: Rows, people: Ints, drawn: Rows, odds: Floats, fewest: int
) -> tuple[Support, ...]:
    """The pairs of columns in which drawn rows have pairs of values that real ones do not.

    A pair that fewer people share than ``fewest`` is told of as little as one that nobody has, but where neighbouring values together
    are shared by as many: then all of these are told of. So a row is not forbidden to have
    it: its odds fall until such rows are as common as they are among the real rows of people that were not counted. The pair of
    columns that is furthest off comes first, and what it takes is taken into account for those that follow.

    Args:
        codec: how rows are encoded.
        real: rows as they are.
        people: int64 ``[rows]``: who each of them is of.
        drawn: as many rows or fewer, drawn by the walk.
        odds: float64 ``[drawn rows]``: the logarithms of what a critic makes of them.
        fewest: that must share a pair.
    """
    found = _pairs(codec, real, people, drawn, max(fewest, MIN_PEOPLE))
    odds, supports = odds.astype(np.float64), list[Support]()
    while found:
        weight = np.exp(odds - odds.max(initial=-np.inf))
        costs = [_cost(one[1], float((weight * one[2]).sum() / weight.sum())) for one in found]
        best = int(np.argmax(costs))
        if costs[best] < MIN_WEIGHT:
            break
        bare, _, strange = found.pop(best)
        supports.append(Support(bare.first, bare.second, bare.shared, costs[best]))
        odds = odds - costs[best] * strange
    return tuple(supports)


def _cost(real: float, drawn: float) -> float:
    """How much the odds of a pair that is not shared must fall for its share to become the real one."""
    if drawn < real + MIN_EXCESS:
        return 0.0
    return float(np.log((drawn + _FEW) * (1 - real + _FEW) / ((real + _FEW) * (1 - drawn + _FEW))))


def _pairs(
    codec: RowCodec, real: Rows, people: Ints, drawn: Rows, fewest: int
) -> list[tuple[Support, float, NDArray[np.bool_]]]:
    """Every pair of columns: what is shared, how common other pairs are among real rows, and which drawn rows have one."""
    people = np.unique(people, return_inverse=True)[1]
    columns = _columns(codec, real, people, fewest)
    sides = [[one.of_rows(codec, side) for one in columns] for side in (real, drawn)]
    found: list[tuple[Support, float, NDArray[np.bool_]]] = []
    for a, b in combinations(range(len(columns)), 2):
        if columns[a].count * columns[b].count > MAX_CELLS:
            continue
        if columns[a].is_number and not columns[b].is_number:
            a, b = b, a  # noqa: PLW2901 (neighbours are looked for in the second)
        both, own = (columns[a], columns[b]), (sides[0][a], sides[0][b])
        told, of_others = (_told(both, own, people, few) for few in (fewest, fewest + 1))  # without one's own
        unknown = float((~of_others[own]).mean())
        shared = np.flatnonzero(told)
        if len(shared) >= MIN_PAIRS and unknown <= MAX_UNKNOWN:
            strange = ~told[sides[1][a], sides[1][b]]
            found.append((Support(*both, shared, 0.0), unknown, strange))
    return found


def _told(columns: tuple[Cells, Cells], own: tuple[Ints, Ints], people: Ints, fewest: int) -> NDArray[np.bool_]:
    """Which pairs are told of, bool ``[first, second]``.

    Those that enough people share. Of what is left, two neighbouring values of a number are put together, then four, and so on:
    where enough people share any of these, all of them are told of. So no pair shows that fewer have it.
    """
    first, second = columns
    told = np.zeros((first.count, second.count), dtype=bool)
    left = np.ones(len(people), dtype=bool)
    value = np.arange(second.count)
    for level in range(max(second.count - 2, 1).bit_length() + 1 if second.is_number else 1):
        block = value >> level
        if second.is_number:
            block[-1] = block[-2] + 1  # what is missing has no neighbours
        width = int(block[-1]) + 1
        often = _people_of((own[0] * width + block[own[1]])[left], people[left], first.count * width)
        told |= (often >= fewest).reshape(first.count, width)[:, block]
        if second.is_number:
            told[:, :-1] = _filled(told[:, :-1])
        left &= ~told[own]
    return told


def _filled(told: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The same, told of the few values between two that are told of, whoever has them."""
    at, far = np.arange(told.shape[1]), 2 * told.shape[1] + GAP
    before = np.maximum.accumulate(np.where(told, at, -far), axis=1)
    after = np.minimum.accumulate(np.where(told, at, far)[:, ::-1], axis=1)[:, ::-1]
    return told | (after - before <= GAP + 1)


def _columns(codec: RowCodec, real: Rows, people: Ints, fewest: int) -> list[Cells]:
    """The columns whose values are looked at: levels, and numbers of few values that enough people share."""
    none = np.zeros(0)
    found = [Cells.of(codec, index, none) for index in codec.levels]
    for index, slot in codec.slots.items():
        if slot.stop - slot.start > 1:
            continue
        there = np.flatnonzero(~np.isnan(real.numbers[:, slot.start]))
        values, at = np.unique(real.numbers[there, slot.start], return_inverse=True)
        values = values[_people_of(at, people[there], len(values)) >= fewest]
        if 1 < len(values) <= MAX_VALUES:
            found.append(Cells.of(codec, index, (values[:-1] + values[1:]) / 2))
    return sorted(found, key=lambda one: -one.count)[:MAX_COLUMNS]


def _people_of(at: Ints, people: Ints, count: int) -> Ints:
    """How many people have each of so many values, given which each row has."""
    both = np.unique(at.astype(np.int64) * (int(people.max(initial=0)) + 1) + people)
    return np.bincount(both // (int(people.max(initial=0)) + 1), minlength=count)


def _is_among(pairs: Ints, shared: Ints) -> NDArray[np.bool_]:
    if not len(shared):
        return np.zeros(len(pairs), dtype=bool)
    at = np.minimum(np.searchsorted(shared, pairs), len(shared) - 1)
    return shared[at] == pairs
