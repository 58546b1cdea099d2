"""Looks for columns that are a function of one other: logarithms, exponentials, conversions, whole parts and remainders."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from synthgan.data.formulas.bench import Proposal, present
from synthgan.data.formulas.chance import fitted
from synthgan.data.formulas.constants import is_plain, roundest
from synthgan.data.formulas.grammar import number, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from synthgan.data.formulas.bench import Bench, Name

    Numbers = NDArray[np.float64]

_CURVES: Final[dict[str, Callable[[Numbers], Numbers]]] = {
    "log({})": np.log,
    "log10({})": np.log10,
    "log2({})": np.log2,
    "log1p({})": np.log1p,
    "exp({})": np.exp,
    "sqrt({})": np.sqrt,
    "{} ** 2": np.square,
    "1 / {}": np.reciprocal,
    "abs({})": np.abs,
}
_INVERSES: Final = {  # what a source is of the result, once that is no longer shifted or stretched
    "log1p({})": "exp({}) - 1",
    "exp({})": "log({})",
    "sqrt({})": "({}) ** 2",
    "{} ** 2": "sqrt({})",
    "1 / {}": "1 / ({})",
}
_DIVISORS: Final = (2, 5, 7, 10, 12, 24, 60, 100, 365, 365.25, 1000, 3600, 10000)
_LEAST_ROWS: Final = 8
_SCREEN: Final = 6.0  # half steps that a glance may be off the best line; the whole column is then held to one
_GLANCE: Final = 64


def unary(bench: Bench) -> Iterator[list[Proposal]]:
    """Groups of proposals, of which one is to be chosen."""
    names = [name for name in bench.numbers if bench.distinct(name) > 2]  # noqa: PLR2004 (else it is a look-up)
    if not names:
        return
    tried = len(names) * (len(_CURVES) + 2 * len(_DIVISORS))
    few = np.unique(np.linspace(0, len(bench.some) - 1, _GLANCE).astype(int))
    glance = np.column_stack([bench.numbers[name][few] for name in names])
    halves = np.column_stack(
        [bench.roundings(name, part) + bench.grain(name) for name, part in zip(names, glance.T, strict=True)]
    )
    off = _SCREEN * halves + 1e-8 * np.abs(glance)
    for at, source in enumerate(names):
        alike, parted = _curved(glance, off, at), _parted(glance, at)
        for target in (name for name, is_alike in zip(names, alike, strict=True) if is_alike):
            yield from ([proposal] for proposal in _curves(bench, source, target, tried))
        for target in (name for name, is_part in zip(names, parted, strict=True) if is_part):
            yield from ([proposal] for proposal in _parts(bench, source, target, tried))


def _curved(glance: Numbers, off: Numbers, source: int) -> NDArray[np.bool_]:
    """Which columns may be a curve of one, stretched and shifted, by a few rows and how far off they may be: bool [columns]."""
    found = np.zeros(glance.shape[1], dtype=bool)
    both = (~np.isnan(glance[:, [source]]) & ~np.isnan(glance)).sum(0)
    for function in _CURVES.values():
        curve = function(glance[:, [source]])
        usable = np.isfinite(curve)
        curve = curve / max(
            1.0, np.abs(curve[usable]).max(initial=1.0)
        )  # an exponential may be too large to be squared
        known = usable & ~np.isnan(glance)
        rows = np.maximum(known.sum(0), 1)
        one, two = (np.where(known, part, 0.0) for part in (curve, glance))
        one, two = (np.where(known, part - part.sum(0) / rows, 0.0) for part in (one, two))
        size = (one**2).sum(0)
        slope = np.where(size > 0, (one * two).sum(0) / size, 0.0)
        near = (np.abs(two - slope * one) <= off) | ~known
        # Where few rows are known nothing can be told; a curve that exists for few of many is none.
        found |= (near.all(0) | (rows < _LEAST_ROWS)) & (rows > both / 4)
    found[source] = False
    return found


def _parted(glance: Numbers, source: int) -> NDArray[np.bool_]:
    """Which columns may be a whole part or a remainder of one, by a few rows: bool [columns]."""
    found = np.zeros(glance.shape[1], dtype=bool)
    for divisor in _DIVISORS:
        given = glance[:, source]
        for part in (np.floor_divide(given, divisor), np.mod(given, divisor), np.rint(given / divisor)):
            found |= ((part[:, None] == glance) | np.isnan(part)[:, None] | np.isnan(glance)).all(0)
    found[source] = False
    return found


def _curves(bench: Bench, source: Name, target: Name, tried: int) -> Iterator[Proposal]:
    """A curve of the source, alone, or stretched and shifted."""
    known = present([bench.numbers[source], bench.numbers[target]])
    if len(known) < _LEAST_ROWS or bench.distinct(target) < 3:  # noqa: PLR2004
        return
    given, wanted = bench.numbers[source][known], bench.numbers[target][known]
    grain = bench.grain(target)
    off = bench.roundings(target, wanted) * (1 + 1e-6) + 1e-9 * np.abs(wanted) + grain
    glance = slice(None, None, max(1, len(known) // _GLANCE))
    proposals = []
    for text, function in _CURVES.items():
        with np.errstate(all="ignore"):
            curve = function(given)
        usable = np.isfinite(curve)
        if usable.sum() < max(_LEAST_ROWS, len(known) // 2):
            continue
        here = np.flatnonzero(usable)[glance]
        found = _line(curve[here], wanted[here], off[here])
        if found is not None:
            found = _line(curve[usable], wanted[usable], off[usable])
        if found is not None and (text != "abs({})" or (given < 0).any()):
            slope, constant = found
            price = math.log(tried) + _price(slope, constant, len(known), bench.distinct(target))
            proposals.append(
                Proposal(target, _stretched(text.format(quoted(source)), slope, constant), price, slack=grain)
            )
            if constant and text in _INVERSES:  # no other curve says it: of a diameter of a count of pixels and a half
                proposals.append(
                    Proposal(source, _inverse(text, target, slope, constant), price, slack=bench.grain(source))
                )
    # A curve as it is comes before one that had to be stretched: log10(x) before 0.4343 * log(x).
    yield from sorted(proposals, key=lambda one: len(one.text))


def _line(curve: Numbers, wanted: Numbers, off: Numbers) -> tuple[float, float] | None:
    """Slope and constant, as round as they can be, of the line that a curve follows; None where it follows none."""
    spread = float(curve.std())
    if spread == 0 or not np.isfinite(spread):
        return None
    if (np.abs(curve - wanted) <= off).all():
        return 1.0, 0.0
    centred = curve - curve.mean()
    slope = float(centred @ (wanted - wanted.mean()) / (centred @ centred))
    rest = wanted - slope * curve
    middle = float(np.median(rest))
    if not (np.abs(rest - middle) <= 3 * off).all():
        return None
    reach = 2 * float(off.max()) / float(np.abs(centred).max())
    for rounded in dict.fromkeys(
        [roundest(slope - reach, slope + reach), roundest(slope - reach / 8, slope + reach / 8), slope]
    ):
        rest = wanted - rounded * curve
        low, high = float((rest - off).max()), float((rest + off).min())
        if low <= high and rounded:
            return rounded, 0.0 if low <= 0 <= high else roundest(low, high)
    return None


def _price(slope: float, constant: float, rows: int, values: int) -> float:
    free = (not is_plain(slope)) + (constant != 0 and not is_plain(constant))
    return fitted(int(free), rows, values) + 2 * math.log(20)


def _stretched(text: str, slope: float, constant: float) -> str:
    if slope != 1:
        text = f"{number(slope)} * {text}" if not text.startswith("1 /") else f"{number(slope)}{text[1:]}"
    return f"{text} {'-' if constant < 0 else '+'} {number(abs(constant))}" if constant else text


def _inverse(text: str, result: Name, slope: float, constant: float) -> str:
    """The source of a curve, from its result."""
    shifted = f"{quoted(result)} {'+' if constant < 0 else '-'} {number(abs(constant))}"
    if text == "1 / {}":
        return f"{number(slope)} / ({shifted})"
    return _INVERSES[text].format(shifted if slope == 1 else f"({shifted}) / {number(slope)}")


def _parts(bench: Bench, source: Name, target: Name, tried: int) -> Iterator[Proposal]:
    """The whole part of a division, or what remains of it: hours of 1435, years of months."""
    if bench.half(target) != 0.5:  # noqa: PLR2004 (whole numbers alone)
        return
    known = present([bench.numbers[source], bench.numbers[target]])
    if len(known) < _LEAST_ROWS:
        return
    given, wanted = bench.numbers[source][known], bench.numbers[target][known]
    few = slice(None, None, max(1, len(known) // _GLANCE))
    for divisor in _DIVISORS:
        for text, function in (("{} // {}", np.floor_divide), ("{} % {}", np.mod)):
            if not (
                (function(given[few], divisor) == wanted[few]).all() and (function(given, divisor) == wanted).all()
            ):
                continue
            # What is below the divisor is no remainder, and has no whole part to speak of.
            if np.ptp(wanted) > 0 and (function is np.floor_divide or np.ptp(given // divisor) > 0):
                yield Proposal(target, text.format(quoted(source), number(divisor)), math.log(tried))
        rounded = np.rint(given / divisor)
        if divisor != 1 and np.ptp(wanted) > 0 and (np.abs(rounded - wanted) <= 0).all():
            yield Proposal(target, f"{quoted(source)} / {number(divisor)}", math.log(tried))
