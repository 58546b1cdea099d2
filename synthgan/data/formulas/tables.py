"""Looks for columns that one or two others determine: codes and descriptions, bins, coarse from fine, marks of what is missing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from synthgan.data.column import CODED, NUMBERS
from synthgan.data.formulas.bench import SAMPLE_ROWS, Proposal
from synthgan.data.formulas.chance import EVIDENCE_ROWS, SURE, surprise_of_levels
from synthgan.data.formulas.coding import REPEATED, Coded, combined, lookup_of, repeating
from synthgan.data.formulas.grammar import names_in, parse, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from synthgan.data.column import Scalar
    from synthgan.data.formulas.bench import Bench, Name

    Codes = NDArray[np.int64]

MAX_KEYS: Final = 20_000
_MAX_COLUMNS: Final = 150  # of which pairs are tried
_GLANCE: Final = 200
_FIRST: Final = 50  # rows that share their key with another
_COVERED: Final = 0.5  # of the rows of a target must hold a key
_COMMON: Final = 0.2  # … and of those so many a key that may be kept; the others are drawn
_PARTS: Final = ("weekday({})", "month({})", "hour({})", "quarter({})", "year({})", "missing({})")


def tables(bench: Bench) -> Iterator[list[Proposal]]:
    """Groups of proposals, of which one is to be chosen.

    What levels determine comes first, then what pairs of them do, and what numbers do last: between the numbers that are
    released there are others, of which a look-up says nothing.
    """
    coded = Coded(bench)
    keys, sieve = _keys(bench, coded), _Sieve(coded, repeating(bench, coded))
    tried = math.log(max(1, len(keys)))
    plain = [key for key in keys if "(" not in key or key.startswith("`")][:_MAX_COLUMNS]
    numeric = {key for key in plain if bench.columns[_column_of(key, bench)].kind in NUMBERS}
    found: dict[str, list[Proposal]] = {}
    for key in keys:
        left = (_proposal(coded, [key], target, tried) for target in sieve.passing([key]))
        found[key] = [proposal for proposal in left if proposal is not None]
    for key in (key for key in keys if key not in numeric):
        yield from ([proposal] for proposal in found[key])
    determined = {key: {proposal.target for proposal in proposals} for key, proposals in found.items()}
    pairs = [(one, two) for index, one in enumerate(plain) for two in plain[index + 1 :]]
    late = [pair for pair in pairs if numeric.intersection(pair)]
    yield from _of_pairs(coded, sieve, [pair for pair in pairs if pair not in late], determined, 2 * tried)
    for key in numeric:
        yield from ([proposal] for proposal in found[key])
    yield from _of_pairs(coded, sieve, late, determined, 2 * tried)


def _of_pairs(
    coded: Coded, sieve: _Sieve, pairs: list[tuple[str, str]], determined: Mapping[str, set[Name]], tried: float
) -> Iterator[list[Proposal]]:
    """What pairs determine, and neither of them alone."""
    for one, two in pairs:
        for target in sieve.passing([one, two]):
            if target not in determined[one] | determined[two]:
                proposal = _proposal(coded, [one, two], target, tried)
                if proposal is not None:
                    yield [proposal]


class _Sieve:
    """Which targets some keys may determine: by the evidence that they could give, on a sample, and on all rows."""

    def __init__(self, coded: Coded, targets: list[Name]) -> None:
        self.coded, self.targets = coded, targets
        self.codes = np.array([coded.of(quoted(name))[0] for name in targets])
        self.some = np.arange(0, len(coded.table), max(1, len(coded.table) // SAMPLE_ROWS))
        glances = (self.some[:: max(1, len(self.some) // _GLANCE)], self.some)
        self.glances = [(rows, self.codes[:, rows]) for rows in glances] if targets else []
        # As many distinct keys as the surprise of a target pays for, where each could have had any of its values.
        self.most = np.array(
            [
                surprise_of_levels(codes[codes >= 0][::every].astype(np.int32))
                * every
                / math.log(max(2, codes.max() + 1))
                for codes in self.codes
                for every in [max(1, int((codes >= 0).sum()) // EVIDENCE_ROWS)]
            ]
        )

    def passing(self, keys: list[str]) -> list[Name]:
        """The targets that no key of those may contradict."""
        if not self.targets:
            return []
        spoken = {_column_of(key, self.coded.bench) for key in keys}
        left = np.array([name not in spoken for name in self.targets])
        parts = [self.coded.of(key) for key in keys]
        sizes = [len(scale) for _, scale in parts]
        # Nearly all pairs end at few rows, or at the sample: until then no array is as long as the table.
        for rows, targets in self.glances:
            glance, _ = _ranked(combined([codes[rows] for codes, _ in parts], sizes))
            left[left] = _never_differ(targets[left], *glance)
            if not left.any():
                return []
        ranked, distinct = _ranked(combined([codes for codes, _ in parts], sizes))
        left &= (self.most > distinct) & (len(ranked[0]) >= REPEATED * distinct)
        left[left] = _never_differ(self.codes[left], *ranked)
        return [name for name, passes in zip(self.targets, left, strict=True) if passes]


def _ranked(whole: Codes) -> tuple[tuple[Codes, NDArray[np.bool_]], int]:
    """The rows [known] in the order of their key, whether each has the key of the row before [known - 1], and the number of keys."""
    rows = np.argsort(whole, kind="stable")
    rows = rows[whole[rows] >= 0]
    same = whole[rows][1:] == whole[rows][:-1]
    return (rows, same), len(rows) - int(same.sum())


def _never_differ(codes: Codes, rows: Codes, same: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which targets [targets, rows] have one value wherever the key is the same: bool [targets]."""
    left = np.ones(len(codes), dtype=bool)
    again = np.flatnonzero(same)
    for part in (again[:_FIRST], again[_FIRST:]):  # nearly all targets differ soon, and need not be looked at further
        one, other = (codes[np.ix_(left, rows[at])] for at in (part, part + 1))
        left[left] = ~((one != other) & (one >= 0) & (other >= 0)).any(axis=1)
    return left


