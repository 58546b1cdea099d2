"""Looks for columns that combine others: the largest or smallest, the first that is there, sums and means of those that are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from synthgan.data.formulas.bench import Proposal
from synthgan.data.formulas.chance import chosen
from synthgan.data.formulas.grammar import number, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from synthgan.data.formulas.bench import Bench, Name

    Numbers = NDArray[np.float64]
    Rows = NDArray[np.bool_]

_LEAST_ROWS: Final = 8
_GLANCE: Final = 64
_MAX_COLUMNS: Final = 100
_MAX_SOURCES: Final = 30
_OWN_ROWS: Final = 0.01  # of the rows, that each source must tell alone


def combining(bench: Bench) -> Iterator[list[Proposal]]:
    """Groups of proposals, of which one is to be chosen."""
    names = list(bench.numbers)[:_MAX_COLUMNS]
    if len(names) < 2:  # noqa: PLR2004
        return
    table = np.column_stack([bench.numbers[name] for name in names])
    halves = np.column_stack([bench.halves(name, bench.numbers[name]) for name in names])
    for at in range(len(names)):
        if (~np.isnan(table[:, at])).sum() >= _LEAST_ROWS and np.nanmax(table[:, at]) > np.nanmin(table[:, at]):
            yield from _extremes(names, table, at)
            yield from _firsts(names, table, at)
    yield from _runs(bench, names, table, halves)
    yield from _counts(bench)


def _extremes(names: Sequence[Name], table: Numbers, at: int) -> Iterator[list[Proposal]]:
    """The largest and the smallest of others: those that never lie beyond it, and together always meet it."""
    target = table[:, at]
    there = ~np.isnan(target)
    for function, sign in (("max", 1), ("min", -1)):
        beyond = (sign * (table - target[:, None]) > 0).any(axis=0)
        equal = (table == target[:, None]) & ~beyond
        equal[:, at] = False
        sources = _cover(equal, there)
        if sources is None:
            continue
        missing = np.isnan(table[:, sources])
        says_rest = (missing.any(axis=1) & there).any()
        text = f"{'nan' * bool(says_rest)}{function}({', '.join(quoted(names[one]) for one in sources)})"
        yield [Proposal(names[at], text, math.log(2 * len(names)) + chosen(len(sources), len(names)))]


def _cover(equal: Rows, there: Rows) -> list[int] | None:
    """Two columns or more of which one at least is equal in each row: first those that are in most of the rows left."""
    left, found = there.copy(), list[int]()
    least = max(2, math.ceil(_OWN_ROWS * int(there.sum())))
    while left.any():
        rows = equal[left].sum(axis=0)
        best = int(rows.argmax())
        if rows[best] < min(least, int(left.sum())) or len(found) == _MAX_SOURCES:
            return None
        found.append(best)
        left &= ~equal[:, best]
    return sorted(found) if len(found) > 1 else None


def _firsts(names: Sequence[Name], table: Numbers, at: int) -> Iterator[list[Proposal]]:
    """The first of others that is there, or what stands for a missing one."""
    target = table[:, at]
    there = ~np.isnan(target)
    missing = np.isnan(table)
    agrees = missing | (table == target[:, None])
    firsts = np.flatnonzero(
        agrees[there].all(axis=0) & missing[there].any(axis=0) & ~missing[there].all(axis=0)
    ).tolist()
    price = 2 * math.log(len(names))
    for first in firsts:
        rest = there & missing[:, first]
        text = f"coalesce({quoted(names[first])}, {{}})"
        if first == at or rest.sum() < 2:  # noqa: PLR2004
            continue
        if (target[rest] == target[rest][0]).all():
            yield [Proposal(names[at], text.format(number(float(target[rest][0]))), price)]
            continue
        seconds = np.flatnonzero(agrees[rest].all(axis=0) & (~missing[rest]).any(axis=0)).tolist()
        yield from ([Proposal(names[at], text.format(quoted(names[one])), price)] for one in seconds if one != at)


def _runs(bench: Bench, names: Sequence[Name], table: Numbers, halves: Numbers) -> Iterator[list[Proposal]]:
    """Sums and means of columns that stand side by side, of which what is missing is left out."""
    gaps = np.isnan(table)
    few = np.unique(np.linspace(0, len(table) - 1, min(_GLANCE, len(table))).astype(int))
    glance, off = table[few], halves[few] * (1 + 1e-6) + 1e-9 * np.abs(table[few])
    known = ~np.isnan(glance)
    price = math.log(2 * len(names) ** 3)
    for start in range(len(names) - 1):
        total, there, has_gaps = np.zeros(len(few)), np.zeros(len(few)), False
        for end in range(start, min(start + _MAX_SOURCES, len(names))):
            total = total + np.nan_to_num(glance[:, end])
            there = there + known[:, end]
            has_gaps = has_gaps or bool(gaps[:, end].any())
            if end == start or not has_gaps:
                continue
            for function, found in (("nansum", total), ("nanmean", total / there)):
                near = ~known | (np.abs(glance - found[:, None]) <= off)
                near[:, start : end + 1] = False
                for target in np.flatnonzero(near.all(axis=0) & (known.sum(axis=0) >= _LEAST_ROWS)).tolist():
                    sources = ", ".join(quoted(name) for name in names[start : end + 1])
                    if bench.distinct(names[target]) > 1:
                        yield [Proposal(names[target], f"{function}({sources})", price)]


def _counts(bench: Bench) -> Iterator[list[Proposal]]:
    """How many of columns that stand side by side are there."""
    names = [name for name in bench.columns if bench.missing[name].any()][:_MAX_COLUMNS]
    targets = [name for name in bench.numbers if bench.distinct(name) > 1 and bench.half(name) == 0.5]  # noqa: PLR2004
    price = math.log(max(1, len(names) ** 2 * len(targets)))
    for start in range(len(names) - 1):
        found = (~bench.missing[names[start]]).astype(np.float64)
        for end in range(start + 1, min(start + _MAX_SOURCES, len(names))):
            found = found + ~bench.missing[names[end]]
            for target in targets:
                held, own = bench.numbers[target], names[start : end + 1]
                if target not in own and (held == found)[~np.isnan(held)].all():
                    yield [Proposal(target, f"count({', '.join(map(quoted, own))})", price)]
