"""Looks for columns that are products, ratios and powers of one or two others, with one constant: BMI, a rate, a density."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from synthgan.data.formulas.bench import Proposal
from synthgan.data.formulas.chance import fitted
from synthgan.data.formulas.constants import is_plain, roundest
from synthgan.data.formulas.grammar import number, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from synthgan.data.formulas.bench import Bench, Name

    Numbers = NDArray[np.float64]

MAX_COLUMNS: Final = 120
# Exponents of the first and the second source.
_FORMS: Final = (
    *((1.0, 1.0), (1.0, -1.0), (1.0, -2.0), (1.0, -3.0), (2.0, 1.0), (2.0, -1.0)),
    *((1.0, -0.5), (1.0, -1 / 3), (0.5, 0.5), (1.0, 0.5), (2.0, 2.0)),
)
_SYMMETRIC: Final = frozenset({(1.0, 1.0), (0.5, 0.5), (2.0, 2.0)})
_ALONE: Final = (2.0, 3.0, 0.5, -1.0, -2.0, -0.5, 1 / 3)
_GLANCES: Final = (8, 24, 200)
_PAIRS: Final = 8
_LEAST_VALUES: Final = 8
_MOST_LEFT: Final = 300


def monomials(bench: Bench) -> Iterator[list[Proposal]]:
    """Groups of proposals, of which one is to be chosen."""
    names = [name for name in bench.numbers if bench.distinct(name) >= 2][:MAX_COLUMNS]  # noqa: PLR2004
    if len(names) < 2:  # noqa: PLR2004
        return
    values = np.column_stack([bench.numbers[name] for name in names])
    with np.errstate(all="ignore"):
        logs = np.where(values == 0, np.nan, np.log(np.abs(values)))
    forms = _forms(len(names))
    rows = _telling(logs)
    moves = -np.diff(_powered(logs[rows], forms), axis=0)
    for target in range(len(names)):
        if bench.distinct(names[target]) < _LEAST_VALUES:
            continue
        halves = bench.halves(names[target], values[:, target]) + bench.grain(names[target])
        near = _near(*_bounds(values[rows, target], halves[rows]), moves)
        mine = forms[near[(forms[near, 0] != target) & (forms[near, 1] != target)]]
        for form in _holding(values, logs, target, mine, halves):
            proposal = _proposal(values, names, target, form, bench, len(forms))
            if proposal is not None:
                yield [proposal]


def _forms(columns: int) -> Numbers:
    """All that is tried, [forms, 4]: first and second source, and the exponent of each; a second source of -1 is none."""
    ones, twos, kinds = (side.ravel() for side in np.indices((columns, columns, len(_FORMS))))
    is_symmetric = np.array([powers in _SYMMETRIC for powers in _FORMS])
    apart = np.where(is_symmetric[kinds], ones < twos, ones != twos)
    alone = [(one, -1, power, 0.0) for one in range(columns) for power in _ALONE]
    return np.concatenate([alone, np.column_stack([ones, twos, np.array(_FORMS)[kinds]])[apart]])


def _powered(logs: Numbers, forms: Numbers) -> Numbers:
    """The logarithm of each form without its constant, [rows, forms]; NaN where a source is missing or zero."""
    one, two = forms[:, 0].astype(int), forms[:, 1].astype(int)
    return logs[:, one] * forms[:, 2] + np.where(two >= 0, logs[:, two], 0.0) * forms[:, 3]


def _telling(logs: Numbers) -> NDArray[np.int64]:
    """Some rows from all over the table, one more than pairs, in which most columns are there."""
    known = (~np.isnan(logs)).sum(1)
    full = np.sort(np.argsort(-known, kind="stable")[: max(_PAIRS + 1, len(logs) // 4)])
    return full[np.unique(np.linspace(0, len(full) - 1, _PAIRS + 1).astype(int))]


def _bounds(column: Numbers, halves: Numbers) -> tuple[Numbers, Numbers]:
    """Between which logarithms each value lies, as far as it is rounded."""
    size = np.abs(column)
    off = halves * (1 + 1e-6) + 1e-9 * size
    with np.errstate(all="ignore"):
        return np.where(size > off, np.log(size - off), -np.inf), np.log(size + off)


def _near(low: Numbers, high: Numbers, moves: Numbers) -> NDArray[np.int64]:
    """Those forms that move as the target does from each of some rows to the next, [forms left].

    Whatever the constant, it is the same in both rows. So this is asked of a table of differences that serves all targets. Forms of which
    a pair of rows says nothing stay.
    """
    left = np.arange(moves.shape[1])
    for pair, of_forms in enumerate(moves):
        least, most = low[pair] - high[pair + 1] - 1e-9, high[pair] - low[pair + 1] + 1e-9
        if np.isfinite(least) and np.isfinite(most):
            move = of_forms[left]
            left = left[~((move < least) | (move > most))]
    return left


def _holding(values: Numbers, logs: Numbers, target: int, forms: Numbers, halves: Numbers) -> Numbers:
    """Those forms that some one constant makes right in each of a few rows, then in more."""
    column = values[:, target]
    rows = np.flatnonzero(~np.isnan(column))
    if len(rows) < _LEAST_VALUES:
        return forms[:0]
    # Rows of different values first: they say most.
    _, first = np.unique(column[rows], return_index=True)
    order = np.concatenate([rows[first][np.argsort(-np.abs(column[rows[first]]), kind="stable")]])
    spread = order[np.unique(np.linspace(0, len(order) - 1, max(_GLANCES)).astype(int))]
    for glance in _GLANCES:
        some = spread[np.unique(np.linspace(0, len(spread) - 1, glance).astype(int))]
        low, high = _bounds(column[some], halves[some])
        powered = _powered(logs[some], forms)
        known = ~np.isnan(powered)
        least = np.max(np.where(known, low[:, None] - powered, -np.inf), axis=0, initial=-np.inf)
        most = np.min(np.where(known, high[:, None] - powered, np.inf), axis=0, initial=np.inf)
        forms = forms[(least <= most + 1e-9) & (known.sum(0) >= min(6, len(some))) & (least > -np.inf)]
        if not len(forms):
            break
    return forms[:_MOST_LEFT]


def _proposal(
    values: Numbers, names: list[Name], target: int, form: Numbers, bench: Bench, tried: int
) -> Proposal | None:
    """The form with the roundest constant that fits."""
    one, two = int(form[0]), int(form[1])
    column, grain = values[:, target], bench.grain(names[target])
    halves = bench.halves(names[target], column) * (1 + 1e-6) + grain
    with np.errstate(all="ignore"):
        powered = np.power(values[:, one], form[2]) * (np.power(values[:, two], form[3]) if two >= 0 else 1.0)
    known = np.isfinite(powered) & ~np.isnan(column) & (powered != 0)
    if known.sum() < _LEAST_VALUES:
        return None
    off = halves[known] + 1e-9 * np.abs(column[known])
    ends = np.stack([(column[known] - off) / powered[known], (column[known] + off) / powered[known]])
    low, high = float(ends.min(0).max()), float(ends.max(0).min())
    if low > high or not np.isfinite([low, high]).all():
        return None
    constant = roundest(low, high)
    if constant == 0:
        return None
    rows, distinct = int(known.sum()), bench.distinct(names[target])
    price = math.log(tried) + (
        math.log(20) if is_plain(constant) or is_plain(1 / constant) else fitted(1, rows, distinct)
    )
    return Proposal(names[target], _text(names, form, constant), price, slack=grain)


def _text(names: list[Name], form: Numbers, constant: float) -> str:
    above: list[str] = []
    below: list[str] = []
    for index, power in ((int(form[0]), float(form[2])), (int(form[1]), float(form[3]))):
        if index >= 0 and power:
            (above if power > 0 else below).append(_power(quoted(names[index]), abs(power)))
    text = " * ".join(above) or "1"
    inverse = 1 / constant
    if constant != 1 and abs(inverse) > 1 and abs(inverse - round(inverse)) < 1e-9 * abs(inverse):
        below.append(number(round(inverse)))
    elif constant != 1:
        text = f"{number(constant)} * {text}" if above else number(constant)
    if not below:
        return text
    return f"{text} / {below[0]}" if len(below) == 1 else f"{text} / ({' * '.join(below)})"


def _power(name: str, power: float) -> str:
    if power == 1:
        return name
    roots = {0.5: "sqrt", 1 / 3: "cbrt"}
    return f"{roots[power]}({name})" if power in roots else f"{name} ** {number(power)}"
