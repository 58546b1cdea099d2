"""Looks for columns that are weighted sums of others: bills, differences, shares that come to 100, conversions of units."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from synthgan.data.formulas.bench import Proposal
from synthgan.data.formulas.chance import chosen, fitted
from synthgan.data.formulas.constants import is_plain, roundest, short_weights
from synthgan.data.formulas.grammar import number, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from synthgan.data.formulas.bench import Bench, Name

    Numbers = NDArray[np.float64]

MAX_COLUMNS: Final = 400
_MAX_PATTERNS: Final = 40
_LEAST_ROWS: Final = 10
_NEARLY: Final = 0.12  # of a column's spread that others leave unexplained, for it to be a candidate
_FAINT: Final = 1e-7  # of the spread of a target: what a part adds less than is none
_MIN_WEIGHTS: Final = 2  # different ones, that any number of rows may have
_ROWS_A_WEIGHT: Final = 100  # for each more
_ROUNDED: Final = 0.8  # half steps that rounding alone leaves of a column: it is uniform over a step
_MAX_FEW: Final = 5
_SLACK: Final = 4.0  # times what is rounded away of a target, that the rounding of its sources may add
_SIMPLE: Final = math.log(6)  # the price of a weight of 1 or -1, or of another that everybody knows


def linear(bench: Bench) -> Iterator[list[Proposal]]:
    """Groups of proposals, of which one is to be chosen: the same sum solved for each of its columns, the best first."""
    numbers = {name: column for name, column in bench.numbers.items() if np.nanstd(column) > 0} if bench.numbers else {}
    names = list(numbers)[:MAX_COLUMNS]
    patterns: dict[bytes, list[Name]] = {}
    for name in names:
        patterns.setdefault(np.packbits(bench.missing[name]).tobytes(), []).append(name)
    seen: set[frozenset[Name]] = set()
    for own in list(patterns.values())[:_MAX_PATTERNS]:
        missing = bench.missing[own[0]]
        group = [name for name in names if not (bench.missing[name] & ~missing).any()]
        for relations in _relations({name: numbers[name][~missing] for name in group}, bench):
            for relation in relations:
                parts = frozenset(relation)
                if not parts & set(own) or parts in seen:
                    continue
                seen.add(parts)
                proposals = list(_solved(relation, {name: numbers[name][~missing] for name in parts}, bench))
                if proposals:
                    yield proposals
                    break


def _relations(known: Mapping[Name, Numbers], bench: Bench) -> Iterator[list[list[Name]]]:
    """Columns of which the last is nearly a weighted sum of the others, all rows known.

    Columns that vary little come first: what chance adds to the parts is then little in the sum. Each sum is given by the few
    parts that do, then by its weighty parts, then by all: what adds less than is rounded away may be there by chance.
    """
    rows = len(next(iter(known.values())))
    if rows < _LEAST_ROWS:
        return
    spreads = {name: float(column.std()) for name, column in known.items()}
    basis = np.zeros((rows, 0))
    parts: list[Name] = []
    for name in sorted((name for name in known if spreads[name] > 0), key=lambda name: spreads[name]):
        if len(parts) > rows // 2:
            return
        rest = known[name] - known[name].mean()
        # Twice is enough (Giraud et al., "Rounding error analysis of the Gram-Schmidt process", 2005).
        for _ in range(2):
            rest = rest - basis @ (basis.T @ rest)
        left = float(rest.std())
        found = False
        if parts and left <= max(_NEARLY * spreads[name], bench.half(name)):
            half = bench.half(name)
            adds = _added(name, parts, known, spreads)
            some, heavy = (
                [part for part in parts if adds[part] > max(faint, _FAINT * spreads[name])]
                for faint in (half, 4 * max(left, half) / math.sqrt(rows))
            )
            if heavy:
                found = left <= _ROUNDED * half + 1e-9 * spreads[name]
                yield [[*these, name] for these in (_few(name, heavy, known, half), some, heavy) if these]
        if not found and left > 1e-12 * spreads[name]:
            basis = np.hstack([basis, (rest / np.linalg.norm(rest))[:, None]])
            parts.append(name)


def _weights(target: Name, parts: list[Name], known: Mapping[Name, Numbers]) -> Numbers:
    """The weights of least squares, and the constant."""
    scales = np.array([known[name].std() for name in parts])
    matrix = np.column_stack(
        [*(known[name] / scale for name, scale in zip(parts, scales, strict=True)), np.ones(len(known[target]))]
    )
    solved = np.linalg.lstsq(matrix, known[target], rcond=None)[0]
    return solved / np.array([*scales, 1.0])


def _added(
    target: Name, parts: list[Name], known: Mapping[Name, Numbers], spreads: Mapping[Name, float]
) -> dict[Name, float]:
    """How much of its spread each part adds to a column, by least squares."""
    weights = _weights(target, parts, known)
    return {name: abs(float(weight)) * spreads[name] for name, weight in zip(parts, weights, strict=False)}


def _few(target: Name, parts: list[Name], known: Mapping[Name, Numbers], half: float) -> list[Name]:
    """The parts that explain a column to its rounding, one after the other by what each explains of the rest; none where many do.

    This is orthogonal matching pursuit (Pati, Rezaiifar and Krishnaprasad, 1993).
    """
    column = known[target] - known[target].mean()
    picked: list[Name] = []
    rest = column
    centred = {name: known[name] - known[name].mean() for name in parts}
    while len(picked) < min(_MAX_FEW, len(parts)):
        left = {
            name: abs(float(part @ rest)) / float(np.linalg.norm(part))
            for name, part in centred.items()
            if name not in picked
        }
        picked.append(max(left, key=lambda name: left[name]))
        matrix = np.column_stack([centred[name] for name in picked])
        rest = column - matrix @ np.linalg.lstsq(matrix, column, rcond=None)[0]
        if float(rest.std()) <= _ROUNDED * half + 1e-9 * float(column.std()):
            return [name for name in parts if name in picked]
    return []


def _solved(relation: list[Name], known: Mapping[Name, Numbers], bench: Bench) -> Iterator[Proposal]:
    """A relation solved for each of its columns, first for that which varies most: what chance adds to the parts is little in it."""
    *parts, last = relation
    found = _weights(last, parts, known)
    if not _may_hold(last, parts, found, known, bench):
        return
    weights = dict(zip([*parts, last], [*found[:-1], -1.0], strict=True))

    def rank(name: Name) -> tuple[float, int]:
        return -float(f"{abs(weights[name]) * float(known[name].std()):.1e}"), -bench.order[name]

    proposed = (
        _proposal(target, [name for name in relation if name != target], known, bench)
        for target in sorted(relation, key=rank)
    )
    yield from sorted((proposal for proposal in proposed if proposal is not None), key=lambda one: one.slack > 0)


def _may_hold(target: Name, parts: list[Name], weights: Numbers, known: Mapping[Name, Numbers], bench: Bench) -> bool:
    """Whether least squares are nowhere further off than rounding explains: three times what the best weights may be."""
    column = known[target]
    rest, reach = column - weights[-1], bench.halves(target, column) + 1e-9 * float(np.abs(column).max())
    for name, weight in zip(parts, weights, strict=False):
        rest, reach = rest - weight * known[name], reach + abs(weight) * bench.halves(name, known[name])
    return bool((np.abs(rest) <= 3 * reach).all())


def _proposal(target: Name, parts: list[Name], known: Mapping[Name, Numbers], bench: Bench) -> Proposal | None:
    """The sum with weights as short as they can be, if it holds in all rows that are known."""
    parts = sorted(parts, key=lambda name: bench.order[name])
    column = known[target]
    own = bench.roundings(target, column) * (1 + 1e-6) + 1e-9 * float(np.abs(column).max())
    weighted = [
        (
            tried,
            below,
            column - np.sum([weight / below * known[name] for name, weight in zip(parts, tried, strict=True)], axis=0),
        )
        for tried, below in (
            *_converted(column, known[parts[0]], own, len(parts)),
            *short_weights(_weights(target, parts, known)[:-1]),
        )
    ]
    for is_exact in (True, False):
        for tried, below, rest in weighted:
            if not tried.all():
                continue  # a part that weighs nothing is none
            slack = sum(abs(weight) / below * bench.rounding(name) for name, weight in zip(parts, tried, strict=True))
            if not is_exact and slack > _SLACK * float(own.max()):
                continue  # months are not determined by years
            if bench.distinct(target) <= 2 and not all(is_plain(weight / below) for weight in tried):  # noqa: PLR2004
                continue  # any two values lie on a line
            middle = float(rest.min() + rest.max()) / 2
            for constant in dict.fromkeys([0.0, *(round(middle, digits) for digits in range(10)), middle]):
                if (np.abs(rest - constant) <= own + (0.0 if is_exact else slack)).all():
                    price = _price(tried, below, constant, rest, bench, len(column))
                    text = _text(parts, tried, below, constant)
                    return Proposal(target, text, price, slack=0.0 if is_exact else slack)
    return None


def _converted(column: Numbers, part: Numbers, own: Numbers, parts: int) -> list[tuple[Numbers, int]]:
    """The roundest factor that turns one column into another, if there is one: least squares are a few digits short."""
    size = np.abs(part) > 0
    if parts > 1 or not size.any() or (np.abs(column[~size]) > own[~size]).any():
        return []
    ends = np.stack([(column[size] - own[size]) / part[size], (column[size] + own[size]) / part[size]])
    low, high = float(ends.min(0).max()), float(ends.max(0).min())
    factor = roundest(low, high) if low <= high else 0.0
    return [(np.array([factor]), 1)] if factor else []


def _price(tried: Numbers, below: int, constant: float, rest: Numbers, bench: Bench, rows: int) -> float:
    """What it costs to have chosen the parts and their weights; more than anything where few rows have many different ones.

    Columns that rise together are met by a mean of the others, to their own rounding: that is chance, but no chance of orders.
    """
    if len({round(abs(weight) / below, 12) for weight in tried}) > _MIN_WEIGHTS + rows / _ROWS_A_WEIGHT:
        return math.inf
    free = sum(not (is_plain(weight / below) or (below > 1 and abs(weight) <= below)) for weight in tried)
    values = len(np.unique(rest)) if rows < 100 else rows  # noqa: PLR2004 (as many are thinkable)
    price = chosen(len(tried), len(bench.numbers)) + (len(tried) - free) * _SIMPLE
    price += fitted(int(free), rows, values)
    return price + (0.0 if constant == 0 else _SIMPLE if is_plain(constant) else fitted(1, rows, values))


def _text(parts: list[Name], weights: Numbers, below: int, constant: float) -> str:
    together = below > 1 and len(parts) > 1 and not any(weight % below == 0 for weight in weights)
    terms = [
        _term(quoted(name), int(weight) if below > 1 else float(weight), 1 if together else below)
        for name, weight in sorted(zip(parts, weights, strict=True), key=lambda part: part[1] < 0)
    ]
    text = " ".join(terms)
    text = text.removeprefix("+ ") if text.startswith("+") else text.replace("- ", "-", 1)
    if together:
        text = f"({text}) / {below}"
    if constant and text.startswith("-"):
        return f"{number(constant)} {text.replace('-', '- ', 1)}"
    return f"{text} {'-' if constant < 0 else '+'} {number(abs(constant))}" if constant else text


def _term(name: str, weight: float, below: int) -> str:
    """One part of a sum, with its sign."""
    sign, size = "-" if weight < 0 else "+", abs(weight)
    if below > 1:
        divisor = math.gcd(int(size), below)
        size, below = size // divisor, below // divisor
    elif size < 1 and abs(1 / size - round(1 / size)) < 1e-9:  # noqa: PLR2004 (a fifth)
        size, below = 1, round(1 / size)
    term = name if size == 1 else f"{number(size)} * {name}"
    return f"{sign} {term}" if below == 1 else f"{sign} {term} / {below}"
