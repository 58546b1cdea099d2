"""Looks for columns that one or two others determine: codes and descriptions, bins, coarse from fine, marks of what is missing."""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING, Final

import numpy as np

from synthgan.data.column import CODED, NUMBERS
from synthgan.data.formulas.bench import Proposal
from synthgan.data.formulas.chance import SURE, chosen, surprise_of_levels
from synthgan.data.formulas.constants import roundest
from synthgan.data.formulas.evaluation import evaluate
from synthgan.data.formulas.functions import LOOKUP
from synthgan.data.formulas.grammar import number, parse, quoted
from synthgan.data.formulas.lookups import Lookup
from synthgan.data.formulas.vectors import missing_in, vector_of
from synthgan.data.values import Levels
from synthgan.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from synthgan.data.column import Scalar
    from synthgan.data.formulas.bench import Bench, Name
    from synthgan.data.formulas.formula import Formula
    from synthgan.data.formulas.vectors import Vector
    from synthgan.data.table import Table

    Codes = NDArray[np.int64]

MAX_KEYS: Final = 20_000
_MAX_COLUMNS: Final = 150  # of which pairs are tried
_REPEATED: Final = 3  # rows that a key must have on average, or it is a name of the row
_GLANCE: Final = 200
_COVERED: Final = 0.5  # of the rows must hold keys that may be kept
_DIGITS: Final = 9
_PARTS: Final = ("weekday({})", "month({})", "hour({})", "quarter({})", "year({})", "missing({})")


