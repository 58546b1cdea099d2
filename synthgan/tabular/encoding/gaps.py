"""Parts a column's values where nobody is: at gaps wider than chance would leave, and before outliers too rare to be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betainc

from synthgan.tabular.encoding.tails import TAIL_FIT_ROWS, fit_excess

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

NEIGHBOURS = 10  # rows on either side that say how dense it is there
ALPHA = 1e-3  # how likely a table without gaps or outliers may be to show one
TIES = 3  # rows of one value that count
WIDE = 0.2  # of all that values span: so wide a gap is one, however likely; between two of n values lies one fresh row in n + 1
TIMES = 6.0  # a gap is at least so many times wider than the distance of neighbours: a glance that spares the test
HEAVIER, HEAVIEST = 0.8, 1.5  # how much heavier a tail may be than it seems, and how heavy at all
ERRORS = 3.0  # standard errors by which it may be heavier than all of the upper quarter say
FEW_ROWS = 50  # below, half of the rows that may be told say where a gap ends
CODE_ALPHA, MAX_CODE = 0.25, 1e9  # the same chance for numbers that people write for "unknown"
LIGHTEST = 0.05  # a tail that ends is taken for one that thins out
MIN_BEHIND = 3
FEW_OF = 10  # one row of so many may lie outside, and one more
SMALL, LONELY = (
    250,
    2.0,
)  # of so few rows, those twice as far from all others as these lie apart would fill what is between
_TINY = float(np.finfo(np.float64).tiny)


def part_values(ordered: Numbers, step: float, fewest: int, behind: int | None = None) -> list[tuple[int, int]]:
    """Where the parts of a column stand among its values: between two of them nobody is, or fewer than may be told.

    A gap is wide where hardly one table in a thousand would have one if its values lay as densely in it as they do beside it
    (distances of neighbours are exponential; Pyke, "Spacings", 1965), or where it is a fifth of all that values span. Values are
    outliers where a generalised Pareto tail through those before them would hardly reach them, even if it is heavier than it seems.

    Args:
        ordered: float64 ``[rows]``, rising.
        step: what values are whole steps apart; 0 for any real number.
        fewest: the rows that must stand behind a part.
        behind: the rows on either side of a gap that must say how dense it is there; None takes as many, and of few rows half of them,
            and parts the values at wide gaps, too.

    Returns:
        First row and the row after the last one of each part, rising; rows in none of them are withheld.
    """
    if len(ordered) < 2 * fewest:
        return [(0, len(ordered))]
    if behind is None:
        cuts = _gaps(ordered, step, fewest if len(ordered) >= FEW_ROWS else half_of(fewest))
        cuts = _with_wide(cuts, ordered, step, fewest)
    else:
        cuts = _gaps(ordered, step, behind)
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


def _with_wide(cuts: list[tuple[int, int]], ordered: Numbers, step: float, fewest: int) -> list[tuple[int, int]]:
    """The same and, the widest first, those between two neighbours far apart that leave enough rows in every part."""
    room = np.diff(ordered) - step
    wide = np.flatnonzero(room > WIDE * (ordered[-1] - ordered[0]))
    for last in wide[np.argsort(-room[wide], kind="stable")]:
        more = sorted([*cuts, (int(last) + 1, int(last) + 1)])
        edges = [0, *(row for cut in more for row in cut), len(ordered)]
        if (np.diff(edges)[::2] >= fewest).all():
            cuts = more
    return cuts


def _distances(values: Numbers, rows: NDArray[np.int64], step: float, fewest: int, reach: int) -> Numbers:
    """The mean distance of neighbours among so many values up to each one, infinite where fewer rows than the fewest are."""
    at = np.maximum(np.arange(len(values)) - reach, -1)
    before = np.where(at >= 0, values[at], values[0] - step)
    mean = (values - before + step) / np.maximum(np.arange(len(values)) - np.maximum(at, 0) + (at < 0), 1)
    return np.where(rows >= fewest, np.maximum(mean, _TINY), np.inf)


def _outliers(ordered: Numbers, step: float, fewest: int, sign: int = 1) -> int:
    """How many of the largest values lie where the tail of the others would hardly reach; fewer than ``fewest``.

    Of a small table those also do that lie twice as far from all others as these do from each other: no tail of so few rows tells.
    """
    near = NEIGHBOURS
    most = min(fewest - 1, near - 1, len(ordered) - fewest, len(ordered) // FEW_OF + 1)
    steep, found = _steepness(ordered, step), 0
    for many in range(1, most + 1):
        first, last = ordered[-many], ordered[-many - 1]
        room, below = first - last - step, ordered[-many - 1 - near : -many - 1]
        if room <= 0:
            continue
        shape = max(min(steep, _heaviness(ordered[:-many])), LIGHTEST)
        scale = ((below - below[0]).sum() + (many + 1) * (last - below[0])) / near + step / 2
        code = is_code(sign * first)
        said = len(np.unique(ordered[-many:])) if code else many  # however many share a code, they say it once
        chance = (1 + shape * room / max(scale, _TINY)) ** (-said / shape)
        lonely = len(ordered) < SMALL and room > LONELY * (last - ordered[0])
        found = many if lonely or chance < (CODE_ALPHA if code else ALPHA) else found
    return found


def _steepness(ordered: Numbers, step: float) -> float:
    """How heavy the upper tail may be at most, by how much further apart its outer rows are than its inner ones.

    These are the ten rows below the largest ten, and the twenty before them (Pickands, "Statistical inference using extreme order
    statistics", 1975): rows above a gap have no say. Infinite where there are not so many.
    """
    near = NEIGHBOURS
    if len(ordered) <= 4 * near:
        return np.inf
    inner, outer = ordered[-near] - ordered[-2 * near], ordered[-2 * near] - ordered[-4 * near]
    most = float(np.finfo(np.float64).max)
    shape = np.subtract(*np.log2(np.clip([inner + step, outer + step], _TINY, most))) + HEAVIER
    return float(np.clip(shape, 0, HEAVIEST)) + 1 / near


def _heaviness(ordered: Numbers) -> float:
    """How heavy the upper tail may be at most, by all rows of its upper quarter."""
    rows = min(int(np.clip(len(ordered) // 4, 2 * NEIGHBOURS, TAIL_FIT_ROWS)), len(ordered))
    shape = float(np.clip(fit_excess(ordered, rows)[2], -0.5, 1))
    return shape + ERRORS * (1 + max(shape, 0)) / np.sqrt(rows)


def half_of(fewest: int) -> int:
    """About half of the rows that may be told, which are enough to say that values lie elsewhere."""
    return max(fewest // 2, min(fewest, MIN_BEHIND))


def is_code(value: float) -> bool:
    """Whether people write this number for what they do not know: -1, -9, 99, 999, -999 and so on."""
    return value == -1 or (abs(value) <= MAX_CODE and value == round(value) and set(f"{abs(value):.0f}") == {"9"})
