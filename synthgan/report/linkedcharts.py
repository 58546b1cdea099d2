"""The pictures of people over time: how tables hang together, bands of quantiles, what follows what, what lasts how long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from synthgan.report.charts import WIDTH, heat_map
from synthgan.report.readings import percent
from synthgan.report.svg import area, line, path, picture, rectangle, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markupsafe import Markup

    from synthgan.report.svg import Point

    Json = dict[str, Any]
    Values = Sequence[float | None]

_ROW, _STEP, _BOX = 40.0, 14.0, 30.0
_LANES, _LANE = 10, 7.0  # of the lines of references, at the right of the boxes
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, WIDTH - 6, 8.0, 168.0
_MIDDLE = 2  # which of the quantiles is the median


class Placed(NamedTuple):
    """A table in the picture of the schema.

    Attributes:
        table: as the document holds it.
        depth: how many tables it belongs to.
        row: from above.
    """

    table: Json
    depth: int
    row: int


def schema(linked: Json) -> Markup:
    """Return the tables below those that they belong to, and lines at the right from references to where they lead."""
    placed = {one.table["name"]: one for one in _tree(linked)}
    references = [
        (placed[key["table"]], placed[key["to"]], key)
        for key in linked["keys"]
        if key["kind"] != "owner" and key["to"] in placed and key["to"] != key["table"]
    ]
    lanes = _lanes([(one.row, other.row) for one, other, _ in references])
    edge = WIDTH - _LANE * (min(max(lanes, default=-1) + 1, _LANES) + 1)
    parts: list[Markup] = []
    for one in placed.values():
        parts += _box(one, placed.get(str(one.table["owner"])), edge)
    for (one, other, key), lane in zip(references, lanes, strict=True):
        if lane < _LANES:
            across = edge + _LANE * (lane + 1)
            kind = "listed" if key["kind"] == "dimension" else "refers"
            ends = _middle(one.row) + 4, _middle(other.row) - 4
            parts.append(path(kind, [(edge, ends[0]), (across, ends[0]), (across, ends[1]), (edge, ends[1])]))
            parts.append(path("arrow", [(edge + 4, ends[1] - 3), (edge, ends[1]), (edge + 4, ends[1] + 3)]))
    title = f"How {len(placed)} tables hang together: those that belong to another stand below it"
    return picture(parts, width=WIDTH, height=_ROW * len(placed) + 2, title=title, tall=True)


def hidden_references(linked: Json) -> int:
    """Return how many references the picture has no room for; the table below it has all."""
    rows = {one.table["name"]: one.row for one in _tree(linked)}
    ends = [
        (rows[key["table"]], rows[key["to"]])
        for key in linked["keys"]
        if key["kind"] != "owner" and key["to"] in rows and key["to"] != key["table"]
    ]
    return sum(lane >= _LANES for lane in _lanes(ends))


def _tree(linked: Json) -> Iterator[Placed]:
    """The tables from above, each below the one that it belongs to; that of the people first."""
    below: dict[str | None, list[Json]] = {}
    for table in linked["tables"]:
        below.setdefault(table["owner"], []).append(table)
    roots = sorted(
        below.get(None, []), key=lambda table: (table["name"] != linked["unit"], not below.get(table["name"]))
    )
    waiting, row = [(root, 0) for root in reversed(roots)], 0
    while waiting:
        table, depth = waiting.pop()
        yield Placed(table, depth, row)
        row += 1
        waiting += [(child, depth + 1) for child in reversed(below.get(table["name"], []))]


def _box(one: Placed, owner: Placed | None, edge: float) -> Iterator[Markup]:
    left, top = _STEP * one.depth + 1, _ROW * one.row + 4
    if owner is not None:
        across = _STEP * owner.depth + 1 + _STEP / 2
        under = _ROW * owner.row + 4 + _BOX
        yield path("axis", [(across, under), (across, top + _BOX / 2), (left, top + _BOX / 2)])
    yield rectangle("person" if one.table["of_people"] else "ground", left, top, edge - left, _BOX)
    room = int((edge - left - 8) / 6.6)
    yield text(one.table["name"], (left + 6, top + 12.5), kind="label", longest=room)
    counts = one.table["rows"]
    told = f"{counts['real']:,} real rows, {counts['synthetic']:,} synthetic"
    yield text(told, (left + 6, top + 25), kind="small", longest=int((edge - left - 8) / 5.6))


def _middle(row: int) -> float:
    return _ROW * row + 4 + _BOX / 2


def _lanes(ends: Sequence[tuple[int, int]]) -> list[int]:
    """A lane for each line, so that no two lie over each other; short ones next to the boxes."""
    taken: list[list[tuple[int, int]]] = []
    found = [0] * len(ends)
    for at in sorted(range(len(ends)), key=lambda one: abs(ends[one][0] - ends[one][1])):
        low, high = sorted(ends[at])
        lane = next(
            (where for where, spans in enumerate(taken) if all(high < first or low > last for first, last in spans)),
            len(taken),
        )
        if lane == len(taken):
            taken.append([])
        taken[lane].append((low, high))
        found[at] = lane
    return found


def band(one: Json) -> Markup:
    """Return how a number goes on from row to row: areas of the real quantiles, lines of the synthetic ones."""
    steps = one["steps"]
    known = [value for side in ("real", "synthetic") for row in one[side] for value in row if value is not None]
    low, high = min(known), max(known)
    high = high if high > low else low + 1.0

    def at(step: float, value: float) -> Point:
        share = (step - steps[0]) / max(steps[-1] - steps[0], 1)
        return _LEFT + (_RIGHT - _LEFT) * share, _BOTTOM - (_BOTTOM - _TOP) * (value - low) / (high - low)

    real = one["real"]
    parts = [*_frame(), *_ends(f"row {steps[0]}", f"row {steps[-1]}", low, high)]
    for outer, kind in ((0, "real faint"), (1, "real")):
        for piece in _pieces(steps, real[outer], real[-1 - outer]):
            lower, upper = ([at(step, pair[side]) for step, *pair in piece] for side in (0, 1))
            parts.append(area(kind, [*lower, *reversed(upper)]))
    for number, row in enumerate(one["synthetic"]):
        kind = "synthetic" if number == _MIDDLE else "synthetic thin"
        parts += [path(kind, [at(step, value) for step, value in piece]) for piece in _pieces(steps, row)]
    parts += [path("real-curve", [at(step, value) for step, value in piece]) for piece in _pieces(steps, real[_MIDDLE])]
    title = f"How {one['column']} of {one['table']} goes on over the rows of people, real and synthetic"
    return picture(parts, width=WIDTH, height=_BOTTOM + 22, title=title)


def _pieces(steps: Sequence[float], *rows: Values) -> Iterator[list[tuple[float, ...]]]:
    """Runs of steps at which all of these rows are known, two steps or more."""
    run: list[tuple[float, ...]] = []
    for step, *values in zip(steps, *rows, strict=True):
        known = [value for value in values if value is not None]
        if len(known) == len(values):
            run.append((step, *known))
            continue
        if len(run) > 1:
            yield run
        run = []
    if len(run) > 1:
        yield run


def _frame() -> Iterator[Markup]:
    yield line("axis", (_LEFT, _BOTTOM), (_RIGHT, _BOTTOM))
    yield line("grid", (_LEFT, _TOP), (_RIGHT, _TOP))
    yield line("grid", (_LEFT, (_TOP + _BOTTOM) / 2), (_RIGHT, (_TOP + _BOTTOM) / 2))


def _ends(first: str, last: str, low: float, high: float) -> Iterator[Markup]:
    """What the two ends of the abscissa are, and three figures of the ordinate."""
    for value, top in ((high, _TOP + 8), ((low + high) / 2, (_TOP + _BOTTOM) / 2 + 4), (low, _BOTTOM)):
        yield text(f"{value:.3g}", (_LEFT - 4, top), anchor="end", kind="small", longest=7)
    yield text(first, (_LEFT, _BOTTOM + 15), kind="small", longest=18)
    yield text(last, (_RIGHT, _BOTTOM + 15), anchor="end", kind="small", longest=24)


def survival(one: Json) -> Markup:
    """Return what share lasts longer than each time."""
    times = one["times"]

    def at(time: float, share: float) -> Point:
        return _LEFT + (_RIGHT - _LEFT) * (time - times[0]) / (times[-1] - times[0]), _BOTTOM - (_BOTTOM - _TOP) * share

    parts = list(_frame())
    for share, top in ((1.0, _TOP + 8), (0.5, (_TOP + _BOTTOM) / 2 + 4), (0.0, _BOTTOM)):
        parts.append(text(percent(share), (_LEFT - 4, top), anchor="end", kind="small"))
    parts.append(text(f"{times[0]:g}", (_LEFT, _BOTTOM + 15), kind="small"))
    parts.append(text(f"{times[-1]:,g} {one['unit']}", (_RIGHT, _BOTTOM + 15), anchor="end", kind="small", longest=24))
    for side, kind in (("real", "real-curve"), ("holdout", "holdout dashed"), ("synthetic", "synthetic")):
        if one[side] is not None:
            parts.append(path(kind, [at(time, share) for time, share in zip(times, one[side], strict=True)]))
    return picture(
        parts, width=WIDTH, height=_BOTTOM + 22, title=f"What share lasts longer: {one['what']} ({one['table']})"
    )


def following(one: Json, side: str) -> Markup:
    """Return which level follows which, down before and across after: of one side, or synthetic minus real."""
    what = f"of {one['column']} ({one['table']})"
    if side == "difference":
        return heat_map(
            one["labels"], differences(one), title=f"By how much the synthetic steps {what} differ", signed=True
        )
    values = [[value or 0.0 for value in row] for row in one[side]]
    return heat_map(one["labels"], values, title=f"Which level {what} follows which in the {side} rows")


def differences(one: Json) -> list[list[float]]:
    """Return synthetic minus real, 0 where either is withheld."""
    return [
        [0.0 if None in pair else pair[1] - pair[0] for pair in zip(*rows, strict=True)]
        for rows in zip(one["real"], one["synthetic"], strict=True)
    ]