class _Coded:
    """The columns as codes of all rows."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.table: Table = bench.table
        self.held: dict[str, tuple[Codes, tuple[Scalar, ...]]] = {}

    def of(self, text: str) -> tuple[Codes, tuple[Scalar, ...]]:
        """What a text gives, as codes int64 [rows] (-1 = missing) into values."""
        if text not in self.held:
            names = {str(name): name for name in self.bench.columns}
            tree = parse(text)
            given = {name: vector_of(self.table, names[name]) for name in names if quoted(name) in text}
            self.held[text] = _coded(evaluate(tree, given, len(self.table)))
        return self.held[text]


def _coded(vector: Vector) -> tuple[Codes, tuple[Scalar, ...]]:
    if isinstance(vector, Levels):
        return vector.codes.astype(np.int64), vector.levels
    assert isinstance(vector, np.ndarray)  # noqa: S101 (moments are asked for their parts)
    missing = missing_in(vector)
    values, codes = np.unique(np.round(vector[~missing], _DIGITS), return_inverse=True)
    found = np.full(len(vector), -1, dtype=np.int64)
    found[~missing] = codes
    return found, tuple(values.tolist())


def tables(bench: Bench) -> Iterator[list[Proposal]]:
    """Groups of proposals, of which one is to be chosen."""
    coded = _Coded(bench)
    keys, targets = _keys(bench, coded), _targets(bench, coded)
    tried = math.log(max(1, len(keys)))
    determined: set[tuple[str, str]] = set()
    for key in keys:
        for target in targets:
            if _spoken(key, bench) != target:
                proposal = _proposal(coded, [key], target, tried)
                if proposal is not None:
                    determined.add((key, str(target)))
                    yield [proposal]
    plain = [key for key in keys if _spoken(key, bench) is not None and key == quoted(_spoken(key, bench) or "")]
    plain = plain[:_MAX_COLUMNS]
    for index, one in enumerate(plain):
        for two in plain[index + 1 :]:
            for target in targets:
                if target in {_spoken(one, bench), _spoken(two, bench)}:
                    continue
                if any((key, str(target)) in determined for key in (one, two)):
                    continue
                proposal = _proposal(coded, [one, two], target, 2 * tried)
                if proposal is not None:
                    yield [proposal]


def _spoken(key: str, bench: Bench) -> Name | None:
    """The column that a key speaks of."""
    for name in bench.columns:
        if key == quoted(name) or f"({quoted(name)})" in key:
            return name
    return None


def _keys(bench: Bench, coded: _Coded) -> list[str]:
    """What may determine: levels, numbers of few values, parts of stamps, and whether something is missing."""
    found = []
    for name, column in bench.columns.items():
        if column.kind in CODED | NUMBERS:
            codes, values = coded.of(quoted(name))
            if 1 < len(values) <= min(MAX_KEYS, max(2, (codes >= 0).sum() / _REPEATED)):
                found.append(quoted(name))
        if name in bench.moments:
            found += [part.replace("{}", quoted(name)) for part in _PARTS[:-1]]
        if 0 < bench.missing[name].sum() < len(bench.missing[name]):
            found.append(f"missing({quoted(name)})")
    return [key for key in found if len(set(coded.of(key)[0][:_GLANCE].tolist())) > 1 or len(coded.of(key)[1]) > 1]


def _targets(bench: Bench, coded: _Coded) -> list[Name]:
    """What may be determined: levels, and numbers that repeat."""
    found = []
    for name, column in bench.columns.items():
        if column.kind in CODED | NUMBERS:
            codes, values = coded.of(quoted(name))
            if 1 < len(values) <= max(2, (codes >= 0).sum() / _REPEATED):
                found.append(name)
    return found


def _proposal(coded: _Coded, keys: list[str], target: Name, tried: float) -> Proposal | None:
    """The look-up, if each key has one value, and that is no chance."""
    bench = coded.bench
    wanted, values = coded.of(quoted(target))
    parts = [coded.of(key) for key in keys]
    for rows in (slice(_GLANCE), slice(None)):
        combined = _combined([codes[rows] for codes, _ in parts], [len(scale) for _, scale in parts])
        known = np.flatnonzero((combined >= 0) & (wanted[rows] >= 0))
        if not _is_function(combined[known], wanted[rows][known]):
            return None
    distinct, index, counts = np.unique(combined[known], return_inverse=True, return_counts=True)
    if len(known) < _REPEATED * len(distinct) or len(known) < _COVERED * (wanted >= 0).sum():
        return None
    given = wanted[known]
    held = len(np.unique(given))
    # Each key could have had any of the values.
    price = tried + len(distinct) * math.log(max(held, 2))
    if held < 2 or surprise_of_levels(given.astype(np.int32)) < price + math.log(len(bench.columns)) + SURE:  # noqa: PLR2004
        return None
    return _kept(distinct, counts, given[np.unique(index, return_index=True)[1]], parts, values, keys, target, bench)


def _is_function(keys: Codes, values: Codes) -> bool:
    """Whether no key has two values."""
    if not len(keys):
        return True
    order = np.argsort(keys, kind="stable")
    keys, values = keys[order], values[order]
    return not ((keys[1:] == keys[:-1]) & (values[1:] != values[:-1])).any()


def _combined(codes: list[Codes], sizes: list[int]) -> Codes:
    whole = np.zeros(len(codes[0]), dtype=np.int64)
    missing = np.zeros(len(whole), dtype=bool)
    for part, size in zip(codes, sizes, strict=True):
        whole = whole * size + part
        missing |= part < 0
    return np.where(missing, -1, whole)


def _kept(
    distinct: Codes,
    counts: Codes,
    given: Codes,
    parts: list[tuple[Codes, tuple[Scalar, ...]]],
    values: tuple[Scalar, ...],
    keys: list[str],
    target: Name,
    bench: Bench,
) -> Proposal | None:
    """The look-up of those keys that enough rows hold."""
    common = counts >= bench.rare_below
    if counts[common].sum() < _COVERED * counts.sum() or len(np.unique(given[common])) < 2:  # noqa: PLR2004
        return None
    found = _table(distinct[common], given[common], parts, values)
    return Proposal(target, f"lookup({', '.join(keys)})", 0.0, lookup=found)


def bins(bench: Bench) -> Iterator[list[Proposal]]:
    """Groups of proposals, of which one is to be chosen: levels that say in which interval a number lies."""
    coded = _Coded(bench)
    targets = [name for name in _targets(bench, coded) if len(coded.of(quoted(name))[1]) <= _GLANCE]
    for source in bench.numbers:
        if bench.columns[source].kind not in NUMBERS:
            continue
        numbers = bench.table.float64(bench.columns[source])
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


def learned_lookup(formula: Formula, table: Table, rare_below: int) -> Lookup:
    """The look-up of a declared formula as a table has it: the commonest value of each key that enough rows hold.

    Raises:
        SchemaError: the formula is no look-up as a whole, or no key is held by enough rows.
    """
    tree = formula.tree
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name) or tree.func.id != LOOKUP:
        raise SchemaError(
            f"a look-up inside a formula must have its table, however: {formula} has none; "
            f"add it to the schema as its lookup, or write lookup(...) alone"
        )
    given = {str(name): vector_of(table, name) for name in formula.sources}
    parts = [_coded(evaluate(argument, given, len(table))) for argument in tree.args]
    wanted, values = _coded(vector_of(table, formula.target))
    combined = _combined([codes for codes, _ in parts], [len(scale) for _, scale in parts])
    known = (combined >= 0) & (wanted >= 0)
    pairs, counts = np.unique(np.stack([combined[known], wanted[known]]), axis=1, return_counts=True)
    order = np.lexsort((counts, pairs[0]))
    last = np.append(pairs[0][order][1:] != pairs[0][order][:-1], bool(len(order)))
    best = order[last] if len(order) else order
    keys, held = np.unique(combined[known], return_counts=True)
    common = held >= rare_below
    if not common.any():
        raise SchemaError(
            f"a look-up must have a key that at least {rare_below} rows hold, however: {formula} has none; "
            f"declare its table in the schema"
        )
    return _table(keys[common], pairs[1][best][common], parts, values)


def _table(
    keys: Codes, given: Codes, parts: list[tuple[Codes, tuple[Scalar, ...]]], values: tuple[Scalar, ...]
) -> Lookup:
    """A look-up of keys in one whole number each."""
    rest, scales = keys, []
    for _, scale in reversed(parts):
        scales.append([scale[code] for code in rest % len(scale)])
        rest = rest // len(scale)
    return Lookup(tuple(zip(*reversed(scales), strict=True)), tuple(values[code] for code in given))
