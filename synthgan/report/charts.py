"""The pictures of the page, each drawn from a part of the document."""

from __future__ import annotations

import bisect
import math
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from synthgan.report.readings import percent
from synthgan.report.svg import dot, line, path, picture, rectangle, squares, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Json = dict[str, Any]

WIDTH = 320.0
SHADES = 10
MAX_NAMED = 24  # columns of a heat map whose names can still be read
MAX_BARS = 12
_ROW = 30.0
_LEAST = 1e-3  # where logarithmic axes begin


def gauge(score: Json) -> Markup:
    """Return where a score lies, with its interval, beside what real rows score."""
    numbers = [score[key] for key in ("value", "low", "high", "reference") if score[key] is not None]
    if score["value"] is None:
        return Markup()
    low, high = min(0.0, *numbers), max(numbers)
    high = 1.0 if 0.2 < high <= 1 else 1.15 * high or 1.0  # noqa: PLR2004 (small errors are magnified)
    left, right = 8.0, WIDTH - 8

    def at(value: float) -> float:
        return left + (right - left) * (value - low) / (high - low)

    parts = [line("axis", (left, 20), (right, 20))]
    if score["low"] is not None:
        parts.append(rectangle("interval", at(score["low"]), 14, max(at(score["high"]) - at(score["low"]), 1.5), 12))
    if score["reference"] is not None:
        parts.append(line("reference", (at(score["reference"]), 8), (at(score["reference"]), 32)))
    parts.append(dot("value", (at(score["value"]), 20), 5))
    parts += [
        text(f"{low:.3g}", (left, 44), kind="small"),
        text(f"{high:.3g}", (right, 44), anchor="end", kind="small"),
    ]
    beside = "" if score["reference"] is None else f", real rows score {score['reference']:.3g}"
    title = f"{score['name']}: {score['value']:.3g}{beside}"
    return picture(parts, width=WIDTH, height=48, title=title)


def distribution(column: Json) -> Markup:
    """Return a column's distributions over each other: ranges upright, levels lying."""
    title = f"How {column['name']} is distributed in the real and the synthetic table"
    if column["kind"] == "levels":
        rows = list(
            zip(column["labels"], column["real"], column["synthetic"], column["holdout"] or _no(column), strict=True)
        )
        return paired_bars(rows, title=title)
    top, bottom, left, right = 8.0, 128.0, 4.0, WIDTH - 4
    highest = tallest(column) or 1.0
    wide = (right - left) / len(column["labels"])

    def at(share: float) -> float:
        return bottom - (bottom - top) * share / highest

    parts = [
        rectangle("real", left + where * wide + 0.5, at(share), wide - 1, bottom - at(share))
        for where, share in enumerate(column["real"])
    ]
    if column["holdout"]:
        parts += [
            line("holdout", (left + (where + 0.2) * wide, at(share)), (left + (where + 0.8) * wide, at(share)))
            for where, share in enumerate(column["holdout"])
        ]
    steps = [
        (left + (where + side) * wide, at(share)) for where, share in enumerate(column["synthetic"]) for side in (0, 1)
    ]
    parts += [
        path("synthetic", [(left, bottom), *steps, (right, bottom)]),
        line("axis", (left, bottom), (right, bottom)),
    ]
    parts += [
        text(column["labels"][0], (left, 144), kind="small", longest=22),
        text(column["labels"][-1], (right, 144), anchor="end", kind="small", longest=22),
    ]
    return picture(parts, width=WIDTH, height=150, title=title)


def tallest(column: Json) -> float:
    """Return the largest share of any cell in any table."""
    return max(max(side) for side in (column["real"], column["synthetic"], column["holdout"] or [0.0]))


def _no(column: Json) -> list[None]:
    return [None] * len(column["labels"])


def paired_bars(
    rows: Sequence[tuple[str, float | None, float | None, float | None]],
    *,
    title: str,
    write: Callable[[float | None], str] = percent,
) -> Markup:
    """Return lying bars: real above synthetic, a tick for the holdout; the first MAX_BARS rows."""
    shown = rows[: MAX_BARS + 1]
    highest = max((value for _, *values in shown for value in values if value is not None), default=0.0) or 1.0
    parts: list[Markup] = []
    for where, (label, real, synthetic, holdout) in enumerate(shown):
        top = where * _ROW
        parts.append(text(label, (0, top + 10), kind="label", longest=34))
        for kind, value, above in (("real", real, 14.0), ("synthetic", synthetic, 20.0)):
            if value is not None:
                parts.append(rectangle(f"{kind} bar", 0, top + above, 240 * max(value, 0) / highest, 5.5))
        if holdout is not None:
            parts.append(line("holdout", (240 * holdout / highest, top + 12), (240 * holdout / highest, top + 27)))
        parts.append(text(write(real), (WIDTH, top + 18), anchor="end", kind="small"))
        parts.append(text(write(synthetic), (WIDTH, top + 28), anchor="end", kind="small second"))
    return picture(parts, width=WIDTH, height=len(shown) * _ROW + 4, title=title, tall=True)


