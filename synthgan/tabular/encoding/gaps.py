"""Parts a column's values where nobody is: at gaps wider than chance would leave, and before outliers too rare to be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betainc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

NEIGHBOURS = 10  # rows on either side that say how dense it is there
ALPHA = 1e-3  # how likely a table without gaps or outliers may be to show one
TIES = 3  # rows of one value that count
TIMES = 6.0  # a gap is at least so many times wider than the distance of neighbours: a glance that spares the test
HEAVIER, HEAVIEST = 0.8, 1.5  # how much heavier a tail may be than it seems, and how heavy at all
CODE_ALPHA, MAX_CODE = 0.25, 1e9  # the same chance for numbers that people write for "unknown"
_TINY = float(np.finfo(np.float64).tiny)


def part_values(ordered: Numbers, step: float, fewest: int) -> list[tuple[int, int]]:
    """Where the parts of a column stand among its values: between two of them nobody is, or fewer than may be told.

    A gap is wide where hardly one table in a thousand would have one if its values lay as densely in it as they do beside it
    (distances of neighbours are exponential; Pyke, "Spacings", 1965). Values are outliers where a generalised Pareto tail through
    those before them would hardly reach them, even if it is heavier than it seems.

    Args:
        ordered: float64 ``[rows]``, rising.
        step: what values are whole steps apart; 0 for any real number.
        fewest: the rows that must stand behind a part.

    Returns:
        First row and the row after the last one of each part, rising; rows in none of them are withheld.
    """
    if len(ordered) < 2 * fewest:
        return [(0, len(ordered))]
    cuts = _gaps(ordered, step, fewest)
    edges = [0, *(row for cut in cuts for row in cut), len(ordered)]
    parts = [(first, last) for first, last in zip(edges[::2], edges[1::2], strict=True) if last - first >= fewest]
    if not parts:
        return [(0, len(ordered))]
    low, high = parts[0][0], parts[-1][1]
    below = _outliers(-ordered[slice(*parts[0])][::-1], step, fewest, sign=-1)
    parts[0] = (low + below, parts[0][1])
    above = _outliers(ordered[slice(*parts[-1])], step, fewest)
    parts[-1] = (parts[-1][0], high - above)
    return parts


def _gaps(ordered: Numbers, step: float, fewest: int) -> list[tuple[int, int]]:
    """Pairs (row after the last one below a gap, first row above it), rising; the rows between are too few."""
    values, starts, counts = np.unique(ordered, return_index=True, return_counts=True)
    # Many rows of one value say where it is, and not how densely values lie around it.
    kept = np.minimum(counts, TIES if step else 1)
    thin, first_row = np.repeat(values, kept), np.repeat(starts, kept)
    row_after = np.repeat(starts + counts, kept)
    rows, reach = len(thin), min(NEIGHBOURS, fewest)
    room = np.diff(thin) - step
    up_to = _distances(thin, row_after, step, fewest, reach)
    on_from = _distances(-thin[::-1], len(ordered) - first_row[::-1], step, fewest, reach)[::-1]
    most = min(fewest, rows)
    widest = np.maximum.reduce(
        [np.append(room[at:], np.zeros(at)) for at in range(most)]
    )  # before so many rows are over
    begins = np.flatnonzero((room > 0) & (widest > TIMES * up_to[:-1]))
    if not len(begins):
        return []
    candidates: list[tuple[int, float, int, int]] = []
    for between in range(most):  # rows in the gap
        first = begins[begins < rows - 1 - between]
        last = first + between + 1
        width = thin[last] - thin[first] - (between + 1) * step
        ratio = width / np.maximum(up_to[first], on_from[last])
        lost = first_row[last] - row_after[first]
        wide = (ratio > TIMES * (between + 1)) & (lost < fewest)
        # P(F with 2(between + 1) and 2 reach degrees of freedom > ratio / (between + 1)), as an incomplete beta function
        chance = betainc(reach, between + 1, reach / (reach + ratio[wide])) * rows
        found = zip(lost[wide], chance, row_after[first[wide]], first_row[last[wide]], strict=True)
        candidates += [(int(few), float(p), int(low), int(high)) for few, p, low, high in found if p < ALPHA]
    cuts: list[tuple[int, int]] = []
    for _, _, last_row, next_row in sorted(candidates):
        if all(next_row < low or last_row > high for low, high in cuts):
            cuts.append((last_row, next_row))
    return sorted(cuts)


def _distances(values: Numbers, rows: NDArray[np.int64], step: float, fewest: int, reach: int) -> Numbers:
    """The mean distance of neighbours among so many values up to each one, infinite where fewer rows than the fewest are."""
    at = np.maximum(np.arange(len(values)) - reach, -1)
    before = np.where(at >= 0, values[at], values[0] - step)
    mean = (values - before + step) / np.maximum(np.arange(len(values)) - np.maximum(at, 0) + (at < 0), 1)
    return np.where(rows >= fewest, np.maximum(mean, _TINY), np.inf)


def _outliers(ordered: Numbers, step: float, fewest: int, sign: int = 1) -> int:
    """How many of the largest values lie where the tail of the others would hardly reach; fewer than ``fewest``.

    The rows below a gap say how far apart the largest ones lie, those further down how heavy the tail is (Pickands,
    "Statistical inference using extreme order statistics", 1975); rows above the gap have no say in either.
    """
    near = NEIGHBOURS
    most = min(fewest - 1, near - 1, len(ordered) - 4 * near)
    if most < 1:
        return 0
    inner, outer = ordered[-near] - ordered[-2 * near], ordered[-2 * near] - ordered[-4 * near]
    shape = np.log2(max(inner + step, _TINY) / max(outer + step, _TINY)) + HEAVIER
    shape = float(np.clip(shape, 0, HEAVIEST)) + 1 / near
    found = 0
    for many in range(1, most + 1):
        first, last = ordered[-many], ordered[-many - 1]
        room, below = first - last - step, ordered[-many - 1 - near : -many - 1]
        if room <= 0:
            continue
        scale = ((below - below[0]).sum() + (many + 1) * (last - below[0])) / near + step / 2
        chance = (1 + shape * room / max(scale, _TINY)) ** (-many / shape)
        found = many if chance < (CODE_ALPHA if is_code(sign * first) else ALPHA) else found
    return found


def is_code(value: float) -> bool:
    """Whether people write this number for what they do not know: -1, -9, 99, 999, -999 and so on."""
    return value == -1 or (abs(value) <= MAX_CODE and value == round(value) and set(f"{abs(value):.0f}") == {"9"})
