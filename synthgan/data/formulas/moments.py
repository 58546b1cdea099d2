"""Looks for columns that are parts of a stamp, spans between two, or clock times with the delay between them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from synthgan.data.column import Kind
from synthgan.data.formulas.bench import Proposal
from synthgan.data.formulas.evaluation import evaluate
from synthgan.data.formulas.grammar import parse, quoted
from synthgan.data.formulas.vectors import Moments
from synthgan.data.values import Levels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from synthgan.data.formulas.bench import Bench, Name

    Numbers = NDArray[np.float64]

PARTS: Final = (
    *("year({})", "month({})", "day({})", "hour({})", "minute({})", "second({})", "quarter({})", "week({})"),
    *("dayofyear({})", "weekday({})", "weekday({}) + 1", "(weekday({}) + 1) % 7", "(weekday({}) + 1) % 7 + 1"),
    *(
        "hour({}) * 100 + minute({})",
        "minute_of_day({})",
        "hour({}) + minute({}) / 60",
        "year({}) % 100",
        "month({}) - 1",
    ),
    *(
        "year({}) * 100 + month({})",
        "year({}) * 10000 + month({}) * 100 + day({})",
        "year({}) // 10 * 10",
        "dayofyear({}) - 1",
    ),
    *("year({}) + (month({}) - 1) / 12", "hour({}) // 6", "date({})"),
)
_NAMES: Final = ("weekday_name({})", "month_name({})")
_SPANS: Final = (
    *("days({0}, {1})", "hours({0}, {1})", "minutes({0}, {1})", "seconds({0}, {1})", "{1} - {0}"),
    *(
        "years({0}, {1})",
        "months({0}, {1})",
        "year({1}) - year({0})",
        "days({0}, {1}) / 365.25",
        "days({0}, {1}) / 365",
    ),
    *("days({0}, {1}) / 7", "days({0}, {1}) / 30.4375", "days({0}, {1}) / 365.2425", "days(date({0}), date({1}))"),
    *("days(date({0}), date({1})) + 1", "days({0}, {1}) + 1"),
)
_FLOORED: Final = frozenset({f"floor({text})" for text in (*_SPANS[:4], *_SPANS[8:13])})
_SECONDS: Final = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}
_LEAST_ROWS: Final = 8
_GLANCE: Final = 100
_MAX_MOMENTS: Final = 40
_MINUTES: Final = 1440


def parts(bench: Bench) -> Iterator[list[Proposal]]:
    """Groups of proposals, of which one is to be chosen: a part of a stamp each."""
    price = math.log(max(1, len(bench.moments)) * len(PARTS))
    for source in list(bench.moments)[:_MAX_MOMENTS]:
        for part in (*PARTS, *_NAMES):
            text = part.replace("{}", quoted(source))
            for target in _equal(bench, text, {source}):
                yield [Proposal(target, text, price)]


def fixed_parts(bench: Bench) -> Iterator[list[Proposal]]:
    """Parts of a stamp that are one and the same in all rows, beside a constant column that says so.

    Nothing is computed then, but the stamps drawn must be such. There is no chance to rule out: it holds of the real stamps.
    """
    constants = [
        (column.name, (column.levels or ("",))[0]) for column in bench.table.schema if column.kind is Kind.CONSTANT
    ]
    for source in list(bench.moments)[:_MAX_MOMENTS] if constants else []:
        for part in PARTS[:-1]:
            text = part.replace("{}", quoted(source))
            found = evaluate(parse(text), {str(source): bench.vectors[source]}, len(bench.some))
            assert isinstance(found, np.ndarray)  # noqa: S101 (a date is left out)
            for name, level in constants:
                # Days have no hours: 0 beside them says nothing.
                if not isinstance(level, str) and level and (found == float(level)).all():
                    yield [Proposal(name, text, -math.inf)]


def spans(bench: Bench) -> Iterator[list[Proposal]]:
    """Groups of proposals, of which one is to be chosen: how long it is from one moment to another."""
    moments = list(bench.moments)[:_MAX_MOMENTS]
    price = math.log(max(1, len(moments) ** 2) * (len(_SPANS) + len(_FLOORED)))
    for first in moments:
        for second in moments:
            if first == second:
                continue
            for span in (*_SPANS, *sorted(_FLOORED)):
                text = span.format(quoted(first), quoted(second))
                for target in _equal(bench, text, {first, second}):
                    yield [*_added(bench, first, second, target, span, price), Proposal(target, text, price)]


def _added(bench: Bench, first: Name, second: Name, target: Name, span: str, price: float) -> Iterator[Proposal]:
    """The later moment as the earlier one and the span, where the span says all: it is told better so."""
    name = span.partition("(")[0]
    seconds = _SECONDS.get(name, 1 if span == "{1} - {0}" else None)
    if seconds is None:
        return
    seen, start = bench.numbers[target], bench.moments[first]
    length = f"{quoted(target)} * {seconds}" if seconds > 1 else quoted(target)
    text = f"{quoted(first)} + {length}"
    zoned = start.zone == bench.moments[second].zone
    if zoned and not np.isnan(seen).all():
        yield Proposal(second, text, price)


def _equal(bench: Bench, text: str, sources: set[Name]) -> Iterator[Name]:
    """The columns that equal what a formula gives, on a glance."""
    given = {str(name): bench.vectors[name] for name in sources}
    found = evaluate(parse(text), given, len(bench.some))
    if isinstance(found, Moments):
        for name, other in bench.moments.items():
            if name not in sources and other.zone is None and len(np.unique(found.counts)) > 1:
                both = ~other.missing & ~found.missing
                if both.sum() >= _LEAST_ROWS and (other.counts == found.counts)[both].all():
                    yield name
        return
    if isinstance(found, Levels):
        for name, vector in bench.vectors.items():
            if isinstance(vector, Levels) and set(vector.levels) <= set(found.levels) and len(vector.levels) > 1:
                yield name
        return
    for name, numbers in bench.numbers.items():
        if _agree(found, numbers, bench.halves(name, numbers)):
            yield name


def _agree(found: Numbers, numbers: Numbers, halves: Numbers) -> bool:
    both = np.flatnonzero(~np.isnan(found) & ~np.isnan(numbers))
    if len(both) < _LEAST_ROWS:
        return False
    for rows in (both[:: max(1, len(both) // _GLANCE)], both):
        off = halves[rows] * (1 + 1e-6) + 1e-9 * np.abs(numbers[rows])
        if not (np.abs(found[rows] - numbers[rows]) <= off).all():
            return False
    return bool(np.ptp(numbers[both]) > 0)


def clocks(bench: Bench) -> Iterator[list[Proposal]]:
    """Groups of proposals, of which one is to be chosen: two clock times kept as numbers, and the minutes between them."""
    clock = [name for name, numbers in bench.numbers.items() if _is_clock(numbers) and bench.half(name) == 0.5]  # noqa: PLR2004
    whole = [name for name in bench.numbers if bench.half(name) == 0.5 and bench.distinct(name) > 2]  # noqa: PLR2004
    price = math.log(max(1, len(clock) ** 2 * len(whole)))
    for first in clock:
        for second in clock:
            if first == second:
                continue
            start, end = (minutes_of(bench.numbers[name]) for name in (first, second))
            for delay in whole:
                if delay in {first, second}:
                    continue
                off = (end - start - bench.numbers[delay]) % _MINUTES
                known = ~np.isnan(off)
                if known.sum() >= _LEAST_ROWS and not off[known].any() and np.ptp(bench.numbers[delay][known]) > 0:
                    one, two, three = quoted(first), quoted(second), quoted(delay)
                    ends = f"clock(minute_of_day({one}) + {three})"
                    yield [
                        Proposal(second, ends if not _has_2400(bench.numbers[second]) else _late(ends), price),
                        Proposal(first, f"clock(minute_of_day({two}) - {three})", price),
                        Proposal(delay, f"minute_of_day({two}) - minute_of_day({one})", price),
                        Proposal(delay, f"(minute_of_day({two}) - minute_of_day({one})) % {_MINUTES}", price),
                    ]


def minutes_of(clock: Numbers) -> Numbers:
    """Minutes since midnight of clock times that are written as numbers."""
    return clock // 100 * 60 + clock % 100


def _has_2400(clock: Numbers) -> bool:
    return bool((clock == 2400).any() and not (clock == 0).any())  # noqa: PLR2004


def _late(text: str) -> str:
    """A clock time that writes midnight as 2400."""
    inner = text.removeprefix("clock(").removesuffix(")")
    return f"clock({inner} - 1) + 1 + 40 * (({inner}) % 60 == 0)"


def _is_clock(numbers: Numbers) -> bool:
    known = numbers[~np.isnan(numbers)]
    if len(known) < _LEAST_ROWS or known.min() < 0 or known.max() > 2400 or known.max() < 100:  # noqa: PLR2004
        return False
    return bool((known % 100 < 60).all() and (known == np.rint(known)).all())  # noqa: PLR2004