def bars(rows: Sequence[tuple[str, float]], *, title: str) -> Markup:
    """Return one lying bar per row, as shares; the first MAX_BARS rows."""
    shown = rows[:MAX_BARS]
    highest = max((value for _, value in shown), default=0.0) or 1.0
    parts: list[Markup] = []
    for where, (label, value) in enumerate(shown):
        top = where * 24.0
        parts.append(text(label, (0, top + 10), kind="label", longest=34))
        parts.append(rectangle("synthetic bar", 0, top + 13, 250 * max(value, 0) / highest, 6))
        parts.append(text(percent(value), (WIDTH, top + 20), anchor="end", kind="small"))
    return picture(parts, width=WIDTH, height=len(shown) * 24 + 2, title=title, tall=True)


def heat_map(names: Sequence[str], values: Sequence[Sequence[float]], *, title: str, signed: bool = False) -> Markup:
    """Return a square of squares, darker where pairs go together more (or, signed, differ more)."""
    named = len(names) <= MAX_NAMED
    left, size = (104.0 if named else 2.0), (WIDTH - (106 if named else 4)) / len(names)
    highest = max((abs(value) for row in values for value in row), default=0.0) if signed else 1.0
    shades: dict[str, list[tuple[int, int]]] = {}
    for row, line_of in enumerate(values):
        for column, value in enumerate(line_of):
            shade = min(SHADES - 1, int(SHADES * abs(value) / (highest or 1.0)))
            kind = f"shade{shade} {'more' if signed and value > 0 else 'less' if signed else 'plain'}"
            if shade:
                shades.setdefault(kind, []).append((row, column))
    side = size * len(names)
    parts = [rectangle("ground", left, 2, side, side)]
    parts += [squares(kind, cells, size, left, 2) for kind, cells in sorted(shades.items())]
    if named:
        parts += [
            text(name, (left - 4, 2 + (row + 0.5) * size + 3), anchor="end", kind="small", longest=14)
            for row, name in enumerate(names)
        ]
    return picture(parts, width=WIDTH, height=side + 4, title=title)


def curves(
    lines: Sequence[tuple[str, Sequence[float], Sequence[float]]],
    *,
    title: str,
    axes: tuple[str, str],
    logarithmic: bool = False,
) -> Markup:
    """Return lines over a square from 0 (or .1 %) to 100 % both ways, with the diagonal of chance or of honesty.

    Args:
        lines: Per line its class, abscissae and ordinates.
        title: What is shown.
        axes: What the abscissae and the ordinates are.
        logarithmic: Whether each tenfold takes a third of an axis.
    """
    left, top, side = 40.0, 8.0, WIDTH - 60

    def along(share: float) -> float:
        return (math.log10(max(share, _LEAST)) / -math.log10(_LEAST) + 1) if logarithmic else share

    def at(x: float, y: float) -> tuple[float, float]:
        return left + side * along(x), top + side * (1 - along(y))

    parts = list(_grid(at, (_LEAST, 0.01, 0.1, 1) if logarithmic else (0, 0.25, 0.5, 0.75, 1)))
    parts.append(line("diagonal", at(0, 0), at(1, 1)))
    for kind, abscissae, ordinates in lines:
        parts.append(path(kind, [at(x, y) for x, y in zip(abscissae, ordinates, strict=True)]))
    parts.append(text(axes[0], (left + side, top + side + 30), anchor="end", kind="small"))
    parts.append(text(axes[1], (left + 5, top + 12), kind="small"))
    return picture(parts, width=WIDTH, height=top + side + 36, title=title)


def _grid(at: Callable[[float, float], tuple[float, float]], ticks: Sequence[float]) -> Iterator[Markup]:
    for tick in ticks:
        (x, bottom), (_, y) = at(tick, ticks[0]), at(ticks[0], tick)
        yield line("grid", (x, at(1, 1)[1]), (x, bottom))
        yield line("grid", (at(ticks[0], 0)[0], y), (at(1, 1)[0], y))
        yield text(percent(tick), (x, bottom + 15), anchor="middle", kind="small")
        yield text(percent(tick), (at(0, 0)[0] - 4, y + 4), anchor="end", kind="small")


def difference(association: Json) -> list[list[float]]:
    """Return synthetic minus real."""
    return [
        [ours - theirs for ours, theirs in zip(*rows, strict=True)]
        for rows in zip(association["synthetic"], association["real"], strict=True)
    ]


def named(rows: Sequence[Json], *keys: str) -> list[tuple[Any, ...]]:
    """Return the name and those figures of each row; of two figures, a missing third for the holdout."""
    return [(row["name"], *(row[key] for key in keys), *([None] if len(keys) > 1 else [])) for row in rows]


def plainly(value: float | None) -> str:
    """Write a figure that is no share."""
    return "–" if value is None else f"{value:.3f}"


def calibrated(calibrations: Sequence[Json]) -> list[tuple[str, Sequence[float], Sequence[float]]]:
    """Return the lines of a calibration picture."""
    return [(f"{one['trained_on']}-curve", one["promised"], one["observed"]) for one in calibrations]


def landmarks(attack: Json) -> list[int]:
    """Return which points of a curve stand in its table: the last at or below each of a few false-positive rates."""
    rates = [0.0, _LEAST, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0]
    below = (bisect.bisect_right(attack["false_positives"], rate) - 1 for rate in rates)
    return sorted({where for where in below if where >= 0})