def _column_of(key: str, bench: Bench) -> Name:
    """The column that a key speaks of."""
    (name,) = names_in(parse(key))
    return bench.by_text[name]


def _keys(bench: Bench, coded: Coded) -> list[str]:
    """What may determine: levels, numbers of few values, parts of stamps, and whether something is missing."""
    found = []
    for name, column in bench.columns.items():
        if column.kind in CODED | NUMBERS:
            codes, values = coded.of(quoted(name))
            if 1 < len(values) <= min(MAX_KEYS, max(2, (codes >= 0).sum() / REPEATED)):
                found.append(quoted(name))
        if name in bench.moments:
            found += [part.replace("{}", quoted(name)) for part in _PARTS[:-1]]
        if 0 < bench.missing[name].sum() < len(bench.missing[name]):
            found.append(f"missing({quoted(name)})")
    return [key for key in found if len(set(coded.of(key)[0][:_GLANCE].tolist())) > 1 or len(coded.of(key)[1]) > 1]


def _proposal(coded: Coded, keys: list[str], target: Name, tried: float) -> Proposal | None:
    """The look-up, if each key has one value, and that is no chance."""
    bench = coded.bench
    wanted, values = coded.of(quoted(target))
    parts = [coded.of(key) for key in keys]
    for rows in (slice(_GLANCE), slice(None)):
        whole = combined([codes[rows] for codes, _ in parts], [len(scale) for _, scale in parts])
        known = np.flatnonzero((whole >= 0) & (wanted[rows] >= 0))
        if not _is_function(whole[known], wanted[rows][known]):
            return None
    distinct, index, counts = np.unique(whole[known], return_inverse=True, return_counts=True)
    if len(known) < REPEATED * len(distinct) or len(known) < _COVERED * (wanted >= 0).sum():
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
    if counts[common].sum() < _COMMON * counts.sum() or len(np.unique(given[common])) < 2:  # noqa: PLR2004
        return None
    found = lookup_of(distinct[common], given[common], parts, values)
    return Proposal(target, f"lookup({', '.join(keys)})", 0.0, lookup=found)
