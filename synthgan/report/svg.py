"""Small parts of inline SVG: every text is escaped, every colour is a class that the page's style sheet knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Point = tuple[float, float]


def picture(parts: Iterable[Markup], *, width: float, height: float, title: str, tall: bool = False) -> Markup:
    """Return an SVG image with a title that is read out in its place.

    Args:
        parts: What is drawn.
        width: Of the view box; about as many pixels on a phone.
        height: Of the view box.
        title: What it shows.
        tall: Whether it is drawn no wider than its view box, so that long lists stay readable.
    """
    drawn = Markup("").join(parts)
    return Markup('<svg class="{}" viewBox="0 0 {} {}" role="img" aria-label="{}"><title>{}</title>{}</svg>').format(
        "chart tall" if tall else "chart", _short(width), _short(height), title, title, drawn
    )


def rectangle(kind: str, left: float, top: float, width: float, height: float) -> Markup:
    """Return a filled rectangle of a class."""
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
        kind, *map(_short, (left, top, max(width, 0.0), max(height, 0.0)))
    )


def path(kind: str, points: Sequence[Point]) -> Markup:
    """Return a line through points."""
    steps = " ".join(f"{_short(x)},{_short(y)}" for x, y in points)
    return Markup('<polyline class="{}" points="{}"/>').format(kind, steps)


def area(kind: str, points: Sequence[Point]) -> Markup:
    """Return a filled area with these corners."""
    corners = " ".join(f"{_short(x)},{_short(y)}" for x, y in points)
    return Markup('<polygon class="{}" points="{}"/>').format(kind, corners)


def line(kind: str, start: Point, end: Point) -> Markup:
    """Return a straight line."""
    return Markup('<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(kind, *map(_short, (*start, *end)))


def dot(kind: str, centre: Point, radius: float) -> Markup:
    """Return a disc."""
    return Markup('<circle class="{}" cx="{}" cy="{}" r="{}"/>').format(kind, *map(_short, (*centre, radius)))


def text(words: object, at: Point, *, anchor: str = "start", kind: str = "", longest: int | None = None) -> Markup:
    """Return a line of text, cut where it is longer than it may be; its own direction cannot turn its neighbours'."""
    shown = str(words)
    if longest is not None and len(shown) > longest:
        shown = f"{shown[: longest - 1]}…"
    return Markup('<text class="{}" x="{}" y="{}" text-anchor="{}" unicode-bidi="isolate">{}</text>').format(
        kind, *map(_short, at), anchor, escape(shown)
    )


def squares(kind: str, cells: Iterable[tuple[int, int]], size: float, left: float, top: float) -> Markup:
    """Return equal squares of one class on a grid, as one path: thousands of rectangles would weigh megabytes."""
    side = _short(size)
    steps = "".join(
        f"M{_short(left + column * size)} {_short(top + row * size)}h{side}v{side}h-{side}z" for row, column in cells
    )
    return Markup('<path class="{}" d="{}"/>').format(kind, steps) if steps else Markup()


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
