"""Columns that equal others in some rows, as a payment equals the bill: in which rows is learned, and they are made equal again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.schema import Column, Kind
from synthgan.tabular.encoding.numbers import NumberCodec
from synthgan.tabular.encoding.spacing import limits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from synthgan.data.scale import Scale
    from synthgan.tabular.encoding.codec import Codec

    Numbers = NDArray[np.float64]
    Rows = NDArray[np.bool_]
    Name = str | int

MIN_SHARE, MIN_ROWS = 0.02, 30  # of the rows, and so many, in which columns are equal beyond chance
BEYOND = 2.0  # times as often as neighbours on the number line are
COMMON = 0.01  # of the rows: values that so many share are equal by chance, and have modes of their own
NEIGHBOURS, NEIGHBOURHOOD = 50, 1 / 50  # so many rows, or such a share, lie near each other by one column
MAX_COLUMNS, MAX_SOURCES, MAX_TARGETS = 400, 3, 0.5  # at most so many of each; targets as a share of all columns
FIRST_ROWS, TESTED_ROWS = 1_000, 20_000  # looked at first, and of pairs that may be equal


@dataclass(frozen=True, slots=True)
class Equality:
    """A column that equals others in some rows.

    Attributes:
        column: which of the sources it equals, counted from 1, or 0 for none, as a column of its own; it is never released.
        target: the column that equals others.
        sources: those that it equals: in each row the first that it does.
        common: values that many rows share, which are not counted.
    """

    column: Column
    target: Name
    sources: tuple[Name, ...]
    common: tuple[float, ...] = ()

    @property
    def names(self) -> tuple[Name, ...]:
        """The columns that it lies between."""
        return (self.target, *self.sources)

    def of(self, values: Mapping[Name, Numbers], scales: Mapping[Name, Scale]) -> Numbers:  # noqa: ARG002 (as a distance)
        """Which of the sources the target equals in each row, float64 ``[rows]``."""
        own = values[self.target]
        counted = ~np.isin(own, self.common)
        found = np.zeros(len(own))
        for index, name in reversed([*enumerate(self.sources, 1)]):
            found[(own == values[name]) & counted] = index
        return found

    def state(self) -> dict[str, Any]:
        """The equality as JSON."""
        return {
            "column": self.column.to_dict(),
            "target": self.target,
            "sources": list(self.sources),
            "common": list(self.common),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Equality:
        """The equality that ``state`` described.

        Raises:
            SchemaError: if its column cannot be.
        """
        common = tuple(map(float, state["common"]))
        return cls(Column.from_dict(state["column"]), state["target"], tuple(state["sources"]), common)


def find_equalities(
    values: Mapping[Name, Numbers],
    codecs: Mapping[Name, Codec],
    tied: Collection[Name],
    rare_below: int,
    names: set[str],
    rng: np.random.Generator,
) -> tuple[Equality, ...]:
    """The equalities to learn; a target comes after all of its sources that are targets themselves.

    Columns are equal beyond chance where they are so more often than each is with the other of a row near by.

    Args:
        values: columns that may equal others, float64 ``[rows]``, NaN where missing.
        codecs: what encodes each.
        tied: those of them that lie at a distance from others, and so may be equalled alone.
        rare_below: fewer rows than so many tell of nothing.
        names: all columns of the table, which no column of an equality may be called.
        rng: randomness.
    """
    numbers = {
        name: codec
        for name, codec in codecs.items()
        if isinstance(codec, NumberCodec) and codec.scale.kind == "number" and not codec.encoder.discrete
    }
    ordered = sorted(
        [name for name in values if name in numbers][:MAX_COLUMNS],
        key=lambda name: (name not in tied, -numbers[name].scale.step),
    )
    common = {name: _common(values[name], numbers[name]) for name in ordered}
    found: dict[Name, list[tuple[float, Name]]] = {}
    for source, target in _candidates([values[name] for name in ordered], ordered):
        share = _beyond_chance(values[source], values[target], common[target], max(rare_below, MIN_ROWS), rng)
        if share >= MIN_SHARE and target not in tied:
            found.setdefault(target, []).append((share, source))
    most = int(MAX_TARGETS * len(names))
    kept = sorted(found, key=lambda name: -max(found[name])[0])[:most]
    made = []
    for target in ordered:
        if target in kept:
            sources = _adding(target, found[target], values, max(rare_below, MIN_ROWS))
            made.append(Equality(_column(target, sources, names), target, sources, common[target]))
    return tuple(made)


def make_equal(
    equalities: Sequence[Equality],
    values: Mapping[Name, Any],
    scales: Mapping[Name, Scale],
    columns: Mapping[Name, Column],
    fixed: Mapping[Name, Rows],
    bounds: Mapping[Name, tuple[float, float]],
) -> dict[Name, Any]:
    """The values, those made equal that are said to be; where a target must stay, its source is moved.

    Args:
        equalities: a target comes after all of its sources that are targets themselves.
        values: columns by name, those of equalities among them, float64 ``[rows]``.
        scales: what values each may have.
        columns: what each is.
        fixed: by name of a column, bool ``[rows]``: where it must stay as it is.
        bounds: by name of such a column, between which numbers it may lie after all.
    """
    moved = dict(values)
    none = np.zeros(len(next(iter(values.values()))) if equalities else 0, dtype=bool)
    known = {name: fixed.get(name, none) for one in equalities for name in one.names}

    def moves(name: Name, to: Numbers, rows: Rows) -> Rows:
        """Which of the rows may have these numbers."""
        low, high = limits(columns[name], scales[name])
        rows = rows & ~np.isnan(moved[name]) & (to >= low) & (to <= high)
        low, high = bounds.get(name, (np.inf, -np.inf))
        return rows & (~known[name] | ((to >= low) & (to <= high)))

    for one in reversed(equalities):
        for index, name in enumerate(one.sources, 1):
            said = np.rint(moved[one.column.name]) == index
            stays = said & known[one.target] & ~moves(one.target, moved[name], said)
            own = _on_both(moved[one.target], scales[name], scales[one.target])
            free = moves(name, own, stays)
            moved[name] = np.where(free, own, moved[name])
            known[name] = known[name] | free
    for one in equalities:
        for index, name in enumerate(one.sources, 1):
            there = _on_both(moved[name], scales[one.target], scales[name])
            free = moves(one.target, there, np.rint(moved[one.column.name]) == index)
            moved[one.target] = np.where(free, there, moved[one.target])
            moved[name] = np.where(moves(name, there, free), there, moved[name])
    return moved


def _on_both(values: Numbers, scale: Scale, other: Scale) -> Numbers:
    """The values, as two columns may have them."""
    return scale.rounded(other.rounded(scale.rounded(values)))


def _common(values: Numbers, codec: NumberCodec) -> tuple[float, ...]:
    """The values that many rows share."""
    spikes = codec.encoder.spikes
    shares = np.array([(values == spike).mean() for spike in spikes])
    return tuple(spikes[shares >= COMMON].tolist()) if len(spikes) else ()


def _candidates(values: Sequence[Numbers], names: Sequence[Name]) -> Iterator[tuple[Name, Name]]:
    """Pairs that are equal in some of the first rows."""
    if not values:
        return
    table = np.column_stack([one[:: max(1, len(one) // FIRST_ROWS)] for one in values])
    for at, name in enumerate(names[:-1]):
        shares = (table[:, at + 1 :] == table[:, [at]]).mean(0)
        yield from ((name, names[at + 1 + int(behind)]) for behind in np.flatnonzero(shares >= MIN_SHARE / 2))


def _beyond_chance(
    first: Numbers, second: Numbers, common: tuple[float, ...], fewest: int, rng: np.random.Generator
) -> float:
    """In which share of the rows two columns are equal beyond chance; 0 where they are in too few."""
    some = slice(None, None, max(1, len(first) // TESTED_ROWS))
    first, second = first[some], second[some]
    there = np.flatnonzero(~np.isnan(first) & ~np.isnan(second) & ~np.isin(second, common))
    there = there[np.argsort(first[there], kind="stable")]
    reach = int(max(NEIGHBOURS, NEIGHBOURHOOD * len(first))) // 2
    near = np.arange(len(there)) + rng.integers(-reach, reach + 1, len(there))
    others = there[np.clip(near, 0, max(len(there) - 1, 0))]
    equal, chance = (int((first[rows] == second[there]).sum()) for rows in (there, others))
    return (equal - chance) / len(first) if equal >= max(fewest, BEYOND * chance) else 0.0


def _adding(
    target: Name, found: Sequence[tuple[float, Name]], values: Mapping[Name, Numbers], fewest: int
) -> tuple[Name, ...]:
    """The sources of a target, those that it equals most often first, each of which adds rows."""
    rest = np.ones(len(values[target]), dtype=bool)
    sources: list[Name] = []
    for _, source in sorted(found, key=lambda one: -one[0]):
        equal = rest & (values[source] == values[target])
        if not sources or equal.sum() >= max(fewest, MIN_SHARE / 2 * len(rest)):
            sources.append(source)
            rest &= ~equal
    return tuple(sources[:MAX_SOURCES])


def _column(target: Name, sources: tuple[Name, ...], names: set[str]) -> Column:
    """The column of an equality, called as no other column is."""
    name = f"{target} = {' or '.join(map(str, sources))}"
    while name in names:
        name += "'"
    return Column(name, Kind.INTEGER, "int64", minimum=0, maximum=len(sources))
