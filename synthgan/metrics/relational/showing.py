"""What a page draws of people over time: bands of quantiles, transitions, curves of what lasts how long; never one person."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.column import Column, Kind
from synthgan.data.stamps import NANOSECONDS
from synthgan.metrics.data.cells import MIN_UNITS
from synthgan.metrics.data.columns import Columns, Tables
from synthgan.metrics.fidelity.distributions import distributions
from synthgan.metrics.linkeddetails import Band, Survival, Transitions
from synthgan.metrics.relational.likeness import Sample, gaps_of, lengths_of, level_cells, timeline
from synthgan.metrics.relational.rules import moments_of
from synthgan.metrics.relational.trajectories import FOLLOWED_LEVELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Name
    from synthgan.metrics.details import Distribution
    from synthgan.metrics.linkeddetails import Rule
    from synthgan.metrics.relational.linked import Linked
    from synthgan.metrics.relational.sides import Judged, Side
    from synthgan.runtime import Streams

    Array = NDArray[np.float64]

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
MAX_STEPS = 24
MAX_BANDS = 6  # columns of a table
MAX_TABLES = 4  # columns of levels of a table
MAX_TIMES = 40
LONGEST = 0.98  # of what lasts, the share that is drawn to its end
_DIGITS = 3  # of a quantile
_UNITS = (("days", 86_400.0), ("hours", 3_600.0), ("minutes", 60.0), ("seconds", 1.0))


def bands_of(judged: Judged) -> tuple[Band, ...]:
    """How each number goes on from row to row of people.

    A quantile is shown only where MIN_UNITS people or more lie beyond it, of the real and of the unseen ones, and rounded.
    """
    found = []
    for name in judged.below:
        linked = [judged.linked(side, name) for side in judged.sides]
        steps = _steps(linked[0])
        for column in _shown_over_time(linked[0])[:MAX_BANDS]:
            sides = [_quantiles(one, column, steps) for one in linked]
            if np.isfinite(sides[0][2]).sum() > 1:
                found.append(Band(name, str(column), steps + 1, *sides))
    return tuple(found)


def _shown_over_time(linked: Linked) -> list[Name]:
    """Numbers whose quantiles say something: neither moments nor what has two values."""
    names = [name for name in linked.rows.number_names if name not in linked.rows.stamps]
    return [name for name in names if len(np.unique(linked.rows.column(name))) > 3]  # noqa: PLR2004 (two values, and a gap)


def _steps(linked: Linked) -> NDArray[np.int64]:
    """Which rows of a person are looked at: all that enough people have, or as many evenly apart as can be seen."""
    counts = np.sort(linked.groups.counts)[::-1]
    enough = int(counts[2 * MIN_UNITS - 1]) if len(counts) >= 2 * MIN_UNITS else 0
    return np.unique(np.linspace(0, max(enough - 1, 0), MAX_STEPS).astype(np.int64))


def _quantiles(linked: Linked, column: str | int, steps: NDArray[np.int64]) -> Array:
    values, position = linked.rows.column(column), linked.groups.position
    result = np.full((len(QUANTILES), len(steps)), np.nan)
    for at, step in enumerate(steps):
        here = values[position == step]
        here = here[~np.isnan(here)]
        for row, quantile in enumerate(QUANTILES):
            if len(here) * min(quantile, 1 - quantile) >= MIN_UNITS - 1e-9:
                result[row, at] = float(f"{np.quantile(here, quantile):.{_DIGITS}g}")
    return result


def transitions_of(judged: Judged) -> tuple[Transitions, ...]:
    """Which level follows which, of the columns of few levels that change most often."""
    found = []
    for name in judged.below:
        sides = [judged.linked(side, name) for side in (judged.real, judged.synthetic)]
        codes = sides[0].rows.codes
        later = sides[0].groups.position[1:] > 0
        changes = [float((column[1:] != column[:-1])[later].mean()) if later.any() else 0.0 for column in codes.T]
        chosen = [at for at in np.argsort(changes)[::-1] if changes[at] > 0][:MAX_TABLES]
        found += [one for at in chosen if (one := _table(name, sides, int(at))) is not None]
    return tuple(found)


def _table(name: str, sides: Sequence[Linked], at: int) -> Transitions | None:
    """One table; levels of fewer than MIN_UNITS people are among the others."""
    rows = sides[0].rows
    codes = rows.codes[:, at]
    people = [len(np.unique(sides[0].groups.owner[codes == level])) for level in range(rows.levels[at])]
    common = np.argsort(people)[::-1][:FOLLOWED_LEVELS]
    levels = np.array([level for level in common if people[level] >= MIN_UNITS], dtype=np.int64)
    if not len(levels):
        return None
    words = rows.labels[at] if rows.labels else tuple(map(str, range(rows.levels[at])))
    shares = [_shares(side, at, levels) for side in sides]
    labels = (*(words[level] for level in levels), "any other, or missing")
    held = np.array([*(people[level] for level in levels), len(sides[0].groups)])
    if all(np.isnan(one[-1]).all() and not np.nansum(one[:, -1]) for one in shares):  # there is no other
        labels, held, shares = labels[:-1], held[:-1], [one[:-1, :-1] for one in shares]
    return Transitions(name, str(rows.code_names[at]), labels, held, *shares)


def _shares(linked: Linked, at: int, levels: NDArray[np.int64]) -> Array:
    """Of each row of levels; what fewer than MIN_UNITS people do is NaN, and with it enough that it cannot be told from the rest."""
    cells, width = level_cells(linked.rows.codes[:, at], levels)
    later = np.flatnonzero(linked.groups.position > 0)
    moves = cells[later - 1] * width + cells[later]
    counts = np.bincount(moves, minlength=width * width).reshape(width, width)
    pairs = np.unique(moves * max(len(linked.groups), 1) + linked.groups.owner[later]) // max(len(linked.groups), 1)
    people = np.bincount(pairs, minlength=width * width).reshape(width, width)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.where(counts.sum(axis=1, keepdims=True) > 0, counts / counts.sum(axis=1, keepdims=True), np.nan)
    for row, held in zip(shares, people, strict=True):
        hidden = (held > 0) & (held < MIN_UNITS)
        if hidden.any():
            rising = np.argsort(np.where(hidden, -1, np.where(held > 0, held, held.max() + 1)), kind="stable")
            hidden[rising[: max(int(hidden.sum()), 2)]] = True
        row[hidden] = np.nan
    return shares


def counts_of(judged: Judged, streams: Streams) -> tuple[Distribution, ...]:
    """How many rows people have of each table."""
    titles = [f"rows of {name}" for name in judged.below]
    if not titles:
        return ()
    sides = [
        _numbers(np.column_stack([judged.linked(side, name).groups.counts for name in judged.below]), titles)
        for side in judged.sides
    ]
    return distributions(Tables(*sides, order=tuple(titles)), streams)


def columns_of(judged: Judged, streams: Streams) -> tuple[Distribution, ...]:
    """How each column of each table is distributed; people are counted, not rows. Public lists are not shown."""
    listed = {key.table for _, key in judged.keys if key.kind == "dimension"}
    found: list[Distribution] = []
    for name in judged.schema.tables:
        sides = [replace(side.columns[name], units=judged.unit_of(side, name)) for side in judged.sides]
        if name not in listed and sides[0].names and min(side.rows for side in sides):
            found += [replace(one, name=f"{name}.{one.name}") for one in distributions(Tables(*sides), streams)]
    return tuple(found)


def _numbers(values: NDArray[Any], names: Sequence[str], stamps: Column | None = None, units: Any = None) -> Columns:
    numbers = np.asarray(values, dtype=np.float64).reshape(len(values), len(names))
    described: dict[Name, Column] = {} if stamps is None else {name: stamps for name in names}  # noqa: C420 (names of another type)
    return Columns(numbers, np.zeros((len(numbers), 0), dtype=np.int32), tuple(names), (), (), (), described, units)


def gaps_shown(judged: Judged, streams: Streams) -> tuple[Distribution, ...]:
    """How long it is from one row of a person to the next, in each table with an order in time."""
    found: list[Distribution] = []
    for name in judged.below:
        lines = [line for side in judged.sides if (line := timeline(judged, side, name)) is not None]
        samples = [gaps_of(line[1], line[0].groups) for line in lines]
        if len(samples) == len(judged.sides) and all(len(one.values) for one in samples):
            found += distributions(Tables(*_in_readable(samples, f"gaps of {name}", lines[0][2])), streams)
    return tuple(found)


def _in_readable(samples: Sequence[Sample], name: str, what: str) -> list[Columns]:
    """Gaps in a unit that people speak of."""
    if what != "seconds":
        return [_numbers(one.values, [f"{name} ({what})"], units=one.whose) for one in samples]
    unit, seconds = _unit_for(np.median(samples[0].values))
    column = Column(f"{name} ({unit})", Kind.DURATION, "timedelta64[ns]", unit=unit.removesuffix("s"))
    return [_numbers(one.values / seconds, [str(column.name)], column, one.whose) for one in samples]


def _unit_for(seconds: float) -> tuple[str, float]:
    return next((one for one in _UNITS if abs(seconds) >= one[1]), _UNITS[-1])


def survival_of(judged: Judged, rules: Sequence[Rule]) -> tuple[Survival, ...]:
    """What share lasts longer than a time: stays from their first to their last moment, and people from first row to last."""
    found = []
    for name in (judged.unit, *judged.below):
        pair = _stay(judged, name, rules)
        if pair is not None:
            lasting = [_between(judged, side, name, *pair) for side in judged.sides]
            found.append(_curve(name, f"from {pair[0].name} to {pair[1].name}", "seconds", lasting))
    for name in judged.below:
        lines = [line for side in judged.sides if (line := timeline(judged, side, name)) is not None]
        if len(lines) == len(judged.sides):
            lasting = [lengths_of(line[1], line[0].groups) for line in lines]
            found.append(_curve(name, f"from the first row of {name} to the last", lines[0][2], lasting))
    return tuple(one for one in found if one is not None)


def _stay(judged: Judged, name: str, rules: Sequence[Rule]) -> tuple[Column, Column] | None:
    """The two times that a row lasts from and to: in order by rule, and there in most rows; of several the widest apart."""
    own = {str(column.name): column for column in moments_of(judged.real, name)}
    ordered = {rule.words for rule in rules if rule.table == name and rule.kind == "order"}
    best, widest = None, 0.0
    for first, one in own.items():
        for second, other in own.items():
            if f"{first} ≤ {second}" not in ordered or f"{second} ≤ {first}" in ordered:
                continue
            lasts = _between(judged, judged.real, name, one, other).values
            middle = float(np.median(lasts)) if 2 * len(lasts) > judged.real.rows[name] else 0.0
            if middle > widest:
                best, widest = (one, other), middle
    return best


def _between(judged: Judged, side: Side, name: str, first: Column, second: Column) -> Sample:
    ends = [side.columns[name].column(one.name) * (NANOSECONDS[str(one.unit)] / 1e9) for one in (first, second)]
    lasts, whose = ends[1] - ends[0], judged.unit_of(side, name)
    kept = ~np.isnan(lasts) & (whose >= 0)
    return Sample(lasts[kept], whose[kept])


def _curve(name: str, what: str, unit: str, sides: Sequence[Sample]) -> Survival | None:
    """At round times, those left out that fewer than MIN_UNITS real or unseen people outlast, or do not reach."""
    if min(len(one.values) for one in sides) < 2 * MIN_UNITS:
        return None
    unit, seconds = _unit_for(float(np.median(sides[0].values))) if unit == "seconds" else (unit, 1.0)
    lasting = [Sample(one.values / seconds, one.whose) for one in sides]
    top = float(np.quantile(lasting[0].values, LONGEST))
    if top <= 0:
        return None
    step = next(
        size for power in range(-6, 12) for size in np.array([1, 2, 5]) * 10.0**power if size * MAX_TIMES >= top
    )
    times = np.array([float(f"{time:.6g}") for time in np.arange(0, MAX_TIMES + 1) * step if time <= top + step])
    crowds = [_crowds(one, times) for at, one in enumerate(lasting) if at != 1]
    kept = np.all([((crowd >= MIN_UNITS) | (crowd == 0)) for pair in crowds for crowd in pair], axis=0)
    if kept.sum() < 2:  # noqa: PLR2004 (a line needs two ends)
        return None
    shares = [(one.values[:, None] > times[kept]).mean(axis=0) for one in lasting]
    return Survival(name, what, unit, times[kept], *shares)


def _crowds(sample: Sample, times: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many people have anything that outlasts each time, and how many have something that does not."""
    order = np.lexsort((sample.values, sample.whose))
    whose, values = sample.whose[order], sample.values[order]
    last = np.append(whose[1:] != whose[:-1], True)
    first = np.insert(whose[1:] != whose[:-1], 0, True)
    return (values[last, None] > times).sum(axis=0), (values[first, None] <= times).sum(axis=0)
