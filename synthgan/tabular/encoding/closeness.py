"""Finds columns that follow others so closely that their distance would be lost if each were learned by itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.tabular.encoding.spacing import Distance, distance_column

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from synthgan.data.scale import Scale
    from synthgan.data.schema import Column

    Numbers = NDArray[np.float64]
    Name = str | int

MIN_ROWS = 20  # that have both columns
MIN_NUMBERS = 100  # … of plain numbers, that may rise together without one being behind the other
MAX_COLUMNS = 400
FIRST_ROWS, MANY_COLUMNS, FEW_ROWS = 2_000, 40, 300  # looked at first; fewer where there are many columns
TESTED_ROWS = 20_000
CLOSE = 1 / 3  # of the spread of both columns: that of their distance must be below
CLOSE_THROUGHOUT = 1 / 2  # … and of few rows that of the whole range
WINDOW_ROWS, WINDOW_SHARE = 50, 1 / 200  # about how many rows a generator cannot tell apart by one column
LOST, LOST_OF_FEW = 0.05, 0.5  # Kolmogorov-Smirnov distance from which on the distance is lost; of few rows, more
IN_ORDER = 0.99  # of the rows
MAX_MOMENTS, MAX_SHARE, MAX_FEW = (
    20,
    0.1,
    4,
)  # at most so many distances of moments; of numbers, of the columns, or these


@dataclass(frozen=True, slots=True)
class _Link:
    """Two columns of which one follows the other closely.

    Attributes:
        spread: of their distance, in the unit that both share.
        order: which is the first in nearly all rows: -1 the one named first, 1 the other, 0 neither.
        middle: of the distance from the one named first to the other.
        lost: how wrong the distance would come back.
    """

    spread: float
    order: int
    middle: float
    lost: float


def find_distances(
    values: Mapping[Name, Numbers],
    columns: Mapping[Name, Column],
    scales: Mapping[Name, Scale],
    names: Collection[str],
    rng: np.random.Generator,
) -> tuple[Distance, ...]:
    """The distances to learn; a target comes after all of its sources that are targets themselves.

    Args:
        values: columns that may follow others, float64 ``[rows]``, NaN where missing.
        columns: what each is.
        scales: what values each may have.
        names: that no column of a distance may have.
        rng: randomness.
    """
    groups: dict[str, list[Name]] = {}
    for name in list(values)[:MAX_COLUMNS]:
        groups.setdefault(str(scales[name].kind), []).append(name)
    found: list[Distance] = []
    for kind, group in groups.items():
        fewest = MIN_NUMBERS if kind == "number" else MIN_ROWS
        links = _links(group, values, scales, rng, fewest)
        distances = _distances(group, links, values, columns, scales, {*names})
        most = max(MAX_FEW, math.floor(MAX_SHARE * len(names))) if kind == "number" else MAX_MOMENTS
        worst = sorted(distances, key=lambda one: -_lost(one, links))[:most]
        found += [distance for distance in distances if distance in worst]
    return tuple(found)


def _links(
    group: Sequence[Name],
    values: Mapping[Name, Numbers],
    scales: Mapping[Name, Scale],
    rng: np.random.Generator,
    fewest: int,
) -> dict[tuple[Name, Name], _Link]:
    """The pairs whose distance would be lost, in the order of the group: so many rows have both, or one is always the first."""
    if len(group) < 2:  # noqa: PLR2004 (a pair)
        return {}
    finest = min((scales[name] for name in group), key=lambda scale: scale.size)
    rows = len(values[group[0]])
    most = FEW_ROWS if len(group) > MANY_COLUMNS else FIRST_ROWS
    some = slice(None, None, max(1, rows // most))
    table = np.column_stack([finest.counted(values[name][some], scales[name]) for name in group])
    own, _ = _spreads(table)
    found = {}
    for at, name in enumerate(group[:-1]):
        gaps = table[:, at + 1 :] - table[:, [at]]
        if scales[name].kind == "number":
            gaps[gaps == 0] = np.nan  # columns that are equal in some rows need not be close in others
        spread, count = _spreads(gaps)
        widest = np.minimum(own[at], own[at + 1 :])
        for behind in np.flatnonzero((spread < CLOSE * widest) & (count >= MIN_ROWS)):
            other = group[at + 1 + int(behind)]
            if scales[other].calendar.startswith("day"):
                continue  # firsts of months are firsts of months, however far behind
            one, two = (finest.counted(values[each], scales[each]) for each in (name, other))
            both = ~np.isnan(one) & ~np.isnan(two)
            if both.sum() < fewest and not _in_order(one[both], two[both]):
                continue
            link = _link(one, two, rng)
            if link is not None:
                found[name, other] = link
    return found


def _in_order(one: Numbers, two: Numbers) -> bool:
    """Whether one is never below the other, and that says something: neither lies above the other as a whole.

    In no row may their distance be as wide as half of what either spans: else they rise together, and few rows do not say how.
    """
    overlap = len(one) > 0 and one.max() > two.min() and two.max() > one.min()
    if not overlap or not ((one <= two).all() or (one >= two).all()):
        return False
    return bool(np.ptp(two - one) < CLOSE_THROUGHOUT * min(np.ptp(one), np.ptp(two)))


def _spreads(table: Numbers) -> tuple[Numbers, NDArray[np.int64]]:
    """The interquartile range of each column, and how many rows have it."""
    ordered = np.sort(table, axis=0)  # NaN come last
    count = (~np.isnan(table)).sum(0)
    quarters = [
        np.take_along_axis(ordered, np.maximum((share * (count - 1)).astype(int), 0)[None], 0)[0]
        for share in (0.25, 0.75)
    ]
    spread = quarters[1] - quarters[0]
    return np.where(count > 0, spread, 0.0), count


def _link(first: Numbers, second: Numbers, rng: np.random.Generator) -> _Link | None:
    """What two columns have to do with each other; None where their distance is not lost.

    What a generator makes of the second column that knows the first one only roughly: the value of some row among the
    nearest ones.
    """
    there = np.flatnonzero(~np.isnan(first) & ~np.isnan(second))
    there = there[:: max(1, len(there) // TESTED_ROWS)]
    if len(there) < MIN_ROWS:
        return None
    there = there[np.argsort(first[there], kind="stable")]
    near, far = first[there], second[there]
    distance = far - near
    reach = int(min(max(WINDOW_ROWS, len(there) * WINDOW_SHARE), len(there))) // 2
    others = np.arange(len(there)) + rng.integers(-reach, reach + 1, len(there))
    guessed = far[np.clip(others, 0, len(there) - 1)] - near
    lost = _ks(distance, guessed)
    quarters = np.quantile(distance, (0.25, 0.5, 0.75))
    if lost < LOST + LOST_OF_FEW / math.sqrt(len(there)):
        return None
    order = -1 if (distance >= 0).mean() >= IN_ORDER else int((distance <= 0).mean() >= IN_ORDER)
    return _Link(float(quarters[2] - quarters[0]), order, float(quarters[1]), lost)


def _ks(one: Numbers, other: Numbers) -> float:
    """The Kolmogorov-Smirnov distance of two samples of one size."""
    ordered = [np.sort(sample) for sample in (one, other)]
    points = np.concatenate(ordered)  # in order, for neighbours are found where the one before was
    shares = [np.searchsorted(sample, points, side="right") / len(sample) for sample in ordered]
    return float(np.abs(shares[0] - shares[1]).max())


def _distances(
    group: Sequence[Name],
    links: Mapping[tuple[Name, Name], _Link],
    values: Mapping[Name, Numbers],
    columns: Mapping[Name, Column],
    scales: Mapping[Name, Scale],
    names: set[str],
) -> list[Distance]:
    """The distance of each column that follows others from the nearest of them, or where it is missing from the next."""
    both = dict(links) | {
        (b, a): _Link(link.spread, -link.order, -link.middle, link.lost) for (a, b), link in links.items()
    }
    before = {name: sum(both[name, other].order == 1 for other in group if (name, other) in both) for name in group}
    ordered = sorted(group, key=lambda name: before[name])
    found = []
    for at, name in enumerate(ordered):
        near = [other for other in ordered[:at] if (other, name) in both]
        near = [other for other in near if both[other, name].order == -1] or near
        sources: list[Name] = []
        lacking = ~np.isnan(values[name])
        for other in sorted(near, key=lambda other: both[other, name].spread):
            if (lacking & ~np.isnan(values[other])).any():
                sources.append(other)
                lacking &= np.isnan(values[other])
        if sources:
            found.append(make_distance(name, tuple(sources), values, columns, scales, names))
    return found


def make_distance(
    target: Name,
    sources: tuple[Name, ...],
    values: Mapping[Name, Numbers],
    columns: Mapping[Name, Column],
    scales: Mapping[Name, Scale],
    names: set[str],
) -> Distance:
    """The distance of a column from others, never below 0 where the column is never before them."""
    for up in (True, False):
        column = distance_column(columns[target], sources, names, in_order=True)
        distance = Distance(column, target, sources, up)
        behind = distance.of(values, scales)
        if not (behind < 0).any():
            return distance
    return Distance(distance_column(columns[target], sources, names, in_order=False), target, sources)


def _lost(distance: Distance, links: Mapping[tuple[Name, Name], _Link]) -> float:
    first = distance.sources[0], distance.target
    return links[first].lost if first in links else links[first[::-1]].lost
