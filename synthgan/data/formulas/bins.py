"""Looks for levels that say in which interval a number lies: age groups, classes of BMI, flags of a threshold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from synthgan.data.column import NUMBERS
from synthgan.data.formulas.bench import Proposal
from synthgan.data.formulas.chance import SURE, chosen, surprise_of_levels
from synthgan.data.formulas.coding import Coded, repeating
from synthgan.data.formulas.constants import roundest
from synthgan.data.formulas.grammar import number, quoted
from synthgan.data.formulas.lookups import Lookup
from synthgan.data.formulas.vectors import numbers_of, vector_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from synthgan.data.column import Scalar
    from synthgan.data.formulas.bench import Bench, Name

    Codes = NDArray[np.int64]

_GLANCE: Final = 200


def bins(bench: Bench) -> Iterator[list[Proposal]]:
    """Groups of proposals, of which one is to be chosen: levels that say in which interval a number lies."""
    coded = Coded(bench)
    targets = [name for name in repeating(bench, coded) if len(coded.of(quoted(name))[1]) <= _GLANCE]
    for source in bench.numbers:
        if bench.columns[source].kind not in NUMBERS:
            continue
        numbers = numbers_of(vector_of(bench.table, source))
        assert numbers is not None  # noqa: S101 (of a kind in NUMBERS)
        if bench.distinct(source) < 3:  # noqa: PLR2004
            continue
        order = np.argsort(numbers, kind="stable")
        order = order[: int((~np.isnan(numbers)).sum())]
        some = np.sort(order[:: max(1, len(order) // _GLANCE)])
        ranked = some[np.argsort(numbers[some], kind="stable")]
        for target in targets:
            if target != source:
                codes, values = coded.of(quoted(target))
                if _runs(codes[ranked]) <= 2 * len(values) + 1:
                    proposal = _cut(bench, source, target, numbers, codes, order, values)
                    if proposal is not None:
                        yield [proposal]


def _runs(codes: Codes) -> int:
    codes = codes[codes >= 0]
    return int((codes[1:] != codes[:-1]).sum()) + 1


def _cut(
    bench: Bench,
    source: Name,
    target: Name,
    numbers: NDArray[np.float64],
    codes: Codes,
    order: Codes,
    values: tuple[Scalar, ...],
) -> Proposal | None:
    """The bounds between the runs of levels, where a number never has two."""
    order = order[codes[order] >= 0]
    ranked, given = numbers[order], codes[order]
    change = np.flatnonzero(given[1:] != given[:-1])
    least = min(bench.rare_below, max(3, len(order) // 10))
    runs = np.diff([0, *(change + 1).tolist(), len(order)])
    if not 0 < len(change) <= 2 * len(values) or (ranked[change] == ranked[change + 1]).any() or runs.min() < least:
        return None
    distinct = len(np.unique(ranked))
    price = math.log(len(bench.numbers)) + chosen(len(change), distinct) + len(runs) * math.log(len(values) + 1)
    if surprise_of_levels(given.astype(np.int32)) < price + math.log(len(bench.columns)) + SURE:
        return None
    bounds = [_between(float(ranked[at]), float(ranked[at + 1])) for at in change]
    if len(set(bounds)) < len(bounds):
        return None
    text = f"lookup(cut({quoted(source)}, {', '.join(map(number, bounds))}))"
    starts = [0, *(change + 1).tolist()]
    found = Lookup(tuple((float(index),) for index in range(len(starts))), tuple(values[given[at]] for at in starts))
    return Proposal(target, text, 0.0, lookup=found)


def _between(below: float, above: float) -> float:
    """The roundest bound that is above one number and at most another."""
    gap = above - below
    return roundest(below + 1e-6 * gap, above)
