"""What a table means beyond the order of its values: clocks, calendars, distances, steps, digits, known values; as columns of numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.data.column import Kind
from synthgan.data.stamps import NANOSECONDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data import Column
    from synthgan.metrics.data.columns import Columns

    Floats = NDArray[np.float64]

MAX_COLUMNS = 60  # of numbers that are compared with each other
MAX_PAIRS = 60
GLANCE_ROWS = 2_000  # by which pairs and steps are found; then all rows are looked at
ORDERED_SHARE = 0.99  # of the rows in which one of a pair is not above the other,
CROSSED_SHARE = 0.05  # although it would be in so many, were they strangers
CLOSE = 1 / 3  # of the spread of either, that of the difference is at most
MAX_DECIMALS = 6
MAX_EXACT = 2.0**53
FEW_VALUES = 20  # rows a value, at least, where its values are a list rather than a range
_DAY = NANOSECONDS["day"]


@dataclass(frozen=True)
class Meaning:
    """What was found in real rows, to be looked for in others.

    Attributes:
        pairs: indices of numbers of which one follows the other in order, or closely.
        decimals: digits after the point of each number.
        steps: what each number's steps are multiples of, in units of its last digit, and the first of them; 0 where they are of one.
        known: for each number its values and how many rows have them, where these are few; else None.
    """

    pairs: tuple[tuple[int, int], ...]
    decimals: tuple[int, ...]
    steps: tuple[tuple[int, int], ...]
    known: tuple[tuple[Floats, NDArray[np.int64]] | None, ...]

    @classmethod
    def of(cls, real: Columns) -> Meaning:
        """Look for it in real rows."""
        decimals = tuple(int(digits_of(values).max(initial=0)) for values in real.numbers.T)
        steps = tuple(step_of(values, digits) for values, digits in zip(real.numbers.T, decimals, strict=True))
        return cls(_pairs(real), decimals, steps, tuple(map(few_values, real.numbers.T)))

    def spell_out(self, columns: Columns, *, learned: bool) -> Columns:
        """The table with a column of numbers more for each thing to look at.

        Args:
            columns: any table of the same columns.
            learned: whether these are the rows in which it was found: a value that one of them alone has is none that is known.
        """
        wider = spell_clocks(columns)
        named: dict[str, Floats] = {}
        for first, second in self.pairs:
            low, high = (_common_unit(columns, index) for index in (first, second))
            named[f"{columns.number_names[second]} − {columns.number_names[first]}"] = high - low
        parts = zip(columns.number_names, columns.numbers.T, self.decimals, self.steps, self.known, strict=True)
        for name, values, decimals, (step, start), known in parts:
            scaled = np.rint(values * 10.0**decimals)
            if name not in columns.stamps:
                named[f"{name}: digits after the point"] = np.where(np.isnan(values), np.nan, digits_of(values))
                named[f"{name}: last digit"] = np.where(np.abs(scaled) < MAX_EXACT, np.mod(scaled, 10), np.nan)
            if step > 1:
                named[f"{name}: off its steps"] = np.mod(scaled - start, step)
            if known is not None:
                named[f"{name}: known"] = is_known(values, *known, others=learned)
        return _with(wider, named)


def spell_clocks(columns: Columns) -> Columns:
    """The table with hour, weekday and day of the month beside each stamp, in its own zone: trees that see order alone cannot."""
    named: dict[str, Floats] = {}
    for name, column in columns.stamps.items():
        if column.kind is Kind.DURATION:
            continue
        values = columns.column(name)
        local = _local(values, column)
        days, rest = np.divmod(local, _DAY)
        gaps = np.isnan(values)
        if NANOSECONDS[str(column.unit)] < _DAY:
            named[f"{name}: time of day"] = np.where(gaps, np.nan, rest / NANOSECONDS["second"])
        named[f"{name}: weekday"] = np.where(gaps, np.nan, (days + 3) % 7)
        dates = days.astype("M8[D]")
        in_month = (dates - dates.astype("M8[M]").astype("M8[D]")).astype(np.int64) + 1
        named[f"{name}: day of the month"] = np.where(gaps, np.nan, in_month)
    return _with(columns, named)


def in_both(first: Columns, second: Columns) -> tuple[Columns, Columns]:
    """Both tables without those numbers that never differ in either: a detector need not look at them, unless there is nothing else."""
    varies = [
        not (np.isnan(both).all() or (both == both[0]).all())
        for both in np.vstack([first.numbers, second.numbers]).T
    ]  # fmt: skip
    if not any(varies) and not first.code_names:
        return first, second
    kept = np.flatnonzero(varies)
    names = tuple(first.number_names[index] for index in kept)
    return tuple(  # type: ignore[return-value]
        replace(side, numbers=side.numbers[:, kept], number_names=names) for side in (first, second)
    )


def _with(columns: Columns, named: dict[str, Floats]) -> Columns:
    """The table with more columns of numbers."""
    if not named:
        return columns
    return replace(
        columns,
        numbers=np.column_stack([columns.numbers, *named.values()]),
        number_names=columns.number_names + tuple(named),
    )


def _local(values: Floats, column: Column) -> NDArray[np.int64]:
    """Nanoseconds of the clock on the wall, int64 [rows]; 0 where missing or too far for nanoseconds."""
    unit = NANOSECONDS[str(column.unit)]
    counts = np.where(np.isnan(values) | (np.abs(values) > np.iinfo(np.int64).max / unit), 0, values)
    utc = np.rint(counts).astype(np.int64) * unit
    if column.timezone is None:
        return utc
    stamps = pa.array(utc, pa.timestamp("ns", column.timezone))
    return np.asarray(pc.local_timestamp(stamps).cast(pa.int64()))


def _common_unit(columns: Columns, index: int) -> Floats:
    """A column's numbers; stamps and durations in seconds, so that they can be compared."""
    column: Any = columns.stamps.get(columns.number_names[index])
    values = columns.numbers[:, index]
    return values if column is None else values * (NANOSECONDS[column.unit] / NANOSECONDS["second"])


