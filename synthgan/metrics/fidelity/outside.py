"""Outside the support: values of each column that no real row has, spans or comes near."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.fidelity.meaning import MAX_DECIMALS, MAX_EXACT, digits_of, few_values, is_known, step_of
from synthgan.metrics.score import Score, scored
from synthgan.metrics.statistics.intervals import share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns, Name, Tables

    Floats = NDArray[np.float64]
    Rows = NDArray[np.bool_]

NAME = "outside_support"
MAX_SHOWN = 3
CHANCE = 0.05  # of a single gap among all of a column that fresh real rows fill as much
_NAMED = 0.0005  # of the rows, from which on a column is named


def outside_scores(tables: Tables) -> list[Score]:
    """Return outside_support: the share of values outside the real ones, in the column where most are.

    Args:
        tables: Real, synthetic and perhaps holdout rows.
    """
    if not tables.real.names or not tables.synthetic.rows:
        return [scored(NAME, None, reference=None, goal="minimize", reading="not computed: there is no column")]
    found = outside_shares(tables.real, tables.synthetic)
    other = None if tables.holdout is None else outside_shares(tables.real, tables.holdout)
    worst = sorted(found.items(), key=lambda one: -one[1])
    named = [f"{name} ({value:.2%})" for name, value in worst[:MAX_SHOWN] if value >= _NAMED]
    rows = tables.synthetic.rows
    reading = (
        f"values outside the real ones: {', '.join(named)}" if named else "hardly a value lies outside the real ones"
    )
    return [
        scored(
            NAME,
            share(worst[0][1] * rows, rows),
            reference=None if other is None else max(other.values()),
            goal="minimize",
            reading=reading,
        )
    ]


def outside_shares(real: Columns, other: Columns) -> dict[Name, float]:
    """Return, by column, the share of another table's rows whose value lies outside the real ones.

    Args:
        real: Real rows.
        other: The rows to look at.
    """
    found: dict[Name, float] = {}
    for name, first, second in zip(real.number_names, real.numbers.T, other.numbers.T, strict=True):
        found[name] = float(_numbers_outside(first, second).mean())
    for name, ours, theirs, levels in zip(real.code_names, real.codes.T, other.codes.T, real.levels, strict=True):
        held = np.append(np.bincount(ours[ours >= 0], minlength=levels) > 0, (ours < 0).any())
        found[name] = float((~held[theirs]).mean())
    return found


def _numbers_outside(real: Floats, other: Floats) -> Rows:
    """Where numbers are missing, off the grid, unknown among few, beyond the real ends or in a gap, as no real one is."""
    gaps, there = np.isnan(other), ~np.isnan(real)
    outside = gaps & there.all()
    if not there.any():
        return ~gaps
    few = few_values(real)
    if few is not None:
        return np.asarray(outside | (~gaps & (is_known(other, *few, others=False) == 0)))
    known = np.unique(real[there])
    decimals = int(digits_of(real).max(initial=0))
    outside |= ~gaps & (digits_of(other) > decimals) & (decimals <= MAX_DECIMALS)
    step, start = step_of(real, decimals)
    scaled = np.rint(other * 10.0**decimals)
    if step > 1:
        outside |= ~gaps & (np.abs(scaled) < MAX_EXACT) & (np.mod(scaled - start, step) != 0)
    return np.asarray(outside | (~gaps & _in_gaps(known, other, int(there.sum()))))


def _in_gaps(known: Floats, other: Floats, rows: int) -> Rows:
    """Where numbers lie beyond the real ends, or in a gap between two real ones that too many of them lie in.

    Of ``m`` fresh rows beside ``n`` real ones, ``k`` or more lie in one gap with a chance of about ``(m / (m + n)) ** k``
    (the gaps between order statistics hold ``Beta(1, n)`` of the mass, Wilks 1942); no gap of any does with a chance of 1 - CHANCE.

    Args:
        known: [values] the real numbers, ascending and each once.
        other: [rows] the numbers to look at; missing ones are looked up somewhere.
        rows: How many real rows there are.
    """
    place = np.searchsorted(known, other)
    beyond = (other < known[0]) | (other > known[-1])
    between = ~beyond & ~np.isnan(other) & (known[np.minimum(place, len(known) - 1)] != other)
    made = int((~np.isnan(other)).sum())
    if not made:
        return np.asarray(beyond)
    held = np.bincount(place[between], minlength=len(known) + 1)
    most = math.log(rows / CHANCE) / math.log((made + rows) / made)
    return np.asarray(beyond | (between & (held[place] >= most)))
