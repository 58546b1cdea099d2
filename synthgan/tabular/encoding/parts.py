"""Which values of a numeric column get modes of their own, and how all others are told: part by part, with gaps between."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from synthgan.tabular.encoding.gaps import is_code, part_values
from synthgan.tabular.encoding.quantiles import QuantileFunction, fit_quantile_function, join_parts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.config import EncodingConfig

    Numbers = NDArray[np.float64]

FEW_VALUES = 100
REPEATED = 5.0  # rows each of the rarer values has at least, on average, where they are codes rather than amounts
APART = 2.0  # steps of the grid by which codes are apart, half of the time or more


@dataclass(frozen=True)
class Cut:
    """How finely the smooth part of a numeric column is cut.

    Attributes:
        modes: how many modes at most.
        rows: how many rows a mode must have at least, as a multiple of ``rare_below``.
    """

    modes: int
    rows: int


COARSE = Cut(
    50, 50
)  # for a network: below 500 rows a mode, one smooth mode and the training do better than many small ones
FINE = Cut(1000, 2)  # for trees, which see the order of modes and nothing inside them


@dataclass(frozen=True)
class Told:
    """What is told of a column's values.

    Attributes:
        spikes: float64 ``[spikes]``, rising: values with a mode of their own.
        smooth: the quantile function of all others; None where there are too few.
        edges: float64 ``[smooth modes + 1]``: levels of ``smooth`` that modes are cut at.
        rest: float64 ``[rows]``, rising: the values that ``smooth`` tells of.
        withheld: how many rows have values that are told of nowhere, and how many of these lie far from all others.
    """

    spikes: Numbers
    smooth: QuantileFunction | None
    edges: Numbers
    rest: Numbers
    withheld: tuple[int, int]


@np.errstate(over="ignore", invalid="ignore")  # numbers may be as large as floats can be
def tell(
    present: Numbers, config: EncodingConfig, cut: Cut, *, step: float, minimum: float | None, maximum: float | None
) -> Told:
    """Find what may be told of values, none of which fewer than ``config.rare_below`` rows stand behind.

    Args:
        present: float64 ``[rows]``, finite.
        config: which modes to look for.
        cut: how finely to cut.
        step: what values are whole steps apart; 0 for any real number.
        minimum: a declared lower bound, None where there is none.
        maximum: a declared upper bound, None where there is none.
    """
    fewest, most_modes = config.rare_below, config.max_modes or cut.modes
    ordered = np.sort(present)
    parts = [(0, len(ordered))] if config.keep_extremes else part_values(ordered, step, fewest)
    spikes = _find_spikes(ordered, parts, fewest, most_modes)
    rare = ~np.isin(ordered, spikes)
    rest = [ordered[first:last][rare[first:last]] for first, last in parts]
    rest = [part for part in rest if len(part) >= fewest]
    rest = [np.concatenate(group) for group in _near_together(rest, most_modes)]
    if len(spikes) and rest and _are_codes(ordered, np.concatenate(rest), step):
        rest = []
    if not rest:
        return Told(spikes, None, np.empty(0), np.empty(0), (int(rare.sum()), 0))
    functions = []
    for index, part in enumerate(rest):
        low = minimum if index == 0 else (rest[index - 1][-1] + part[0]) / 2
        high = maximum if index == len(rest) - 1 else (part[-1] + rest[index + 1][0]) / 2
        low = _ends_at(spikes, ordered, 0, low if index == 0 else None, low)
        high = _ends_at(spikes, ordered, -1, high if index == len(rest) - 1 else None, high)
        functions.append(
            fit_quantile_function(part, fewest, keep_extremes=config.keep_extremes, minimum=low, maximum=high)
        )
    rows = [len(part) for part in rest]
    smooth = functions[0] if len(rest) == 1 else join_parts(functions, rows)
    low, high = rest[0][0], rest[-1][-1]
    lost = np.concatenate([ordered[rare & (ordered < low)] - low, ordered[rare & (ordered > high)] - high])
    withheld = int(rare.sum()) - sum(rows), int((np.abs(lost) > high - low).sum())
    return Told(spikes, smooth, _edges(rows, cut.rows * fewest, most_modes), np.concatenate(rest), withheld)


def _ends_at(spikes: Numbers, ordered: Numbers, end: int, declared: float | None, bound: float | None) -> float | None:
    """The bound of a tail; where a spike is the outermost value of all, that one."""
    if bound is None and declared is None and len(spikes) and spikes[end] == ordered[end]:
        return float(spikes[end])
    return bound


def _find_spikes(ordered: Numbers, parts: list[tuple[int, int]], rare_below: int, most_modes: int) -> Numbers:
    """Values with a mode of their own: all common ones of a few-valued column, else those that would half fill a mode.

    So have values that stand alone, and numbers that people write for "unknown", however few more than the fewest have them.
    """
    distinct, counts = np.unique(ordered, return_counts=True)
    fewest: float = rare_below
    if len(distinct) > FEW_VALUES:
        fewest = max(fewest, len(ordered) / (2 * most_modes))
    alone = [ordered[first] for first, last in parts if len(parts) > 1 and ordered[first] == ordered[last - 1]]
    codes = np.array([is_code(value) for value in distinct[counts >= rare_below]], dtype=bool)
    return np.union1d(distinct[counts >= fewest], np.append(alone, distinct[counts >= rare_below][codes]))


def _are_codes(ordered: Numbers, rest: Numbers, step: float) -> bool:
    """Whether values are few, shared by many rows and far apart: then nothing lies between them."""
    values, rare = np.unique(ordered), np.unique(rest)
    if len(values) > FEW_VALUES or len(rest) < REPEATED * len(rare):
        return False
    return bool(np.median(np.diff(values)) > APART * step)


def _near_together(parts: list[Numbers], most: int) -> list[list[Numbers]]:
    """The parts, at most so many: those with the least room between them together."""
    groups = [[part] for part in parts]
    while len(groups) > most:
        at = int(np.argmin([after[0][0] - before[-1][-1] for before, after in pairwise(groups)]))
        groups[at : at + 2] = [groups[at] + groups[at + 1]]
    return groups


def _edges(rows: list[int], fewest: int, most: int) -> Numbers:
    """Levels that cut every part into modes of so many rows at least, and all of them into so many modes at most."""
    modes = [int(np.clip(part // fewest, 1, max(most * part // sum(rows), 1))) for part in rows]
    while sum(modes) > most:
        modes[int(np.argmax(modes))] -= 1
    shares = np.cumsum([0, *rows]) / sum(rows)
    shares[-1] = 1.0
    parts = [np.linspace(low, high, many + 1) for low, high, many in zip(shares[:-1], shares[1:], modes, strict=True)]
    return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])