def _sort(columns: Columns, index: int) -> str:
    column = columns.stamps.get(columns.number_names[index])
    return "number" if column is None else "duration" if column.kind is Kind.DURATION else "moment"


def _pairs(real: Columns) -> tuple[tuple[int, int], ...]:
    """Numbers that keep an order, or lie close: the closest first, MAX_PAIRS at most."""
    every = max(1, real.rows // GLANCE_ROWS)
    found = []
    for first, second in combinations(range(min(len(real.number_names), MAX_COLUMNS)), 2):
        if _sort(real, first) != _sort(real, second):
            continue
        low, high = (_common_unit(real, index)[::every] for index in (first, second))
        both = ~np.isnan(low) & ~np.isnan(high)
        low, high = low[both], high[both]
        if len(low) < FEW_VALUES or (low == low[0]).all() or (high == high[0]).all():
            continue
        spread = float(np.subtract(*np.quantile(high - low, [0.75, 0.25])))
        own = min(float(np.subtract(*np.quantile(side, [0.75, 0.25]))) for side in (low, high))
        if _keep_order(low, high) or _keep_order(high, low) or spread < CLOSE * own:
            found.append((spread / own if own else 1.0, first, second))
    return tuple((first, second) for _, first, second in sorted(found)[:MAX_PAIRS])


def _keep_order(low: Floats, high: Floats) -> bool:
    crossed = np.searchsorted(np.sort(high), low, side="left").mean() / len(high)
    return bool((low <= high).mean() >= ORDERED_SHARE and crossed >= CROSSED_SHARE)


def digits_of(values: Floats) -> NDArray[np.int64]:
    """Digits after the point of each number, int64 [rows]: MAX_DECIMALS + 1 for all beyond, 0 where missing."""
    digits = np.full(len(values), MAX_DECIMALS + 1)
    for decimals in reversed(range(MAX_DECIMALS + 1)):
        digits[np.isnan(values) | (np.round(values, decimals) == values)] = decimals
    return digits


def step_of(values: Floats, decimals: int) -> tuple[int, int]:
    """The greatest common divisor of all steps, in units of the last digit, and the first value; (0, 0) where it is 1."""
    known = np.unique(np.rint(values[~np.isnan(values)] * 10.0**decimals))
    if decimals > MAX_DECIMALS or len(known) < 3 or np.abs(known).max() >= MAX_EXACT:  # noqa: PLR2004 (two have any step)
        return 0, 0
    whole = known.astype(np.int64)
    step = int(np.gcd.reduce(np.diff(whole)))
    return (step, int(whole[0])) if step > 1 else (0, 0)


def few_values(values: Floats) -> tuple[Floats, NDArray[np.int64]] | None:
    """The values and how many rows have them, where there are few."""
    known = values[~np.isnan(values)]
    found, counts = np.unique(known, return_counts=True)
    return (found, counts) if 0 < len(found) * FEW_VALUES <= len(known) else None


def is_known(values: Floats, known: Floats, counts: NDArray[np.int64], *, others: bool) -> Floats:
    """1 where a value is one that is known (of another row, if asked), else 0; NaN where missing."""
    index = np.clip(np.searchsorted(known, values), 0, len(known) - 1)
    held = (known[index] == values) & (counts[index] > others)
    return np.where(np.isnan(values), np.nan, held)
