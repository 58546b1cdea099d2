"""Columns that follow others closely: what is learned is how far behind they are, and they are computed from it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.scale import exceeds
from synthgan.data.schema import Column, Kind
from synthgan.tabular.encoding.tails import NATURAL_LIMITS, limits_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthgan.data.scale import Scale

    Numbers = NDArray[np.float64]
    Rows = NDArray[np.bool_]
    Name = str | int


@dataclass(frozen=True, slots=True)
class Distance:
    """How far a column is behind another.

    Attributes:
        column: the distance as a column of its own, in the unit and on the grid of the target; it is never released.
        target: the column that follows.
        sources: those that it follows: in each row the first that is not missing.
        up: whether a source that is finer than the target is rounded up to the target's grid first; else down.
    """

    column: Column
    target: Name
    sources: tuple[Name, ...]
    up: bool = False

    @property
    def names(self) -> tuple[Name, ...]:
        """The columns that it lies between."""
        return (self.target, *self.sources)

    @property
    def in_order(self) -> bool:
        """Whether the target is never before its source."""
        return self.column.minimum is not None

    def of(self, values: Mapping[Name, Numbers], scales: Mapping[Name, Scale]) -> Numbers:
        """The distance in each row, float64 ``[rows]``; NaN where the target or all sources are missing."""
        digits = 0 if self.column.kind is Kind.INTEGER else self.column.decimals
        found = values[self.target] - self.base(values, scales)[0]
        return found if digits is None else np.round(found, digits)

    def base(self, values: Mapping[Name, Numbers], scales: Mapping[Name, Scale]) -> tuple[Numbers, NDArray[np.int64]]:
        """What the distance is counted from, in the target's unit and on its grid, and which source it is; -1 for none."""
        rows = len(values[self.target])
        base, chosen = np.full(rows, np.nan), np.full(rows, -1)
        own = scales[self.target]
        for at, name in enumerate(self.sources):
            there = own.counted(values[name], scales[name])
            if not own.holds(scales[name]):
                there = own.above(there) if self.up else own.below(there)
            first = np.isnan(base) & ~np.isnan(there)
            base[first], chosen[first] = there[first], at
        return base, chosen

    def state(self) -> dict[str, Any]:
        """The distance as JSON."""
        return {
            "column": self.column.to_dict(),
            "target": self.target,
            "sources": list(self.sources),
            "up": self.up,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Distance:
        """The distance that ``state`` described.

        Raises:
            SchemaError: if its column cannot be.
        """
        return cls(Column.from_dict(state["column"]), state["target"], tuple(state["sources"]), state["up"])


def distance_column(target: Column, sources: tuple[Name, ...], names: set[str], *, in_order: bool) -> Column:
    """The column of a distance, called as no other column is."""
    name = f"{target.name} after {' or '.join(map(str, sources))}"
    while name in names:
        name += "'"
    whole = target.kind is not Kind.DECIMAL
    return Column(
        name,
        Kind.INTEGER if whole else Kind.DECIMAL,
        "int64" if whole else "float64",
        decimals=None if whole else target.decimals,
        missing=None if whole else "nan",
        minimum=0 if in_order else None,
        step=target.step,
    )


def follow(
    distances: tuple[Distance, ...],
    values: Mapping[Name, Any],
    scales: Mapping[Name, Scale],
    columns: Mapping[Name, Column],
    fixed: Mapping[Name, Rows],
) -> dict[Name, Any]:
    """The values, those that follow others computed from these and the distances.

    Where the target alone is fixed, its source is moved instead; where both are, both stay. What is missing stays missing,
    and a distance that is missing although both columns are there is that of a row before.

    Args:
        distances: a target comes after all of its sources that are targets themselves.
        values: columns by name, those of distances among them, float64 ``[rows]``.
        scales: what values each may have.
        columns: what each is.
        fixed: by name of a column, bool ``[rows]``: where it must stay as it is.
    """
    moved = dict(values)
    names = {name for distance in distances for name in distance.names}
    for name in names:
        moved[name] = scales[name].rounded(moved[name])
    none = np.zeros(len(next(iter(values.values()))) if names else 0, dtype=bool)
    known = {name: fixed.get(name, none).copy() for name in names}
    for distance in distances[::-1]:
        _move_sources(distance, moved, known, scales, columns)
    for distance in distances:
        base, chosen = distance.base(moved, scales)
        scale, own = scales[distance.target], moved[distance.target]
        there = scale.rounded(base + _filled(moved[distance.column.name], (chosen >= 0) & ~np.isnan(own)))
        may = ~known[distance.target] & ~np.isnan(there) & ~np.isnan(own)
        moved[distance.target] = np.where(may, np.clip(there, *limits(columns[distance.target], scale)), own)
    return moved


def _move_sources(
    distance: Distance,
    moved: dict[Name, Any],
    known: dict[Name, Rows],
    scales: Mapping[Name, Scale],
    columns: Mapping[Name, Column],
) -> None:
    """Put sources that may move as far before the target, where that is known, as the distance says."""
    base, chosen = distance.base(moved, scales)
    target, own = moved[distance.target], scales[distance.target]
    behind = _filled(moved[distance.column.name], (chosen >= 0) & ~np.isnan(target))
    for at, name in enumerate(distance.sources):
        may = (chosen == at) & known[distance.target] & ~known[name] & ~np.isnan(target)
        scale, source = scales[name], moved[name]
        there = scale.rounded(source + scale.counted(target - behind - base, own))
        if distance.in_order:
            there = np.where(exceeds(there, target, scale, own), scale.below(scale.counted(target, own)), there)
        there = np.clip(there, *limits(columns[name], scale))
        moved[name] = np.where(may & ~np.isnan(there), there, source)
        known[name] = known[name] | may


def limits(column: Column, scale: Scale) -> tuple[float, float]:
    """What no computed value may go beyond: declared bounds, and of numbers the natural limits that no learned one crosses."""
    low, high = limits_of(column)
    if scale.kind == "number" and np.isfinite(scale.lowest):
        reach = 0.1 * (scale.highest - scale.lowest)
        near = [limit for limit in NATURAL_LIMITS if limit >= scale.highest and limit - scale.highest <= reach]
        high = min(near, default=np.inf) if high is None else high
        low = 0.0 if low is None and scale.lowest >= 0 else low
    return -np.inf if low is None else low, np.inf if high is None else high


def _filled(distance: Numbers, there: Rows) -> Numbers:
    """The distance, where it is missing but must not be, that of the last row before that has one; else of the next."""
    usable = ~np.isnan(distance) & there
    lacking = there & ~usable
    if not lacking.any() or not usable.any():
        return distance
    index = np.where(usable, np.arange(len(distance)), -1)
    last = np.maximum.accumulate(index)
    last[last < 0] = np.flatnonzero(usable)[0]
    return np.where(lacking, distance[last], distance)
